using Lakehouse.Ingestion.Config;

namespace Lakehouse.Ingestion.Tests.Config;

public sealed class IngestionConfigTests
{
    private const string Full = """
        lake: ./lake
        sources:
          - name: wwi
            type: postgres
            connection: wwi
            tables: [sales.*, warehouse.stock_items]
            exclude: [sales.audit]
            keys:
              sales.events: [event_id, part]
            publication: analytics
            manage_publication: false
            slot: lakehouse_wwi_2
            batch: { rows: 5_000, bytes: 8MB, age: 250ms }
            snapshot: { workers: 4 }
            alert_lag: 512MB
            max_lag: 1.5GB
        """;

    [Fact]
    public void Every_setting_is_read()
    {
        var config = IngestionConfig.Parse(Full, "/srv/wwi/lakehouse.yaml");

        Assert.Equal("/srv/wwi/lake", config.Lake);
        var source = Assert.Single(config.Sources);
        var options = source.Resolve(name => name == "ConnectionStrings__wwi" ? "Host=db" : null);
        Assert.Equal("wwi", options.Name);
        Assert.Equal("Host=db", options.ConnectionString);
        Assert.Equal(["sales.*", "warehouse.stock_items"], options.Tables);
        Assert.Equal(["sales.audit"], options.Exclude);
        Assert.Equal(["event_id", "part"], options.Keys["sales.events"]);
        Assert.Equal("analytics", options.Publication);
        Assert.False(options.ManagePublication);
        Assert.Equal("lakehouse_wwi_2", options.Slot);
        Assert.Equal(5000, options.Batch.Rows);
        Assert.Equal(8L << 20, options.Batch.Bytes);
        Assert.Equal(TimeSpan.FromMilliseconds(250), options.Batch.Age);
        Assert.Equal(4, options.SnapshotWorkers);
        Assert.Equal(512L << 20, options.AlertLagBytes);
        Assert.Equal(3L << 29, options.MaxLagBytes);
    }

    [Fact]
    public void What_is_left_out_has_the_documented_default()
    {
        var options = IngestionConfig.Parse("sources: [{ name: a, connection: b, tables: public.* }]").Sources[0].Options;

        Assert.Equal((100_000, 64L << 20, TimeSpan.FromMilliseconds(500)), (options.Batch.Rows, options.Batch.Bytes, options.Batch.Age));
        Assert.Null(options.MaxLagBytes);
        Assert.Equal(2, options.SnapshotWorkers);
    }

    [Fact]
    public void A_connection_may_be_an_environment_variable_of_that_name()
    {
        var source = IngestionConfig.Parse("sources: [{ name: a, connection: MY_DB, tables: public.* }]").Sources[0];
        Assert.Equal("Host=x", source.Resolve(name => name == "MY_DB" ? "Host=x" : null).ConnectionString);
    }

    [Fact]
    public void A_connection_that_is_not_set_says_which_variable_to_set()
    {
        var source = IngestionConfig.Parse("sources:\n  - name: a\n    connection: wwi\n    tables: public.*\n").Sources[0];
        var error = Assert.Throws<ConfigException>(() => source.Resolve(_ => null));
        Assert.StartsWith("lakehouse.yaml:3:17: ", error.Message);
        Assert.Contains("ConnectionStrings__wwi", error.Message);
    }

    [Theory]
    [InlineData("sources:\n  - nam: a\n    connection: b\n    tables: [x.y]", 2, 5, "needs 'name'")]
    [InlineData("sources:\n  - name: a\n    connection: b\n    tabels: [x.y]\n    tables: [x.y]", 4, 5, "did you mean 'tables'?")]
    [InlineData("sorces: []", 1, 1, "needs 'sources'")]
    [InlineData("sources: []\nlake: x\nlakes: y", 3, 1, "did you mean 'lake'?")]
    [InlineData("sources:\n  - name: a\n    connection: b\n    tables: [orders]", 4, 14, "write schema.table")]
    [InlineData("sources:\n  - name: a\n    connection: b\n    tables: { x: y }", 4, 13, "list of texts")]
    [InlineData("sources:\n  - name: a\n    connection: b\n    tables: [x.y]\n    batch: { rows: many }", 5, 20, "whole number")]
    [InlineData("sources:\n  - name: a\n    connection: b\n    tables: [x.y]\n    batch: { bytes: 64 potatoes }", 5, 21, "size such as 64MB")]
    [InlineData("sources:\n  - name: a\n    connection: b\n    tables: [x.y]\n    batch: { age: 500 }", 5, 19, "time such as 500ms")]
    [InlineData("sources:\n  - name: a\n    connection: b\n    tables: [x.y]\n    manage_publication: maybe", 5, 25, "true or false")]
    [InlineData("sources:\n  - name: a b\n    connection: b\n    tables: [x.y]", 2, 11, "letters, digits")]
    [InlineData("sources:\n  - name: a\n    type: oracle\n    connection: b\n    tables: [x.y]", 3, 11, "known is postgres")]
    [InlineData("sources:\n  - name: a\n    connection: b\n    tables: [x.y]\n    slot: Big-Slot", 5, 11, "lower-case")]
    [InlineData("sources:\n  - name: a\n    connection: Host=h;Password=secret\n    tables: [x.y]", 3, 17, "keep passwords out")]
    [InlineData("sources:\n  - { name: a, connection: b, tables: [x.y] }\n  - { name: A, connection: c, tables: [x.z] }", 3, 13, "declared twice")]
    [InlineData("sources:\n  - name: a\n    name: b", 3, 5, "")]
    [InlineData("sources: [", 2, 1, "")]
    [InlineData("just text", 1, 1, "mapping")]
    [InlineData("", 1, 1, "empty")]
    public void Mistakes_are_told_with_their_place(string yaml, long line, long column, string hint)
    {
        var error = Assert.Throws<ConfigException>(() => IngestionConfig.Parse(yaml, "conf/lakehouse.yaml"));
        Assert.Contains(hint, error.Problem);
        Assert.Equal($"conf/lakehouse.yaml:{line}:{column}: {error.Problem}", error.Message);
        Assert.DoesNotContain("secret", error.Message);
    }

    [Fact]
    public void A_file_that_is_not_there_is_told_by_name()
    {
        var error = Assert.Throws<ConfigException>(() => IngestionConfig.Load("no/such/lakehouse.yaml"));
        Assert.StartsWith("no/such/lakehouse.yaml:1:1: cannot be read", error.Message);
    }
}
