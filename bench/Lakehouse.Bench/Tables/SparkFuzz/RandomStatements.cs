using System.Globalization;
using Lakehouse.Delta;

namespace Lakehouse.Bench.Tables.SparkFuzz;

/// <summary>Random statements on a table as it is now, in the SQL of either engine.</summary>
internal sealed class RandomStatements(Random random)
{
    private static readonly string[] PlainNames = ["a", "bb", "ünï", "order", "Mixed", "c1", "day", "n_2"];
    private static readonly string[] MappedNames = ["x y", "p,q;z", "d.t", "a=b", "quo\"te", "{br}", "tab\tbed", "ti`ck"];
    private readonly RandomValues _values = new(random);
    private int _named;

    /// <summary>CREATE TABLE in our SQL, and its columns as DuckDB's own CREATE TABLE takes them.</summary>
    public string CreateOwn(string table, out string declared)
    {
        Dictionary<string, string> properties = RandomProperties(out bool mapped);
        List<(string Name, DeltaType Type)> columns = [("id", PrimitiveType.Long)];
        List<string> partitions = [];
        bool partitioned = random.Next(5) < 2;
        for (int i = random.Next(2, 7); i > 0; i--)
        {
            string name = NewName(mapped, [.. columns.Select(column => column.Name)]);
            bool isPartition = partitioned && random.Next(3) == 0;
            columns.Add((name, _values.Type(2, isPartition)));
            if (isPartition) partitions.Add(name);
        }
        declared = $"({string.Join(", ", columns.Select(column => $"{Dialect.DuckDb.Name(column.Name)} {Dialect.DuckDb.TypeOf(column.Type)}"))})";
        string placed = partitions.Count > 0 ? $" PARTITIONED BY ({string.Join(", ", partitions.Select(Dialect.DuckDb.Name))})" : "";
        return $"CREATE TABLE {table} {declared} USING delta{placed}{Set(properties)}";
    }

    /// <summary>CREATE TABLE, and what is set for the session before it.</summary>
    public string Create(string table)
    {
        Dictionary<string, string> properties = RandomProperties(out bool mapped);
        if (random.Next(3) == 0) properties["delta.feature.allowColumnDefaults"] = "supported";
        List<(string Name, DeltaType Type, string More)> columns = [("id", PrimitiveType.Long, random.Next(8) == 0 ? " NOT NULL" : "")];
        int count = random.Next(2, 7);
        bool partitioned = random.Next(5) < 2;
        List<string> partitions = [];
        for (int i = 0; i < count; i++)
        {
            string name = NewName(mapped, [.. columns.Select(column => column.Name)]);
            bool isPartition = partitioned && random.Next(3) == 0;
            DeltaType type = _values.Type(2, isPartition);
            string more = "";
            if (properties.ContainsKey("delta.feature.allowColumnDefaults") && random.Next(3) == 0) more = $" DEFAULT {_values.Value(type).Spark}";
            if (isPartition) partitions.Add(name);
            columns.Add((name, type, more));
        }

        if (random.Next(5) == 0)
        {
            (string Name, DeltaType Type, string More) source = columns[random.Next(columns.Count)];
            string quoted = Dialect.Spark.Name(source.Name);
            (string Expression, DeltaType Type)? generated = source.Type switch
            {
                var type when type == PrimitiveType.Timestamp => ($"CAST({quoted} AS DATE)", PrimitiveType.Date),
                var type when type == PrimitiveType.Long => ($"{quoted} % 7", PrimitiveType.Long),
                var type when type == PrimitiveType.Date => ($"year({quoted})", PrimitiveType.Integer),
                var type when type == PrimitiveType.String => ($"upper({quoted})", PrimitiveType.String),
                _ => null,
            };
            if (generated is { } column && !mapped)
            {
                columns.Add(("gen", column.Type, $" GENERATED ALWAYS AS ({column.Expression})"));
                if (partitioned && random.Next(2) == 0) partitions.Add("gen");
            }
        }

        if (random.Next(8) == 0) columns.Add(("num", PrimitiveType.Long, $" GENERATED {Pick("ALWAYS", "BY DEFAULT")} AS IDENTITY (START WITH {random.Next(5)} INCREMENT BY {random.Next(1, 4)})"));
        if (random.Next(12) == 0) columns.Add(("nothing", PrimitiveType.Void, ""));
        if (partitions.Count >= columns.Count - 1) partitions.Clear();
        string placed = "";
        if (partitions.Count > 0) placed = $" PARTITIONED BY ({string.Join(", ", partitions.Select(Dialect.Spark.Name))})";
        else if (random.Next(5) == 0) placed = $" CLUSTER BY ({string.Join(", ", columns.Where(column => CanCluster(column.Type)).Take(random.Next(1, 3)).Select(column => Dialect.Spark.Name(column.Name)))})";
        string text = string.Join(", ", columns.Select(column => $"{Dialect.Spark.Name(column.Name)} {Dialect.Spark.TypeOf(column.Type)}{column.More}"));
        return $"CREATE TABLE {table} ({text}) USING delta{placed}{Set(properties)}";
    }

