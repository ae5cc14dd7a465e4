using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;
using Lakehouse.Engine.Upkeep;

namespace Lakehouse.Engine.Write;

/// <summary>Copies rows of data files into new files of the same table.</summary>
internal static class FileRewrite
{
    /// <summary>Writes the rows that the slices show, in the table's columns and partitions; nothing is committed.</summary>
    public static Task<StagedFiles> StageAsync(LakeTable table, DuckDbConnection connection, Snapshot snapshot, IReadOnlyList<FileSlice> slices, CancellationToken cancellationToken) =>
        StageAsync(table, connection, snapshot, slices, null, null, cancellationToken);

    /// <summary>Writes the rows that the slices show for another form of the table's metadata, of the same columns; nothing is committed.</summary>
    public static Task<StagedFiles> StageAsync(LakeTable table, DuckDbConnection connection, Snapshot snapshot, IReadOnlyList<FileSlice> slices, WritePlan plan, CancellationToken cancellationToken) =>
        StageAsync(table, connection, snapshot, slices, null, null, cancellationToken, plan);

    /// <summary>Writes the rows that the slices of one partition show to a place of their own, in an order.</summary>
    /// <param name="table">The table.</param>
    /// <param name="connection">Where the work is done.</param>
    /// <param name="snapshot">The version that the files are of.</param>
    /// <param name="slices">The files' rows.</param>
    /// <param name="placement">Where they go; null = by the table's partition columns.</param>
    /// <param name="order">What orders them, with a placement; null = they stay in the files' order.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="plan">How the files are written; null = as the snapshot's metadata has it.</param>
    public static async Task<StagedFiles> StageAsync(
        LakeTable table, DuckDbConnection connection, Snapshot snapshot, IReadOnlyList<FileSlice> slices, FilePlacement? placement, OrderedColumns? order, CancellationToken cancellationToken, WritePlan? plan = null)
    {
        using var local = await LocalFiles.OpenAsync(table, slices, snapshot.Version, cancellationToken).ConfigureAwait(false);
        long? selection = slices.Any(slice => slice.Rows is not null) ? table.Lake.Selections.Add([.. slices.Select(slice => slice.Rows)]) : null;
        try
        {
            // A void column has no place in files (PROTOCOL.md, "Void Type").
            var fields = snapshot.Schema.Fields.Where(field => field.Type != PrimitiveType.Void).ToList();
            var layout = new ColumnLayout(snapshot.Metadata);
            var identity = RowIdentity.Of(snapshot.Metadata, table.ToString());
            var sql = ScanSql.Write(layout, slices, local.PathOf, selection, fields, identity: identity);
            var columns = fields.Select(field => new DuckDbColumn(field.Name, DeltaTypes.ToDuckDb(field.Type))).ToList();
            plan = (plan ?? WritePlan.Into(table.ToString(), snapshot, columns, new WriteOptions())).ForRewrite().Keeping(identity);
            if (placement is null) return await ParquetStager.WriteAsync(table, connection, sql, columns, plan, cancellationToken).ConfigureAwait(false);
            if (order is null) return await ParquetStager.WriteAsync(table, connection, sql, columns, plan, placement, ordered: false, cancellationToken).ConfigureAwait(false);
            using var key = await order.MeasureAsync(table, connection, ScanSql.Write(layout, slices, local.PathOf, selection, order.Fields), slices, cancellationToken).ConfigureAwait(false);
            return await ParquetStager.WriteAsync(
                table, connection, $"SELECT *, {key.Sql} AS {ParquetStager.Order} FROM ({sql})", columns, plan, placement, ordered: true, cancellationToken).ConfigureAwait(false);
        }
        catch (DuckDbException exception) when (exception.ErrorType != DuckDbErrorType.Interrupt)
        {
            throw table.Explain(exception, snapshot.Version, slices);
        }
        finally
        {
            if (selection is { } id) table.Lake.Selections.Release(id);
        }
    }
}
