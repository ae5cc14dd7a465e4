using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Tests;

/// <summary>A lake in a temporary folder, with one session, gone after the test.</summary>
public sealed class TestLake : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lakehouse-engine-");

    public TestLake(LakeOptions? options = null)
    {
        Lake = Lake.Open(_folder.FullName, options ?? new LakeOptions { Threads = 2, MemoryLimit = "1GB" });
        Session = Lake.OpenSession();
    }

    public Lake Lake { get; }

    public LakeSession Session { get; }

    public DuckDbConnection Connection => Session.Connection;

    public string Folder => _folder.FullName;

    public LakeTable Table(string name) => Lake.Table(TableName.Parse(name));

    /// <summary>All rows of a query as text, cells joined by |, in the query's order.</summary>
    public Task<List<string>> RowsAsync(string sql) => RowsAsync(Session, sql);

    public static async Task<List<string>> RowsAsync(LakeSession session, string sql)
    {
        using var result = await session.QueryAsync(sql, TestContext.Current.CancellationToken);
        return Read(result);
    }

    public static List<string> Read(DuckDbResult result)
    {
        var rows = new List<string>();
        while (result.NextChunk())
        {
            for (var row = 0; row < result.RowCount; row++)
            {
                var cells = new string[result.Columns.Count];
                for (var column = 0; column < cells.Length; column++) cells[column] = Text(result.Column(column).GetValue(row));
                rows.Add(string.Join("|", cells));
            }
        }
        return rows;
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
        bool truth => truth ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