    /// <summary>A statement of a random kind.</summary>
    public string Next(Dialect sql, string table, Snapshot snapshot)
    {
        int kind = random.Next(100);
        return kind switch
        {
            < 26 => Insert(sql, table, snapshot, $"INSERT INTO {table}"),
            < 38 => $"DELETE FROM {table} WHERE {Predicate(sql, snapshot.Schema)}",
            < 50 => Update(sql, table, snapshot),
            < 60 => Merge(sql, table, snapshot),
            < 63 => Insert(sql, table, snapshot, $"INSERT OVERWRITE {table}"),
            < 66 => Replace(sql, table, snapshot),
            < 67 => $"TRUNCATE TABLE {table}",
            < 71 => $"OPTIMIZE {table}",
            < 74 => Zorder(sql, table, snapshot),
            < 76 => $"REORG TABLE {table} APPLY (PURGE)",
            < 79 => $"RESTORE TABLE {table} TO VERSION AS OF {random.NextInt64(Math.Max(0, snapshot.Version - 6), snapshot.Version + 1)}",
            < 80 => $"VACUUM {table}",
            _ => Alter(sql, table, snapshot),
        };
    }

    /// <summary>A condition on a column or nested field.</summary>
    public string Predicate(Dialect sql, StructType schema) => TestableIn(schema) is { Count: > 0 } tests ? Predicate(sql, tests, random.Next(3) == 0) : "true";

    /// <summary>The same condition in both engines' SQL.</summary>
    public (string Spark, string DuckDb)? Question(StructType schema)
    {
        List<(string[] Path, DeltaType Type)> tests = TestableIn(schema);
        if (tests.Count == 0) return null;
        (string[] path, DeltaType type) = tests[random.Next(tests.Count)];
        int kind = random.Next(9);
        Literal value = _values.NotNull(type), other = _values.NotNull(type);
        return (Test(Dialect.Spark, path, kind, value, other), Test(Dialect.DuckDb, path, kind, value, other));
    }

    /// <summary>The columns and nested fields that conditions are made of.</summary>
    public static List<(string[] Path, DeltaType Type)> TestableIn(StructType schema)
    {
        List<(string[], DeltaType)> found = [];
        Collect(schema, []);
        return found;

        void Collect(StructType type, string[] above)
        {
            foreach (StructField field in type.Fields)
            {
                if (field.Type is StructType nested) Collect(nested, [.. above, field.Name]);
                else if (field.Type is DecimalType || (field.Type is PrimitiveType && field.Type != PrimitiveType.Void && field.Type != PrimitiveType.Variant)) found.Add(([.. above, field.Name], field.Type));
            }
        }
    }

    private static string Set(Dictionary<string, string> properties) => properties.Count == 0 ? "" : $" TBLPROPERTIES ({string.Join(", ", properties.Select(pair => $"'{pair.Key}'='{pair.Value}'"))})";

