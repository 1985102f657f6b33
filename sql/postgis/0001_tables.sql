-- 0001: the tables of a twin, in schema gridtwin, and the views for other programs, in schema grid.
--
-- Runs with psql alone, in one transaction: psql -v ON_ERROR_STOP=1 -f 0001_tables.sql URL
-- `gridtwin db migrate` runs the same file and keeps its checksum; a file once applied never
-- changes, what comes after has a file of its own.
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

-- PostGIS may live in any schema; its types and functions are looked up where it is.
DO $$
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, ' || extnamespace::regnamespace, true)
    FROM pg_extension
    WHERE extname = 'postgis';
END
$$;

CREATE SCHEMA gridtwin;
CREATE SCHEMA grid;

-- ---------------------------------------------------------------- what has been applied

CREATE TABLE gridtwin.migrations (
    number int PRIMARY KEY,
    name text NOT NULL,
    checksum text,
    applied_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE gridtwin.network (
    only_row bool PRIMARY KEY DEFAULT true CHECK (only_row),
    id text NOT NULL,
    crs text,
    content_hash text NOT NULL,
    synced_at timestamptz NOT NULL DEFAULT now(),
    state_version bigint NOT NULL DEFAULT 0
);

CREATE TABLE gridtwin.mirrored_blocks (
    table_name text,
    block int,
    fingerprints bytea NOT NULL,
    PRIMARY KEY (table_name, block)
);

-- ---------------------------------------------------------------- the six frames
-- The uniqueness of `row` is checked at the end of a statement, so that one UPDATE may renumber.

CREATE TABLE gridtwin.nodes (
    row int NOT NULL CONSTRAINT nodes_row_key UNIQUE DEFERRABLE CHECK (row >= 0),
    mrid text PRIMARY KEY,
    nominal_v real,
    geometry geometry(Point, 4326),
    geometry_3857 geometry(Point, 3857) GENERATED ALWAYS AS (
        CASE WHEN geometry @ ST_MakeEnvelope(-180, -85.06, 180, 85.06, 4326)
        THEN ST_Transform(geometry, 3857) END) STORED
);

CREATE TABLE gridtwin.equipment (
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
);

CREATE TABLE gridtwin.usage_points (
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
        THEN ST_Transform(geometry, 3857) END) STORED
);

CREATE TABLE gridtwin.sources (
    row int NOT NULL CONSTRAINT sources_row_key UNIQUE DEFERRABLE CHECK (row >= 0),
    mrid text PRIMARY KEY,
    node int NOT NULL,
    phases smallint NOT NULL DEFAULT 0 CHECK (phases BETWEEN 0 AND 63),
    kind text NOT NULL DEFAULT 'substation' CHECK (kind IN ('substation', 'feeder_head', 'der')),
    substation int,
    rated_va real,
    in_service bool NOT NULL DEFAULT true
);

CREATE TABLE gridtwin.substations (
    row int NOT NULL CONSTRAINT substations_row_key UNIQUE DEFERRABLE CHECK (row >= 0),
    mrid text PRIMARY KEY,
    name text NOT NULL DEFAULT '',
    rated_va real,
    geometry geometry(Point, 4326),
    geometry_3857 geometry(Point, 3857) GENERATED ALWAYS AS (
        CASE WHEN geometry @ ST_MakeEnvelope(-180, -85.06, 180, 85.06, 4326)
        THEN ST_Transform(geometry, 3857) END) STORED
);

CREATE TABLE gridtwin.feeders (
    row int NOT NULL CONSTRAINT feeders_row_key UNIQUE DEFERRABLE CHECK (row >= 0),
    mrid text PRIMARY KEY,
    name text NOT NULL DEFAULT '',
    substation int,
    head int
);

CREATE INDEX nodes_geometry ON gridtwin.nodes USING gist (geometry);
CREATE INDEX nodes_geometry_3857 ON gridtwin.nodes USING gist (geometry_3857);
CREATE INDEX equipment_geometry ON gridtwin.equipment USING gist (geometry);
CREATE INDEX equipment_geometry_3857 ON gridtwin.equipment USING gist (geometry_3857);
CREATE INDEX usage_points_geometry ON gridtwin.usage_points USING gist (geometry);
CREATE INDEX usage_points_geometry_3857 ON gridtwin.usage_points USING gist (geometry_3857);
CREATE INDEX usage_points_node ON gridtwin.usage_points (node) INCLUDE (row, mrid, customers);
CREATE INDEX feeders_head ON gridtwin.feeders (head);
CREATE INDEX substations_geometry ON gridtwin.substations USING gist (geometry);
CREATE INDEX substations_geometry_3857 ON gridtwin.substations USING gist (geometry_3857);

-- ---------------------------------------------------------------- topology of the current state

CREATE TABLE gridtwin.node_topology (
    node int PRIMARY KEY,
    segment int NOT NULL,
    ltin int NOT NULL,
    ltout int NOT NULL,
    parent int NOT NULL,
    feed int NOT NULL,
    depth int NOT NULL,
    customers int NOT NULL,
    below bigint NOT NULL,
    feed_mrid text NOT NULL DEFAULT '',
    feed_kind text NOT NULL DEFAULT ''
) WITH (fillfactor = 70);

CREATE INDEX node_topology_segment ON gridtwin.node_topology (segment, ltin)
    INCLUDE (node, depth, feed_mrid, feed_kind);

CREATE TABLE gridtwin.segments (
    segment int PRIMARY KEY,
    feeder int,
    root int,
    hook int,
    meshed bool NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 0
);

