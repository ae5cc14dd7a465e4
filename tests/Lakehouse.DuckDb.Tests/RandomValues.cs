using System.Collections;
using System.Numerics;

namespace Lakehouse.DuckDb.Tests;

/// <summary>Random types and values of them, in the lossless form that <see cref="DuckDbVector.GetProviderValue"/> gives. The seed is printed.</summary>
internal sealed class RandomValues
{
    private readonly Random _random;

    internal RandomValues(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        _random = new Random(seed);
    }

    internal static readonly DuckDbType[] SimpleTypes =
    [
        DuckDbType.Boolean, DuckDbType.TinyInt, DuckDbType.SmallInt, DuckDbType.Integer, DuckDbType.BigInt,
        DuckDbType.UTinyInt, DuckDbType.USmallInt, DuckDbType.UInteger, DuckDbType.UBigInt,
        DuckDbType.HugeInt, DuckDbType.UHugeInt, DuckDbType.BigNum, DuckDbType.Float, DuckDbType.Double,
        DuckDbType.Decimal(4, 1), DuckDbType.Decimal(9, 0), DuckDbType.Decimal(18, 18), DuckDbType.Decimal(28, 5), DuckDbType.Decimal(38, 10),
        DuckDbType.Varchar, DuckDbType.Blob, DuckDbType.Bit, DuckDbType.Uuid,
        DuckDbType.Date, DuckDbType.Time, DuckDbType.TimeNanoseconds, DuckDbType.TimeTz,
        DuckDbType.Timestamp, DuckDbType.TimestampSeconds, DuckDbType.TimestampMilliseconds, DuckDbType.TimestampNanoseconds, DuckDbType.TimestampTz,
        DuckDbType.Interval, DuckDbType.Enum("red", "green", "it's blue"),
        DuckDbType.Enum([.. Enumerable.Range(0, 300).Select(i => $"value {i}")]),
    ];

    internal bool Chance(double probability) => _random.NextDouble() < probability;

    internal int Below(int bound) => _random.Next(bound);

    /// <summary>A type with parts, at most <paramref name="depth"/> deep.</summary>
    internal DuckDbType Type(int depth) => depth == 0 || Chance(0.3) ? SimpleTypes[Below(SimpleTypes.Length)] : Below(5) switch
    {
        0 => DuckDbType.List(Type(depth - 1)),
        1 => DuckDbType.Array(Type(depth - 1), 1 + Below(4)),
        2 => DuckDbType.Struct(Fields(depth)),
        3 => DuckDbType.Union(Fields(depth)),
        _ => DuckDbType.Map(MapKey(), Type(depth - 1)),
    };

    /// <summary>A value, or null one time in eight.</summary>
    internal object? OrNull(DuckDbType type) => Chance(0.125) ? null : Value(type);