    private Dictionary<string, string> RandomProperties(out bool mapped)
    {
        Dictionary<string, string> properties = [];
        string mapping = Pick("none", "none", "name", "name", "id");
        if (mapping != "none") properties["delta.columnMapping.mode"] = mapping;
        Maybe(6, "delta.enableDeletionVectors", Pick("true", "true", "false"));
        Maybe(4, "delta.enableChangeDataFeed", "true");
        Maybe(3, "delta.enableRowTracking", "true");
        Maybe(5, "delta.enableTypeWidening", "true");
        Maybe(6, "delta.checkpointInterval", Pick("1", "2", "3", "4"));
        Maybe(3, "delta.checkpointPolicy", "v2");
        Maybe(3, "delta.checkpoint.writeStatsAsStruct", Pick("true", "false"));
        Maybe(2, "delta.checkpoint.writeStatsAsJson", "false");
        Maybe(2, "delta.enableInCommitTimestamps", "true");
        Maybe(2, "delta.dataSkippingNumIndexedCols", Pick("0", "1", "3", "-1"));
        Maybe(1, "delta.randomizeFilePrefixes", "true");
        mapped = mapping != "none";
        return properties;

        void Maybe(int inTen, string key, string value)
        {
            if (random.Next(10) < inTen) properties[key] = value;
        }
    }

    private static bool CanCluster(DeltaType type) => type is DecimalType || (type is PrimitiveType && type != PrimitiveType.Binary && type != PrimitiveType.Boolean && type != PrimitiveType.Void);

    private static string PathOf(Dialect sql, string[] path) => string.Join('.', path.Select(sql.Name));

    private static string Test(Dialect sql, string[] path, int kind, Literal value, Literal other)
    {
        string column = PathOf(sql, path);
        return kind switch
        {
            0 => $"{column} IS NULL",
            1 => $"{column} IS NOT NULL",
            2 => $"{column} < {value.In(sql)}",
            3 => $"{column} >= {value.In(sql)}",
            4 => $"{column} <> {value.In(sql)}",
            5 => $"{column} IN ({value.In(sql)}, {other.In(sql)})",
            6 => $"{column} > {value.In(sql)}",
            7 => $"{column} <= {value.In(sql)}",
            _ => $"{column} = {value.In(sql)}",
        };
    }

    private string Predicate(Dialect sql, List<(string[] Path, DeltaType Type)> tests, bool joined)
    {
        (string[] path, DeltaType type) = tests[random.Next(tests.Count)];
        string test = Test(sql, path, random.Next(9), _values.NotNull(type), _values.NotNull(type));
        return joined ? $"({test} {Pick("AND", "OR")} {Predicate(sql, tests, false)})" : test;
    }

    private static bool IsGenerated(StructField field) => field.Metadata.ContainsKey("delta.generationExpression") || field.Metadata.ContainsKey("delta.identity.start");

    private static IEnumerable<StructField> Writable(Snapshot snapshot) => snapshot.Schema.Fields.Where(field => !IsGenerated(field) && field.Type != PrimitiveType.Void);

    private string Insert(Dialect sql, string table, Snapshot snapshot, string verb)
    {
        List<StructField> columns = [.. Writable(snapshot)];
        if (random.Next(4) == 0 && columns.Count > 2) columns.RemoveAt(random.Next(1, columns.Count));
        return $"{verb} ({string.Join(", ", columns.Select(column => sql.Name(column.Name)))}) {Rows(sql, columns)}";
    }

    private string Replace(Dialect sql, string table, Snapshot snapshot)
    {
        // Rows that do satisfy the condition, by the one column that it is about.
        List<StructField> columns = [.. Writable(snapshot)];
        if (snapshot.Schema.Fields.Any(IsGenerated) || columns.Find(column => column.Type is DecimalType || (column.Type is PrimitiveType && snapshot.PartitionColumns.Contains(column.Name))) is not { } about) return Insert(sql, table, snapshot, $"INSERT OVERWRITE {table}");
        string value = _values.NotNull(about.Type).In(sql);
        return $"INSERT INTO {table} REPLACE WHERE {sql.Name(about.Name)} = {value} SELECT * FROM (VALUES ({string.Join(", ", columns.Select(column => column == about ? value : Valued(column).In(sql)))})) AS given";
    }

    private string Rows(Dialect sql, IReadOnlyList<StructField> columns)
    {
        return "SELECT * FROM (VALUES " + string.Join(", ", Enumerable.Range(0, random.Next(1, 9)).Select(_ => $"({string.Join(", ", columns.Select(column => Valued(column).In(sql)))})")) + ") AS given";
    }

    private Literal Valued(StructField column) => column.Name == "id" ? new Literal($"{random.Next(60)}L", $"{random.Next(60)}::BIGINT") : column.Nullable ? _values.Value(column.Type) : _values.NotNull(column.Type);