CREATE INDEX segments_feeder ON gridtwin.segments (feeder);
CREATE INDEX segments_hook ON gridtwin.segments (hook);

CREATE TABLE gridtwin.equipment_topology (
    equipment int PRIMARY KEY,
    node_a int NOT NULL,
    node_b int NOT NULL,
    passes smallint NOT NULL CHECK (passes BETWEEN 0 AND 7),
    one_way smallint NOT NULL CHECK (one_way BETWEEN -1 AND 1),
    mixes smallint NOT NULL CHECK (mixes BETWEEN -1 AND 1),
    child int NOT NULL DEFAULT -1
) WITH (fillfactor = 70);

CREATE INDEX equipment_topology_node_a ON gridtwin.equipment_topology (node_a);
CREATE INDEX equipment_topology_node_b ON gridtwin.equipment_topology (node_b);

CREATE TABLE gridtwin.chords (
    equipment int PRIMARY KEY,
    node_a int NOT NULL,
    node_b int NOT NULL
);

CREATE TABLE gridtwin.node_home (
    node int PRIMARY KEY,
    feeder int NOT NULL
);

CREATE INDEX node_home_feeder ON gridtwin.node_home (feeder);

-- ---------------------------------------------------------------- switch states and their log

CREATE TABLE gridtwin.states (
    name text PRIMARY KEY CHECK (name NOT IN ('', 'normal')),
    version bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL DEFAULT session_user
);

CREATE TABLE gridtwin.state_switches (
    state text REFERENCES gridtwin.states (name) ON DELETE CASCADE,
    mrid text,
    open_phases smallint NOT NULL CHECK (open_phases BETWEEN 0 AND 63),
    PRIMARY KEY (state, mrid)
);

CREATE TABLE gridtwin.events (
    version bigint PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL DEFAULT '',
    mrid text NOT NULL,
    open_before smallint NOT NULL CHECK (open_before BETWEEN 0 AND 63),
    open_after smallint NOT NULL CHECK (open_after BETWEEN 0 AND 63),
    request text UNIQUE
);

CREATE TABLE gridtwin.specs (
    name text PRIMARY KEY,
    text jsonb NOT NULL
);

-- ---------------------------------------------------------------- outages and estimates

CREATE TABLE gridtwin.outages (
    id text PRIMARY KEY,
    cause text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'predicted' CHECK (status IN (
        'predicted', 'confirmed', 'partly_restored', 'restored', 'canceled')),
    planned bool NOT NULL DEFAULT false,
    began_at timestamptz NOT NULL,
    restored_at timestamptz,
    device text,
    crew_status text NOT NULL DEFAULT '',
    customers int NOT NULL DEFAULT 0 CHECK (customers >= 0),
    area geometry(MultiPolygon, 4326),
    state_version bigint,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (restored_at >= began_at),
    CHECK (status <> 'restored' OR restored_at IS NOT NULL)
);

CREATE TABLE gridtwin.outage_usage_points (
    outage text REFERENCES gridtwin.outages (id) ON DELETE CASCADE,
    usage_point text,
    began_at timestamptz NOT NULL,
    restored_at timestamptz,
    PRIMARY KEY (outage, usage_point),
    CHECK (restored_at >= began_at)
);

CREATE TABLE gridtwin.estimates (
    outage text PRIMARY KEY REFERENCES gridtwin.outages (id) ON DELETE CASCADE,
    etr timestamptz NOT NULL,
    etr_p10 timestamptz,
    etr_p90 timestamptz,
    model text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    inputs_at timestamptz,
    issued_at timestamptz NOT NULL DEFAULT now(),
    CHECK (etr >= issued_at),
    CHECK (etr_p10 <= etr AND etr <= etr_p90)
);

CREATE TABLE gridtwin.estimates_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    outage text NOT NULL,
    etr timestamptz NOT NULL,
    etr_p10 timestamptz,
    etr_p90 timestamptz,
    model text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    inputs_at timestamptz,
    issued_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX outages_open ON gridtwin.outages (began_at) WHERE restored_at IS NULL;
CREATE INDEX outages_area ON gridtwin.outages USING gist (area);
-- Nobody is in two open outages.
CREATE UNIQUE INDEX outage_usage_points_open ON gridtwin.outage_usage_points (usage_point)
    INCLUDE (outage) WHERE restored_at IS NULL;
CREATE INDEX estimates_history_outage ON gridtwin.estimates_history (outage, issued_at);

-- ---------------------------------------------------------------- what meters say

CREATE TABLE gridtwin.readings (
    usage_point text,
    at timestamptz,
    voltage_v real,
    kwh double precision,
    energized bool,
    PRIMARY KEY (usage_point, at)
);

CREATE TABLE gridtwin.meter_events (
    event_id text PRIMARY KEY,
    usage_point text NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX readings_at ON gridtwin.readings USING brin (at);
CREATE INDEX meter_events_at ON gridtwin.meter_events USING brin (at);
CREATE INDEX meter_events_usage_point ON gridtwin.meter_events (usage_point, at);

-- ---------------------------------------------------------------- who changed what

CREATE TABLE gridtwin.audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who text NOT NULL DEFAULT session_user,
    table_name text NOT NULL,
    row_key text NOT NULL,
    change text NOT NULL CHECK (change IN ('insert', 'update', 'delete', 'truncate')),
    before jsonb,
    after jsonb
);

CREATE INDEX audit_row ON gridtwin.audit (table_name, row_key, at);

