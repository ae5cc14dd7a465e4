namespace Lakehouse.Transform.Tests;

public sealed class MovedKeyTests
{
    private const string Model = """
        {{ config(materialized='incremental', unique_key='id', delete_when='_deleted', except_columns=['_deleted']) }}
        select id, note, text, _deleted from ({{ current_state(source('bronze', 'notes'), key='id', columns=['note', 'text'], toasted=['text']) }}) as state
        {% if not is_incremental() %}where not _deleted{% endif %}
        """;

    /// <summary>An unchanged large value goes with its row to a new key, whatever the new key held before.</summary>
    [Fact]
    public async Task A_value_that_was_not_sent_again_goes_with_its_row_to_a_new_key()
    {
        await using var lake = new TransformLake();
        using var folder = new ProjectFolder(
            ("models/silver/notes.sql", Model),
            ("models/sources.yml", "version: 2\nsources: [{name: bronze, tables: [{name: notes}]}]\n"),
            ("macros/current_state.sql", await File.ReadAllTextAsync(Path.Combine(SampleModelsTests.Models, "macros", "current_state.sql"), TestContext.Current.CancellationToken)));
        var project = folder.Load();
        string[] rounds =
        [
            "(1, 'a', 'large 1', 'r', 0, 0, NULL), (2, 'b', 'large 2', 'r', 0, 0, NULL), (3, 'c', 'large 3', 'r', 0, 0, NULL)",
            // 1 goes to a new key; 2 goes to one that another row had; 3 is changed and moved in one transaction.
            "(1, NULL, NULL, 'd', 10, 1, NULL), (11, 'a', NULL, 'c', 10, 2, ['text']), (3, 'c', 'large 3b', 'u', 11, 1, NULL), (3, NULL, NULL, 'd', 11, 2, NULL), (1, 'c', NULL, 'c', 11, 3, ['text'])",
            // Changed again in the same run as moved, without the value.
            "(2, NULL, NULL, 'd', 20, 1, NULL), (3, 'b', NULL, 'c', 20, 2, ['text']), (3, 'b2', NULL, 'u', 21, 1, ['text'])",
        ];
        foreach (var round in rounds)
        {
            await lake.AppendAsync("bronze.notes", $"SELECT id::BIGINT AS id, note::VARCHAR AS note, text::VARCHAR AS text, op AS _op, lsn::BIGINT AS _lsn, seq::BIGINT AS _seq, TIMESTAMPTZ '2025-01-01 00:00:00+00' AS _committed_at, unchanged::VARCHAR[] AS _unchanged FROM (VALUES {round}) v(id, note, text, op, lsn, seq, unchanged)");
            SampleModelsTests.AssertSucceeded(await lake.RunAsync(project));
        }

        Assert.Equal(["1|c|large 3b", "3|b2|large 2", "11|a|large 1"], await lake.RowsAsync("SELECT id, note, text FROM silver.notes ORDER BY id"));
        await IncrementalEqualsFull.CheckAsync(lake, project);
    }
}
