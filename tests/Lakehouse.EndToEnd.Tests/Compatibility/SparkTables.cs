namespace Lakehouse.EndToEnd.Tests.Compatibility;

/// <summary>A table that Spark writes for us to read.</summary>
/// <param name="Feature">What it uses, as docs/compatibility.md calls it.</param>
/// <param name="Statements">Spark's SQL; <c>{t}</c> is the table, <c>{base}</c> one that the statements make beside it.</param>
/// <param name="Feed">The first version of the change data feed to compare too; null = none.</param>
/// <param name="Known">A difference that is known, for the document; null = the rows must be equal.</param>
public sealed record SparkTable(string Feature, string[] Statements, int? Feed = null, string? Known = null);

/// <summary>Spark's operations and table features.</summary>
public static class SparkTables
{
    /// <summary>Every table.</summary>
    public static readonly IReadOnlyList<SparkTable> All =
    [
        new("every primitive type", [
            "CREATE TABLE {t} (id BIGINT, name STRING, amount DECIMAL(38,10), at TIMESTAMP, local TIMESTAMP_NTZ, day DATE, flag BOOLEAN, f FLOAT, d DOUBLE, b BINARY, s SMALLINT, t TINYINT, i INT) USING delta",
            "INSERT INTO {t} SELECT id, concat('nä', id), id * 1.25, timestamp'2026-01-01 10:00:00.123456' + make_dt_interval(0, id), timestamp_ntz'1969-12-31 23:59:59.5', date'2026-01-01' + CAST(id AS INT), id % 2 = 0, id / 4, id / 8, CAST(concat('x', id) AS BINARY), id, id, id FROM range(20)",
            "INSERT INTO {t} VALUES (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"]),
        new("update, delete and merge by copies", [
            "CREATE TABLE {t} USING delta TBLPROPERTIES('delta.enableDeletionVectors'='false') AS SELECT id, concat('n', id) AS name FROM range(100)",
            "UPDATE {t} SET name = 'updated' WHERE id < 10",
            "DELETE FROM {t} WHERE id > 90",
            "MERGE INTO {t} t USING (SELECT id, 'merged' AS name FROM range(85, 110)) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT * WHEN NOT MATCHED BY SOURCE AND t.id < 5 THEN DELETE"]),
        new("update, delete and merge by deletion vectors", [
            "CREATE TABLE {t} USING delta TBLPROPERTIES('delta.enableDeletionVectors'='true') AS SELECT id, concat('n', id) AS name FROM range(1000)",
            "DELETE FROM {t} WHERE id % 7 = 0",
            "UPDATE {t} SET name = 'updated' WHERE id % 11 = 0",
            "MERGE INTO {t} t USING (SELECT id * 3 AS id, 'merged' AS name FROM range(500)) s ON t.id = s.id WHEN MATCHED AND s.id < 600 THEN UPDATE SET * WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT *"]),
        new("partition values of every type, escaped and null", [
            "CREATE TABLE {t} (id BIGINT, s STRING, d DATE, n DECIMAL(9,2), ts TIMESTAMP, ntz TIMESTAMP_NTZ, i INT, b BOOLEAN) USING delta PARTITIONED BY (s, d, n, ts, ntz, i, b)",
            "INSERT INTO {t} VALUES (1, 'a b/c=d%25&e', date'2026-01-02', 1.50, timestamp'2026-01-02 03:04:05.123456', timestamp_ntz'2026-01-02 03:04:05', -7, true), (2, 'ü:\"x\\'y', NULL, NULL, NULL, NULL, NULL, NULL), (3, NULL, date'1900-01-01', -0.01, timestamp'1900-01-01 00:00:00', timestamp_ntz'2026-01-02 03:04:05.000001', 0, false)"]),
        new("partition and condition overwrites", [
            "CREATE TABLE {t} USING delta PARTITIONED BY (p) AS SELECT id, CAST(id % 3 AS INT) AS p FROM range(30)",
            "INSERT INTO {t} REPLACE WHERE p = 1 SELECT id + 100, 1 FROM range(3)",
            "SET spark.sql.sources.partitionOverwriteMode=dynamic",
            "INSERT OVERWRITE {t} SELECT 999, 2",
            "SET spark.sql.sources.partitionOverwriteMode=static"]),
        new("nested types", [
            "CREATE TABLE {t} USING delta AS SELECT id, named_struct('a', id, 'b', named_struct('c', array(id, NULL), 'd', CAST(NULL AS STRING))) AS s, map('k', named_struct('v', id)) AS m, array(named_struct('x', id), NULL) AS l FROM range(5)",
            "INSERT INTO {t} VALUES (9, NULL, NULL, NULL)"]),
        new("column mapping by name: renamed, dropped, nested", [
            "CREATE TABLE {t} (id BIGINT, old STRING, s STRUCT<a: INT, l: ARRAY<STRUCT<z: STRING>>>, gone INT, p STRING) USING delta PARTITIONED BY (p) TBLPROPERTIES('delta.columnMapping.mode'='name')",
            "INSERT INTO {t} VALUES (1, 'one', named_struct('a', 1, 'l', array(named_struct('z', 'deep'))), 5, 'x y')",
            "ALTER TABLE {t} RENAME COLUMN old TO `new name`",
            "ALTER TABLE {t} RENAME COLUMN s.a TO aa",
            "ALTER TABLE {t} DROP COLUMN gone",
            "ALTER TABLE {t} RENAME COLUMN p TO part",
            "INSERT INTO {t} VALUES (2, 'two', named_struct('aa', 2, 'l', NULL), NULL)"]),
        new("column mapping by id", [
            "CREATE TABLE {t} (id BIGINT, s STRUCT<a: INT, b: STRING>) USING delta TBLPROPERTIES('delta.columnMapping.mode'='id')",
            "INSERT INTO {t} VALUES (1, named_struct('a', 1, 'b', 'x')), (2, NULL)",
            "ALTER TABLE {t} RENAME COLUMN id TO key"]),
        new("column mapping of a table that had none", [
            "CREATE TABLE {t} USING delta AS SELECT id, id * 2 AS twice FROM range(5)",
            "ALTER TABLE {t} SET TBLPROPERTIES('delta.columnMapping.mode'='name')",
            "ALTER TABLE {t} DROP COLUMN twice",
            "ALTER TABLE {t} ADD COLUMN twice STRING",
            "INSERT INTO {t} VALUES (100, 'text')"]),
        new("type widening, nested too", [
            "CREATE TABLE {t} (a TINYINT, b INT, f FLOAT, d DECIMAL(5,1), day DATE, s STRUCT<x: SMALLINT>, l ARRAY<INT>, m MAP<STRING, SMALLINT>) USING delta TBLPROPERTIES('delta.enableTypeWidening'='true', 'delta.feature.timestampNtz'='supported')",
            "INSERT INTO {t} VALUES (1, 2, 1.5, 1.5, date'2026-01-02', named_struct('x', 3S), array(4), map('k', 5S))",
            "ALTER TABLE {t} ALTER COLUMN a TYPE INT, b TYPE BIGINT, f TYPE DOUBLE, d TYPE DECIMAL(12,2), day TYPE TIMESTAMP_NTZ, s.x TYPE INT, l.element TYPE BIGINT, m.value TYPE INT",
            "INSERT INTO {t} VALUES (70000, 5000000000, 2.5, 1.25, timestamp_ntz'2026-01-02 03:04:05', named_struct('x', 70000), array(5000000000), map('k', 70000))",
            "ALTER TABLE {t} ALTER COLUMN a TYPE DOUBLE"]),
        new("v2 checkpoints with sidecars", [
            "CREATE TABLE {t} USING delta TBLPROPERTIES('delta.checkpointPolicy'='v2', 'delta.checkpointInterval'='2') AS SELECT id FROM range(10)",
            "INSERT INTO {t} VALUES (100)", "INSERT INTO {t} VALUES (101)", "DELETE FROM {t} WHERE id = 3", "INSERT INTO {t} VALUES (102)", "INSERT INTO {t} VALUES (103)"]),
        new("checkpoints with statistics as columns", [
            "CREATE TABLE {t} USING delta PARTITIONED BY (p) TBLPROPERTIES('delta.checkpoint.writeStatsAsStruct'='true', 'delta.checkpoint.writeStatsAsJson'='false', 'delta.checkpointInterval'='2') AS SELECT id, timestamp'2026-01-01' AS at, 1.5 AS n, CAST(id % 2 AS INT) AS p FROM range(10)",
            "INSERT INTO {t} VALUES (100, timestamp'2026-02-01', 2.5, 7)", "INSERT INTO {t} VALUES (101, NULL, NULL, NULL)", "INSERT INTO {t} VALUES (102, NULL, NULL, NULL)"]),
        new("multi-part checkpoints", [
            "SET spark.databricks.delta.checkpoint.partSize=2",
            "CREATE TABLE {t} USING delta TBLPROPERTIES('delta.checkpointInterval'='3') AS SELECT id FROM range(10)",
            "INSERT INTO {t} VALUES (100)", "INSERT INTO {t} VALUES (101)", "INSERT INTO {t} VALUES (102)", "INSERT INTO {t} VALUES (103)",
            "RESET spark.databricks.delta.checkpoint.partSize"]),
        new("in-commit timestamps", [
            "CREATE TABLE {t} USING delta TBLPROPERTIES('delta.enableInCommitTimestamps'='true') AS SELECT id FROM range(10)", "DELETE FROM {t} WHERE id > 5"]),
        new("row tracking", [
            "CREATE TABLE {t} USING delta TBLPROPERTIES('delta.enableRowTracking'='true') AS SELECT id FROM range(10)", "UPDATE {t} SET id = id + 100 WHERE id < 3"]),
        new("clustered tables", [
            "CREATE TABLE {t} (id BIGINT, k STRING) USING delta CLUSTER BY (k)", "INSERT INTO {t} SELECT id, CAST(id % 5 AS STRING) FROM range(50)", "OPTIMIZE {t}"]),
        new("generated columns", [
            "CREATE TABLE {t} (at TIMESTAMP, day DATE GENERATED ALWAYS AS (CAST(at AS DATE))) USING delta PARTITIONED BY (day)", "INSERT INTO {t} (at) VALUES (timestamp'2026-01-02 03:04:05'), (NULL)"]),
        new("identity columns", [
            "CREATE TABLE {t} (id BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5), name STRING) USING delta", "INSERT INTO {t} (name) VALUES ('a')", "INSERT INTO {t} (name) VALUES ('b')"]),
        new("column defaults", [
            "CREATE TABLE {t} (id INT, kind STRING DEFAULT 'web') USING delta TBLPROPERTIES('delta.feature.allowColumnDefaults'='supported')", "INSERT INTO {t} (id) VALUES (1)", "INSERT INTO {t} VALUES (2, NULL)"]),
        new("NOT NULL and CHECK constraints", [
            "CREATE TABLE {t} (id INT NOT NULL, n INT) USING delta", "ALTER TABLE {t} ADD CONSTRAINT positive CHECK (n > 0)", "INSERT INTO {t} VALUES (1, 5)"]),
        new("change data feed", [
            "CREATE TABLE {t} USING delta TBLPROPERTIES('delta.enableChangeDataFeed'='true') AS SELECT id, concat('n', id) AS name FROM range(10)",
            "UPDATE {t} SET name = 'x' WHERE id = 1", "DELETE FROM {t} WHERE id IN (2, 3)",
            "MERGE INTO {t} t USING (SELECT id, 'merged' AS name FROM range(8, 12)) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"], Feed: 0),
        new("void columns", ["CREATE TABLE {t} (id INT, nothing VOID) USING delta", "INSERT INTO {t} (id) VALUES (1)"]),
        new("variant columns", [
            "CREATE TABLE {t} (id INT, v VARIANT, s STRUCT<w: VARIANT, l: ARRAY<VARIANT>>) USING delta",
            "INSERT INTO {t} SELECT 1, parse_json('{\"b\":[1,2.5,\"ä\",true,null],\"a\":{\"long\":\"more than sixty-three characters make a string that tells its own length\"}}'), named_struct('w', parse_json('1'), 'l', array(parse_json('\"x\"'), parse_json('{}')))",
            "INSERT INTO {t} SELECT 2, to_variant_object(named_struct('d', date'2026-01-02', 't', timestamp'2026-01-02 03:04:05.123456', 'n', timestamp_ntz'2026-01-02 03:04:05', 'f', CAST(1.5 AS FLOAT), 'x', 2.5D, 'dec', 1.50BD, 'bin', X'00FF', 'i', 1Y, 'big', 123456789012345678901234567890BD)), NULL",
            "INSERT INTO {t} VALUES (3, NULL, NULL)"]),
        new("variant columns, shredded", [
            "CREATE TABLE {t} (id BIGINT, v VARIANT) USING delta TBLPROPERTIES('delta.enableVariantShredding'='true')",
            "INSERT INTO {t} SELECT id, parse_json(concat('{\"a\":', id, ',\"b\":\"s', id, '\",\"c\":{\"d\":[', id, ',2]}}')) FROM range(20)",
            "INSERT INTO {t} SELECT 100, parse_json('{\"a\":\"other\",\"e\":1.25}')"]),
        new("shallow clone of a table with deletion vectors", [
            "CREATE TABLE {base} USING delta PARTITIONED BY (p) TBLPROPERTIES('delta.enableDeletionVectors'='true') AS SELECT id, CASE WHEN id % 2 = 0 THEN 'a b' END AS p FROM range(20)",
            "DELETE FROM {base} WHERE id = 4", "CREATE TABLE {t} SHALLOW CLONE {base}", "INSERT INTO {t} VALUES (100, 'own')", "DELETE FROM {t} WHERE id = 6"]),
        new("restore", ["CREATE TABLE {t} USING delta AS SELECT id FROM range(10)", "DELETE FROM {t} WHERE id < 5", "INSERT INTO {t} VALUES (50)", "RESTORE TABLE {t} TO VERSION AS OF 1"]),
        new("optimize by z-order, reorg and vacuum", [
            "CREATE TABLE {t} USING delta TBLPROPERTIES('delta.enableDeletionVectors'='true') AS SELECT id, id % 10 AS k FROM range(1000)", "DELETE FROM {t} WHERE k = 3", "OPTIMIZE {t} ZORDER BY (k)", "REORG TABLE {t} APPLY (PURGE)", "VACUUM {t}"]),
        new("schema evolution", [
            "CREATE TABLE {t} USING delta AS SELECT id, named_struct('a', 1) AS s FROM range(3)", "ALTER TABLE {t} ADD COLUMNS (s.b STRING, extra ARRAY<INT>)", "INSERT INTO {t} VALUES (10, named_struct('a', 2, 'b', 'x'), array(1))"]),
        new("old protocol: reader 1, writer 2", ["CREATE TABLE {t} USING delta TBLPROPERTIES('delta.minReaderVersion'='1', 'delta.minWriterVersion'='2', 'delta.enableDeletionVectors'='false') AS SELECT id FROM range(10)", "DELETE FROM {t} WHERE id = 1"]),
        new("char and varchar", ["CREATE TABLE {t} (c CHAR(5), v VARCHAR(5)) USING delta", "INSERT INTO {t} VALUES ('ab', 'cd')"], Known: "equal but for the blanks that Spark pads char with"),
        new("truncate and insert again", ["CREATE TABLE {t} USING delta AS SELECT id FROM range(10)", "TRUNCATE TABLE {t}", "INSERT INTO {t} VALUES (7)"]),
    ];
}
