using System.Text;
using Lakehouse.Ingestion.Postgres.Wire;

namespace Lakehouse.Ingestion.Tests.Wire;

public sealed class CopyTextReaderTests
{
    [Theory]
    [InlineData("a\tb\n", "a|b")]
    [InlineData("\\N\tb\n", "<null>|b")]
    [InlineData("\t\n", "|")]
    [InlineData("a\\tb\\nc\\\\d\tx\n", "a\tb\nc\\d|x")]
    [InlineData("\\b\\f\\r\\v\t\\\\N\n", "\b\f\r\v|\\N")]
    [InlineData("x\\N\t\\N\n", "xN|<null>")]
    [InlineData("äöü€\t漢字🙂\n", "äöü€|漢字🙂")]
    [InlineData("a\tb\n\\.\n", "a|b")]
    public void Fields_are_split_and_unescaped(string copied, string expected) => Assert.Equal([expected], Read(copied, 2, 1 << 16));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Rows_may_be_cut_anywhere(int bytesPerRead)
    {
        var copied = string.Concat(Enumerable.Range(0, 50).Select(i => $"{i}\tvalue \\t {i}\n"));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}|value \t {i}"), Read(copied, 2, bytesPerRead));
    }

    [Fact]
    public void A_row_larger_than_the_buffer_is_read_whole()
    {
        var large = new string('x', 100_000);
        Assert.Equal([$"1|{large}", "2|y"], Read($"1\t{large}\n2\ty\n", 2, 4096));
    }

    [Fact]
    public void A_table_without_columns_has_rows_without_fields() => Assert.Equal(["", ""], Read("\n\n", 0, 100));

    [Theory]
    [InlineData("a\n")]
    [InlineData("a\tb\tc\n")]
    [InlineData("a\tb")]
    public void Rows_that_do_not_have_the_columns_are_refused(string copied) =>
        Assert.Throws<ReplicationProtocolException>(() => Read(copied, 2, 100));

    private static List<string> Read(string copied, int columns, int bytesPerRead)
    {
        var reader = new CopyTextReader(new Trickle(Encoding.UTF8.GetBytes(copied), bytesPerRead), bufferSize: 16);
        var fields = new TupleFields();
        var rows = new List<string>();
        while (reader.ReadRow(fields, columns))
        {
            rows.Add(string.Join('|', Enumerable.Range(0, fields.Count).Select(i =>
                fields.Kind(i) is FieldKind.Null ? "<null>" : Encoding.UTF8.GetString(fields.Text(reader.Row, i)))));
        }
        return rows;
    }

    /// <summary>Gives at most so many bytes a read.</summary>
    private sealed class Trickle(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, most));
    }
}