-- SECURITY DEFINER, alone among the functions of gridtwin: nobody may write the audit but through
-- a change that is audited, so the function writes with the right of its owner. Its search path is
-- fixed and it takes nothing from its caller but the row; session_user stays the login that acted.
CREATE FUNCTION gridtwin.write_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    was jsonb := CASE WHEN TG_OP IN ('UPDATE', 'DELETE') THEN to_jsonb(OLD) END;
    is_now jsonb := CASE WHEN TG_OP IN ('INSERT', 'UPDATE') THEN to_jsonb(NEW) END;
BEGIN
    IF TG_OP = 'UPDATE' AND was = is_now THEN
        RETURN NULL;
    END IF;
    INSERT INTO gridtwin.audit (table_name, row_key, change, before, after)
    SELECT
        TG_TABLE_NAME,
        coalesce(string_agg(coalesce(is_now, was) ->> part, '/' ORDER BY place), ''),
        lower(TG_OP),
        was,
        is_now
    FROM unnest(TG_ARGV) WITH ORDINALITY AS key_columns (part, place);
    RETURN NULL;
END
$$;

CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.states
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('name');
CREATE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.states
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.state_switches
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('state', 'mrid');
CREATE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.state_switches
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.outages
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('id');
CREATE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.outages
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.estimates
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('outage');
CREATE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.estimates
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.specs
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('name');
CREATE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.specs
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();

-- ---------------------------------------------------------------- what may not be undone

CREATE FUNCTION gridtwin.refuse_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'gridtwin.%: %', TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER keep_current BEFORE DELETE ON gridtwin.states
    FOR EACH ROW WHEN (OLD.name = 'current')
    EXECUTE FUNCTION gridtwin.refuse_change('the state current is always there');
CREATE TRIGGER keep_current_name BEFORE UPDATE OF name ON gridtwin.states
    FOR EACH ROW WHEN (OLD.name = 'current' AND NEW.name <> 'current')
    EXECUTE FUNCTION gridtwin.refuse_change('the state current is always there');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON gridtwin.estimates_history
    FOR EACH STATEMENT
    EXECUTE FUNCTION gridtwin.refuse_change('rows are added, never changed or deleted');

INSERT INTO gridtwin.states (name) VALUES ('current');

-- ---------------------------------------------------------------- phases as text
-- Its body is bound to what it names when it is made, so it needs no search path and is inlined.

