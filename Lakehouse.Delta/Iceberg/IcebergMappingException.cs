namespace Lakehouse.Delta;

/// <summary>The table, or a column of it, has nothing that it could be in Iceberg. The Delta table is as good as ever; what Iceberg
/// clients see stays at the last version that could be mapped.</summary>
public sealed class IcebergMappingException(string table, string what, long? version = null)
    : DeltaException(table, $"cannot be shown as an Iceberg table: {what}.", version);
