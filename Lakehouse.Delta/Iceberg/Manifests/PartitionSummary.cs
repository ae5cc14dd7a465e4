using Lakehouse.Delta.Iceberg.Schemas;

namespace Lakehouse.Delta.Iceberg.Manifests;

/// <summary>What a manifest's files have in one field of the partition (Iceberg table spec, "Manifest Lists", <c>field_summary</c>).
/// Bounds hold, but need not be met.</summary>
internal sealed record PartitionSummary(bool ContainsNull, bool ContainsNaN, byte[]? Lower, byte[]? Upper)
{
    public static readonly PartitionSummary None = new(false, false, null, null);

    public PartitionSummary With(byte[]? value, IcebergPrimitive type)
    {
        if (value is null) return this with { ContainsNull = true };
        return SingleValue.IsNaN(type, value) ? this with { ContainsNaN = true } : With(new PartitionSummary(false, false, value, value), type);
    }

    public PartitionSummary With(PartitionSummary other, IcebergPrimitive type) => new(
        ContainsNull || other.ContainsNull,
        ContainsNaN || other.ContainsNaN,
        Lower is null ? other.Lower : other.Lower is null || SingleValue.Compare(type, Lower, other.Lower) <= 0 ? Lower : other.Lower,
        Upper is null ? other.Upper : other.Upper is null || SingleValue.Compare(type, Upper, other.Upper) >= 0 ? Upper : other.Upper);

    /// <summary>Whether a file with the value can be among the files.</summary>
    public bool MayContain(byte[]? value, IcebergPrimitive type) =>
        value is null ? ContainsNull
        : SingleValue.IsNaN(type, value) ? ContainsNaN
        : Lower is not null && Upper is not null && SingleValue.Compare(type, Lower, value) <= 0 && SingleValue.Compare(type, Upper, value) >= 0;
}
