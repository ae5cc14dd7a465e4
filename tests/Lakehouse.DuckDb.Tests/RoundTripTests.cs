namespace Lakehouse.DuckDb.Tests;

/// <summary>Random values of every type go in by each way and come out by each way, the same.</summary>
public sealed class RoundTripTests : IDisposable
{
    private readonly DuckDbDatabase _database = DuckDbDatabase.Open();
    private readonly DuckDbConnection _connection;

    public RoundTripTests() => _connection = _database.Connect();

    public static TheoryData<string> SimpleTypes => [.. RandomValues.SimpleTypes.Select(t => t.ToString())];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory]
    [MemberData(nameof(SimpleTypes))]
    public void Parameters_come_back_from_the_reader(string sql)
    {
        var type = DuckDbType.Parse(sql);
        var random = new RandomValues(11);
        for (var i = 0; i < 50; i++) Parameter(type, random.OrNull(type));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Nested_parameters_come_back_from_the_reader(int seed)
    {
        var random = new RandomValues(seed);
        var type = random.Type(depth: 3);
        for (var i = 0; i < 10; i++) Parameter(type, random.OrNull(type));
    }

    [Theory]
    [MemberData(nameof(SimpleTypes))]
    public void Appended_values_come_back_by_column(string sql) => Append([DuckDbType.Parse(sql)], rows: 2049, new RandomValues(12));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Nested_appended_values_come_back_by_column(int seed)
    {
        var random = new RandomValues(seed);
        Append([DuckDbType.Integer, random.Type(depth: 3), random.Type(depth: 2)], rows: 2049, random);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_type_is_read_back_from_its_SQL_name(int seed)
    {
        var type = new RandomValues(seed).Type(depth: 4);
        Assert.Equal(type, DuckDbType.Parse(type.ToString()));
        using var result = _connection.Query($"SELECT NULL::{type} AS c");
        Assert.Equal(type, result.Columns[0].Type);
    }

    [Fact]
    public void All_of_DuckDBs_own_test_types_can_be_read()
    {
        using var result = _connection.Query("SELECT * EXCLUDE (varint) FROM (SELECT *, 1 AS varint FROM test_all_types())");
        while (result.NextChunk())
        {
            for (var column = 0; column < result.Columns.Count; column++)
                for (var row = 0; row < result.RowCount; row++) result.Column(column).GetProviderValue(row);
        }
    }

    private void Parameter(DuckDbType type, object? value)
    {
        using var command = new DuckDbCommand("SELECT $value AS v", _connection);
        command.Parameters.Add(new DuckDbParameter("value", value) { DuckDbType = type });
        using var reader = command.ExecuteReader();
        Assert.True(reader.Read());
        Same.Values(value ?? DBNull.Value, reader.GetProviderSpecificValue(0), type.ToString());
        if (value is not null) Assert.Equal(type.ToString(), reader.GetDataTypeName(0));
    }

    private void Append(DuckDbType[] types, int rows, RandomValues random)
    {
        _connection.Execute($"CREATE OR REPLACE TABLE t({string.Join(", ", types.Select((t, i) => $"c{i} {t}"))})");
        var expected = new object?[rows][];
        using (var appender = _connection.CreateAppender("t"))
        {
            using var chunk = new DuckDbChunk(appender.ColumnTypes);
            Assert.Equal(types, appender.ColumnTypes);
            for (var start = 0; start < rows; start += DuckDbChunk.Capacity)
            {
                chunk.Reset();
                chunk.RowCount = Math.Min(DuckDbChunk.Capacity, rows - start);
                for (var row = 0; row < chunk.RowCount; row++)
                {
                    var values = expected[start + row] = new object?[types.Length];
                    for (var c = 0; c < types.Length; c++) chunk.Column(c).SetValue(row, values[c] = random.OrNull(types[c]));
                }

                appender.Append(chunk);
            }

            appender.Flush();
        }

        var at = 0;
        using var result = _connection.Query("SELECT * FROM t");
        while (result.NextChunk())
        {
            for (var c = 0; c < types.Length; c++)
                for (var row = 0; row < result.RowCount; row++) Same.Values(expected[at + row][c], result.Column(c).GetProviderValue(row), $"row {at + row}, {types[c]}");
            at += result.RowCount;
        }

        Assert.Equal(rows, at);
    }

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }
}