    private string Update(Dialect sql, string table, Snapshot snapshot)
    {
        List<StructField> columns = [.. Writable(snapshot)];
        if (columns.Count == 0) return $"OPTIMIZE {table}";
        string set = string.Join(", ", Enumerable.Range(0, random.Next(1, 3)).Select(_ => columns[random.Next(columns.Count)]).Distinct().Select(column => $"{sql.Name(column.Name)} = {Valued(column).In(sql)}"));
        return $"UPDATE {table} SET {set}" + (random.Next(10) == 0 ? "" : $" WHERE {Predicate(sql, snapshot.Schema)}");
    }

    private string Merge(Dialect sql, string table, Snapshot snapshot)
    {
        List<StructField> columns = [.. Writable(snapshot)];
        if (!columns.Exists(column => column.Name == "id")) return Insert(sql, table, snapshot, $"INSERT INTO {table}");
        int first = random.Next(50), step = random.Next(1, 5);
        string rows = string.Join(", ", Enumerable.Range(0, random.Next(1, 12)).Select(i => $"({string.Join(", ", columns.Select(column => column.Name == "id" ? (first + (i * step)).ToString(CultureInfo.InvariantCulture) : Valued(column).In(sql)))})"));
        string source = $"(SELECT * FROM (VALUES {rows}) AS v({string.Join(", ", columns.Select(column => sql.Name(column.Name)))}))";
        List<string> clauses = [];
        string assigned = string.Join(", ", columns.Where(column => column.Name != "id" || columns.Count == 1).Select(column => $"{sql.Name(column.Name)} = s.{sql.Name(column.Name)}"));
        if (random.Next(3) == 0) clauses.Add($"WHEN MATCHED AND s.`id` % 3 = 0 THEN DELETE");
        if (random.Next(4) > 0) clauses.Add($"WHEN MATCHED THEN UPDATE SET {assigned}");
        if (random.Next(4) > 0 || clauses.Count == 0) clauses.Add($"WHEN NOT MATCHED THEN INSERT ({string.Join(", ", columns.Select(column => sql.Name(column.Name)))}) VALUES ({string.Join(", ", columns.Select(column => $"s.{sql.Name(column.Name)}"))})");
        if (random.Next(5) == 0) clauses.Add("WHEN NOT MATCHED BY SOURCE AND t.`id` < 10 THEN DELETE");
        return $"MERGE INTO {table} AS t USING {source} AS s ON t.`id` = s.`id` {string.Join(' ', clauses)}".Replace("`id`", sql.Name("id"), StringComparison.Ordinal);
    }

    private string Zorder(Dialect sql, string table, Snapshot snapshot)
    {
        List<string> columns = [.. snapshot.Schema.Fields.Where(field => CanCluster(field.Type) && !snapshot.PartitionColumns.Contains(field.Name)).Select(field => sql.Name(field.Name))];
        return columns.Count == 0 ? $"OPTIMIZE {table}" : $"OPTIMIZE {table} ZORDER BY ({string.Join(", ", columns.OrderBy(_ => random.Next()).Take(2))})";
    }