    internal object Value(DuckDbType type) => type.Id switch
    {
        DuckDbTypeId.Boolean => Chance(0.5),
        DuckDbTypeId.TinyInt => (sbyte)Bits64(),
        DuckDbTypeId.SmallInt => (short)Bits64(),
        DuckDbTypeId.Integer => (int)Bits64(),
        DuckDbTypeId.BigInt => Edge(long.MinValue, long.MaxValue, 0L, Bits64),
        DuckDbTypeId.UTinyInt => (byte)Bits64(),
        DuckDbTypeId.USmallInt => (ushort)Bits64(),
        DuckDbTypeId.UInteger => (uint)Bits64(),
        DuckDbTypeId.UBigInt => Edge(ulong.MinValue, ulong.MaxValue, 1UL, () => (ulong)Bits64()),
        DuckDbTypeId.HugeInt => Edge(Int128.MinValue, Int128.MaxValue, Int128.NegativeOne, () => (Int128)Bits128()),
        DuckDbTypeId.UHugeInt => Edge(UInt128.MinValue, UInt128.MaxValue, UInt128.One, Bits128),
        DuckDbTypeId.BigNum => BigNum(),
        DuckDbTypeId.Float => Edge(float.NaN, float.PositiveInfinity, -0f, () => (float)(_random.NextDouble() * 2e10 - 1e10)),
        DuckDbTypeId.Double => Edge(double.NaN, double.NegativeInfinity, double.Epsilon, () => _random.NextDouble() * 2e100 - 1e100),
        DuckDbTypeId.Decimal => new DuckDbDecimal(Digits(type.Width), type.Scale),
        DuckDbTypeId.Varchar => Text(),
        DuckDbTypeId.Blob => Bytes(),
        DuckDbTypeId.Bit => new BitArray([.. Enumerable.Range(0, 1 + Below(70)).Select(_ => Chance(0.5))]),
        DuckDbTypeId.Uuid => Edge(Guid.Empty, new Guid("ffffffff-ffff-ffff-ffff-ffffffffffff"), new Guid("80000000-0000-0000-0000-000000000000"), () => new Guid(Fill(16))),
        DuckDbTypeId.Date => Edge(DuckDbDate.PositiveInfinity, DuckDbDate.NegativeInfinity, new DuckDbDate(-719162), () => new DuckDbDate(Below(4_000_000) - 2_000_000)),
        DuckDbTypeId.Time => Edge(TimeSpan.Zero, TimeSpan.FromDays(1), TimeSpan.FromMicroseconds(1), () => TimeSpan.FromMicroseconds(_random.NextInt64(86_400_000_000))),
        DuckDbTypeId.TimeNanoseconds => _random.NextInt64(86_400_000_000_000),
        DuckDbTypeId.TimeTz => new DuckDbTimeTz(_random.NextInt64(86_400_000_000), Below(2 * 57_599 + 1) - 57_599),
        DuckDbTypeId.Timestamp or DuckDbTypeId.TimestampTz => Timestamp(DuckDbTimestampUnit.Microseconds, 200_000_000_000_000_000),
        DuckDbTypeId.TimestampSeconds => Timestamp(DuckDbTimestampUnit.Seconds, 200_000_000_000),
        DuckDbTypeId.TimestampMilliseconds => Timestamp(DuckDbTimestampUnit.Milliseconds, 200_000_000_000_000),
        DuckDbTypeId.TimestampNanoseconds => Timestamp(DuckDbTimestampUnit.Nanoseconds, 9_000_000_000_000_000_000),
        DuckDbTypeId.Interval => new DuckDbInterval(Below(10_000) - 5_000, Below(10_000) - 5_000, _random.NextInt64(-1L << 50, 1L << 50)),
        DuckDbTypeId.Enum => type.EnumValues[Below(type.EnumValues.Count)],
        DuckDbTypeId.List => Enumerable.Range(0, Below(6)).Select(_ => OrNull(type.Element!)).ToArray(),
        DuckDbTypeId.Array => Enumerable.Range(0, type.Length).Select(_ => OrNull(type.Element!)).ToArray(),
        DuckDbTypeId.Struct => Struct(type),
        DuckDbTypeId.Map => Map(type),
        DuckDbTypeId.Union => Union(type),
        _ => throw new NotSupportedException(type.ToString()),
    };

    private DuckDbField[] Fields(int depth) => [.. Enumerable.Range(0, 1 + Below(4)).Select(i => new DuckDbField($"field {i}", Type(depth - 1)))];

    private DuckDbType MapKey() => Below(4) switch
    {
        0 => DuckDbType.Varchar,
        1 => DuckDbType.Uuid,
        2 => DuckDbType.Decimal(38, 10),
        _ => DuckDbType.Integer,
    };

    private OrderedDictionary<string, object?> Struct(DuckDbType type)
    {
        var value = new OrderedDictionary<string, object?>();
        foreach (var field in type.Fields) value.Add(field.Name, OrNull(field.Type));
        return value;
    }

    private OrderedDictionary<object, object?> Map(DuckDbType type)
    {
        var value = new OrderedDictionary<object, object?>();
        for (var i = Below(5); i > 0; i--) value.TryAdd(Value(type.Fields[0].Type), OrNull(type.Fields[1].Type));
        return value;
    }

    private DuckDbUnion Union(DuckDbType type)
    {
        var member = type.Fields[Below(type.Fields.Count)];
        return new(member.Name, OrNull(member.Type));
    }

    private T Edge<T>(T first, T second, T third, Func<T> other) => Below(12) switch
    {
        0 => first,
        1 => second,
        2 => third,
        _ => other(),
    };

    private DuckDbTimestamp Timestamp(DuckDbTimestampUnit unit, long range) =>
        Edge(DuckDbTimestamp.PositiveInfinity(unit), DuckDbTimestamp.NegativeInfinity(unit), new(0, unit), () => new(_random.NextInt64(-range, range), unit));

    private Int128 Digits(int width)
    {
        var value = (Int128)((BigInteger)Bits128() % BigInteger.Pow(10, 1 + Below(width)));
        return Chance(0.5) ? value : -value;
    }

    private BigInteger BigNum()
    {
        var value = new BigInteger(Fill(1 + Below(40)));
        return Chance(0.1) ? BigInteger.Zero : value;
    }

    private string Text()
    {
        const string letters = "abcÄß€日本𝄞 '\"\\\n\0xyz";
        var runes = letters.EnumerateRunes().ToArray();
        return string.Concat(Enumerable.Range(0, Chance(0.2) ? Below(300) : Below(16)).Select(_ => runes[Below(runes.Length)].ToString()));
    }

    private byte[] Bytes() => Fill(Chance(0.2) ? Below(300) : Below(16));

    private byte[] Fill(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    private long Bits64() => BitConverter.ToInt64(Fill(8)) >> Below(63);

    private UInt128 Bits128() => new UInt128((ulong)Bits64(), (ulong)_random.NextInt64()) >> Below(127);
}
