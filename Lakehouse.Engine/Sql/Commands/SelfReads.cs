using Lakehouse.Delta;
using Lakehouse.Engine.Dml;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Sql.Commands;

/// <summary>
/// Commands whose SQL may read the table that they change: <c>INSERT OVERWRITE t SELECT DISTINCT * FROM t</c>, <c>UPDATE t SET n = (SELECT max(n) FROM t)</c>.
/// Such SQL must read the very version on which the command commits: what another writer brings in between would be overwritten unseen, or
/// counted wrong. So it is bound anew for each attempt, at that attempt's version, and a commit that comes first has it worked out again.
/// </summary>
internal static class SelfReads
{
    /// <summary>SQL of a command, bound with tables at these versions; null = all at their newest.</summary>
    public delegate Task<T> Binding<T>(IReadOnlyDictionary<TableName, long>? versions);

    /// <summary>Changes rows.</summary>
    /// <param name="session">Where the SQL is bound.</param>
    /// <param name="target">The table.</param>
    /// <param name="options">How the write is made.</param>
    /// <param name="sql">All that may read a table, as it was written.</param>
    /// <param name="bind">The statement, bound.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<CommitResult> RunAsync(LakeSession session, LakeTable target, WriteOptions options, IEnumerable<string?> sql, Binding<RowStatement> bind, CancellationToken cancellationToken)
    {
        bool reads = sql.Any(text => MayRead(target, text));
        TableDml dml = new(target, session.Connection, options with { ReadsItself = reads });
        return reads
            ? await dml.RunAsync(snapshot => bind(session.Pin(target, snapshot)), cancellationToken).ConfigureAwait(false)
            : await dml.RunAsync(await bind(null).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Adds a query's rows, or puts them in the place of others.</summary>
    /// <param name="session">Where the SQL is bound.</param>
    /// <param name="target">The table.</param>
    /// <param name="options">How the write is made.</param>
    /// <param name="query">The query as it was written.</param>
    /// <param name="bind">The query, bound.</param>
    /// <param name="overwrite">Whether its rows replace those that are there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<CommitResult> WriteAsync(LakeSession session, LakeTable target, WriteOptions options, string query, Binding<string> bind, bool overwrite, CancellationToken cancellationToken)
    {
        bool reads = MayRead(target, query);
        TableWriter writer = new(target, session.Connection, options with { ReadsItself = reads });
        return reads
            ? await writer.WriteAsync(snapshot => bind(snapshot is null ? null : session.Pin(target, snapshot)), overwrite, cancellationToken).ConfigureAwait(false)
            : await writer.WriteAsync(await bind(null).ConfigureAwait(false), overwrite, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether SQL may read the table: it names it, and some table at all.</summary>
    private static bool MayRead(LakeTable target, string? sql) =>
        sql is not null && RowCondition.MayName(target, sql)
        && SqlTokenizer.Tokenize(sql).Exists(token => token.IsWord("select") || token.IsWord("from") || token.IsWord("table"));
}
