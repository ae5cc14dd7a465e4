using Lakehouse.Cli.Shell;
using Lakehouse.DuckDb;

namespace Lakehouse.Cli.Output;

/// <summary>Prints a result as it streams: never more of it in memory than a chunk, or a table's first rows.</summary>
public abstract class ResultWriter
{
    public static ResultWriter For(ResultFormat format) => format switch
    {
        ResultFormat.Json => new JsonResultWriter(Terminal.OutStream),
        ResultFormat.Csv => new CsvResultWriter(Terminal.Out),
        _ => new TableResultWriter(Terminal.Out),
    };

    /// <summary>Prints all rows and returns how many there were.</summary>
    /// <exception cref="DuckDbException">The query failed on the way; the rows before it are printed.</exception>
    public abstract long Write(DuckDbResult result, CancellationToken cancellationToken);
}
