using System.Globalization;
using System.Text;

namespace Lakehouse.DuckDb;

/// <summary>Reads the SQL name of a type. A small recursive descent over names, numbers, quoted texts and brackets.</summary>
internal ref struct DuckDbTypeParser
{
    private readonly string _sql;
    private int _at;

    private DuckDbTypeParser(string sql)
    {
        _sql = sql;
        _at = 0;
    }

    internal static DuckDbType Parse(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        var parser = new DuckDbTypeParser(sql);
        var type = parser.Type();
        parser.Space();
        return parser._at == sql.Length ? type : throw parser.Wrong("the end");
    }

    private DuckDbType Type()
    {
        var type = Base();
        while (Try('['))
        {
            if (Try(']'))
            {
                type = DuckDbType.List(type);
                continue;
            }

            type = DuckDbType.Array(type, Number());
            Expect(']');
        }

        return type;
    }

    private DuckDbType Base()
    {
        var name = Name().ToUpperInvariant();
        switch (name)
        {
            case "DECIMAL" or "NUMERIC" or "DEC":
                if (!Try('(')) return DuckDbType.Decimal(18, 3);
                var width = Number();
                var scale = Try(',') ? Number() : 0;
                Expect(')');
                return DuckDbType.Decimal(width, scale);
            case "STRUCT" or "ROW":
                return DuckDbType.Struct(Parts(nameless: true));
            case "UNION":
                return DuckDbType.Union(Parts(nameless: false));
            case "MAP":
                Expect('(');
                var key = Type();
                Expect(',');
                var value = Type();
                Expect(')');
                return DuckDbType.Map(key, value);
            case "ENUM":
                var texts = new List<string>();
                Expect('(');
                do
                {
                    Space();
                    texts.Add(Quoted('\''));
                }
                while (Try(','));
                Expect(')');
                return DuckDbType.Enum(texts);
            case "VARCHAR" or "TEXT" or "STRING" or "CHAR" or "BPCHAR" or "NVARCHAR":
                if (Try('('))
                {
                    Number();
                    Expect(')');
                }

                return DuckDbType.Varchar;
            case "TIMESTAMP":
                return WithZone() ? DuckDbType.TimestampTz : DuckDbType.Timestamp;
            case "TIME":
                return WithZone() ? DuckDbType.TimeTz : DuckDbType.Time;
            case "DOUBLE":
                TryWord("PRECISION");
                return DuckDbType.Double;
            default:
                return Simple(name) ?? throw new FormatException($"'{name}' in '{_sql}' is not a DuckDB type that this provider knows.");
        }
    }

    private static DuckDbType? Simple(string name) => name switch
    {
        "BOOLEAN" or "BOOL" or "LOGICAL" => DuckDbType.Boolean,
        "TINYINT" or "INT1" => DuckDbType.TinyInt,
        "SMALLINT" or "INT2" or "SHORT" or "INT16" => DuckDbType.SmallInt,
        "INTEGER" or "INT" or "INT4" or "SIGNED" or "INT32" => DuckDbType.Integer,
        "BIGINT" or "INT8" or "LONG" or "INT64" => DuckDbType.BigInt,
        "UTINYINT" or "UINT8" => DuckDbType.UTinyInt,
        "USMALLINT" or "UINT16" => DuckDbType.USmallInt,
        "UINTEGER" or "UINT32" => DuckDbType.UInteger,
        "UBIGINT" or "UINT64" => DuckDbType.UBigInt,
        "HUGEINT" or "INT128" => DuckDbType.HugeInt,
        "UHUGEINT" or "UINT128" => DuckDbType.UHugeInt,
        "BIGNUM" or "VARINT" => DuckDbType.BigNum,
        "FLOAT" or "FLOAT4" or "REAL" => DuckDbType.Float,
        "FLOAT8" => DuckDbType.Double,
        "BLOB" or "BYTEA" or "BINARY" or "VARBINARY" => DuckDbType.Blob,
        "BIT" or "BITSTRING" => DuckDbType.Bit,
        "UUID" => DuckDbType.Uuid,
        "DATE" => DuckDbType.Date,
        "TIME_NS" => DuckDbType.TimeNanoseconds,
        "TIMETZ" => DuckDbType.TimeTz,
        "TIMESTAMPTZ" => DuckDbType.TimestampTz,
        "DATETIME" or "TIMESTAMP_US" => DuckDbType.Timestamp,
        "TIMESTAMP_S" => DuckDbType.TimestampSeconds,
        "TIMESTAMP_MS" => DuckDbType.TimestampMilliseconds,
        "TIMESTAMP_NS" => DuckDbType.TimestampNanoseconds,
        "INTERVAL" => DuckDbType.Interval,
        "NULL" => DuckDbType.Null,
        "ANY" => DuckDbType.Any,
        "GEOMETRY" => DuckDbType.Simple(DuckDbTypeId.Geometry),
        "VARIANT" => DuckDbType.Simple(DuckDbTypeId.Variant),
        "JSON" => DuckDbType.Varchar,
        _ => null,
    };

    private List<DuckDbField> Parts(bool nameless)
    {
        var fields = new List<DuckDbField>();
        Expect('(');
        do
        {
            var start = _at;
            var name = Name();
            Space();
            // `STRUCT(INTEGER, VARCHAR)`: what was read is the type itself.
            if (nameless && _at < _sql.Length && _sql[_at] is ',' or ')' or '(' or '[')
            {
                _at = start;
                name = "";
            }

            fields.Add(new DuckDbField(name, Type()));
        }
        while (Try(','));
        Expect(')');
        return fields;
    }

    private bool WithZone()
    {
        if (TryWord("WITH"))
        {
            Words("TIME", "ZONE");
            return true;
        }

        if (TryWord("WITHOUT")) Words("TIME", "ZONE");
        return false;
    }

    private void Words(string first, string second)
    {
        if (!TryWord(first) || !TryWord(second)) throw Wrong($"{first} {second}");
    }

    private bool TryWord(string word)
    {
        Space();
        if (string.Compare(_sql, _at, word, 0, word.Length, StringComparison.OrdinalIgnoreCase) != 0) return false;
        var end = _at + word.Length;
        if (end < _sql.Length && (char.IsLetterOrDigit(_sql[end]) || _sql[end] == '_')) return false;
        _at = end;
        return true;
    }

    private string Name()
    {
        Space();
        if (_at < _sql.Length && _sql[_at] == '"') return Quoted('"');
        var start = _at;
        while (_at < _sql.Length && (char.IsLetterOrDigit(_sql[_at]) || _sql[_at] == '_')) _at++;
        return _at > start ? _sql[start.._at] : throw Wrong("a name");
    }

    private string Quoted(char quote)
    {
        if (_at >= _sql.Length || _sql[_at] != quote) throw Wrong(quote.ToString());
        var text = new StringBuilder();
        for (_at++; _at < _sql.Length; _at++)
        {
            if (_sql[_at] != quote)
            {
                text.Append(_sql[_at]);
                continue;
            }

            _at++;
            if (_at >= _sql.Length || _sql[_at] != quote) return text.ToString();
            text.Append(quote);
        }

        throw Wrong($"a closing {quote}");
    }

    private int Number()
    {
        Space();
        var start = _at;
        while (_at < _sql.Length && char.IsAsciiDigit(_sql[_at])) _at++;
        return int.TryParse(_sql.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong("a number");
    }

    private bool Try(char c)
    {
        Space();
        if (_at >= _sql.Length || _sql[_at] != c) return false;
        _at++;
        return true;
    }

    private void Expect(char c)
    {
        if (!Try(c)) throw Wrong($"'{c}'");
    }

    private void Space()
    {
        while (_at < _sql.Length && char.IsWhiteSpace(_sql[_at])) _at++;
    }

    private readonly FormatException Wrong(string expected) =>
        new($"'{_sql}' is not a DuckDB type: {expected} was expected at position {_at}.");
}
