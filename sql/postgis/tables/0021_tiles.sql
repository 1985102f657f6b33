-- 0021: what is drawn in tiles, and from which zoom on.
--
-- What is seen from afar (substations, lines, switches, transformers) is kept ready in
-- tile_features, a seventh of the network; secondaries and usage points are drawn from their own
-- tables, since few of them are in a tile of the highest zoom.
--
-- Makes nothing where the files 1 to 14 have made it: see 0015.

BEGIN;
SET LOCAL client_min_messages = warning;

-- PostGIS may live in any schema; its types and functions are looked up where it is.
DO $$
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, ' || extnamespace::regnamespace || ', pg_temp',
        true)
    FROM pg_extension
    WHERE extname = 'postgis';
END
$$;

CREATE TABLE IF NOT EXISTS gridtwin.tile_gates (
    drawn text PRIMARY KEY,
    gate int NOT NULL CHECK (gate BETWEEN 0 AND 22)
);

COMMENT ON TABLE gridtwin.tile_gates IS
    'From which zoom on each group of features is drawn; refresh_tiles() takes a change over';
COMMENT ON COLUMN gridtwin.tile_gates.drawn IS 'Group of features; see docs/tiles.md';
COMMENT ON COLUMN gridtwin.tile_gates.gate IS 'First zoom';

INSERT INTO gridtwin.tile_gates (drawn, gate) VALUES
    ('substations', 0),
    ('backbone', 7),
    ('lateral', 11),
    ('head_switches', 10),
    ('line_switches', 12),
    ('fuses', 13),
    ('substation_transformers', 10),
    ('transformers', 13),
    ('secondaries', 15),
    ('usage_points', 15)
ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS gridtwin.tile_network (
    only_row bool PRIMARY KEY DEFAULT true CHECK (only_row),
    content_hash text NOT NULL
);

COMMENT ON TABLE gridtwin.tile_network IS 'The network that tile_features is of: one row';
COMMENT ON COLUMN gridtwin.tile_network.only_row IS 'Always true: there is one row';
COMMENT ON COLUMN gridtwin.tile_network.content_hash IS 'Its content_hash in gridtwin.network';

CREATE TABLE IF NOT EXISTS gridtwin.tile_features (
    layer text NOT NULL CHECK (layer IN ('substations', 'lines', 'switches', 'transformers')),
    id int NOT NULL CHECK (id > 0),
    gate int NOT NULL,
    mrid text NOT NULL,
    name text,
    kind text,
    class text,
    phases text,
    normal_open text,
    feeder int,
    v int,
    ug int,
    remote int,
    usage_points int,
    customers int,
    node_a int,
    node_b int,
    mask smallint,
    geometry geometry(Geometry, 3857) NOT NULL,
    PRIMARY KEY (layer, id)
);

-- Each zoom reads the indexes of what it shows, and no other.
CREATE INDEX IF NOT EXISTS tile_features_far
    ON gridtwin.tile_features USING gist (geometry) WHERE gate < 10;
CREATE INDEX IF NOT EXISTS tile_features_middle ON gridtwin.tile_features USING gist (geometry)
    WHERE gate >= 10 AND gate < 13;
CREATE INDEX IF NOT EXISTS tile_features_near
    ON gridtwin.tile_features USING gist (geometry) WHERE gate >= 13;

COMMENT ON TABLE gridtwin.tile_features IS
    'Features seen from afar, ready to be drawn; refresh_tiles() brings them in step';
COMMENT ON COLUMN gridtwin.tile_features.layer IS 'Layer of the tiles';
COMMENT ON COLUMN gridtwin.tile_features.id IS 'Row of its frame + 1';
COMMENT ON COLUMN gridtwin.tile_features.gate IS 'First zoom';
COMMENT ON COLUMN gridtwin.tile_features.mrid IS 'Id of the element';
COMMENT ON COLUMN gridtwin.tile_features.name IS 'Name of a substation; null = none';
COMMENT ON COLUMN gridtwin.tile_features.kind IS 'Kind of a switch or transformer';
COMMENT ON COLUMN gridtwin.tile_features.class IS 'Of a line: backbone (three phases) or lateral';
COMMENT ON COLUMN gridtwin.tile_features.phases IS 'Phases as text; null = not recorded';
COMMENT ON COLUMN gridtwin.tile_features.normal_open IS
    'Phases of a switch that stand open as designed; null = none';
COMMENT ON COLUMN gridtwin.tile_features.feeder IS
    'Row of its feeder as designed + 1; 0 = none';
COMMENT ON COLUMN gridtwin.tile_features.v IS 'Nominal phase-to-phase volts of a line';
COMMENT ON COLUMN gridtwin.tile_features.ug IS '1 = underground, 0 = overhead; null = not known';
COMMENT ON COLUMN gridtwin.tile_features.remote IS '1 = a switch operated from the control room';
COMMENT ON COLUMN gridtwin.tile_features.usage_points IS 'Usage points a transformer serves';
COMMENT ON COLUMN gridtwin.tile_features.customers IS
    'Customers of those; of a substation those of its feeders as designed';
COMMENT ON COLUMN gridtwin.tile_features.node_a IS 'Row of the node at the first terminal';
COMMENT ON COLUMN gridtwin.tile_features.node_b IS 'Row of the node at the second terminal';
COMMENT ON COLUMN gridtwin.tile_features.mask IS 'Phases as bits; 0 = not recorded';
COMMENT ON COLUMN gridtwin.tile_features.geometry IS
    'Course of a line, place or middle of anything else, EPSG:3857';

INSERT INTO gridtwin.migrations (number, name) VALUES (21, 'tiles');

COMMIT;
