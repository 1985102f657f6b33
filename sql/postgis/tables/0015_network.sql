-- 0015: the schemas, what has been applied, and the network: its six frames.
--
-- Schema gridtwin holds the tables of a twin, schema grid the views for other programs.
--
-- Runs with psql alone, in one transaction: psql -v ON_ERROR_STOP=1 -f 0015_network.sql URL
-- `gridtwin db migrate` runs the same file and keeps its checksum; a file once applied never
-- changes, what comes after has a file of its own. What is defined over and over (functions, views,
-- triggers, comments of the frames, rights) stands in functions/, comments.sql and grants.sql.
--
-- Rows of the six frames refer to one another by `row`, their place in the engine's arrays, not by
-- foreign keys: a mirror moves millions of references at once, and is checked as a whole.

BEGIN;
SET LOCAL client_min_messages = warning;

DO $$
BEGIN
    IF current_setting('server_version_num')::int < 150000 THEN
        RAISE EXCEPTION 'gridtwin needs PostgreSQL 15 or later, this is %',
            current_setting('server_version');
    END IF;
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'postgis') THEN
        CREATE EXTENSION postgis;
    END IF;
EXCEPTION
    WHEN insufficient_privilege OR undefined_file THEN
        RAISE EXCEPTION 'this database has no PostGIS (%)', SQLERRM
            USING HINT = 'have an administrator run CREATE EXTENSION postgis in it';
END
$$;

-- The tables may be here already, made by the files 1 to 14, which these replace. Where all of those
-- were applied, this and the files up to 21 find nothing to make; anything else is refused.
DO $$
DECLARE
    odd text;
BEGIN
    IF to_regclass('gridtwin.migrations') IS NULL THEN
        RETURN;
    END IF;
    SELECT string_agg(to_char(f.number, 'FM0000') || '_' || f.name, ', ' ORDER BY f.number)
    INTO odd
    FROM (VALUES
        (1, 'tables', 'b39fea5986c9d824f2a09b0a8b80a6ed19e9be1c3a22d9b193cdf12b955d8edb'),
        (2, 'roles', '73efa8660fc361553a9bf69d8b87e5626af1b29e4acdfd41a757937240066587'),
        (3, 'questions', 'e6d13179781ff51065f5c19830068efa62277695343e059494b55d8bdd75c8d5'),
        (4, 'operate', '04bd6f0eab08f891e3e975e44fd074322582ffb2c73d734c803ead77a94ebafc'),
        (5, 'outages', 'b5ef276209f9da62aecc79c076d57ab455e546ebc3822db2f6273e698c25c359'),
        (6, 'look_ups', '5042d48dcfab25a69259da118ace0f66ee820bee059f86eb48d00a25f1e58390'),
        (7, 'operations', 'aacb21eb77e7a1ddb8f59dc862b3dc1a62b267075041dbdca68618fe8fc3b23a'),
        (8, 'readings', '001cea714c6cf2ae011ab8bb22c3ad7502fbc7ea9273d94323e462eab483eaed'),
        (9, 'feeder_loads', '23e6416fec7a0c4ce5ea14b80af6bc2c51b08e0cc857f57c233ca6b4b73fc8d1'),
        (10, 'live', '468e96fa4578d99412a729675aae55bdcf9c2f2f457fc5aa78a906492645cb67'),
        (11, 'tiles', '0378317353dc23a68730cc7c4c375fa590e655a91dc42964ca07a6b1070ac418'),
        (12, 'polygons', '27eac1f66c2b7438c8d53b353c84550c05285ea081920d8f6eaf95603a985cf0'),
        (13, 'usage_point_names', '32e1310522f3ea9b64715f979a74cf887713def9f315283553d881fd60b499f9'),
        (14, 'phases', '96026d80a0fdb7fccc39f533e751ecc351cae8356091f4f221b3ff09a3a0e37f')
    ) f (number, name, checksum)
    LEFT JOIN gridtwin.migrations m ON m.number = f.number
    WHERE m.name IS DISTINCT FROM f.name OR m.checksum <> f.checksum;
    IF odd IS NOT NULL THEN
        RAISE EXCEPTION 'this database was made by an older gridtwin, or another: it lacks %', odd
            USING HINT = 'bring it to 0014_phases with the gridtwin that has that file, or drop its'
                ' schemas gridtwin and grid and sync the twin again';
    END IF;
END
$$;

-- PostGIS may live in any schema; its types and functions are looked up where it is.
DO $$
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, ' || extnamespace::regnamespace || ', pg_temp',
        true)
    FROM pg_extension
    WHERE extname = 'postgis';
END
$$;

CREATE SCHEMA IF NOT EXISTS gridtwin;
CREATE SCHEMA IF NOT EXISTS grid;
COMMENT ON SCHEMA gridtwin IS 'The mirror of a gridtwin twin';
COMMENT ON SCHEMA grid IS 'Views of the twin for other programs';

