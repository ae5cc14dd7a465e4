namespace Lakehouse.Delta.Tests;

/// <summary>Version checksums: what they say is held against what the log amounts to.</summary>
public sealed class ChecksumTests
{
    [Fact]
    public async Task A_checksum_that_fits_is_no_news()
    {
        using TestTable table = await TwoFilesAsync();
        Write(table, """{"tableSizeBytes":200,"numFiles":2,"numMetadata":1,"numProtocol":1,"setTransactions":[{"appId":"app","version":7}],"domainMetadata":[],"numDeletedRecordsOpt":0}""");

        Assert.Equal(2, (await table.Log.LoadAsync(null, TestTable.Token)).Files.Count);
    }

    [Theory]
    [InlineData("""{"tableSizeBytes":200,"numFiles":3}""", "numFiles")]
    [InlineData("""{"tableSizeBytes":100,"numFiles":2}""", "tableSizeBytes")]
    [InlineData("""{"tableSizeBytes":200,"numFiles":2,"numDeletedRecordsOpt":5}""", "numDeletedRecordsOpt")]
    [InlineData("""{"tableSizeBytes":200,"numFiles":2,"setTransactions":[{"appId":"app","version":8}]}""", "setTransactions 'app'")]
    [InlineData("""{"tableSizeBytes":200,"numFiles":2,"protocol":{"minReaderVersion":1,"minWriterVersion":2}}""", "protocol")]
    [InlineData("""{"tableSizeBytes":200,"numFiles":2,"domainMetadata":[{"domain":"d","configuration":"x","removed":false}]}""", "domainMetadata")]
    public async Task A_log_that_is_not_what_its_checksum_says_is_refused_by_both_figures(string checksum, string what)
    {
        using TestTable table = await TwoFilesAsync();
        Write(table, checksum);

        CorruptLogException exception = await Assert.ThrowsAsync<CorruptLogException>(() => table.Log.LoadAsync(null, TestTable.Token));

        Assert.Equal((2L, $"silver/orders/_delta_log/{2:D20}.crc"), (exception.Version!.Value, exception.Path));
        Assert.Contains($"says {what} = ", exception.Message, StringComparison.Ordinal);
        DeltaLog trusting = new(table.Store, "silver/orders", table.Codec, new DeltaLogOptions { VerifyChecksums = false });
        Assert.Equal(2, (await trusting.LoadAsync(null, TestTable.Token)).Version);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"numFiles":99}""")]
    public async Task A_checksum_without_its_required_fields_says_nothing(string checksum)
    {
        using TestTable table = await TwoFilesAsync();
        Write(table, checksum);

        Assert.Equal(2, (await table.Log.LoadAsync(null, TestTable.Token)).Version);
    }

    private static void Write(TestTable table, string checksum) => table.WriteFile($"_delta_log/{2:D20}.crc", checksum);

    private static async Task<TestTable> TwoFilesAsync()
    {
        TestTable table = new();
        Snapshot snapshot = await table.AppendAsync(await table.CreateAsync(), "a");
        DeltaTransaction transaction = table.Log.Begin(snapshot);
        transaction.Add(TestTable.File("b"));
        transaction.SetTransaction("app", 7);
        await transaction.CommitAsync(TestTable.Info(), TestTable.Token);
        return table;
    }
}
