using System.Globalization;

namespace Lakehouse.Delta;

/// <summary>A column type of the protocol (PROTOCOL.md, "Schema Serialization Format"). Equality is by structure.</summary>
public abstract class DeltaType : IEquatable<DeltaType>
{
    private protected DeltaType()
    {
    }

    /// <inheritdoc/>
    public abstract bool Equals(DeltaType? other);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as DeltaType);

    /// <inheritdoc/>
    public abstract override int GetHashCode();

    /// <summary>The type as people write it, e.g. <c>array&lt;decimal(12,2)&gt;</c>.</summary>
    public abstract override string ToString();

    /// <summary>Equality by structure.</summary>
    public static bool operator ==(DeltaType? left, DeltaType? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Inequality by structure.</summary>
    public static bool operator !=(DeltaType? left, DeltaType? right) => !(left == right);
}

/// <summary>A type without parts, apart from <see cref="DecimalType"/>.</summary>
public sealed class PrimitiveType : DeltaType
{
    /// <summary>UTF-8 text.</summary>
    public static readonly PrimitiveType String = new("string");

    /// <summary>64-bit signed integer.</summary>
    public static readonly PrimitiveType Long = new("long");

    /// <summary>32-bit signed integer.</summary>
    public static readonly PrimitiveType Integer = new("integer");

    /// <summary>16-bit signed integer.</summary>
    public static readonly PrimitiveType Short = new("short");

    /// <summary>8-bit signed integer.</summary>
    public static readonly PrimitiveType Byte = new("byte");

    /// <summary>32-bit floating point.</summary>
    public static readonly PrimitiveType Float = new("float");

    /// <summary>64-bit floating point.</summary>
    public static readonly PrimitiveType Double = new("double");

    /// <summary>True or false.</summary>
    public static readonly PrimitiveType Boolean = new("boolean");

    /// <summary>Bytes.</summary>
    public static readonly PrimitiveType Binary = new("binary");

    /// <summary>A calendar date.</summary>
    public static readonly PrimitiveType Date = new("date");

    /// <summary>An instant, in microseconds.</summary>
    public static readonly PrimitiveType Timestamp = new("timestamp");

    /// <summary>A date and time of day without a time zone, in microseconds. Needs the feature <c>timestampNtz</c>.</summary>
    public static readonly PrimitiveType TimestampNtz = new("timestamp_ntz");

    /// <summary>Only nulls, never in data files (PROTOCOL.md, "Void Type").</summary>
    public static readonly PrimitiveType Void = new("void");

    /// <summary>A value of any type, as JSON has them and more. Needs the feature <c>variantType</c>.</summary>
    public static readonly PrimitiveType Variant = new("variant");

    private static readonly PrimitiveType[] All = [String, Long, Integer, Short, Byte, Float, Double, Boolean, Binary, Date, Timestamp, TimestampNtz, Void, Variant];

    private PrimitiveType(string name) => Name = name;

    /// <summary>The name in a schema's JSON.</summary>
    public string Name { get; }

    /// <summary>The primitive type of that name, or null.</summary>
    public static PrimitiveType? Find(string name) => Array.Find(All, type => type.Name == name);

    /// <inheritdoc/>
    public override bool Equals(DeltaType? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A signed decimal number.</summary>
public sealed class DecimalType : DeltaType
{
    /// <summary>A decimal type.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Precision is not in 1..38, or scale not in 0..precision.</exception>
    public DecimalType(int precision, int scale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(precision, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(precision, 38);
        ArgumentOutOfRangeException.ThrowIfNegative(scale);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scale, precision);
        Precision = precision;
        Scale = scale;
    }

    /// <summary>Decimal digits in all.</summary>
    public int Precision { get; }

    /// <summary>Digits after the point.</summary>
    public int Scale { get; }

    /// <inheritdoc/>
    public override bool Equals(DeltaType? other) => other is DecimalType type && type.Precision == Precision && type.Scale == Scale;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Precision, Scale);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"decimal({Precision},{Scale})");
}

/// <summary>A list of elements of one type.</summary>
public sealed class ArrayType(DeltaType elementType, bool containsNull = true) : DeltaType
{
    /// <summary>The elements' type.</summary>
    public DeltaType ElementType { get; } = elementType;

    /// <summary>Whether an element may be null.</summary>
    public bool ContainsNull { get; } = containsNull;

    /// <inheritdoc/>
    public override bool Equals(DeltaType? other) => other is ArrayType type && type.ContainsNull == ContainsNull && type.ElementType == ElementType;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ElementType, ContainsNull);

    /// <inheritdoc/>
    public override string ToString() => $"array<{ElementType}>";
}

/// <summary>A map from keys to values.</summary>
public sealed class MapType(DeltaType keyType, DeltaType valueType, bool valueContainsNull = true) : DeltaType
{
    /// <summary>The keys' type.</summary>
    public DeltaType KeyType { get; } = keyType;

    /// <summary>The values' type.</summary>
    public DeltaType ValueType { get; } = valueType;

    /// <summary>Whether a value may be null.</summary>
    public bool ValueContainsNull { get; } = valueContainsNull;

    /// <inheritdoc/>
    public override bool Equals(DeltaType? other) =>
        other is MapType type && type.ValueContainsNull == ValueContainsNull && type.KeyType == KeyType && type.ValueType == ValueType;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(KeyType, ValueType, ValueContainsNull);

    /// <inheritdoc/>
    public override string ToString() => $"map<{KeyType},{ValueType}>";
}
