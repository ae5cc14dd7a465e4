namespace Lakehouse.EndToEnd.Tests.Compatibility;

/// <summary>A table that Trino writes to S3 for us to read.</summary>
/// <param name="Feature">What it uses, as docs/compatibility.md calls it.</param>
/// <param name="Statements">Trino's SQL; <c>{t}</c> is the table, <c>{at}</c> its place as a table property.</param>
/// <param name="Feed">The first version of the change data feed to compare too; null = none.</param>
public sealed record TrinoTable(string Feature, string[] Statements, int? Feed = null);

/// <summary>Trino's operations and table features.</summary>
public static class TrinoTables
{
    private static readonly string[] Changes =
    [
        "INSERT INTO {t} SELECT n, 'n' || CAST(n AS VARCHAR), n % 3 FROM UNNEST(sequence(1, 60)) s(n)",
        "UPDATE {t} SET name = 'updated' WHERE id < 10",
        "DELETE FROM {t} WHERE id BETWEEN 20 AND 24",
        "MERGE INTO {t} t USING (SELECT n AS id FROM UNNEST(sequence(50, 70)) s(n)) s ON t.id = s.id WHEN MATCHED AND s.id < 53 THEN DELETE WHEN MATCHED THEN UPDATE SET name = 'merged' WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'new', 7)",
    ];

    /// <summary>Every table.</summary>
    public static readonly IReadOnlyList<TrinoTable> All =
    [
        new("every primitive type", [
            "CREATE TABLE {t} (id BIGINT, name VARCHAR, amount DECIMAL(38,10), at TIMESTAMP(3) WITH TIME ZONE, local TIMESTAMP(6), day DATE, flag BOOLEAN, f REAL, d DOUBLE, b VARBINARY, s SMALLINT, t TINYINT, i INTEGER) WITH ({at})",
            "INSERT INTO {t} VALUES (1, 'nä', 1.25, TIMESTAMP '2026-01-01 10:00:00.123 UTC', TIMESTAMP '1969-12-31 23:59:59.500001', DATE '2026-01-01', true, REAL '1.5', 2.5e0, X'00FF', 3, 4, 5), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"]),
        new("insert, update, delete and merge by copies", ["CREATE TABLE {t} (id BIGINT, name VARCHAR, team BIGINT) WITH ({at})", .. Changes]),
        new("insert, update, delete and merge by deletion vectors", ["CREATE TABLE {t} (id BIGINT, name VARCHAR, team BIGINT) WITH ({at}, deletion_vectors_enabled = true)", .. Changes]),
        new("change data feed", ["CREATE TABLE {t} (id BIGINT, name VARCHAR, team BIGINT) WITH ({at}, change_data_feed_enabled = true)", .. Changes], Feed: 1),
        new("partitions, escaped and null, and optimize", [
            "CREATE TABLE {t} (id BIGINT, s VARCHAR, d DATE, n DECIMAL(9,2)) WITH ({at}, partitioned_by = ARRAY['s', 'd', 'n'])",
            "INSERT INTO {t} VALUES (1, 'a b/c=d%25&e', DATE '2026-01-02', 1.50), (2, 'u:\"x''y', NULL, NULL), (3, NULL, DATE '1900-01-01', -0.01)",
            "INSERT INTO {t} VALUES (4, 'a b/c=d%25&e', DATE '2026-01-02', 1.50)",
            "ALTER TABLE {t} EXECUTE optimize"]),
        new("column mapping by name: added, renamed, dropped columns", [
            "CREATE TABLE {t} (id BIGINT, old VARCHAR, gone INTEGER, s ROW(a INTEGER, l ARRAY(ROW(z VARCHAR)))) WITH ({at}, column_mapping_mode = 'NAME')",
            "INSERT INTO {t} VALUES (1, 'one', 5, ROW(1, ARRAY[ROW('deep')]))",
            "ALTER TABLE {t} RENAME COLUMN old TO renamed",
            "ALTER TABLE {t} DROP COLUMN gone",
            "ALTER TABLE {t} ADD COLUMN gone DATE",
            "INSERT INTO {t} VALUES (2, 'two', NULL, DATE '2026-01-01')"]),
        new("column mapping by id", [
            "CREATE TABLE {t} (id BIGINT, s ROW(a INTEGER, b VARCHAR)) WITH ({at}, column_mapping_mode = 'ID')",
            "INSERT INTO {t} VALUES (1, ROW(1, 'x')), (2, NULL)",
            "ALTER TABLE {t} RENAME COLUMN id TO key",
            "DELETE FROM {t} WHERE key = 2"]),
        new("nested types", [
            "CREATE TABLE {t} WITH ({at}) AS SELECT n AS id, CAST(ROW(n, ROW(ARRAY[n, NULL])) AS ROW(a BIGINT, b ROW(c ARRAY(BIGINT)))) AS s, MAP(ARRAY['k'], ARRAY[n]) AS m FROM UNNEST(sequence(1, 5)) x(n)",
            "INSERT INTO {t} VALUES (9, NULL, NULL)"]),
        new("checkpoint interval", [
            "CREATE TABLE {t} (id BIGINT) WITH ({at}, checkpoint_interval = 2)",
            "INSERT INTO {t} VALUES 1", "INSERT INTO {t} VALUES 2", "INSERT INTO {t} VALUES 3", "INSERT INTO {t} VALUES 4"]),
        new("added column, NOT NULL, replaced table", [
            "CREATE TABLE {t} (gone BIGINT) WITH ({at})",
            "INSERT INTO {t} VALUES 99",
            "CREATE OR REPLACE TABLE {t} (id BIGINT NOT NULL, name VARCHAR) WITH ({at})",
            "INSERT INTO {t} VALUES (1, 'a')",
            "ALTER TABLE {t} ADD COLUMN extra ARRAY(INTEGER)",
            "INSERT INTO {t} VALUES (2, 'b', ARRAY[1])"]),
        new("optimize, truncate, vacuum", [
            "CREATE TABLE {t} (id BIGINT) WITH ({at})",
            "INSERT INTO {t} VALUES 1, 2, 3",
            "TRUNCATE TABLE {t}",
            "INSERT INTO {t} VALUES 4", "INSERT INTO {t} VALUES 5",
            "ALTER TABLE {t} EXECUTE optimize",
            "CALL s3.system.vacuum('written', '{name}', '0s')"]),
    ];
}