-- ---------------------------------------------------------------- what has been applied

CREATE TABLE IF NOT EXISTS gridtwin.migrations (
    number int PRIMARY KEY,
    name text NOT NULL,
    checksum text,
    applied_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE gridtwin.migrations IS 'Which files of sql/postgis/tables have been applied';
COMMENT ON COLUMN gridtwin.migrations.number IS 'Number of the file';
COMMENT ON COLUMN gridtwin.migrations.name IS 'Name of the file without number and ending';
COMMENT ON COLUMN gridtwin.migrations.checksum IS
    'SHA-256 of the file; null where psql applied it and gridtwin has not seen it yet';
COMMENT ON COLUMN gridtwin.migrations.applied_at IS 'When it was applied';

CREATE TABLE IF NOT EXISTS gridtwin.definitions (
    file text PRIMARY KEY,
    checksum text,
    applied_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE gridtwin.definitions IS
    'Files of functions, views, comments and rights, each as it was last applied';
COMMENT ON COLUMN gridtwin.definitions.file IS 'Path of the file in sql/postgis';
COMMENT ON COLUMN gridtwin.definitions.checksum IS
    'SHA-256 of the file; null where psql applied it and gridtwin has not seen it yet';
COMMENT ON COLUMN gridtwin.definitions.applied_at IS 'When it was last applied';

-- ---------------------------------------------------------------- what is mirrored

CREATE TABLE IF NOT EXISTS gridtwin.network (
    only_row bool PRIMARY KEY DEFAULT true CHECK (only_row),
    id text NOT NULL,
    crs text,
    content_hash text NOT NULL,
    synced_at timestamptz NOT NULL DEFAULT now(),
    state_version bigint NOT NULL DEFAULT 0
);

COMMENT ON TABLE gridtwin.network IS
    'The network mirrored here: one row, none before the first sync';
COMMENT ON COLUMN gridtwin.network.only_row IS 'Always true: there is one row';
COMMENT ON COLUMN gridtwin.network.id IS 'Id of the twin';
COMMENT ON COLUMN gridtwin.network.crs IS
    'Coordinate system of the geometry; null = planar, at no known place';
COMMENT ON COLUMN gridtwin.network.content_hash IS 'Hash over the content of the six frames';
COMMENT ON COLUMN gridtwin.network.synced_at IS 'When the mirror was last brought in step';
COMMENT ON COLUMN gridtwin.network.state_version IS
    'Version of the current state that the last sync left; operations do not move it';

CREATE TABLE IF NOT EXISTS gridtwin.mirrored_blocks (
    table_name text,
    block int,
    fingerprints bytea NOT NULL,
    PRIMARY KEY (table_name, block)
);

COMMENT ON TABLE gridtwin.mirrored_blocks IS
    'What the last sync wrote, as a fingerprint of every row, so that the next moves only what '
    'differs; tables that an operation rewrites have none';
COMMENT ON COLUMN gridtwin.mirrored_blocks.table_name IS
    'Table of schema gridtwin; with .mrid behind it: the order of its rows';
COMMENT ON COLUMN gridtwin.mirrored_blocks.block IS 'Number of the block, from 0';
COMMENT ON COLUMN gridtwin.mirrored_blocks.fingerprints IS
    'Eight bytes for each of its rows; of an order one hash of all mRIDs';

-- ---------------------------------------------------------------- the six frames
-- The uniqueness of `row` is checked at the end of a statement, so that one UPDATE may renumber.
-- Rows have room beside them, so that an update of what no index holds stays on its page.

CREATE TABLE IF NOT EXISTS gridtwin.nodes (
    row int NOT NULL CONSTRAINT nodes_row_key UNIQUE DEFERRABLE CHECK (row >= 0),
    mrid text PRIMARY KEY,
    nominal_v real,
    geometry geometry(Point, 4326),
    geometry_3857 geometry(Point, 3857) GENERATED ALWAYS AS (
        CASE WHEN geometry @ ST_MakeEnvelope(-180, -85.06, 180, 85.06, 4326)
        THEN ST_Transform(geometry, 3857) END) STORED
) WITH (fillfactor = 90);

CREATE INDEX IF NOT EXISTS nodes_geometry ON gridtwin.nodes USING gist (geometry);
CREATE INDEX IF NOT EXISTS nodes_geometry_3857 ON gridtwin.nodes USING gist (geometry_3857);

CREATE TABLE IF NOT EXISTS gridtwin.equipment (
    row int NOT NULL CONSTRAINT equipment_row_key UNIQUE DEFERRABLE CHECK (row >= 0),
    mrid text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN (
        'ac_line_segment', 'busbar', 'breaker', 'recloser', 'fuse', 'sectionaliser',
        'load_break_switch', 'disconnector', 'jumper', 'power_transformer', 'voltage_regulator',
        'series_reactor', 'service_drop')),
    node_a int NOT NULL,
    node_b int NOT NULL,
    phases smallint NOT NULL DEFAULT 0 CHECK (phases BETWEEN 0 AND 63),
    normal_open smallint NOT NULL DEFAULT 0 CHECK (normal_open BETWEEN 0 AND 63),
    name text NOT NULL DEFAULT '',
    rated_a real,
    rated_va real,
    length_m real,
    placement text NOT NULL DEFAULT '' CHECK (placement IN ('', 'overhead', 'underground')),
    control text NOT NULL DEFAULT 'none' CHECK (control IN ('none', 'manual', 'remote')),
    in_service bool NOT NULL DEFAULT true,
    vector_group text NOT NULL DEFAULT '',
    geometry geometry(LineString, 4326),
    geometry_3857 geometry(LineString, 3857) GENERATED ALWAYS AS (
        CASE WHEN geometry @ ST_MakeEnvelope(-180, -85.06, 180, 85.06, 4326)
        THEN ST_Transform(geometry, 3857) END) STORED
) WITH (fillfactor = 90);

CREATE INDEX IF NOT EXISTS equipment_geometry ON gridtwin.equipment USING gist (geometry);
CREATE INDEX IF NOT EXISTS equipment_geometry_3857 ON gridtwin.equipment USING gist (geometry_3857);

CREATE TABLE IF NOT EXISTS gridtwin.usage_points (
    row int NOT NULL CONSTRAINT usage_points_row_key UNIQUE DEFERRABLE CHECK (row >= 0),
    mrid text PRIMARY KEY,
    node int NOT NULL,
    phases smallint NOT NULL DEFAULT 0 CHECK (phases BETWEEN 0 AND 63),
    customers int NOT NULL DEFAULT 1 CHECK (customers >= 0),
    peak_w real,
    service_class text NOT NULL DEFAULT '',
    priority text NOT NULL DEFAULT '',
    transformer int,
    geometry geometry(Point, 4326),
    geometry_3857 geometry(Point, 3857) GENERATED ALWAYS AS (
        CASE WHEN geometry @ ST_MakeEnvelope(-180, -85.06, 180, 85.06, 4326)
        THEN ST_Transform(geometry, 3857) END) STORED,
    name text NOT NULL DEFAULT ''
) WITH (fillfactor = 90);

CREATE INDEX IF NOT EXISTS usage_points_geometry ON gridtwin.usage_points USING gist (geometry);
CREATE INDEX IF NOT EXISTS usage_points_geometry_3857
    ON gridtwin.usage_points USING gist (geometry_3857);
CREATE INDEX IF NOT EXISTS usage_points_node ON gridtwin.usage_points (node)
    INCLUDE (row, mrid, customers, phases);

CREATE TABLE IF NOT EXISTS gridtwin.sources (
    row int NOT NULL CONSTRAINT sources_row_key UNIQUE DEFERRABLE CHECK (row >= 0),
    mrid text PRIMARY KEY,
    node int NOT NULL,
    phases smallint NOT NULL DEFAULT 0 CHECK (phases BETWEEN 0 AND 63),
    kind text NOT NULL DEFAULT 'substation' CHECK (kind IN ('substation', 'feeder_head', 'der')),
    substation int,
    rated_va real,
    in_service bool NOT NULL DEFAULT true
);

CREATE TABLE IF NOT EXISTS gridtwin.substations (
    row int NOT NULL CONSTRAINT substations_row_key UNIQUE DEFERRABLE CHECK (row >= 0),
    mrid text PRIMARY KEY,
    name text NOT NULL DEFAULT '',
    rated_va real,
    geometry geometry(Point, 4326),
    geometry_3857 geometry(Point, 3857) GENERATED ALWAYS AS (
        CASE WHEN geometry @ ST_MakeEnvelope(-180, -85.06, 180, 85.06, 4326)
        THEN ST_Transform(geometry, 3857) END) STORED
);

CREATE INDEX IF NOT EXISTS substations_geometry ON gridtwin.substations USING gist (geometry);
CREATE INDEX IF NOT EXISTS substations_geometry_3857
    ON gridtwin.substations USING gist (geometry_3857);

CREATE TABLE IF NOT EXISTS gridtwin.feeders (
    row int NOT NULL CONSTRAINT feeders_row_key UNIQUE DEFERRABLE CHECK (row >= 0),
    mrid text PRIMARY KEY,
    name text NOT NULL DEFAULT '',
    substation int,
    head int
);

CREATE INDEX IF NOT EXISTS feeders_head ON gridtwin.feeders (head);

INSERT INTO gridtwin.migrations (number, name) VALUES (15, 'network');

COMMIT;
