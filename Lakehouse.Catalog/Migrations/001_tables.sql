CREATE TABLE catalog.tables (
    schema_name       text NOT NULL,
    table_name        text NOT NULL,
    table_id          text NOT NULL,
    version           bigint NOT NULL,
    committed_at      timestamptz NOT NULL,
    columns           jsonb NOT NULL,
    partition_columns text[] NOT NULL,
    properties        jsonb NOT NULL,
    files             bigint NOT NULL,
    rows              bigint,
    bytes             bigint NOT NULL,
    location          text NOT NULL,
    registered_at     timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (schema_name, table_name)
);

COMMENT ON TABLE catalog.tables IS 'The tables of the lake as of their newest known Delta version.';
COMMENT ON COLUMN catalog.tables.table_id IS 'metaData.id of the Delta log: a table that was deleted and made anew has another.';
COMMENT ON COLUMN catalog.tables.rows IS 'Live rows; null where a file''s statistics do not tell.';
