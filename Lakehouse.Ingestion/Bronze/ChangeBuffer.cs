using System.Text.Unicode;
using Lakehouse.DuckDb;
using Lakehouse.Ingestion.Postgres.Types;
using Lakehouse.Ingestion.Postgres.Wire;

namespace Lakehouse.Ingestion.Bronze;

/// <summary>What a change was (bronze's <c>_op</c>).</summary>
internal enum ChangeOperation : byte
{
    Create = (byte)'c',
    Update = (byte)'u',
    Delete = (byte)'d',

    /// <summary>A row of a snapshot ("read").</summary>
    Read = (byte)'r',
    Truncate = (byte)'t',
}

/// <summary>Where a change stands among all changes of its source.</summary>
/// <param name="Lsn">Where its transaction's commit record starts; for snapshot rows the consistent point.</param>
/// <param name="Sequence">Its place in the transaction, from 1; 0 for snapshot rows.</param>
/// <param name="TransactionId">PostgreSQL's 32-bit transaction id; 0 for snapshot rows.</param>
/// <param name="CommittedAt">When the transaction committed, in microseconds since 1970-01-01 UTC.</param>
internal readonly record struct ChangePosition(ulong Lsn, long Sequence, uint TransactionId, long CommittedAt);

/// <summary>Changes of one table in one shape, decoded into columns.</summary>
internal sealed class ChangeBuffer : RowBuffer
{
    private readonly ColumnDecoder[] _decoders;
    private readonly int[] _unchanged;
    private readonly (int Column, bool FromOld)[] _inexact;

    public ChangeBuffer(DuckDbConnection connection, string name, BronzeTable table, TableShape shape)
        : base(connection, name, shape.Columns.Select(c => (c.Name, c.Type.ToDuckDb())).Concat(BronzeSchema.BufferedColumns))
    {
        Table = table;
        Shape = shape;
        _decoders = [.. shape.Columns.Select(c => ColumnDecoder.For(c.Type, c.Source))];
        _unchanged = new int[_decoders.Length];
        _inexact = new (int, bool)[_decoders.Length];
    }

    public BronzeTable Table { get; }

    public TableShape Shape { get; }

    /// <summary>Adds a change.</summary>
    /// <param name="position">Where it stands.</param>
    /// <param name="operation">What it was.</param>
    /// <param name="message">The bytes that both tuples point into.</param>
    /// <param name="row">The row, or the old key of a delete; null for a truncate.</param>
    /// <param name="old">The whole old row, which has the values that <paramref name="row"/> leaves out as unchanged; else null.</param>
    public void Add(in ChangePosition position, ChangeOperation operation, ReadOnlySpan<byte> message, TupleFields? row, TupleFields? old)
    {
        if (row is not null && row.Count != _decoders.Length)
            throw new ReplicationProtocolException($"A row of {Table.SourceTable} has {row.Count} fields, its relation message {_decoders.Length}.");
        var r = NextRow();
        int unchanged = 0, inexact = 0;
        for (var i = 0; i < _decoders.Length; i++)
        {
            ref var column = ref Columns[i];
            var fields = row;
            if (fields?.Kind(i) is FieldKind.Unchanged)
            {
                fields = old;
                if (fields is null) _unchanged[unchanged++] = i;
            }
            if (fields?.Kind(i) is not FieldKind.Text) column.SetNull(r);
            else if (!_decoders[i].Decode(fields.Text(message, i), ref column, r)) _inexact[inexact++] = (i, fields != row);
        }

        var at = _decoders.Length;
        var code = (byte)operation;
        Columns[at].SetUtf8(r, new ReadOnlySpan<byte>(in code));
        Columns[at + 1].Values<long>()[r] = (long)position.Lsn;
        Columns[at + 2].Values<long>()[r] = position.Sequence;
        Columns[at + 3].Values<long>()[r] = position.TransactionId;
        Columns[at + 4].Values<long>()[r] = position.CommittedAt;
        WriteUnchanged(ref Columns[at + 5], r, unchanged);
        WriteRaw(ref Columns[at + 6], r, inexact, message, row, old);
    }

    private void WriteUnchanged(ref DuckDbVectorWriter column, int row, int count)
    {
        if (count == 0)
        {
            column.SetNull(row);
            return;
        }
        var offset = column.ChildCount;
        column.ChildCount = offset + count;
        var names = column.Child;
        for (var i = 0; i < count; i++) names.SetUtf8((int)offset + i, Shape.Columns[_unchanged[i]].Utf8Name);
        column.SetList(row, offset, count);
    }

    private void WriteRaw(ref DuckDbVectorWriter column, int row, int count, ReadOnlySpan<byte> message, TupleFields? fields, TupleFields? old)
    {
        if (count == 0)
        {
            column.SetNull(row);
            return;
        }
        var offset = column.ChildCount;
        column.ChildCount = offset + count;
        var entries = column.Child;
        for (var i = 0; i < count; i++)
        {
            var (source, fromOld) = _inexact[i];
            entries.Field(0).SetUtf8((int)offset + i, Shape.Columns[source].Utf8Name);
            TextColumn.Set(entries.Field(1), (int)offset + i, (fromOld ? old : fields)!.Text(message, source));
        }
        column.SetList(row, offset, count);
    }
}

/// <summary>Texts of any origin in VARCHAR columns.</summary>
internal static class TextColumn
{
    /// <summary>Writes the text; bytes that are not UTF-8 (a SQL_ASCII database) as <c>\x</c> and hexadecimal digits.</summary>
    public static void Set(DuckDbVectorWriter column, int row, ReadOnlySpan<byte> text)
    {
        if (Utf8.IsValid(text)) column.SetUtf8(row, text);
        else column.SetString(row, $"\\x{Convert.ToHexStringLower(text)}");
    }
}
