using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Lakehouse.Cli.Output;
using Lakehouse.Cli.Shell;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse sql</c>: statements on the caller's own machine with the caller's own rights.</summary>
public sealed class SqlCommand : CliCommand
{
    /// <summary>How many tables a message names at most.</summary>
    private const int MostNamed = 20;

    private readonly Argument<string[]> _sql = new("sql")
    {
        Description = "SQL statements, separated by semicolons; '-' or nothing reads standard input.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string> _lake = CommonOptions.Lake();

    private readonly Option<ResultFormat?> _format = CommonOptions.Choice<ResultFormat>("--format", "-f", "How rows are printed; as a table when not given.");
    private readonly Option<bool> _json = CommonOptions.Json("The same as --format json.");

    public SqlCommand()
        : base("sql", "Run SQL over the lake's tables and any Delta folder, Parquet, CSV or JSON file; write and tend tables.")
    {
        Add(_sql);
        Add(_lake);
        Add(_format);
        Add(_json);
        Examples =
        [
            new("lakehouse sql \"SELECT status, count(*) FROM silver.orders GROUP BY ALL\"", "Tables of the lake by name."),
            new("lakehouse sql --lake /data/lake --format json \"FROM gold.sales_metrics\" | jq", "One object a row, exact numbers."),
            new("lakehouse sql \"SELECT count(*) FROM silver.orders VERSION AS OF 3\"", "A table as it was."),
            new("lakehouse sql \"COPY INTO bronze.events FROM '/data/in' FILEFORMAT = JSON\"", "Files that the table does not hold yet."),
            new("lakehouse sql \"OPTIMIZE silver.orders ZORDER BY (customer_id)\"", "Upkeep, answered with what was done."),
            new("lakehouse sql \"FROM delta_scan('/data/events', version => 3) LIMIT 10\"", "Any Delta folder, at any version."),
            new("lakehouse sql -f csv \"FROM read_parquet('part-*.parquet')\" > rows.csv", "Any file that DuckDB reads."),
            new("lakehouse sql < report.sql", "A script from standard input."),
        ];
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string script = await ReadScriptAsync(parsed.GetValue(_sql) ?? [], cancellationToken);
        IReadOnlyList<SqlStatement> statements = SqlScript.Split(script);
        if (statements.Count == 0)
            throw new UsageException("there is no SQL statement in what was given.");
        ResultFormat format = parsed.GetValue(_json) ? ResultFormat.Json : parsed.GetValue(_format) ?? ResultFormat.Table;
        await using LakeFolder folder = LakeFolder.ForReading(parsed, _lake, mayBeAbsent: true);
        await using LakeSession session = folder.Lake.OpenSession();
        ResultWriter writer = ResultWriter.For(format);
        foreach (SqlStatement statement in statements)
        {
            // What a lake that only stands in is told would be gone when this ends.
            if (folder.Absent is { } absent && await LakeStatement.FindAsync(folder.Lake, statement.Text, cancellationToken) is not null)
                throw new UsageException(absent);
            await RunStatementAsync(folder.Lake, session, statement, statements.Count > 1 ? script : null, writer, cancellationToken);
        }
        return ExitCode.Done;
    }

    private static async Task RunStatementAsync(Lake lake, LakeSession session, SqlStatement statement, string? script, ResultWriter writer, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        try
        {
            using DuckDbResult result = await session.QueryAsync(statement.Text, cancellationToken);
            long rows = await Task.Run(() => Print(result, writer, cancellationToken), CancellationToken.None);
            Terminal.Out.Flush();
            if (writer is TableResultWriter)
                Terminal.Error.WriteLine(Summary(result, rows, Stopwatch.GetElapsedTime(started)));
        }
        catch (DuckDbException error) when (error.ErrorType == DuckDbErrorType.Catalog)
        {
            throw new CommandFailedException(error.Message + await TablesAsync(lake, cancellationToken) + Place(script, statement), error);
        }
        catch (Exception error) when (script is not null && error is DuckDbException or EngineException or DeltaException or IOException)
        {
            throw new CommandFailedException(error.Message + Place(script, statement), error);
        }
    }

    /// <summary>What a name may have meant that DuckDB does not know.</summary>
    private static async Task<string> TablesAsync(Lake lake, CancellationToken cancellationToken)
    {
        IReadOnlyList<TableName> tables = await lake.ListTablesAsync(cancellationToken);
        if (tables.Count == 0) return $"\n(the lake {lake.Folder} has no tables)";
        string names = string.Join(", ", tables.Select(table => table.ToString()).Order(StringComparer.Ordinal).Take(MostNamed));
        return $"\n(the lake {lake.Folder} has {names}{(tables.Count > MostNamed ? $" and {tables.Count - MostNamed} more" : "")})";
    }

    private static string Place(string? script, SqlStatement statement) => script is null ? "" : $"\n(in the statement at line {LineOf(script, statement.Start)})";

    private static long Print(DuckDbResult result, ResultWriter writer, CancellationToken cancellationToken)
    {
        if (result.ReturnsRows)
            return writer.Write(result, cancellationToken);
        while (result.NextChunk(cancellationToken))
        {
            // what a statement that returns no rows counts is RowsChanged already
        }
        return result.RowsChanged;
    }

    private static string Summary(DuckDbResult result, long rows, TimeSpan elapsed)
    {
        string count = rows.ToString("N0", CultureInfo.InvariantCulture);
        string what = result.ReturnsRows ? $"{count} row{(rows == 1 ? "" : "s")}"
            : rows > 0 ? $"{result.StatementType.ToString().ToUpperInvariant()}: {count} row{(rows == 1 ? "" : "s")} changed"
            : $"{result.StatementType.ToString().ToUpperInvariant()}: done";
        return $"({what}, {DurationText.Format(elapsed)})";
    }

    private static int LineOf(string script, int position) => script.AsSpan(0, position).Count('\n') + 1;

    private static async Task<string> ReadScriptAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (arguments is not ([] or ["-"]))
            return string.Join(";\n", arguments);
        if (arguments.Length == 0 && !Console.IsInputRedirected)
            throw new UsageException("give SQL as an argument or on standard input; 'lakehouse sql --help' has examples.");
        // the read itself hears no token: the wait for it does
        return await Task.Run(Console.In.ReadToEnd, CancellationToken.None).WaitAsync(cancellationToken);
    }
}
