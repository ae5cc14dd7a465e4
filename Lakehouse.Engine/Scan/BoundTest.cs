using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Scan;

/// <summary>A test of a column against its statistics. Numbers, dates, instants and plain text are compared as they lie.</summary>
internal sealed class BoundTest
{
    private readonly FilePredicate.Test _test;
    private readonly DeltaType _type;
    private readonly bool _isInteger;
    private readonly bool _isDate;
    private readonly bool _isInstant;
    private readonly bool _isFloating;
    private readonly bool _usesMin;
    private readonly bool _usesMax;
    private readonly long? _number;
    private readonly byte[]? _text;

    /// <summary>A test of a column of a number and a type.</summary>
    public BoundTest(FilePredicate.Test test, int column, DeltaType type)
    {
        Column = column;
        _test = test;
        _type = type;
        _isInteger = SqlConstant.IsInteger(type);
        _isDate = type == PrimitiveType.Date;
        _isInstant = type == PrimitiveType.Timestamp || type == PrimitiveType.TimestampNtz;
        _isFloating = type == PrimitiveType.Float || type == PrimitiveType.Double;
        _usesMin = test.Comparison is Comparison.Equal or Comparison.Less or Comparison.LessOrEqual;
        _usesMax = test.Comparison is Comparison.Equal or Comparison.Greater or Comparison.GreaterOrEqual;
        if (test.Value is SqlConstant.Exact { Scale: 0 } exact && exact.Unscaled >= long.MinValue && exact.Unscaled <= long.MaxValue && type is not DecimalType) _number = (long)exact.Unscaled;
        if (test.Value is SqlConstant.Text text && type == PrimitiveType.String) _text = Encoding.UTF8.GetBytes(text.Value);
    }

    /// <summary>The number of the column among those of the filter.</summary>
    public int Column { get; }

    /// <summary>Whether a file may hold rows that pass.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool MayMatch<TBounds>(scoped in TBounds bounds)
        where TBounds : IColumnBounds, allows ref struct
    {
        // With a deletion vector null counts are only bounds: none is still none, but all may be all but the deleted.
        if (_test.Comparison == Comparison.IsNull) return bounds.Nulls(Column) != 0;
        // Bounds first: they tell more often, and of fewer values.
        if (!_test.MayHold(_usesMin ? Compare(bounds.Min(Column), isMax: false) : null, _usesMax ? Compare(bounds.Max(Column), isMax: true) : null)) return false;
        var nulls = bounds.Nulls(Column);
        return nulls < 0 || nulls != bounds.Rows;
    }

    /// <summary>The sign of the test's value minus a bound; null where that is not known.</summary>
    private int? Compare(Bound bound, bool isMax)
    {
        if (bound.Kind == JsonTokenType.None) return null;
        // NaN is above every number and may hide in a file whose writer left it out of the greatest value.
        if (isMax && _isFloating) return null;
        if (_text is not null && bound is { Kind: JsonTokenType.String, IsEscaped: false }) return Math.Sign(_text.AsSpan().SequenceCompareTo(bound.Text));
        // Writers cut timestamps to milliseconds: the true greatest value may lie up to one above.
        var cut = isMax && _isInstant ? 999 : 0;
        if (_number is { } number && TryRead(bound.Text, bound.Kind, out var known)) return number.CompareTo(known + cut);
        if (bound.Read(_type) is not { } value) return null;
        return SqlConstant.Compare(_test.Value!, value is SqlConstant.Exact instant && cut > 0 ? new SqlConstant.Exact(instant.Unscaled + cut) : value);
    }

    /// <summary>A whole number, a date's days or an instant's microseconds in their usual spelling.</summary>
    private bool TryRead(ReadOnlySpan<byte> text, JsonTokenType kind, out long value)
    {
        if (_isInteger) return kind == JsonTokenType.Number && Utf8Parser.TryParse(text, out value, out var used) && used == text.Length || Fail(out value);
        if (kind != JsonTokenType.String) return Fail(out value);
        if (_isDate) return text.Length == 10 && TryReadDay(text, out value) || Fail(out value);
        return _isInstant && TryReadInstant(text, out value) || Fail(out value);
    }

    /// <summary><c>yyyy-MM-ddTHH:mm:ss.fff</c>, with or without <c>Z</c>.</summary>
    private static bool TryReadInstant(ReadOnlySpan<byte> text, out long micros)
    {
        if (text.Length is not (23 or 24) || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != '.' || (text.Length == 24 && text[23] != 'Z')) return Fail(out micros);
        if (!TryReadDay(text[..10], out var day) || !TryReadDigits(text.Slice(11, 2), out var hour) || !TryReadDigits(text.Slice(14, 2), out var minute)
            || !TryReadDigits(text.Slice(17, 2), out var second) || !TryReadDigits(text.Slice(20, 3), out var milli) || hour > 23 || minute > 59 || second > 59) return Fail(out micros);
        micros = ((((day * 24 + hour) * 60 + minute) * 60 + second) * 1000 + milli) * 1000;
        return true;
    }

    private static bool TryReadDay(ReadOnlySpan<byte> text, out long day)
    {
        if (text[4] != '-' || text[7] != '-' || !TryReadDigits(text[..4], out var year) || !TryReadDigits(text.Slice(5, 2), out var month) || !TryReadDigits(text.Slice(8, 2), out var date)
            || year == 0 || month is 0 or > 12 || date == 0 || date > DateTime.DaysInMonth(year, month)) return Fail(out day);
        day = new DateOnly(year, month, date).DayNumber - new DateOnly(1970, 1, 1).DayNumber;
        return true;
    }

    private static bool TryReadDigits(ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit((char)digit)) return false;
            number = number * 10 + digit - '0';
        }
        return true;
    }

    private static bool Fail(out long value)
    {
        value = 0;
        return false;
    }
}
