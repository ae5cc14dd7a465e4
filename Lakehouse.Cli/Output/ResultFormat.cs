namespace Lakehouse.Cli.Output;

/// <summary>How rows are printed.</summary>
public enum ResultFormat
{
    /// <summary>Columns lined up for people.</summary>
    Table,

    /// <summary>An array of one object a row, for machines.</summary>
    Json,

    /// <summary>RFC 4180 with a header line.</summary>
    Csv,
}
