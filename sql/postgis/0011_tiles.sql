-- 0011: vector tiles of the map, and views for GIS clients.
--
--   gridtwin.tile(z, x, y)              a tile of the network (Mapbox Vector Tile 2.1)
--   gridtwin.live_tile(z, x, y, state)  the same, with what has supply and what stands open
--   gridtwin.refresh_tiles()            brings tile_features in step with the network, after a sync
--
-- Layers, properties, ids (row + 1) and zooms are those of the archive that `gridtwin tiles build`
-- makes; docs/tiles.md describes them. What is seen from afar (substations, lines, switches,
-- transformers) is kept ready in tile_features, a seventh of the network; secondaries and usage
-- points are drawn from their own tables, since few of them are in a tile of the highest zoom.
--
-- Runs with psql alone, in one transaction: psql -v ON_ERROR_STOP=1 -f 0011_tiles.sql URL

BEGIN;

-- PostGIS may live in any schema; its functions are looked up where it is.
DO $$
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, ' || extnamespace::regnamespace || ', pg_temp',
        true)
    FROM pg_extension
    WHERE extname = 'postgis';
END
$$;

-- ---------------------------------------------------------------- what is drawn, and from when on

CREATE TABLE gridtwin.tile_gates (
    drawn text PRIMARY KEY,
    gate int NOT NULL CHECK (gate BETWEEN 0 AND 22)
);

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
    ('usage_points', 15);

CREATE TABLE gridtwin.tile_network (
    only_row bool PRIMARY KEY DEFAULT true CHECK (only_row),
    content_hash text NOT NULL
);

