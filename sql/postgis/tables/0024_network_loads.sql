-- 0024: the loads that brought the network, and which row of the source each element is made of.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.mapping_texts (
    hash text PRIMARY KEY,
    text text NOT NULL
);

COMMENT ON TABLE gridtwin.mapping_texts IS
    'The mappings that networks were read by, each text once';
COMMENT ON COLUMN gridtwin.mapping_texts.hash IS 'The first 16 digits of the SHA-256 of the text';
COMMENT ON COLUMN gridtwin.mapping_texts.text IS 'The mapping file, TOML';

CREATE TABLE gridtwin.network_loads (
    load_number int PRIMARY KEY CHECK (load_number > 0),
    loaded_at timestamptz NOT NULL,
    source text NOT NULL,
    options jsonb NOT NULL DEFAULT '{}',
    mapping text NOT NULL DEFAULT '',
    mapping_hash text REFERENCES gridtwin.mapping_texts (hash),
    row_count bigint NOT NULL,
    added bigint NOT NULL,
    changed bigint NOT NULL,
    removed bigint NOT NULL
);

COMMENT ON TABLE gridtwin.network_loads IS
    'The loads that brought the network: when, from what, and what each changed';
COMMENT ON COLUMN gridtwin.network_loads.load_number IS 'Number of the load, from 1';
COMMENT ON COLUMN gridtwin.network_loads.loaded_at IS 'When it was loaded';
COMMENT ON COLUMN gridtwin.network_loads.source IS 'File, folder or name, as it was given';
COMMENT ON COLUMN gridtwin.network_loads.options IS 'How it was read, as far as that was said';
COMMENT ON COLUMN gridtwin.network_loads.mapping IS 'Name of the mapping; empty = none';
COMMENT ON COLUMN gridtwin.network_loads.mapping_hash IS 'Its text; null = none';
COMMENT ON COLUMN gridtwin.network_loads.row_count IS 'Rows of all six frames afterwards';
COMMENT ON COLUMN gridtwin.network_loads.added IS 'Rows that were not there before';
COMMENT ON COLUMN gridtwin.network_loads.changed IS 'Rows that held something else before';
COMMENT ON COLUMN gridtwin.network_loads.removed IS 'Rows that are there no more';

-- A key stands here only where the mRID does not tell it: see the view grid.origins.
ALTER TABLE gridtwin.nodes
    ADD COLUMN source_layer text, ADD COLUMN source_key text, ADD COLUMN load_number int;
ALTER TABLE gridtwin.equipment
    ADD COLUMN source_layer text, ADD COLUMN source_key text, ADD COLUMN load_number int;
ALTER TABLE gridtwin.usage_points
    ADD COLUMN source_layer text, ADD COLUMN source_key text, ADD COLUMN load_number int;
ALTER TABLE gridtwin.sources
    ADD COLUMN source_layer text, ADD COLUMN source_key text, ADD COLUMN load_number int;
ALTER TABLE gridtwin.substations
    ADD COLUMN source_layer text, ADD COLUMN source_key text, ADD COLUMN load_number int;
ALTER TABLE gridtwin.feeders
    ADD COLUMN source_layer text, ADD COLUMN source_key text, ADD COLUMN load_number int;

INSERT INTO gridtwin.migrations (number, name) VALUES (24, 'network_loads');

COMMIT;