    private string Alter(Dialect sql, string table, Snapshot snapshot)
    {
        bool mapped = snapshot.Configuration.GetValueOrDefault("delta.columnMapping.mode", "none") != "none";
        StructType schema = snapshot.Schema;
        List<(string[] Path, StructField Field)> all = AllFields(schema);
        (string[] path, StructField field) = all[random.Next(all.Count)];
        string name = NewName(mapped, [.. schema.Fields.Select(column => column.Name)]);
        switch (random.Next(12))
        {
            case 0 or 1:
                DeltaType type = _values.Type();
                return random.Next(3) == 0 && all.Find(entry => entry.Field.Type is StructType) is { Field: not null } into && sql == Dialect.Spark
                    ? $"ALTER TABLE {table} ADD COLUMNS ({PathOf(sql, into.Path)}.{sql.Name(name)} {sql.TypeOf(type)})"
                    : $"ALTER TABLE {table} ADD COLUMNS ({sql.Name(name)} {sql.TypeOf(type)}{(sql == Dialect.Spark ? Pick("", "", " FIRST") : "")})";
            case 2 or 3:
                return mapped ? $"ALTER TABLE {table} RENAME COLUMN {PathOf(sql, path)} TO {sql.Name(path.Length == 1 ? name : $"r{_named++}")}" : Property("delta.columnMapping.mode", "name");
            case 4:
                return mapped && path[0] != "id" ? $"ALTER TABLE {table} DROP COLUMN {PathOf(sql, path)}" : Property("delta.columnMapping.mode", "name");
            case 5 or 6 or 7:
                if (snapshot.Configuration.GetValueOrDefault("delta.enableTypeWidening") != "true") return Property("delta.enableTypeWidening", "true");
                List<(string[] Path, StructField Field, DeltaType Wider)> widening = [.. all.Where(entry => !snapshot.PartitionColumns.Contains(entry.Path[0]) || random.Next(2) == 0).Select(entry => (entry.Path, entry.Field, Wider: _values.Wider(entry.Field.Type))).Where(entry => entry.Wider is not null).Select(entry => (entry.Path, entry.Field, entry.Wider!))];
                if (widening.Count == 0) return $"OPTIMIZE {table}";
                (string[] widened, _, DeltaType wider) = widening[random.Next(widening.Count)];
                return $"ALTER TABLE {table} ALTER COLUMN {PathOf(sql, widened)} TYPE {sql.TypeOf(wider)}";
            case 8:
                return snapshot.PartitionColumns.Count > 0 || schema.Fields.FirstOrDefault(column => CanCluster(column.Type)) is not { } clustered ? $"OPTIMIZE {table}" : $"ALTER TABLE {table} CLUSTER BY ({sql.Name(clustered.Name)})";
            case 9:
                return sql == Dialect.Spark && path.Length == 1 ? $"ALTER TABLE {table} ALTER COLUMN {PathOf(sql, path)} FIRST" : Property("delta.checkpointInterval", Pick("1", "2", "5"));
            case 10:
                return Pick($"ALTER TABLE {table} ADD CONSTRAINT c{_named++} CHECK (`id` >= 0)", $"ALTER TABLE {table} DROP FEATURE deletionVectors");
            default:
                return random.Next(8) switch
                {
                    0 => Property("delta.enableDeletionVectors", Pick("true", "false")),
                    1 => Property("delta.enableChangeDataFeed", Pick("true", "false")),
                    2 => Property("delta.checkpoint.writeStatsAsStruct", Pick("true", "false")),
                    3 => Property("delta.checkpointPolicy", Pick("v2", "classic")),
                    4 => Property("delta.dataSkippingNumIndexedCols", Pick("0", "2", "-1")),
                    5 => Property("delta.enableInCommitTimestamps", "true"),
                    6 => Property("delta.enableRowTracking", "true"),
                    _ => Property("delta.checkpoint.writeStatsAsJson", Pick("true", "false")),
                };
        }

        string Property(string key, string value) => $"ALTER TABLE {table} SET TBLPROPERTIES ('{key}' = '{value}')";
    }

    private static List<(string[] Path, StructField Field)> AllFields(StructType schema)
    {
        List<(string[], StructField)> found = [];
        Collect(schema, []);
        return found;

        void Collect(DeltaType type, string[] above)
        {
            switch (type)
            {
                case StructType nested:
                    foreach (StructField field in nested.Fields)
                    {
                        found.Add(([.. above, field.Name], field));
                        Collect(field.Type, [.. above, field.Name]);
                    }
                    break;
                case ArrayType array:
                    if (array.ElementType is not StructType) found.Add(([.. above, "element"], new StructField("element", array.ElementType)));
                    Collect(array.ElementType, [.. above, "element"]);
                    break;
                case MapType map:
                    if (map.ValueType is not StructType) found.Add(([.. above, "value"], new StructField("value", map.ValueType)));
                    Collect(map.ValueType, [.. above, "value"]);
                    break;
            }
        }
    }

    private string NewName(bool mapped, IReadOnlyCollection<string> taken)
    {
        string[] names = mapped && random.Next(2) == 0 ? MappedNames : PlainNames;
        string name = names[random.Next(names.Length)];
        return taken.Contains(name, StringComparer.OrdinalIgnoreCase) ? $"{name}{_named++}" : name;
    }

    private string Pick(params ReadOnlySpan<string> choices) => choices[random.Next(choices.Length)];
}