CREATE TABLE gridtwin.tile_features (
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
CREATE INDEX tile_features_far ON gridtwin.tile_features USING gist (geometry) WHERE gate < 10;
CREATE INDEX tile_features_middle ON gridtwin.tile_features USING gist (geometry)
    WHERE gate >= 10 AND gate < 13;
CREATE INDEX tile_features_near ON gridtwin.tile_features USING gist (geometry) WHERE gate >= 13;

CREATE INDEX node_topology_dark ON gridtwin.node_topology (node) WHERE segment = -1;

-- ---------------------------------------------------------------- what is seen from afar
-- A head belongs to the feeder it heads, anything else to that of its first node, or its second. Low
-- voltage is at most 1,000 V at both ends (IEC 60038).

CREATE FUNCTION gridtwin.refresh_tiles() RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT SET jit = off SET work_mem = '128MB'
AS $$
#variable_conflict use_column
DECLARE
    changed bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(x'677269640003'::bigint);
    IF EXISTS (SELECT FROM gridtwin.network WHERE crs IS NULL) THEN
        RAISE EXCEPTION 'the network has planar coordinates of no known place on earth'
            USING HINT = 'load it again with --crs, then sync';
    END IF;
    WITH gates AS (
        SELECT jsonb_object_agg(drawn, gate) AS of FROM gridtwin.tile_gates
    ), heads AS (
        SELECT head, min(row) AS row FROM gridtwin.feeders GROUP BY head
    ), kept AS MATERIALIZED (
        SELECT e.row, e.mrid, e.kind, e.phases, e.normal_open, e.placement, e.control, e.node_a,
            e.node_b, e.geometry, e.geometry_3857, a.nominal_v AS v,
            coalesce(f.row, ha.feeder, hb.feeder, -1) + 1 AS feeder,
            coalesce(a.nominal_v <= 1000, false) AS low_a,
            coalesce(b.nominal_v <= 1000, false) AS low_b
        FROM gridtwin.equipment e
        LEFT JOIN gridtwin.nodes a ON a.row = e.node_a
        LEFT JOIN gridtwin.nodes b ON b.row = e.node_b
        LEFT JOIN heads f ON f.head = e.row
        LEFT JOIN gridtwin.node_home ha ON ha.node = e.node_a
        LEFT JOIN gridtwin.node_home hb ON hb.node = e.node_b
        WHERE e.kind <> 'service_drop' AND e.geometry_3857 IS NOT NULL
    ), served AS (
        SELECT transformer, count(*) AS usage_points, sum(customers) AS customers
        FROM gridtwin.usage_points
        WHERE transformer IS NOT NULL
        GROUP BY transformer
    ), supplied AS (
        SELECT f.substation, sum(u.customers) AS customers
        FROM gridtwin.usage_points u
        JOIN gridtwin.node_home h ON h.node = u.node
        JOIN gridtwin.feeders f ON f.row = h.feeder
        GROUP BY f.substation
    ), wanted AS (
        SELECT 'substations' AS layer, s.row + 1 AS id, 'substations' AS drawn, s.mrid,
            nullif(s.name, '') AS name, NULL AS kind, NULL AS class, NULL AS phases,
            NULL AS normal_open, NULL::int AS feeder, NULL::int AS v, NULL::int AS ug,
            NULL::int AS remote, NULL::int AS usage_points, coalesce(c.customers, 0)::int AS customers,
            NULL::int AS node_a, NULL::int AS node_b, NULL::smallint AS mask,
            s.geometry_3857::geometry AS geometry
        FROM gridtwin.substations s
        LEFT JOIN supplied c ON c.substation = s.row
        WHERE s.geometry_3857 IS NOT NULL
        UNION ALL
        SELECT 'lines', k.row + 1, c.class, k.mrid, NULL, NULL, c.class,
            nullif(gridtwin.phase_text(k.phases), ''), NULL, k.feeder, k.v::int,
            CASE k.placement WHEN 'underground' THEN 1 WHEN 'overhead' THEN 0 END,
            NULL, NULL, NULL, k.node_a, k.node_b, k.phases, k.geometry_3857
        FROM kept k
        CROSS JOIN LATERAL (
            SELECT CASE WHEN k.phases & 7 IN (0, 7) THEN 'backbone' ELSE 'lateral' END
        ) c (class)
        WHERE k.kind IN ('ac_line_segment', 'busbar', 'series_reactor')
            AND NOT (k.low_a AND k.low_b)
        UNION ALL
        SELECT 'switches', k.row + 1,
            CASE
                WHEN k.kind IN ('breaker', 'recloser') THEN 'head_switches'
                WHEN k.kind IN ('fuse', 'jumper') THEN 'fuses'
                ELSE 'line_switches'
            END,
            k.mrid, NULL, k.kind, NULL, nullif(gridtwin.phase_text(k.phases), ''),
            nullif(gridtwin.phase_text(k.normal_open), ''), k.feeder, NULL, NULL,
            (k.control = 'remote')::int, NULL, NULL, k.node_a, k.node_b, k.phases,
            ST_Transform(ST_LineInterpolatePoint(k.geometry, 0.5), 3857)
        FROM kept k
        WHERE k.kind IN ('breaker', 'recloser', 'fuse', 'jumper', 'sectionaliser',
            'load_break_switch', 'disconnector')
        UNION ALL
        SELECT 'transformers', k.row + 1,
            CASE WHEN k.kind = 'power_transformer' AND NOT (k.low_a OR k.low_b) AND k.v IS NOT NULL
                THEN 'substation_transformers' ELSE 'transformers' END,
            k.mrid, NULL, k.kind, NULL, nullif(gridtwin.phase_text(k.phases), ''), NULL, k.feeder,
            NULL, NULL, NULL, coalesce(s.usage_points, 0)::int, coalesce(s.customers, 0)::int,
            k.node_a, k.node_b, k.phases,
            ST_Transform(ST_LineInterpolatePoint(k.geometry, 0.5), 3857)
        FROM kept k
        LEFT JOIN served s ON s.transformer = k.row
        WHERE k.kind IN ('power_transformer', 'voltage_regulator')
    ), gone AS (
        DELETE FROM gridtwin.tile_features f
        WHERE NOT EXISTS (SELECT FROM wanted w WHERE w.layer = f.layer AND w.id = f.id)
        RETURNING 1
    ), put AS (
        INSERT INTO gridtwin.tile_features AS f (layer, id, gate, mrid, name, kind, class, phases,
            normal_open, feeder, v, ug, remote, usage_points, customers, node_a, node_b, mask,
            geometry)
        SELECT w.layer, w.id, (g.of ->> w.drawn)::int, w.mrid, w.name, w.kind, w.class, w.phases,
            w.normal_open, w.feeder, w.v, w.ug, w.remote, w.usage_points, w.customers, w.node_a,
            w.node_b, w.mask, w.geometry
        FROM wanted w
        CROSS JOIN gates g
        ORDER BY w.layer, w.geometry
        ON CONFLICT (layer, id) DO UPDATE SET
            gate = excluded.gate, mrid = excluded.mrid, name = excluded.name,
            kind = excluded.kind, class = excluded.class, phases = excluded.phases,
            normal_open = excluded.normal_open, feeder = excluded.feeder, v = excluded.v,
            ug = excluded.ug, remote = excluded.remote, usage_points = excluded.usage_points,
            customers = excluded.customers, node_a = excluded.node_a, node_b = excluded.node_b,
            mask = excluded.mask, geometry = excluded.geometry
        WHERE f.* IS DISTINCT FROM excluded.*
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put) INTO changed;
    INSERT INTO gridtwin.tile_network (content_hash)
    SELECT n.content_hash FROM gridtwin.network n
    ON CONFLICT (only_row) DO UPDATE SET content_hash = excluded.content_hash;
    IF changed > 0 THEN
        ANALYZE gridtwin.tile_features;
    END IF;
    RETURN changed;
END
$$;

-- ---------------------------------------------------------------- supply of a feature

-- Intervals of node_topology below what stands open on some of its phases, in the current state.
CREATE FUNCTION gridtwin.dimmed_ranges() RETURNS TABLE (segment int, first int, last int)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
    WITH partly AS MATERIALIZED (
        SELECT e.mrid
        FROM gridtwin.state_switches w
        JOIN gridtwin.equipment e ON e.mrid = w.mrid
        JOIN gridtwin.equipment_topology p ON p.equipment = e.row
        WHERE w.state = 'current' AND p.passes <> 0 AND w.open_phases & 7 <> 0
    )
    SELECT r.segment, r.first, r.last
    FROM gridtwin.tree_ranges(ARRAY(
        SELECT t.node
        FROM partly p
        JOIN gridtwin.node_topology t ON t.feed_mrid = p.mrid AND t.feed_mrid <> ''
    )) r
    UNION ALL
    SELECT g.segment, 0, 2147483647 -- around a loop, other ways may make up for it
    FROM gridtwin.segments g
    WHERE g.meshed AND EXISTS (SELECT FROM partly);
$$;

-- The phases that are live at a node, of a mask as mask_through has it.
CREATE FUNCTION gridtwin.live_bits(mask int) RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN mask & 8 <> 0 THEN mask >> 4 ELSE mask END & 7;

-- How a node lives now, and how it would if what stands open on some phases did not; as mask_of.
CREATE FUNCTION gridtwin.masks_of(at int, OUT now int, OUT whole int)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    way record;
BEGIN
    FOR way IN
        WITH RECURSIVE up (node, parent, feed, step) AS (
            SELECT t.node, t.parent, t.feed, 1 FROM gridtwin.node_topology t
            WHERE t.node = at AND t.segment >= 0
            UNION ALL
            SELECT t.node, t.parent, t.feed, u.step + 1
            FROM up u
            JOIN gridtwin.node_topology t ON t.node = u.parent
        )
        SELECT u.node, u.parent, p.passes, p.passes AS all_passes, e.mrid, e.phases, e.normal_open,
            e.in_service, CASE WHEN p.node_b = u.node THEN p.mixes ELSE -p.mixes END AS mixes
        FROM up u
        LEFT JOIN gridtwin.equipment_topology p ON p.equipment = u.feed
        LEFT JOIN gridtwin.equipment e ON e.row = u.feed
        ORDER BY u.step DESC
    LOOP
        IF way.parent < 0 THEN
            SELECT bit_or(s.mask) INTO now FROM gridtwin.live_sources s WHERE s.node = way.node;
            whole := now;
            CONTINUE;
        END IF;
        IF EXISTS (
            SELECT FROM gridtwin.state_switches w
            WHERE w.state = 'current' AND w.mrid = way.mrid AND w.open_phases & 7 NOT IN (0, 7)
        ) THEN
            way.all_passes := gridtwin.passing(way.phases, way.normal_open, way.in_service);
        END IF;
        now := gridtwin.mask_through(now, way.passes, way.mixes);
        whole := gridtwin.mask_through(whole, way.all_passes, way.mixes);
    END LOOP;
    IF EXISTS (SELECT FROM gridtwin.chords) THEN -- other ways may make up for it
        now := gridtwin.mask_of(at);
    END IF;
    now := coalesce(now, 0);
    whole := coalesce(whole, 0);
END
$$;

-- Whether a feature lives on fewer phases than if nothing stood open on some; of a usage point
-- node_b is null.
CREATE FUNCTION gridtwin.lacks_phases(node_a int, node_b int, phases int) RETURNS bool
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    first record := gridtwin.masks_of(node_a);
    second record;
    own int := gridtwin.supply_phases(phases);
BEGIN
    IF node_b IS NULL THEN -- any phase above a transformer that mixes them feeds all below
        RETURN CASE
            WHEN first.now & 8 <> 0 THEN first.now & 7 = 0
            ELSE own & first.whole & ~first.now <> 0
        END;
    END IF;
    second := gridtwin.masks_of(node_b);
    RETURN own
        & (gridtwin.live_bits(first.whole) | gridtwin.live_bits(second.whole))
        & ~(gridtwin.live_bits(first.now) | gridtwin.live_bits(second.now)) <> 0;
END
$$;

-- ---------------------------------------------------------------- tiles

-- No function is called for a feature but those of PostGIS: SQL functions that ask a table are not
-- inlined, and a call for each would cost more than the tile. Where every feature is kept, a line
-- shorter than one unit of the grid is drawn one unit long.
CREATE FUNCTION gridtwin.drawn_tile(z int, x int, y int, live bool) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    tile geometry := ST_TileEnvelope(z, x, y);
    area geometry := ST_TileEnvelope(z, x, y, margin => 64.0 / 4096);
    last int := (SELECT max(gate) FROM gridtwin.tile_gates);
    secondaries bool := z >= (SELECT gate FROM gridtwin.tile_gates WHERE drawn = 'secondaries');
    points bool := z >= (SELECT gate FROM gridtwin.tile_gates WHERE drawn = 'usage_points');
    dimmed bool := live AND EXISTS (
        SELECT FROM gridtwin.state_switches
        WHERE state = 'current' AND open_phases & 7 NOT IN (0, 7)
    );
    found bytea;
BEGIN
    IF NOT EXISTS (
        SELECT FROM gridtwin.tile_network t
        JOIN gridtwin.network n ON n.content_hash = t.content_hash
    ) THEN
        RAISE EXCEPTION 'the tiles are not in step with the network'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'run SELECT gridtwin.refresh_tiles()';
    END IF;
    WITH dim AS MATERIALIZED (
        SELECT r.segment, r.first, r.last FROM gridtwin.dimmed_ranges() r WHERE dimmed
    ), seen AS NOT MATERIALIZED (
        SELECT f.layer, f.id, f.mrid, f.name, f.kind, f.class, f.phases, f.normal_open, f.feeder,
            f.v, f.ug, f.remote, f.usage_points, f.customers, NULL AS priority, f.node_a, f.node_b,
            f.mask, f.geometry
        FROM (
            SELECT * FROM gridtwin.tile_features WHERE gate < 10 AND gate <= z AND geometry && area
            UNION ALL
            SELECT * FROM gridtwin.tile_features
            WHERE gate >= 10 AND gate < 13 AND gate <= z AND z >= 10 AND geometry && area
            UNION ALL
            SELECT * FROM gridtwin.tile_features
            WHERE gate >= 13 AND gate <= z AND z >= 13 AND geometry && area
        ) f -- each part has the condition of its index word by word
        UNION ALL
        SELECT 'secondaries', e.row + 1, e.mrid, NULL, NULL, NULL,
            nullif(gridtwin.phase_text(e.phases), ''), NULL,
            coalesce(
                (SELECT min(f.row) FROM gridtwin.feeders f WHERE f.head = e.row),
                (SELECT h.feeder FROM gridtwin.node_home h WHERE h.node = e.node_a),
                (SELECT h.feeder FROM gridtwin.node_home h WHERE h.node = e.node_b),
                -1
            ) + 1, NULL, NULL, NULL, NULL, NULL, NULL, e.node_a, e.node_b, e.phases, e.geometry_3857
        FROM gridtwin.equipment e
        WHERE secondaries AND e.geometry_3857 && area
            AND (
                e.kind = 'service_drop'
                OR e.kind IN ('ac_line_segment', 'busbar', 'series_reactor')
                AND (SELECT n.nominal_v <= 1000 FROM gridtwin.nodes n WHERE n.row = e.node_a)
                AND (SELECT n.nominal_v <= 1000 FROM gridtwin.nodes n WHERE n.row = e.node_b)
            )
        UNION ALL
        SELECT 'usage_points', u.row + 1, u.mrid, NULL, NULL, nullif(u.service_class, ''),
            nullif(gridtwin.phase_text(u.phases), ''), NULL, coalesce(h.feeder, -1) + 1, NULL, NULL,
            NULL, NULL, NULL, nullif(u.priority, ''), u.node, NULL, u.phases, u.geometry_3857
        FROM gridtwin.usage_points u
        LEFT JOIN gridtwin.node_home h ON h.node = u.node
        WHERE points AND u.geometry_3857 && area
    ), told AS NOT MATERIALIZED (
        SELECT s.*,
            coalesce(
                ST_AsMVTGeom(s.geometry, tile, 4096, 64, true),
                CASE WHEN z >= last AND s.layer IN ('lines', 'secondaries') THEN ST_MakeLine(
                    ST_AsMVTGeom(ST_StartPoint(s.geometry), tile, 4096, 64, true),
                    ST_Translate(ST_AsMVTGeom(ST_StartPoint(s.geometry), tile, 4096, 64, true), 1, 0)
                ) END
            ) AS shape,
            CASE
                WHEN NOT live OR s.layer = 'substations' THEN NULL
                WHEN EXISTS (SELECT FROM gridtwin.node_topology t
                        WHERE t.node = s.node_a AND t.segment = -1)
                    AND (s.node_b IS NULL OR EXISTS (SELECT FROM gridtwin.node_topology t
                        WHERE t.node = s.node_b AND t.segment = -1)) THEN 0
                WHEN dimmed AND EXISTS (
                    SELECT FROM gridtwin.node_topology t
                    JOIN dim r
                        ON r.segment = t.segment AND t.ltin >= r.first AND t.ltin < r.last
                    WHERE t.node IN (s.node_a, s.node_b)
                ) AND gridtwin.lacks_phases(s.node_a, s.node_b, s.mask) THEN 2
                ELSE 1
            END AS energized,
            CASE WHEN live AND s.layer NOT IN ('substations', 'usage_points') THEN
                nullif(coalesce(
                    (SELECT gridtwin.phase_text(w.open_phases) FROM gridtwin.state_switches w
                        WHERE w.state = 'current' AND w.mrid = s.mrid),
                    s.normal_open), '')
            END AS open
        FROM seen s
    )
    SELECT concat_bytes INTO found FROM (
        SELECT coalesce((
            SELECT ST_AsMVT(q, 'substations', 4096, 'shape', 'id') FROM (
                SELECT id, mrid, name, customers, shape FROM told
                WHERE layer = 'substations' ORDER BY id
            ) q
        ), '') || coalesce((
            SELECT ST_AsMVT(q, 'lines', 4096, 'shape', 'id') FROM (
                SELECT id, mrid, feeder, class, phases, v, ug, energized, open, shape FROM told
                WHERE layer = 'lines' ORDER BY id
            ) q
        ), '') || coalesce((
            SELECT ST_AsMVT(q, 'switches', 4096, 'shape', 'id') FROM (
                SELECT id, mrid, kind, feeder, phases, normal_open, remote, energized, open, shape
                FROM told WHERE layer = 'switches' ORDER BY id
            ) q
        ), '') || coalesce((
            SELECT ST_AsMVT(q, 'transformers', 4096, 'shape', 'id') FROM (
                SELECT id, mrid, kind, feeder, phases, usage_points, customers, energized, open,
                    shape
                FROM told WHERE layer = 'transformers' ORDER BY id
            ) q
        ), '') || coalesce((
            SELECT ST_AsMVT(q, 'secondaries', 4096, 'shape', 'id') FROM (
                SELECT id, mrid, feeder, phases, energized, open, shape FROM told
                WHERE layer = 'secondaries' ORDER BY id
            ) q
        ), '') || coalesce((
            SELECT ST_AsMVT(q, 'usage_points', 4096, 'shape', 'id') FROM (
                SELECT id, mrid, feeder, phases, class, priority, energized, shape FROM told
                WHERE layer = 'usage_points' ORDER BY id
            ) q
        ), '')
    ) parts (concat_bytes);
    RETURN found;
END
$$;

CREATE FUNCTION gridtwin.tile(z int, x int, y int) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN gridtwin.drawn_tile(z, x, y, false);

CREATE FUNCTION gridtwin.live_tile(z int, x int, y int, state text DEFAULT 'current')
RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF state <> 'current' THEN
        RAISE EXCEPTION 'the database keeps the topology of the current state alone, not of %', state
            USING ERRCODE = 'feature_not_supported',
                HINT = 'ask gridtwin serve for /tiles/live/Z/X/Y.mvt?state=' || state;
    END IF;
    RETURN gridtwin.drawn_tile(z, x, y, true);
END
$$;

-- ---------------------------------------------------------------- views for GIS clients
-- Each with one geometry of one type, the id of its feature in the tiles, and how it stands now.
-- Read with the rights of whoever asks.

CREATE VIEW grid.equipment_now WITH (security_invoker = true) AS
SELECT
    e.row + 1 AS id,
    e.mrid,
    e.kind,
    e.name,
    gridtwin.phase_text(e.phases) AS phases,
    gridtwin.phase_text(coalesce(w.open_phases, e.normal_open)) AS open_phases,
    NOT (coalesce(ta.segment, -1) = -1 AND coalesce(tb.segment, -1) = -1) AS energized,
    f.mrid AS feeder,
    e.placement,
    e.control,
    e.rated_a,
    e.rated_va,
    e.length_m,
    e.geometry
FROM gridtwin.equipment e
LEFT JOIN gridtwin.state_switches w ON w.state = 'current' AND w.mrid = e.mrid
LEFT JOIN gridtwin.node_topology ta ON ta.node = e.node_a
LEFT JOIN gridtwin.node_topology tb ON tb.node = e.node_b
LEFT JOIN gridtwin.node_home ha ON ha.node = e.node_a
LEFT JOIN gridtwin.node_home hb ON hb.node = e.node_b
LEFT JOIN gridtwin.feeders f ON f.row = coalesce(ha.feeder, hb.feeder);

CREATE VIEW grid.usage_points_now WITH (security_invoker = true) AS
SELECT
    u.row + 1 AS id,
    u.mrid,
    gridtwin.phase_text(u.phases) AS phases,
    u.customers,
    u.service_class,
    u.priority,
    coalesce(t.segment, -1) <> -1 AS energized,
    f.mrid AS feeder,
    u.geometry
FROM gridtwin.usage_points u
LEFT JOIN gridtwin.node_topology t ON t.node = u.node
LEFT JOIN gridtwin.node_home h ON h.node = u.node
LEFT JOIN gridtwin.feeders f ON f.row = h.feeder;

CREATE VIEW grid.open_outages WITH (security_invoker = true) AS
SELECT o.id, o.status, o.cause, o.planned, o.began_at, o.device, o.crew_status, o.customers, o.area
FROM gridtwin.outages o
WHERE o.restored_at IS NULL;

-- ---------------------------------------------------------------- comments

COMMENT ON TABLE gridtwin.tile_gates IS
    'From which zoom on each group of features is drawn; refresh_tiles() takes a change over';
COMMENT ON COLUMN gridtwin.tile_gates.drawn IS 'Group of features; see docs/tiles.md';
COMMENT ON COLUMN gridtwin.tile_gates.gate IS 'First zoom';

COMMENT ON TABLE gridtwin.tile_network IS 'The network that tile_features is of: one row';
COMMENT ON COLUMN gridtwin.tile_network.only_row IS 'Always true: there is one row';
COMMENT ON COLUMN gridtwin.tile_network.content_hash IS 'Its content_hash in gridtwin.network';

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

COMMENT ON FUNCTION gridtwin.refresh_tiles() IS
    'Bring tile_features in step with the network; returns how many features changed';
COMMENT ON FUNCTION gridtwin.dimmed_ranges() IS
    'Intervals of node_topology below what stands open on some of its phases';
COMMENT ON FUNCTION gridtwin.live_bits(int) IS 'Phases live at a node, from its mask';
COMMENT ON FUNCTION gridtwin.masks_of(int) IS
    'How a node lives now, and how if nothing stood open on some of its phases; see mask_through';
COMMENT ON FUNCTION gridtwin.lacks_phases(int, int, int) IS
    'Whether a feature lacks phases because something stands open on some of them';
COMMENT ON FUNCTION gridtwin.drawn_tile(int, int, int, bool) IS
    'A vector tile, with or without how its features stand now';
COMMENT ON FUNCTION gridtwin.tile(int, int, int) IS
    'A vector tile of the network: zoom, column, row; empty where there is nothing';
COMMENT ON FUNCTION gridtwin.live_tile(int, int, int, text) IS
    'A vector tile whose features say energized (1 with supply, 0 without, 2 without some of its '
    'phases) and open (phases that stand open), in the current state';

COMMENT ON VIEW grid.equipment_now IS 'Equipment as lines, and how it stands now';
COMMENT ON COLUMN grid.equipment_now.id IS 'Id of its feature in the tiles';
COMMENT ON COLUMN grid.equipment_now.mrid IS 'Id of the equipment';
COMMENT ON COLUMN grid.equipment_now.kind IS 'Kind';
COMMENT ON COLUMN grid.equipment_now.name IS 'Name; empty = none';
COMMENT ON COLUMN grid.equipment_now.phases IS 'Phases as text; empty = not recorded';
COMMENT ON COLUMN grid.equipment_now.open_phases IS 'Phases that stand open now';
COMMENT ON COLUMN grid.equipment_now.energized IS 'Whether an end of it has supply now';
COMMENT ON COLUMN grid.equipment_now.feeder IS 'mRID of its feeder as designed; null = none';
COMMENT ON COLUMN grid.equipment_now.placement IS 'overhead or underground; empty = not known';
COMMENT ON COLUMN grid.equipment_now.control IS 'How it is operated: none, manual or remote';
COMMENT ON COLUMN grid.equipment_now.rated_a IS 'Rated current in amperes; null = not known';
COMMENT ON COLUMN grid.equipment_now.rated_va IS 'Rated power in volt-amperes; null = not known';
COMMENT ON COLUMN grid.equipment_now.length_m IS 'Length in meters; null = not known';
COMMENT ON COLUMN grid.equipment_now.geometry IS 'Course, EPSG:4326';

COMMENT ON VIEW grid.usage_points_now IS 'Usage points, and whether they have supply now';
COMMENT ON COLUMN grid.usage_points_now.id IS 'Id of its feature in the tiles';
COMMENT ON COLUMN grid.usage_points_now.mrid IS 'Id of the usage point';
COMMENT ON COLUMN grid.usage_points_now.phases IS 'Phases as text; empty = those of its node';
COMMENT ON COLUMN grid.usage_points_now.customers IS 'Customers served there';
COMMENT ON COLUMN grid.usage_points_now.service_class IS 'Class such as residential';
COMMENT ON COLUMN grid.usage_points_now.priority IS 'Why it goes first; empty = none';
COMMENT ON COLUMN grid.usage_points_now.energized IS 'Whether it has supply now';
COMMENT ON COLUMN grid.usage_points_now.feeder IS 'mRID of its feeder as designed; null = none';
COMMENT ON COLUMN grid.usage_points_now.geometry IS 'Place, EPSG:4326';

COMMENT ON VIEW grid.open_outages IS 'Outages that are open, with the area they lie in';
COMMENT ON COLUMN grid.open_outages.id IS 'Id of the outage';
COMMENT ON COLUMN grid.open_outages.status IS 'How far it is: predicted, confirmed ...';
COMMENT ON COLUMN grid.open_outages.cause IS 'Cause; empty = not known';
COMMENT ON COLUMN grid.open_outages.planned IS 'Whether it was planned';
COMMENT ON COLUMN grid.open_outages.began_at IS 'When it began';
COMMENT ON COLUMN grid.open_outages.device IS 'mRID of the device that operated; null = not known';
COMMENT ON COLUMN grid.open_outages.crew_status IS 'What the crew does; empty = not known';
COMMENT ON COLUMN grid.open_outages.customers IS 'Customers out';
COMMENT ON COLUMN grid.open_outages.area IS 'Where they are, EPSG:4326';

DO $$ BEGIN PERFORM gridtwin.grant_roles(); END $$;

INSERT INTO gridtwin.migrations (number, name) VALUES (11, 'tiles');

COMMIT;
