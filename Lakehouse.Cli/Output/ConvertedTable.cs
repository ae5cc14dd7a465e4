namespace Lakehouse.Cli.Output;

/// <summary>What a folder of Parquet files became.</summary>
public sealed record ConvertedTable(string Table, int Files, long Bytes, long? Rows);
