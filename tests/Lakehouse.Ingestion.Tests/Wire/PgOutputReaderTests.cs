using System.Buffers.Binary;
using System.Text;
using Lakehouse.Ingestion.Postgres.Wire;

namespace Lakehouse.Ingestion.Tests.Wire;

public sealed class PgOutputReaderTests
{
    [Fact]
    public void A_begin_message_tells_the_commit_record_and_time()
    {
        var message = new Message().Int64(0x1_0000_0002).Int64(0).Int32(unchecked((int)0xFFFF_FFFE)).Bytes;
        var reader = new PgOutputReader(message);
        Assert.Equal(new BeginMessage(0x1_0000_0002, 946_684_800_000_000, 0xFFFF_FFFE), BeginMessage.Read(ref reader));
    }

    [Fact]
    public void A_relation_message_tells_names_types_and_identity()
    {
        var message = new Message().Int32(16400).Text("sales").Text("orders").Byte('f').Int16(2)
            .Byte(1).Text("id").Int32(23).Int32(-1).Byte(0).Text("größe").Int32(1700).Int32(655366).Bytes;
        var reader = new PgOutputReader(message);
        var relation = RelationMessage.Read(ref reader);
        Assert.Equal(("sales", "orders", ReplicaIdentity.Full), (relation.Schema, relation.Name, relation.Identity));
        Assert.Equal([new RelationColumn("id", 23, -1, true), new RelationColumn("größe", 1700, 655366, false)], relation.Columns);
    }

    [Fact]
    public void A_tuple_gives_nulls_unchanged_values_and_texts_in_place()
    {
        var message = new Message().Int16(4).Byte('n').Byte('u').Byte('t').Int32(2).Raw("hi").Byte('t').Int32(0).Bytes;
        var reader = new PgOutputReader(message);
        var fields = new TupleFields();
        fields.ReadTuple(message, ref reader);
        Assert.Equal([FieldKind.Null, FieldKind.Unchanged, FieldKind.Text, FieldKind.Text], Enumerable.Range(0, fields.Count).Select(fields.Kind));
        Assert.Equal("hi", Encoding.UTF8.GetString(fields.Text(message, 2)));
        Assert.Equal(0, fields.Text(message, 3).Length);
        Assert.Equal(0, reader.Rest.Length);
    }

    [Fact]
    public void A_message_that_ends_early_is_refused_at_every_length()
    {
        var whole = new Message().Int16(2).Byte('t').Int32(3).Raw("abc").Byte('n').Bytes;
        for (var length = 0; length < whole.Length; length++)
        {
            var cut = whole[..length];
            Assert.Throws<ReplicationProtocolException>(() =>
            {
                var reader = new PgOutputReader(cut);
                new TupleFields().ReadTuple(cut, ref reader);
            });
        }
    }

    private sealed class Message
    {
        private readonly MemoryStream _bytes = new();

        public byte[] Bytes => _bytes.ToArray();

        public Message Byte(int value)
        {
            _bytes.WriteByte((byte)value);
            return this;
        }

        public Message Int16(short value)
        {
            Span<byte> span = stackalloc byte[2];
            BinaryPrimitives.WriteInt16BigEndian(span, value);
            _bytes.Write(span);
            return this;
        }

        public Message Int32(int value)
        {
            Span<byte> span = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(span, value);
            _bytes.Write(span);
            return this;
        }

        public Message Int64(long value)
        {
            Span<byte> span = stackalloc byte[8];
            BinaryPrimitives.WriteInt64BigEndian(span, value);
            _bytes.Write(span);
            return this;
        }

        public Message Text(string value) => Raw(value).Byte(0);

        public Message Raw(string value)
        {
            _bytes.Write(Encoding.UTF8.GetBytes(value));
            return this;
        }
    }
}
