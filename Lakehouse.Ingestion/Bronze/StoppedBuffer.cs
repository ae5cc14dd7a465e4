using System.Text;
using Lakehouse.DuckDb;
using Lakehouse.Ingestion.Postgres.Source;
using Lakehouse.Ingestion.Postgres.Wire;

namespace Lakehouse.Ingestion.Bronze;

/// <summary>Changes of stopped tables, whole and in order, as the texts that the source sent.</summary>
internal sealed class StoppedBuffer(DuckDbConnection connection, string name) : RowBuffer(connection, name, BufferedColumns)
{
    private static readonly IReadOnlyList<(string Name, DuckDbType Type)> BufferedColumns =
    [
        ("source_table", DuckDbType.Varchar),
        ("reason", DuckDbType.Varchar),
        ("_op", DuckDbType.Varchar),
        ("_lsn", DuckDbType.BigInt),
        ("_seq", DuckDbType.BigInt),
        ("_txid", DuckDbType.BigInt),
        ("_committed_at", DuckDbType.TimestampTz),
        ("row", DuckDbType.Map(DuckDbType.Varchar, DuckDbType.Varchar)),
        ("old_row", DuckDbType.Map(DuckDbType.Varchar, DuckDbType.Varchar)),
        ("_unchanged", DuckDbType.List(DuckDbType.Varchar)),
    ];

    /// <summary>Adds a change.</summary>
    /// <param name="table">The stopped table, <c>schema.table</c>.</param>
    /// <param name="reason">Why it stopped.</param>
    /// <param name="names">The columns' names at the source.</param>
    public void Add(
        in ChangePosition position, ChangeOperation operation, string table, string reason, IReadOnlyList<string> names,
        ReadOnlySpan<byte> message, TupleFields? row, TupleFields? old)
    {
        var r = NextRow();
        var code = (byte)operation;
        Columns[0].SetString(r, table);
        Columns[1].SetString(r, reason);
        Columns[2].SetUtf8(r, new ReadOnlySpan<byte>(in code));
        Columns[3].Values<long>()[r] = (long)position.Lsn;
        Columns[4].Values<long>()[r] = position.Sequence;
        Columns[5].Values<long>()[r] = position.TransactionId;
        Columns[6].Values<long>()[r] = position.CommittedAt;
        WriteRow(Columns[7], r, names, message, row);
        WriteRow(Columns[8], r, names, message, old);

        var unchanged = row is null ? [] : Enumerable.Range(0, row.Count).Where(i => row.Kind(i) is FieldKind.Unchanged).ToList();
        if (unchanged.Count == 0)
        {
            Columns[9].SetNull(r);
            return;
        }
        var offset = Columns[9].ChildCount;
        Columns[9].ChildCount = offset + unchanged.Count;
        for (var i = 0; i < unchanged.Count; i++) Columns[9].Child.SetUtf8((int)offset + i, Encoding.UTF8.GetBytes(names[unchanged[i]]));
        Columns[9].SetList(r, offset, unchanged.Count);
    }

    /// <summary>The rows as <c>bronze._stopped</c> has them.</summary>
    public string Select(string source, DateTimeOffset ingestedAt) =>
        $"SELECT *, {DuckDbLiterals.Timestamp(ingestedAt)} AS _ingested_at, {Sql.Literal(source)} AS _source, {DuckDbLiterals.Date(ingestedAt)} AS _date FROM {TemporaryTable}";

    private static void WriteRow(DuckDbVectorWriter column, int row, IReadOnlyList<string> names, ReadOnlySpan<byte> message, TupleFields? fields)
    {
        if (fields is null)
        {
            column.SetNull(row);
            return;
        }
        var offset = column.ChildCount;
        column.ChildCount = offset + fields.Count;
        for (var i = 0; i < fields.Count; i++)
        {
            var at = (int)offset + i;
            column.Child.Field(0).SetString(at, names[i]);
            if (fields.Kind(i) is FieldKind.Text) TextColumn.Set(column.Child.Field(1), at, fields.Text(message, i));
            else column.Child.Field(1).SetNull(at);
        }
        column.SetList(row, offset, fields.Count);
    }
}
