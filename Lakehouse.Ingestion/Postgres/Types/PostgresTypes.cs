namespace Lakehouse.Ingestion.Postgres.Types;

/// <summary>What is known of a PostgreSQL type (a row of pg_type).</summary>
/// <param name="Id">Its OID.</param>
/// <param name="Name">Its name.</param>
/// <param name="BaseType">A domain's base type; else 0.</param>
/// <param name="BaseModifier">The modifier that a domain gives its base type; else -1.</param>
/// <param name="Element">A true array's element type; else 0.</param>
/// <param name="Delimiter">What splits the elements in an array's text.</param>
internal sealed record PostgresType(uint Id, string Name, uint BaseType = 0, int BaseModifier = -1, uint Element = 0, byte Delimiter = (byte)',');

/// <summary>A source column's type in bronze and how its text is read.</summary>
/// <param name="Type">The bronze type that holds it.</param>
/// <param name="Delimiter">What splits elements, when it is an array.</param>
internal sealed record ColumnMapping(BronzeType Type, byte Delimiter);

/// <summary>Maps PostgreSQL types to bronze types. Types that bronze has no column for arrive as their text.</summary>
internal sealed class PostgresTypes
{
    private readonly Dictionary<uint, PostgresType> _types;

    /// <param name="types">The source's own types (domains, enums, arrays of them, extensions' types); unknown ones are text.</param>
    public PostgresTypes(IEnumerable<PostgresType> types) => _types = types.ToDictionary(t => t.Id);

    /// <summary>Whether a type can be mapped without asking the source about it.</summary>
    public bool Knows(uint typeId) => BuiltIn(typeId, -1) is not null || _types.ContainsKey(typeId);

    /// <summary>Learns more types, such as those made after the ingester started.</summary>
    public void Learn(IEnumerable<PostgresType> types)
    {
        foreach (var type in types) _types[type.Id] = type;
    }

    /// <summary>The bronze type of a column of this type.</summary>
    /// <param name="typeId">pg_attribute.atttypid.</param>
    /// <param name="modifier">pg_attribute.atttypmod.</param>
    public ColumnMapping Map(uint typeId, int modifier)
    {
        for (var depth = 0; depth < 32; depth++)
        {
            if (BuiltIn(typeId, modifier) is { } builtIn) return new(builtIn, (byte)',');
            if (!_types.TryGetValue(typeId, out var type)) break;
            if (type.BaseType != 0)
            {
                typeId = type.BaseType;
                if (type.BaseModifier != -1) modifier = type.BaseModifier;
                continue;
            }
            // A domain over an array as an element would nest lists; its text keeps it whole.
            if (type.Element != 0 && Map(type.Element, modifier).Type is { Kind: not BronzeKind.Array } element)
                return new(BronzeType.Array(element), type.Delimiter);
            break;
        }
        return new(BronzeType.Text, (byte)',');
    }

    /// <remarks>OIDs of built-in types never change (pg_type.dat).</remarks>
    private static BronzeType? BuiltIn(uint typeId, int modifier) => typeId switch
    {
        16 => BronzeType.Boolean,
        17 => BronzeType.Binary,
        20 => BronzeType.Int64,
        21 => BronzeType.Int16,
        23 => BronzeType.Int32,
        26 or 28 or 29 => BronzeType.Int64,                      // oid, xid, cid: unsigned 32 bits
        700 => BronzeType.Float32,
        701 => BronzeType.Float64,
        1082 => BronzeType.Date,
        1114 => BronzeType.TimestampNtz,
        1184 => BronzeType.Timestamp,
        1700 => Numeric(modifier),
        18 or 19 or 25 or 1042 or 1043 => BronzeType.Text,       // "char", name, text, char(n), varchar(n)
        114 or 3802 or 142 or 2950 => BronzeType.Text,           // json, jsonb, xml, uuid
        1083 or 1266 or 1186 => BronzeType.Text,                 // time, timetz, interval
        790 or 869 or 650 or 829 or 774 or 1560 or 1562 => BronzeType.Text,   // money, inet, cidr, macaddr, macaddr8, bit, varbit
        1000 => BronzeType.Array(BronzeType.Boolean),
        1001 => BronzeType.Array(BronzeType.Binary),
        1016 => BronzeType.Array(BronzeType.Int64),
        1005 => BronzeType.Array(BronzeType.Int16),
        1007 => BronzeType.Array(BronzeType.Int32),
        1028 => BronzeType.Array(BronzeType.Int64),
        1021 => BronzeType.Array(BronzeType.Float32),
        1022 => BronzeType.Array(BronzeType.Float64),
        1182 => BronzeType.Array(BronzeType.Date),
        1115 => BronzeType.Array(BronzeType.TimestampNtz),
        1185 => BronzeType.Array(BronzeType.Timestamp),
        1231 => BronzeType.Array(Numeric(modifier)),
        1002 or 1003 or 1009 or 1014 or 1015 => BronzeType.Array(BronzeType.Text),
        199 or 3807 or 143 or 2951 => BronzeType.Array(BronzeType.Text),
        1183 or 1270 or 1187 => BronzeType.Array(BronzeType.Text),
        791 or 1041 or 651 or 1040 or 775 or 1561 or 1563 => BronzeType.Array(BronzeType.Text),
        _ => null,
    };

    /// <summary>numeric(p,s): the modifier is ((p shifted by 16) | s) + 4, with s as 11 signed bits (numeric.c, make_numeric_typmod).</summary>
    private static BronzeType Numeric(int modifier)
    {
        if (modifier < 4) return BronzeType.Text;
        var precision = ((modifier - 4) >> 16) & 0xFFFF;
        var scale = (((modifier - 4) & 0x7FF) ^ 1024) - 1024;
        // numeric(5,-2) rounds left of the point and so has more integer digits; numeric(3,5) has leading zeros after it.
        if (scale < 0) (precision, scale) = (precision - scale, 0);
        precision = Math.Max(precision, scale);
        return precision <= 38 ? BronzeType.Decimal(precision, scale) : BronzeType.Text;
    }
}