CREATE FUNCTION gridtwin.phase_text(mask smallint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN mask & 1 <> 0 THEN 'A' ELSE '' END
    || CASE WHEN mask & 2 <> 0 THEN 'B' ELSE '' END
    || CASE WHEN mask & 4 <> 0 THEN 'C' ELSE '' END
    || CASE WHEN mask & 8 <> 0 THEN 'N' ELSE '' END
    || CASE WHEN mask & 16 <> 0 THEN 's1' ELSE '' END
    || CASE WHEN mask & 32 <> 0 THEN 's2' ELSE '' END;

-- ---------------------------------------------------------------- views for other programs
-- Read with the rights of whoever asks.

CREATE VIEW grid.substations WITH (security_invoker = true) AS
SELECT
    s.mrid,
    s.name,
    s.rated_va,
    (SELECT count(*) FROM gridtwin.feeders f WHERE f.substation = s.row) AS feeders,
    s.geometry
FROM gridtwin.substations s;

CREATE VIEW grid.grid_assets_cache WITH (security_invoker = true) AS
SELECT 'equipment' AS asset_class, mrid, kind, name, rated_va, in_service, geometry::geometry
FROM gridtwin.equipment
UNION ALL
SELECT 'usage_point', mrid, service_class, '', peak_w, true, geometry
FROM gridtwin.usage_points
UNION ALL
SELECT 'source', s.mrid, s.kind, '', s.rated_va, s.in_service, n.geometry
FROM gridtwin.sources s
LEFT JOIN gridtwin.nodes n ON n.row = s.node
UNION ALL
SELECT 'substation', mrid, 'substation', name, rated_va, true, geometry
FROM gridtwin.substations;

CREATE VIEW grid.topology_connections_cache WITH (security_invoker = true) AS
SELECT
    e.mrid,
    e.kind,
    a.mrid AS from_node,
    b.mrid AS to_node,
    gridtwin.phase_text(e.phases) AS phases,
    gridtwin.phase_text(e.normal_open) AS normal_open,
    gridtwin.phase_text(coalesce(w.open_phases, e.normal_open)) AS open_phases,
    coalesce(ta.segment, -1) >= 0 AS from_energized,
    coalesce(tb.segment, -1) >= 0 AS to_energized,
    f.mrid AS feeder
FROM gridtwin.equipment e
LEFT JOIN gridtwin.nodes a ON a.row = e.node_a
LEFT JOIN gridtwin.nodes b ON b.row = e.node_b
LEFT JOIN gridtwin.state_switches w ON w.state = 'current' AND w.mrid = e.mrid
LEFT JOIN gridtwin.node_topology ta ON ta.node = e.node_a
LEFT JOIN gridtwin.node_topology tb ON tb.node = e.node_b
LEFT JOIN gridtwin.segments g ON g.segment = greatest(ta.segment, tb.segment)
LEFT JOIN gridtwin.feeders f ON f.row = g.feeder;

-- A customer with supply counts in the feeder it comes from now, one in the dark in the feeder it
-- comes from as designed.
CREATE VIEW grid.circuit_status_realtime WITH (security_invoker = true) AS
WITH dark AS (
    SELECT h.feeder, sum(t.customers) AS customers
    FROM gridtwin.node_topology t
    JOIN gridtwin.node_home h ON h.node = t.node
    WHERE t.segment = -1
    GROUP BY h.feeder
), reported AS (
    SELECT g.feeder, sum(u.customers) AS customers, max(o.began_at) AS began_at
    FROM gridtwin.outage_usage_points o
    JOIN gridtwin.usage_points u ON u.mrid = o.usage_point
    JOIN gridtwin.node_topology t ON t.node = u.node
    JOIN gridtwin.segments g ON g.segment = t.segment
    WHERE o.restored_at IS NULL AND g.feeder IS NOT NULL
    GROUP BY g.feeder
), counted AS (
    SELECT
        f.mrid,
        f.name,
        f.substation,
        e.mrid AS head,
        coalesce(s.customers, 0) AS connected,
        coalesce(r.customers, 0) AS reported,
        coalesce(d.customers, 0) AS dark,
        s.version,
        r.began_at,
        -- Its head is closed and live, yet no segment is its own: what it feeds, others feed too.
        coalesce(s.feeder IS NULL AND ta.segment >= 0 AND tb.segment >= 0 AND p.passes <> 0,
            false) AS shared
    FROM gridtwin.feeders f
    LEFT JOIN gridtwin.equipment e ON e.row = f.head
    LEFT JOIN gridtwin.equipment_topology p ON p.equipment = f.head
    LEFT JOIN gridtwin.node_topology ta ON ta.node = p.node_a
    LEFT JOIN gridtwin.node_topology tb ON tb.node = p.node_b
    LEFT JOIN LATERAL (
        SELECT max(g.feeder) AS feeder, sum(t.below) AS customers, max(g.version) AS version
        FROM gridtwin.segments g
        LEFT JOIN gridtwin.node_topology t ON t.node = g.root
        WHERE g.feeder = f.row
    ) s ON true
    LEFT JOIN dark d ON d.feeder = f.row
    LEFT JOIN reported r ON r.feeder = f.row
)
SELECT
    c.mrid,
    c.name,
    s.mrid AS substation,
    c.head,
    CASE WHEN NOT c.shared THEN (c.connected + c.dark)::bigint END AS customers,
    CASE WHEN NOT c.shared THEN (c.connected - c.reported)::bigint END AS customers_energized,
    (c.dark + c.reported)::bigint AS customers_out,
    CASE
        WHEN c.dark + c.reported = 0 THEN 'energized'
        WHEN c.shared OR c.connected > c.reported THEN 'partly_out'
        ELSE 'out'
    END AS status,
    greatest(v.at, c.began_at) AS last_change
FROM counted c
LEFT JOIN gridtwin.substations s ON s.row = c.substation
LEFT JOIN gridtwin.events v ON v.version = c.version;

CREATE VIEW grid.ami_realtime WITH (security_invoker = true) AS
SELECT
    u.mrid AS usage_point,
    r.at,
    r.voltage_v,
    r.kwh,
    r.energized,
    u.customers,
    u.geometry
FROM gridtwin.usage_points u
LEFT JOIN LATERAL (
    SELECT i.at, i.voltage_v, i.kwh, i.energized
    FROM gridtwin.readings i
    WHERE i.usage_point = u.mrid
    ORDER BY i.at DESC
    LIMIT 1
) r ON true;

-- ---------------------------------------------------------------- comments

COMMENT ON SCHEMA gridtwin IS 'The mirror of a gridtwin twin';
COMMENT ON SCHEMA grid IS 'Views of the twin for other programs';

COMMENT ON TABLE gridtwin.migrations IS 'Which files of sql/postgis have been applied';
COMMENT ON COLUMN gridtwin.migrations.number IS 'Number of the file';
COMMENT ON COLUMN gridtwin.migrations.name IS 'Name of the file without number and ending';
COMMENT ON COLUMN gridtwin.migrations.checksum IS
    'SHA-256 of the file; null where psql applied it and gridtwin has not seen it yet';
COMMENT ON COLUMN gridtwin.migrations.applied_at IS 'When it was applied';

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

COMMENT ON TABLE gridtwin.mirrored_blocks IS
    'What the last sync wrote, as a fingerprint of every row, so that the next moves only what '
    'differs; tables that an operation rewrites have none';
COMMENT ON COLUMN gridtwin.mirrored_blocks.table_name IS 'Table of schema gridtwin';
COMMENT ON COLUMN gridtwin.mirrored_blocks.block IS 'Number of the block, from 0';
COMMENT ON COLUMN gridtwin.mirrored_blocks.fingerprints IS 'Eight bytes for each of its rows';

COMMENT ON TABLE gridtwin.nodes IS 'Points where terminals meet (CIM ConnectivityNode)';
COMMENT ON COLUMN gridtwin.nodes.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.nodes.mrid IS 'Id of the node';
COMMENT ON COLUMN gridtwin.nodes.nominal_v IS 'Phase-to-phase volts; null = not known';
COMMENT ON COLUMN gridtwin.nodes.geometry IS
    'Place, EPSG:4326; planar coordinates where network.crs is null';
COMMENT ON COLUMN gridtwin.nodes.geometry_3857 IS
    'The same in EPSG:3857, for tiles; null outside of the web Mercator square';

COMMENT ON TABLE gridtwin.equipment IS
    'Two-terminal conducting equipment (CIM ConductingEquipment)';
COMMENT ON COLUMN gridtwin.equipment.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.equipment.mrid IS 'Id of the equipment';
COMMENT ON COLUMN gridtwin.equipment.kind IS 'Kind, by its CIM name in snake case';
COMMENT ON COLUMN gridtwin.equipment.node_a IS 'Row of the node at the first terminal';
COMMENT ON COLUMN gridtwin.equipment.node_b IS 'Row of the node at the second terminal';
COMMENT ON COLUMN gridtwin.equipment.phases IS
    'Phases as bits (A 1, B 2, C 4, N 8, s1 16, s2 32); 0 = not recorded';
COMMENT ON COLUMN gridtwin.equipment.normal_open IS 'Phases that stand open as designed, as bits';
COMMENT ON COLUMN gridtwin.equipment.name IS 'Name; empty = none';
COMMENT ON COLUMN gridtwin.equipment.rated_a IS 'Rated current in amperes; null = not known';
COMMENT ON COLUMN gridtwin.equipment.rated_va IS 'Rated power in volt-amperes; null = not known';
COMMENT ON COLUMN gridtwin.equipment.length_m IS
    'Length along the conductor in meters; null = not known';
COMMENT ON COLUMN gridtwin.equipment.placement IS 'overhead or underground; empty = not known';
COMMENT ON COLUMN gridtwin.equipment.control IS 'How it is operated: none, manual or remote';
COMMENT ON COLUMN gridtwin.equipment.in_service IS 'Whether it is in service';
COMMENT ON COLUMN gridtwin.equipment.vector_group IS
    'Vector group of a transformer, such as Dyn11; empty = not known';
COMMENT ON COLUMN gridtwin.equipment.geometry IS
    'Course from node a to node b, EPSG:4326; planar coordinates where network.crs is null; null '
    '= drawn straight';
COMMENT ON COLUMN gridtwin.equipment.geometry_3857 IS
    'The same in EPSG:3857, for tiles; null outside of the web Mercator square';

COMMENT ON TABLE gridtwin.usage_points IS 'Where customers are served (CIM UsagePoint)';
COMMENT ON COLUMN gridtwin.usage_points.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.usage_points.mrid IS 'Id of the usage point';
COMMENT ON COLUMN gridtwin.usage_points.node IS 'Row of the node that serves it';
COMMENT ON COLUMN gridtwin.usage_points.phases IS
    'Phases as bits (A 1, B 2, C 4, N 8, s1 16, s2 32); 0 = whatever its node carries';
COMMENT ON COLUMN gridtwin.usage_points.customers IS 'Customers served here';
COMMENT ON COLUMN gridtwin.usage_points.peak_w IS 'Peak load in watts; null = not known';
COMMENT ON COLUMN gridtwin.usage_points.service_class IS
    'Class such as residential; empty = not known';
COMMENT ON COLUMN gridtwin.usage_points.priority IS
    'Why it goes first, such as hospital; empty = none';
COMMENT ON COLUMN gridtwin.usage_points.transformer IS
    'Row of the equipment that serves it as recorded; null = not known';
COMMENT ON COLUMN gridtwin.usage_points.geometry IS
    'Place, EPSG:4326; planar coordinates where network.crs is null';
COMMENT ON COLUMN gridtwin.usage_points.geometry_3857 IS
    'The same in EPSG:3857, for tiles; null outside of the web Mercator square';

COMMENT ON TABLE gridtwin.sources IS 'Where energy enters (CIM EnergySource)';
COMMENT ON COLUMN gridtwin.sources.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.sources.mrid IS 'Id of the source';
COMMENT ON COLUMN gridtwin.sources.node IS 'Row of the node it feeds';
COMMENT ON COLUMN gridtwin.sources.phases IS
    'Phases as bits (A 1, B 2, C 4, N 8, s1 16, s2 32); 0 = all';
COMMENT ON COLUMN gridtwin.sources.kind IS 'substation, feeder_head or der';
COMMENT ON COLUMN gridtwin.sources.substation IS 'Row of its substation; null = none';
COMMENT ON COLUMN gridtwin.sources.rated_va IS 'Rated power in volt-amperes; null = not known';
COMMENT ON COLUMN gridtwin.sources.in_service IS 'Whether it is in service';

COMMENT ON TABLE gridtwin.substations IS 'Substations by name and place';
COMMENT ON COLUMN gridtwin.substations.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.substations.mrid IS 'Id of the substation';
COMMENT ON COLUMN gridtwin.substations.name IS 'Name';
COMMENT ON COLUMN gridtwin.substations.rated_va IS 'Rated power in volt-amperes; null = not known';
COMMENT ON COLUMN gridtwin.substations.geometry IS
    'Place, EPSG:4326; planar coordinates where network.crs is null';
COMMENT ON COLUMN gridtwin.substations.geometry_3857 IS
    'The same in EPSG:3857, for tiles; null outside of the web Mercator square';

COMMENT ON TABLE gridtwin.feeders IS
    'Feeders, each defined by its head switch; what it feeds is in node_topology';
COMMENT ON COLUMN gridtwin.feeders.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.feeders.mrid IS 'Id of the feeder';
COMMENT ON COLUMN gridtwin.feeders.name IS 'Name';
COMMENT ON COLUMN gridtwin.feeders.substation IS 'Row of its substation; null = none';
COMMENT ON COLUMN gridtwin.feeders.head IS 'Row of its head switch; null = none';

COMMENT ON TABLE gridtwin.node_topology IS
    'How each node is supplied in the current state: a tree from the sources, as intervals, one '
    'segment per feeder';
COMMENT ON COLUMN gridtwin.node_topology.node IS 'Row of the node';
COMMENT ON COLUMN gridtwin.node_topology.segment IS 'Segment it lies in; -1 = in the dark';
COMMENT ON COLUMN gridtwin.node_topology.ltin IS
    'Place in its segment, in preorder; -1 in the dark';
COMMENT ON COLUMN gridtwin.node_topology.ltout IS
    'First place of its segment behind all that hangs on it; -1 in the dark';
COMMENT ON COLUMN gridtwin.node_topology.parent IS
    'Row of the node that feeds it; -1 at a source and in the dark';
COMMENT ON COLUMN gridtwin.node_topology.feed IS 'Row of the equipment from that node; -1 = none';
COMMENT ON COLUMN gridtwin.node_topology.depth IS
    'Pieces of equipment from the source; -1 in the dark';
COMMENT ON COLUMN gridtwin.node_topology.customers IS
    'Customers at this node, with supply or without';
COMMENT ON COLUMN gridtwin.node_topology.below IS
    'Customers of its segment that hang on it, its own with them; 0 in the dark';
COMMENT ON COLUMN gridtwin.node_topology.feed_mrid IS
    'Id of the equipment that feeds it, here so that a trace reads one run of rows; empty = none';
COMMENT ON COLUMN gridtwin.node_topology.feed_kind IS 'Its kind; empty = none';

COMMENT ON TABLE gridtwin.segments IS
    'Runs of the preorder that a switch operation rewrites as a whole';
COMMENT ON COLUMN gridtwin.segments.segment IS 'Number; 0 lies above the feeder heads';
COMMENT ON COLUMN gridtwin.segments.feeder IS
    'Row of the feeder it belongs to; null above the heads';
COMMENT ON COLUMN gridtwin.segments.root IS 'Row of the node at its first place; null for 0';
COMMENT ON COLUMN gridtwin.segments.hook IS 'Row of the node of segment 0 it hangs on';
COMMENT ON COLUMN gridtwin.segments.meshed IS
    'Whether a chord ends in it, so that intervals alone do not answer; for 0: whether any does '
    'anywhere';
COMMENT ON COLUMN gridtwin.segments.version IS 'Version of the current state that last rewrote it';

COMMENT ON TABLE gridtwin.equipment_topology IS
    'What gets through each piece of equipment in the current state, and what hangs on it';
COMMENT ON COLUMN gridtwin.equipment_topology.equipment IS 'Row of the equipment';
COMMENT ON COLUMN gridtwin.equipment_topology.node_a IS 'Row of the node at its first terminal';
COMMENT ON COLUMN gridtwin.equipment_topology.node_b IS 'Row of the node at its second terminal';
COMMENT ON COLUMN gridtwin.equipment_topology.passes IS
    'Phases that get through (A 1, B 2, C 4); 0 = does not conduct';
COMMENT ON COLUMN gridtwin.equipment_topology.one_way IS
    '1 only from a to b, -1 only from b to a, 0 both ways';
COMMENT ON COLUMN gridtwin.equipment_topology.mixes IS
    '1: any phase at a energizes all at b, and none comes back; -1: the other way around';
COMMENT ON COLUMN gridtwin.equipment_topology.child IS
    'Row of the node it feeds in the tree; -1 = none';

COMMENT ON TABLE gridtwin.chords IS
    'Live equipment outside of the tree: each closes a loop, or joins two sources';
COMMENT ON COLUMN gridtwin.chords.equipment IS 'Row of the equipment';
COMMENT ON COLUMN gridtwin.chords.node_a IS 'Row of the node at its first terminal';
COMMENT ON COLUMN gridtwin.chords.node_b IS 'Row of the node at its second terminal';

COMMENT ON TABLE gridtwin.node_home IS 'Feeder that supplies each node with customers as designed';
COMMENT ON COLUMN gridtwin.node_home.node IS 'Row of the node';
COMMENT ON COLUMN gridtwin.node_home.feeder IS 'Row of the feeder';

COMMENT ON TABLE gridtwin.states IS
    'States of the switches by name; the state normal is the design and has no row';
COMMENT ON COLUMN gridtwin.states.name IS 'Name; current is the state as operated';
COMMENT ON COLUMN gridtwin.states.version IS
    'Operations made before it; rises by one with each operation on current';
COMMENT ON COLUMN gridtwin.states.created_at IS 'When it was made';
COMMENT ON COLUMN gridtwin.states.created_by IS 'Login that made it';

COMMENT ON TABLE gridtwin.state_switches IS 'What differs from the design in each state';
COMMENT ON COLUMN gridtwin.state_switches.state IS 'Name of the state';
COMMENT ON COLUMN gridtwin.state_switches.mrid IS 'Id of the equipment';
COMMENT ON COLUMN gridtwin.state_switches.open_phases IS
    'Phases that stand open, as bits; 0 = closed';

COMMENT ON TABLE gridtwin.events IS 'Operations of switches, one per version of the current state';
COMMENT ON COLUMN gridtwin.events.version IS 'Version of the current state afterwards';
COMMENT ON COLUMN gridtwin.events.at IS 'When it was operated';
COMMENT ON COLUMN gridtwin.events.actor IS 'Who operated';
COMMENT ON COLUMN gridtwin.events.mrid IS 'Id of the equipment';
COMMENT ON COLUMN gridtwin.events.open_before IS 'Phases that stood open before, as bits';
COMMENT ON COLUMN gridtwin.events.open_after IS 'Phases that stand open afterwards, as bits';
COMMENT ON COLUMN gridtwin.events.request IS
    'Given by a client that may ask twice, as after a lost connection: one request is done once';

COMMENT ON TABLE gridtwin.specs IS 'Trace specs by name';
COMMENT ON COLUMN gridtwin.specs.name IS 'Name';
COMMENT ON COLUMN gridtwin.specs.text IS 'The spec';

COMMENT ON TABLE gridtwin.outages IS 'Outages, open and past';
COMMENT ON COLUMN gridtwin.outages.id IS 'Id of the outage';
COMMENT ON COLUMN gridtwin.outages.cause IS 'Cause; empty = not known';
COMMENT ON COLUMN gridtwin.outages.status IS
    'predicted, confirmed, partly_restored, restored or canceled';
COMMENT ON COLUMN gridtwin.outages.planned IS 'Whether it was planned';
COMMENT ON COLUMN gridtwin.outages.began_at IS 'When it began';
COMMENT ON COLUMN gridtwin.outages.restored_at IS 'When the last customer was back; null = open';
COMMENT ON COLUMN gridtwin.outages.device IS
    'mRID of the device that opened or failed; null = not known';
COMMENT ON COLUMN gridtwin.outages.crew_status IS 'What the crew is doing; empty = not known';
COMMENT ON COLUMN gridtwin.outages.customers IS 'Customers who were out at most';
COMMENT ON COLUMN gridtwin.outages.area IS 'Where it is, EPSG:4326';
COMMENT ON COLUMN gridtwin.outages.state_version IS
    'Version of the current state it was worked out on';
COMMENT ON COLUMN gridtwin.outages.updated_at IS 'When it was last written';

COMMENT ON TABLE gridtwin.outage_usage_points IS 'Who is or was out in each outage';
COMMENT ON COLUMN gridtwin.outage_usage_points.outage IS 'Id of the outage';
COMMENT ON COLUMN gridtwin.outage_usage_points.usage_point IS 'mRID of the usage point';
COMMENT ON COLUMN gridtwin.outage_usage_points.began_at IS 'When its supply was lost';
COMMENT ON COLUMN gridtwin.outage_usage_points.restored_at IS 'When it was back; null = still out';

COMMENT ON TABLE gridtwin.estimates IS 'The estimate in force for each outage';
COMMENT ON COLUMN gridtwin.estimates.outage IS 'Id of the outage';
COMMENT ON COLUMN gridtwin.estimates.etr IS 'Estimated time of restoration';
COMMENT ON COLUMN gridtwin.estimates.etr_p10 IS 'Time before which one in ten such outages ends';
COMMENT ON COLUMN gridtwin.estimates.etr_p90 IS 'Time before which nine in ten such outages end';
COMMENT ON COLUMN gridtwin.estimates.model IS 'Model and version that estimated';
COMMENT ON COLUMN gridtwin.estimates.reason IS 'Why it was estimated so, in words';
COMMENT ON COLUMN gridtwin.estimates.inputs_at IS 'Time of the newest input';
COMMENT ON COLUMN gridtwin.estimates.issued_at IS 'When it was issued';

COMMENT ON TABLE gridtwin.estimates_history IS
    'Every estimate ever issued; rows are added, never changed';
COMMENT ON COLUMN gridtwin.estimates_history.id IS 'Number in order of recording';
COMMENT ON COLUMN gridtwin.estimates_history.outage IS 'Id of the outage';
COMMENT ON COLUMN gridtwin.estimates_history.etr IS 'Estimated time of restoration';
COMMENT ON COLUMN gridtwin.estimates_history.etr_p10 IS
    'Time before which one in ten such outages ends';
COMMENT ON COLUMN gridtwin.estimates_history.etr_p90 IS
    'Time before which nine in ten such outages end';
COMMENT ON COLUMN gridtwin.estimates_history.model IS 'Model and version that estimated';
COMMENT ON COLUMN gridtwin.estimates_history.reason IS 'Why it was estimated so, in words';
COMMENT ON COLUMN gridtwin.estimates_history.inputs_at IS 'Time of the newest input';
COMMENT ON COLUMN gridtwin.estimates_history.issued_at IS 'When it was issued';
COMMENT ON COLUMN gridtwin.estimates_history.recorded_at IS 'When this row was written';

COMMENT ON TABLE gridtwin.readings IS 'Readings of meters, the latest days';
COMMENT ON COLUMN gridtwin.readings.usage_point IS 'mRID of the usage point';
COMMENT ON COLUMN gridtwin.readings.at IS 'Time of the reading';
COMMENT ON COLUMN gridtwin.readings.voltage_v IS 'Volts';
COMMENT ON COLUMN gridtwin.readings.kwh IS 'Energy register in kilowatt-hours';
COMMENT ON COLUMN gridtwin.readings.energized IS 'Whether the meter had supply; null = not said';

COMMENT ON TABLE gridtwin.meter_events IS 'Events that meters report, each once';
COMMENT ON COLUMN gridtwin.meter_events.event_id IS
    'Id given by the sender; one sent twice is kept once';
COMMENT ON COLUMN gridtwin.meter_events.usage_point IS 'mRID of the usage point';
COMMENT ON COLUMN gridtwin.meter_events.at IS 'When it happened';
COMMENT ON COLUMN gridtwin.meter_events.kind IS 'What happened, such as last_gasp or power_up';
COMMENT ON COLUMN gridtwin.meter_events.received_at IS 'When it arrived';

COMMENT ON TABLE gridtwin.audit IS
    'Who changed which row of states, switches, outages, estimates and specs; written by '
    'triggers alone';
COMMENT ON COLUMN gridtwin.audit.id IS 'Number in order of writing';
COMMENT ON COLUMN gridtwin.audit.at IS 'When';
COMMENT ON COLUMN gridtwin.audit.who IS 'Login that made the change';
COMMENT ON COLUMN gridtwin.audit.table_name IS 'Table of schema gridtwin';
COMMENT ON COLUMN gridtwin.audit.row_key IS 'Primary key of the row, its parts joined by a slash';
COMMENT ON COLUMN gridtwin.audit.change IS 'insert, update, delete or truncate';
COMMENT ON COLUMN gridtwin.audit.before IS 'The row before; null for an insert';
COMMENT ON COLUMN gridtwin.audit.after IS 'The row afterwards; null for a delete';

COMMENT ON VIEW grid.substations IS 'Substations with their number of feeders';
COMMENT ON COLUMN grid.substations.mrid IS 'Id of the substation';
COMMENT ON COLUMN grid.substations.name IS 'Name';
COMMENT ON COLUMN grid.substations.rated_va IS 'Rated power in volt-amperes; null = not known';
COMMENT ON COLUMN grid.substations.feeders IS 'Feeders that start here';
COMMENT ON COLUMN grid.substations.geometry IS 'Place, EPSG:4326';

COMMENT ON VIEW grid.grid_assets_cache IS 'Every asset in one list';
COMMENT ON COLUMN grid.grid_assets_cache.asset_class IS
    'equipment, usage_point, source or substation';
COMMENT ON COLUMN grid.grid_assets_cache.mrid IS 'Id of the asset';
COMMENT ON COLUMN grid.grid_assets_cache.kind IS
    'Kind of equipment or source, service class of a usage point';
COMMENT ON COLUMN grid.grid_assets_cache.name IS 'Name; empty = none';
COMMENT ON COLUMN grid.grid_assets_cache.rated_va IS
    'Rated power in volt-amperes, of a usage point its peak in watts; null = not known';
COMMENT ON COLUMN grid.grid_assets_cache.in_service IS 'Whether it is in service';
COMMENT ON COLUMN grid.grid_assets_cache.geometry IS 'Place or course, EPSG:4326';

COMMENT ON VIEW grid.topology_connections_cache IS
    'Every connection between two nodes, as it stands now';
COMMENT ON COLUMN grid.topology_connections_cache.mrid IS 'Id of the equipment that connects';
COMMENT ON COLUMN grid.topology_connections_cache.kind IS 'Its kind';
COMMENT ON COLUMN grid.topology_connections_cache.from_node IS
    'mRID of the node at its first terminal';
COMMENT ON COLUMN grid.topology_connections_cache.to_node IS
    'mRID of the node at its second terminal';
COMMENT ON COLUMN grid.topology_connections_cache.phases IS 'Phases as text; empty = not recorded';
COMMENT ON COLUMN grid.topology_connections_cache.normal_open IS
    'Phases that stand open as designed';
COMMENT ON COLUMN grid.topology_connections_cache.open_phases IS 'Phases that stand open now';
COMMENT ON COLUMN grid.topology_connections_cache.from_energized IS
    'Whether the first node is supplied';
COMMENT ON COLUMN grid.topology_connections_cache.to_energized IS
    'Whether the second node is supplied';
COMMENT ON COLUMN grid.topology_connections_cache.feeder IS
    'mRID of the feeder it lies on; null above the heads and in the dark';

COMMENT ON VIEW grid.circuit_status_realtime IS 'How each feeder stands now';
COMMENT ON COLUMN grid.circuit_status_realtime.mrid IS 'Id of the feeder';
COMMENT ON COLUMN grid.circuit_status_realtime.name IS 'Name';
COMMENT ON COLUMN grid.circuit_status_realtime.substation IS 'mRID of its substation';
COMMENT ON COLUMN grid.circuit_status_realtime.head IS 'mRID of its head switch';
COMMENT ON COLUMN grid.circuit_status_realtime.customers IS
    'Customers it supplies now, and those in the dark it supplies as designed; on a loop each '
    'where its way from a source is shortest; null where its head closes a loop or lies within '
    'another feeder';
COMMENT ON COLUMN grid.circuit_status_realtime.customers_energized IS
    'Customers with supply; null likewise';
COMMENT ON COLUMN grid.circuit_status_realtime.customers_out IS
    'Customers without: in the dark, or in an open outage';
COMMENT ON COLUMN grid.circuit_status_realtime.status IS 'energized, partly_out or out';
COMMENT ON COLUMN grid.circuit_status_realtime.last_change IS
    'When a switch last changed it, or its latest open outage began';

COMMENT ON VIEW grid.ami_realtime IS 'The latest reading of each usage point';
COMMENT ON COLUMN grid.ami_realtime.usage_point IS 'mRID of the usage point';
COMMENT ON COLUMN grid.ami_realtime.at IS 'Time of its latest reading; null = none';
COMMENT ON COLUMN grid.ami_realtime.voltage_v IS 'Volts';
COMMENT ON COLUMN grid.ami_realtime.kwh IS 'Energy register in kilowatt-hours';
COMMENT ON COLUMN grid.ami_realtime.energized IS 'Whether the meter had supply; null = not said';
COMMENT ON COLUMN grid.ami_realtime.customers IS 'Customers served there';
COMMENT ON COLUMN grid.ami_realtime.geometry IS 'Place, EPSG:4326';

COMMENT ON FUNCTION gridtwin.phase_text(smallint) IS
    'A set of phases as text, such as ''ABC'' or ''s1s2''';
COMMENT ON FUNCTION gridtwin.write_audit() IS 'Write the change of a row to gridtwin.audit';
COMMENT ON FUNCTION gridtwin.refuse_change() IS 'Refuse a change, in the words the trigger gives';

INSERT INTO gridtwin.migrations (number, name) VALUES (1, 'tables');

COMMIT;
