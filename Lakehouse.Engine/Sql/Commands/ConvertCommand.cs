namespace Lakehouse.Engine.Sql.Commands;

/// <summary><c>CONVERT TO DELTA 'folder'</c>: makes a folder of Parquet files a table, in place.</summary>
internal sealed class ConvertCommand(TableReference table, ConvertOptions options) : LakeCommand(table)
{
    public const string Usage = "CONVERT TO DELTA 'folder' [NO STATISTICS] [PARTITIONED BY (column type, …)]";

    public static ConvertCommand Read(SqlCursor sql, TableReference table)
    {
        ConvertOptions options = new();
        if (sql.Accept("no", "statistics")) options = options with { CollectStatistics = false };
        if (sql.Accept("partitioned", "by")) options = options with { PartitionBy = CreateCommand.Columns(sql) };
        sql.ExpectEnd();
        return new ConvertCommand(table, options);
    }

    public override async Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken)
    {
        ConvertResult result = await Table.In(session.Lake).ConvertAsync(session.Connection, options, cancellationToken).ConfigureAwait(false);
        return new CommandRows(("numFiles", "BIGINT"), ("numBytes", "BIGINT"), ("numRows", "BIGINT")).Add(result.Files, result.Bytes, result.Rows);
    }
}
