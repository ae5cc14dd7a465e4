using Lakehouse.Ingestion.Bronze;
using Lakehouse.Ingestion.Postgres.Source;
using Npgsql;

namespace Lakehouse.Ingestion.Postgres;

/// <summary>
/// Refuses to go on with tables of which changes went by unseen: bronze would have a gap that nobody is told of. Each of
/// them needs a new snapshot, for which its bronze table is moved aside.
/// </summary>
internal sealed class GapCheck(PostgresSourceOptions options)
{
    /// <summary>
    /// Tables that bronze holds and the last row of <c>bronze._commits</c> does not tell of were not chosen, or not there,
    /// for a while: their changes came by then and went nowhere, and the slot does not send them again.
    /// </summary>
    /// <exception cref="PublicationException">There is such a table.</exception>
    public void RefuseLeftOut(BronzeState bronze)
    {
        // One that is further than the last row came new just now: its snapshot holds what was before.
        var leftOut = bronze.Tables.Where(t => t.Applied > 0 && t.Applied < bronze.Ledger.ToLsn && !bronze.Ledger.Tables.Contains(t.Name.Name)).ToList();
        if (leftOut.Count > 0) throw Gap("the source was read on without this table (it was not among 'tables', or 'exclude'd, dropped or renamed)", leftOut);
    }

    /// <summary>Tables that bronze holds and the publication lacks were not published for a while: their changes since then are not in the log.</summary>
    /// <exception cref="PublicationException">There is such a table.</exception>
    public void RefuseUnpublished(IReadOnlyList<SourceTable> missing, IReadOnlyList<ChosenTable> chosen)
    {
        var gone = chosen.Where(c => c.Bronze.Applied > 0 && missing.Contains(c.Source)).Select(c => c.Bronze).ToList();
        if (gone.Count > 0) throw Gap($"the publication '{options.PublicationName}' no longer sends this table", gone);
    }

    /// <summary>Tables that left the publication and came back, or of which it sends less than it did, since their positions were written.</summary>
    /// <exception cref="PublicationException">There is such a table.</exception>
    public void RefuseChanged(IReadOnlyDictionary<uint, Membership> memberships, IReadOnlyList<ChosenTable> chosen)
    {
        var gaps = chosen
            .Where(c => c.Bronze is { Applied: > 0, KnownMembership: not null } && memberships.ContainsKey(c.Source.Id))
            .Select(c => (c.Bronze, Cause: memberships[c.Source.Id].FindGapSince(c.Bronze.KnownMembership!, options.PublicationName)))
            .Where(g => g.Cause is not null).ToList();
        if (gaps.Count == 0) return;
        var cause = gaps[0].Cause!;
        // While it was missing the server could not tell what to send, and it stops at that place in its log ever after.
        var isAnew = gaps[0].Bronze.KnownMembership!.Publication != memberships.Values.First().Publication;
        throw Gap(cause, [.. gaps.Where(g => g.Cause == cause).Select(g => g.Bronze)], isAnew ? $", drop the slot (SELECT pg_drop_replication_slot('{options.SlotName}'))" : "");
    }

    /// <summary>Looks whether the publication still has the tables of a running session as it had them when it began.</summary>
    /// <exception cref="SourceTablesChangedException">It has not: the next session finds out what that means. Tables that are gone are the stream's matter.</exception>
    public async Task LookAsync(NpgsqlConnection connection, IReadOnlyList<ChosenTable> tables, CancellationToken ct)
    {
        if (tables.Count == 0) return;
        var now = await Membership.ReadAsync(connection, options, tables.Select(t => t.Source.Id), ct);
        foreach (var table in tables)
        {
            if (now.TryGetValue(table.Source.Id, out var membership)
                && table.Bronze.Membership is { } before && membership.FindGapSince(before, options.PublicationName) is { } cause)
            {
                throw new SourceTablesChangedException(options.Name, table.Source.FullName, $"{cause}; the source's tables are read again.");
            }
        }
        var missing = tables.Where(t => !now.ContainsKey(t.Source.Id)).ToList();
        if (missing.Count == 0) return;
        var columns = await SourceCatalog.ReadColumnsAsync(connection, [.. missing.Select(t => t.Source.Id)], ct);
        if (missing.FirstOrDefault(t => columns.ContainsKey(t.Source.Id)) is { } unpublished)
            throw new SourceTablesChangedException(options.Name, unpublished.Source.FullName, $"the publication '{options.PublicationName}' no longer sends the table; the source's tables are read again.");
    }

    private PublicationException Gap(string cause, IReadOnlyList<BronzeTable> tables, string also = "") => new(
        $"{cause}, so that its changes since then are lost for bronze. Move {string.Join(", ", tables.Select(t => t.Name))} aside (the history stays readable){also} and start again: {(tables.Count == 1 ? "the table gets a new snapshot" : "these tables get new snapshots")}.",
        options.Name, tables[0].SourceTable);
}
