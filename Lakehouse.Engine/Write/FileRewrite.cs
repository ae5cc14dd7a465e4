using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Scan;

namespace Lakehouse.Engine.Write;

/// <summary>Copies rows of data files into new files of the same table.</summary>
internal static class FileRewrite
{
    /// <summary>Writes the rows that the slices show, in the table's columns and partitions; nothing is committed.</summary>
    public static async Task<StagedFiles> StageAsync(LakeTable table, DuckDbConnection connection, Snapshot snapshot, IReadOnlyList<FileSlice> slices, CancellationToken cancellationToken)
    {
        using var local = await LocalFiles.OpenAsync(table, slices, snapshot.Version, cancellationToken).ConfigureAwait(false);
        long? selection = slices.Any(slice => slice.Rows is not null) ? table.Lake.Selections.Add([.. slices.Select(slice => slice.Rows)]) : null;
        try
        {
            // A void column has no place in files (PROTOCOL.md, "Void Type").
            var fields = snapshot.Schema.Fields.Where(field => field.Type != PrimitiveType.Void).ToList();
            var sql = ScanSql.Write(new ColumnLayout(snapshot.Metadata), slices, local.PathOf, selection, fields);
            var columns = fields.Select(field => new DuckDbColumn(field.Name, DeltaTypes.ToDuckDb(field.Type))).ToList();
            var plan = WritePlan.Into(table.ToString(), snapshot, columns, new WriteOptions()).ForRewrite();
            return await ParquetStager.WriteAsync(table, connection, sql, columns, plan, cancellationToken).ConfigureAwait(false);
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
