using Lakehouse.Delta.Iceberg.Avro;

namespace Lakehouse.Delta.Tests.Iceberg;

public sealed class AvroFileTests
{
    private const string Schema = """{"type":"record","name":"r","fields":[{"name":"n","type":"long"},{"name":"s","type":["null","string"]}]}""";

    [Theory]
    [InlineData(0, "00")]
    [InlineData(-1, "01")]
    [InlineData(1, "02")]
    [InlineData(-64, "7F")]
    [InlineData(64, "8001")]
    [InlineData(long.MaxValue, "FEFFFFFFFFFFFFFFFF01")]
    [InlineData(long.MinValue, "FFFFFFFFFFFFFFFFFF01")]
    public void A_long_is_written_as_the_specification_has_it(long value, string bytes)
    {
        AvroEncoder encoder = new();
        encoder.WriteLong(value);
        Assert.Equal(bytes, Convert.ToHexString(encoder.Written));
        Assert.Equal(value, new AvroDecoder(encoder.Written).ReadLong());
    }

    [Fact]
    public void A_file_of_many_blocks_reads_back()
    {
        byte[] bytes = Write(20_000);
        AvroFile file = AvroFile.Read(bytes);
        Assert.Equal(Schema, file.Metadata["avro.schema"]);
        Assert.Equal("ü", file.Metadata["own"]);
        Assert.True(file.Blocks.Count > 1);
        long expected = 0;
        foreach ((long count, byte[] data) in file.Blocks)
        {
            AvroDecoder decoder = new(data);
            for (long i = 0; i < count; i++, expected++)
            {
                Assert.Equal(expected, decoder.ReadLong());
                Assert.Equal(expected % 3 == 0 ? null : $"row {expected}", decoder.ReadPresent() ? decoder.ReadString() : null);
            }

            Assert.True(decoder.AtEnd);
        }

        Assert.Equal(20_000, expected);
    }

    [Fact]
    public void A_file_without_records_reads_back() => Assert.Empty(AvroFile.Read(Write(0)).Blocks);

    [Fact]
    public void Every_file_that_is_cut_off_is_refused_or_ends_between_blocks()
    {
        byte[] bytes = Write(500);
        for (int length = 0; length < bytes.Length; length++)
        {
            byte[] cut = bytes[..length];
            try
            {
                Assert.Empty(AvroFile.Read(cut).Blocks);
            }
            catch (FormatException)
            {
                // As it should be.
            }
        }
    }

    [Fact]
    public void A_block_that_does_not_end_with_the_marker_is_refused()
    {
        byte[] bytes = Write(10);
        bytes[^1] ^= 1;
        Assert.Throws<FormatException>(() => AvroFile.Read(bytes));
    }

    private static byte[] Write(int records)
    {
        AvroFile.Writer writer = new(new Dictionary<string, string> { ["avro.schema"] = Schema, ["own"] = "ü" });
        for (int i = 0; i < records; i++)
        {
            writer.Record.WriteLong(i);
            writer.Record.WriteBranch(i % 3 == 0 ? 0 : 1);
            if (i % 3 != 0) writer.Record.WriteString($"row {i}");
            writer.EndRecord();
        }

        return writer.Finish();
    }
}
