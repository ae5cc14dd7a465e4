using System.Globalization;
using Lakehouse.DuckDb;
using Lakehouse.Engine;

namespace Lakehouse.Transform.Tests;

/// <summary>A lake in a temporary folder, gone after the test.</summary>
public sealed class TransformLake : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lakehouse-transform-lake-");

    public TransformLake()
    {
        Lake = Lake.Open(_folder.FullName, new LakeOptions { Threads = 2, MemoryLimit = "1GB" });
        Session = Lake.OpenSession();
    }

    public Lake Lake { get; }

    public LakeSession Session { get; }

    public string Folder => _folder.FullName;

    public LakeTable Table(string name) => Lake.Table(TableName.Parse(name));

    /// <summary>Adds a query's rows to a table.</summary>
    public async Task<long> AppendAsync(string table, string select) =>
        (await Table(table).AppendAsync(Session.Connection, select, null, TestContext.Current.CancellationToken)).Version;

    public async Task<long> MergeAsync(string table, string key, string select, string? deleteWhen = null, params string[] except) =>
        (await Table(table).MergeAsync(Session.Connection, select, new MergeOptions { Keys = [key], DeleteWhen = deleteWhen, ExceptColumns = except }, TestContext.Current.CancellationToken)).Version;

    /// <summary>All rows of a query as text, cells joined by |, in the query's order.</summary>
    public async Task<List<string>> RowsAsync(string sql)
    {
        using var result = await Session.QueryAsync(sql, TestContext.Current.CancellationToken);
        var rows = new List<string>();
        while (result.NextChunk())
        {
            for (var row = 0; row < result.RowCount; row++)
            {
                var cells = new string[result.Columns.Count];
                for (var column = 0; column < cells.Length; column++)
                    cells[column] = Text(result.Column(column).GetValue(row));
                rows.Add(string.Join("|", cells));
            }
        }
        return rows;
    }

    public async Task<string> CellAsync(string sql) => Assert.Single(await RowsAsync(sql));

    public async Task<RunResults> RunAsync(DbtProject project, RunOptions? options = null)
    {
        await using var runner = new ModelRunner(Lake, project, options);
        return await runner.RunAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await Lake.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static string Text(object? value) => value switch
    {
        null => "null",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
