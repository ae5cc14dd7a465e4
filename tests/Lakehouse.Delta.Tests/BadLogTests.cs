using Lakehouse.Storage;

namespace Lakehouse.Delta.Tests;

public sealed class BadLogTests
{
    [Fact]
    public async Task A_commit_that_was_cut_off_is_named_with_its_line()
    {
        using TestTable table = await ThreeVersionsAsync();
        string content = await File.ReadAllTextAsync(table.CommitPath(2), TestTable.Token);
        await File.WriteAllTextAsync(table.CommitPath(2), content[..^20], TestTable.Token);

        CorruptLogException exception = await FailsAsync(table);

        Assert.Equal((2L, "silver/orders/_delta_log/00000000000000000002.json", 2), (exception.Version!.Value, exception.Path, exception.Line!.Value));
        Assert.Contains("cut off", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_commit_is_refused()
    {
        using TestTable table = await ThreeVersionsAsync();
        await File.WriteAllTextAsync(table.CommitPath(2), "", TestTable.Token);

        Assert.Contains("empty", (await FailsAsync(table)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_commit_in_the_middle_is_named()
    {
        using TestTable table = await ThreeVersionsAsync();
        File.Delete(table.CommitPath(1));

        CorruptLogException exception = await FailsAsync(table);

        Assert.Equal("silver/orders/_delta_log/00000000000000000001.json", exception.Path);
        Assert.Equal(0, (await table.Log.LoadAsync(0, TestTable.Token)).Version);
        await Assert.ThrowsAsync<CorruptLogException>(() => table.Log.LoadAsync(1, TestTable.Token));
    }

    [Fact]
    public async Task A_missing_first_commit_is_named()
    {
        using TestTable table = await ThreeVersionsAsync();
        File.Delete(table.CommitPath(0));

        Assert.Equal("silver/orders/_delta_log/00000000000000000000.json", (await FailsAsync(table)).Path);
    }

    [Theory]
    [InlineData("garbage", 1)]
    [InlineData("[]", 1)]
    [InlineData("{\"add\":{\"path\":\"a\"}}", 1)]
    [InlineData("{\"add\":{\"path\":\"a\",\"size\":\"ten\",\"partitionValues\":{}}}", 1)]
    [InlineData("{\"add\":[]}", 1)]
    [InlineData("{\"txn\":{\"appId\":\"a\"}}", 1)]
    [InlineData("{\"commitInfo\":{}}\n\n{\"remove\":{}}", 3)]
    [InlineData("{\"commitInfo\":{}}\n{\"commitInfo\":{}} trailing", 2)]
    [InlineData("{\"commitInfo\":{}}\n\u0001\u0002", 2)]
    [InlineData("{\"add\":{\"path\":\"a\",\"size\":1,\"partitionValues\":{},\"deletionVector\":{\"storageType\":\"x\",\"pathOrInlineDv\":\"\",\"sizeInBytes\":1,\"cardinality\":1}}}", 1)]
    public async Task A_line_that_is_no_action_is_named(string content, int line)
    {
        using TestTable table = await ThreeVersionsAsync();
        table.WriteFile($"_delta_log/{3:D20}.json", content + "\n");

        CorruptLogException exception = await FailsAsync(table);

        Assert.Equal((3L, line), (exception.Version!.Value, exception.Line!.Value));
        Assert.Contains("00000000000000000003.json", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("metaData")]
    [InlineData("protocol")]
    public async Task A_second_of_what_a_commit_has_once_is_refused(string kind)
    {
        using TestTable table = await ThreeVersionsAsync();
        string line = (await File.ReadAllLinesAsync(table.CommitPath(0), TestTable.Token)).Single(line => line.StartsWith($"{{\"{kind}\"", StringComparison.Ordinal));
        table.WriteFile($"_delta_log/{3:D20}.json", $"{line}\n{line}\n");

        CorruptLogException exception = await FailsAsync(table);

        Assert.Contains(kind, exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, exception.Line);
    }

    [Fact]
    public async Task Unknown_actions_and_fields_are_ignored()
    {
        using TestTable table = await ThreeVersionsAsync();
        table.WriteFile(
            $"_delta_log/{3:D20}.json",
            """
            {"commitInfo":{"operation":"WRITE","operationParameters":{"deep":{"er":[1,2]},"flag":true},"isBlindAppend":"maybe","custom":[{}]}}
            {"futureAction":{"path":"x","list":[{"a":1}]}}
            {"add":{"path":"new","partitionValues":{},"size":1,"modificationTime":2,"dataChange":true,"future":{"a":[1]},"stats":null,"tags":null}}
            {"add":null,"remove":null,"txn":{"appId":"a","version":9,"future":1}}

            """);

        Snapshot snapshot = await table.Log.LoadAsync(null, TestTable.Token);

        Assert.Equal(["a", "b", "new"], snapshot.Paths());
        Assert.Equal(9, snapshot.TransactionVersion("a"));
        Assert.Equal("{\"er\":[1,2]}", snapshot.CommitInfo!.OperationParameters["deep"]);
        Assert.True(snapshot.CommitInfo.Other.ContainsKey("custom"));
        Assert.Null(snapshot.CommitInfo.IsBlindAppend);
    }

    [Theory]
    [InlineData("protocol")]
    [InlineData("metaData")]
    public async Task A_table_without_protocol_or_metadata_is_refused(string kind)
    {
        using TestTable table = await ThreeVersionsAsync();
        string[] lines = await File.ReadAllLinesAsync(table.CommitPath(0), TestTable.Token);
        table.WriteFile($"_delta_log/{0:D20}.json", string.Join('\n', lines.Where(line => !line.StartsWith($"{{\"{kind}\"", StringComparison.Ordinal))) + "\n");

        Assert.Contains(kind, (await FailsAsync(table)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{\\\"type\\\":\\\"struct\\\",\\\"fields\\\":[{\\\"name\\\":\\\"a\\\",\\\"type\\\":\\\"variantish\\\",\\\"nullable\\\":true,\\\"metadata\\\":{}}]}")]
    public async Task A_schema_that_is_none_is_refused_with_its_reason(string schema)
    {
        using TestTable table = await ThreeVersionsAsync();
        table.WriteFile($"_delta_log/{3:D20}.json", $$$$"""{"metaData":{"id":"x","format":{"provider":"parquet","options":{}},"schemaString":"{{{{schema}}}}","partitionColumns":[],"configuration":{}}}""" + "\n");

        Assert.Contains("schema", (await FailsAsync(table)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_that_begins_at_a_v2_checkpoint_without_metadata_names_the_checkpoint()
    {
        using TestTable table = await ThreeVersionsAsync();
        File.Delete(table.CommitPath(0));
        table.WriteFile($"_delta_log/{1:D20}.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json", "{}");

        CorruptLogException exception = await FailsAsync(table);

        Assert.EndsWith(".checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json", exception.Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_does_not_exist_names_those_that_do()
    {
        using TestTable table = await ThreeVersionsAsync();

        VersionNotFoundException exception = await Assert.ThrowsAsync<VersionNotFoundException>(() => table.Log.LoadAsync(17, TestTable.Token));

        Assert.Contains("0 to 2", exception.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<VersionNotFoundException>(() => table.Log.LoadAsync(-1, TestTable.Token));
    }

    [Fact]
    public async Task A_log_folder_with_nothing_of_use_is_no_table()
    {
        using TestTable table = new();
        table.WriteFile("_delta_log/readme.txt", "x");
        table.WriteFile("_delta_log/_last_checkpoint", "{\"version\":3}");

        Assert.Null(await table.Log.TryLoadAsync(null, TestTable.Token));
    }

    [Theory]
    [InlineData("../outside.parquet")]
    [InlineData("a/../../outside.parquet")]
    [InlineData("%2e%2e/outside.parquet")]
    [InlineData("a%2F..%2F..%2Foutside.parquet")]
    [InlineData("a\\..\\outside.parquet")]
    public void A_path_that_climbs_out_of_the_table_is_refused(string path)
    {
        Assert.Throws<CorruptLogException>(() => DataPath.Resolve("silver/orders", path));
    }

    private static async Task<TestTable> ThreeVersionsAsync()
    {
        TestTable table = new();
        Snapshot snapshot = await table.CreateAsync();
        snapshot = await table.AppendAsync(snapshot, "a");
        await table.AppendAsync(snapshot, "b");
        return table;
    }

    private static Task<CorruptLogException> FailsAsync(TestTable table) =>
        Assert.ThrowsAsync<CorruptLogException>(() => table.Log.LoadAsync(null, TestTable.Token));
}
