namespace Lakehouse.Ingestion.Postgres.Wire;

/// <summary>What a field of a row holds.</summary>
internal enum FieldKind : byte
{
    Null = (byte)'n',

    /// <summary>A TOASTed value that the change did not touch; PostgreSQL does not send it.</summary>
    Unchanged = (byte)'u',

    Text = (byte)'t',
}

/// <summary>
/// The fields of one row, as places in the message that carried it: random access without copying. One instance is
/// filled again for every row.
/// </summary>
internal sealed class TupleFields
{
    private FieldKind[] _kinds = new FieldKind[64];
    private int[] _offsets = new int[64];
    private int[] _lengths = new int[64];

    /// <summary>Number of fields.</summary>
    public int Count { get; private set; }

    public FieldKind Kind(int field) => _kinds[field];

    /// <summary>The field's text; meaningful when its kind is <see cref="FieldKind.Text"/>.</summary>
    /// <param name="buffer">What the tuple was read from.</param>
    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> buffer, int field) => buffer.Slice(_offsets[field], _lengths[field]);

    /// <summary>Reads a TupleData part of a pgoutput message.</summary>
    /// <param name="message">The whole message, which <paramref name="reader"/> reads.</param>
    public void ReadTuple(ReadOnlySpan<byte> message, ref PgOutputReader reader)
    {
        Clear(reader.ReadInt16());
        for (var i = 0; i < Count; i++)
        {
            var kind = (FieldKind)reader.ReadByte();
            _kinds[i] = kind;
            if (kind is FieldKind.Text)
            {
                var length = reader.ReadInt32();
                _offsets[i] = message.Length - reader.Rest.Length;
                _lengths[i] = length;
                reader.ReadBytes(length);
            }
            else if (kind is not (FieldKind.Null or FieldKind.Unchanged))
            {
                throw new ReplicationProtocolException($"A row holds a field of kind '{(char)kind}', which was not asked for.");
            }
        }
    }

    /// <summary>Makes room for <paramref name="count"/> fields, to be set one by one.</summary>
    public void Clear(int count)
    {
        if (count > _kinds.Length)
        {
            _kinds = new FieldKind[count];
            _offsets = new int[count];
            _lengths = new int[count];
        }
        Count = count;
    }

    public void SetNull(int field) => _kinds[field] = FieldKind.Null;

    public void SetText(int field, int offset, int length)
    {
        _kinds[field] = FieldKind.Text;
        _offsets[field] = offset;
        _lengths[field] = length;
    }
}
