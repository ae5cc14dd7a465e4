using Lakehouse.Ingestion.Sample;
using Lakehouse.Testing;
using Npgsql;

namespace Lakehouse.Ingestion.Tests.Sample;

/// <summary>The source's half of the answers; that gold gives the same is an end-to-end test.</summary>
public sealed class SampleAnswersTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_question_has_an_answer_of_text_columns_in_one_order()
    {
        await using SampleDatabase database = await SampleDatabase.CreateAsync(postgres);
        foreach (SampleAnswer answer in SampleAnswers.All)
        {
            List<string> first = await AnswerAsync(database, answer);
            Assert.NotEmpty(first);
            Assert.Equal(first, await AnswerAsync(database, answer));
        }
    }

    [Fact]
    public void Names_are_unique_and_both_halves_are_there()
    {
        Assert.Equal(SampleAnswers.All.Count, SampleAnswers.All.Select(a => a.Name).Distinct().Count());
        Assert.All(SampleAnswers.All, a => Assert.Contains("gold.", a.LakeSql, StringComparison.Ordinal));
    }

    private static async Task<List<string>> AnswerAsync(SampleDatabase database, SampleAnswer answer)
    {
        var rows = new List<string>();
        await using NpgsqlCommand command = database.Source.CreateCommand(answer.SourceSql);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(Cancellation);
        while (await reader.ReadAsync(Cancellation))
        {
            // GetString refuses every type but text.
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)));
        }
        return rows;
    }
}
