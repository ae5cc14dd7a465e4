using System.CommandLine;
using System.Globalization;
using Lakehouse.Cli.Output;
using Lakehouse.Cli.Shell;
using Lakehouse.Engine;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse optimize</c>: compacts tables.</summary>
public sealed class OptimizeCommand : CliCommand
{
    private const int Megabyte = 1 << 20;

    private readonly Argument<string[]> _tables = new("table")
    {
        Description = "The tables, as schema.table, or a schema for all of its tables; every table of the lake but quarantines when none is named.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<int> _target = new Option<int>("--target-size")
    {
        Description = "The size that new files come near to, in MB.",
        HelpName = "MB",
        DefaultValueFactory = _ => 128,
    }.Positive();

    private readonly Option<string[]> _zOrder = new("--zorder-by")
    {
        Description = "Place the rows of each partition along the z-order curve of these columns, so that conditions on any of them skip files.",
        HelpName = "COLUMN",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _where = new("--where") { Description = "Only partitions for which this condition on partition columns holds.", HelpName = "CONDITION" };
    private readonly Option<bool> _purge = new("--purge") { Description = "Rewrite only files with deleted rows, all of them, without these rows." };
    private readonly Option<string> _lake = CommonOptions.Lake();
    private readonly Option<bool> _json = CommonOptions.Json("Print an array of objects, one a table.");

    public OptimizeCommand()
        : base("optimize", "Rewrite small files into few, and files with many deleted rows without them.")
    {
        Add(_tables);
        Add(_target);
        Add(_zOrder);
        Add(_where);
        Add(_purge);
        Add(_lake);
        Add(_json);
        Examples =
        [
            new("lakehouse optimize", "Compacts every table of ./lake."),
            new("lakehouse optimize gold.fact_sale --zorder-by customer_key day", "Orders the rows, and skips partitions that are in this order."),
            new("lakehouse optimize silver.orders --purge", "Takes deleted rows out of the files, however few."),
            new("lakehouse optimize bronze silver.orders --target-size 256", "All of bronze and one table of silver, into files of 256 MB."),
        ];
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using LakeFolder folder = LakeFolder.ForReading(parsed, _lake);
        Lake lake = folder.Lake;
        IReadOnlyList<TableName> tables = Choose(parsed.GetValue(_tables) ?? [], await lake.ListTablesAsync(cancellationToken));
        string[] order = parsed.GetValue(_zOrder) ?? [];
        string? where = parsed.GetValue(_where);
        bool purge = parsed.GetValue(_purge);
        if (purge && order.Length > 0) throw new UsageException("--purge leaves the rows' order as it is; say either --purge or --zorder-by.");
        OptimizeOptions options = new() { TargetFileBytes = (long)parsed.GetValue(_target) * Megabyte, ZOrderBy = order, Where = where };
        List<OptimizedTable> done = [];
        await using LakeSession session = lake.OpenSession();
        foreach (TableName name in tables)
        {
            OptimizeResult result = purge
                ? await lake.Table(name).PurgeAsync(session.Connection, where, cancellationToken)
                : await lake.Table(name).OptimizeAsync(session.Connection, options, cancellationToken);
            done.Add(new OptimizedTable(name.ToString(), result.Version, result.FilesRemoved, result.FilesAdded, result.BytesRemoved, result.BytesAdded, result.RowsPurged));
        }
        if (parsed.GetValue(_json))
            JsonOutput.Write(done, CliJson.Default.IReadOnlyListOptimizedTable);
        else
            Print(done);
        return ExitCode.Done;
    }

    private static List<TableName> Choose(string[] wanted, IReadOnlyList<TableName> tables)
    {
        // A quarantine tells the rows of an attempt that died by their files; it is compacted only when it is named.
        if (wanted.Length == 0) return [.. tables.Where(table => table.Schema != "quarantine")];
        List<TableName> chosen = [];
        foreach (string text in wanted)
        {
            List<TableName> found = [.. tables.Where(table => Matches(table, text))];
            if (found.Count == 0) throw new CommandFailedException($"the lake has no table and no schema '{text}'.");
            chosen.AddRange(found.Except(chosen));
        }
        return chosen;
    }

    private static bool Matches(TableName table, string text) =>
        text.Equals(table.ToString(), StringComparison.OrdinalIgnoreCase) || text.Equals(table.Schema, StringComparison.OrdinalIgnoreCase);

    private static void Print(List<OptimizedTable> tables) => new TableResultWriter(Terminal.Out).Write(
        ["table", "version", "files before", "files after", "bytes before", "bytes after", "rows purged"],
        [false, true, true, true, true, true, true],
        [.. tables.Select(table => new[]
        {
            table.Table, Number(table.Version), Number(table.FilesRemoved), Number(table.FilesAdded), Number(table.BytesRemoved), Number(table.BytesAdded), Number(table.RowsPurged),
        })]);

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
