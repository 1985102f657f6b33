-- Vector tiles of the map.
--
--   gridtwin.tile(z, x, y)              a tile of the network (Mapbox Vector Tile 2.1)
--   gridtwin.live_tile(z, x, y, state)  the same, with what has supply and what stands open
--   gridtwin.refresh_tiles()            brings tile_features in step with the network, after a sync
--
-- Layers, properties, ids (row + 1) and zooms are those of the archive that `gridtwin tiles build`
-- makes; docs/tiles.md describes them.

BEGIN;

-- PostGIS may live in any schema; its types and functions are looked up where it is.
DO $$
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, ' || extnamespace::regnamespace || ', pg_temp',
        true)
    FROM pg_extension
    WHERE extname = 'postgis';
END
$$;

-- A head belongs to the feeder it heads, anything else to that of its first node, or its second. Low
-- voltage is at most 1,000 V at both ends (IEC 60038).
CREATE OR REPLACE FUNCTION gridtwin.refresh_tiles() RETURNS bigint
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
COMMENT ON FUNCTION gridtwin.refresh_tiles() IS
    'Bring tile_features in step with the network; returns how many features changed';

-- No function is called for a feature but those of PostGIS: SQL functions that ask a table are not
-- inlined, and a call for each would cost more than the tile. Where every feature is kept, a line
-- shorter than one unit of the grid is drawn one unit long.
CREATE OR REPLACE FUNCTION gridtwin.drawn_tile(z int, x int, y int, live bool) RETURNS bytea
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
    WITH seen AS NOT MATERIALIZED (
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
                WHEN EXISTS ( -- the condition of an index word by word
                    SELECT FROM gridtwin.node_topology t
                    WHERE t.node = s.node_a AND (t.segment = -1 OR t.designed & ~t.live <> 0)
                ) OR EXISTS (
                    SELECT FROM gridtwin.node_topology t
                    WHERE t.node = s.node_b AND (t.segment = -1 OR t.designed & ~t.live <> 0)
                ) THEN (
                    SELECT gridtwin.supply_code(
                        s.mask, bit_or(t.live), bit_or(t.designed),
                        bool_or(t.segment >= 0))
                    FROM gridtwin.node_topology t
                    WHERE t.node IN (s.node_a, s.node_b)
                )
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
COMMENT ON FUNCTION gridtwin.drawn_tile(int, int, int, bool) IS
    'A vector tile, with or without how its features stand now';

CREATE OR REPLACE FUNCTION gridtwin.tile(z int, x int, y int) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN gridtwin.drawn_tile(z, x, y, false);
COMMENT ON FUNCTION gridtwin.tile(int, int, int) IS
    'A vector tile of the network: zoom, column, row; empty where there is nothing';

CREATE OR REPLACE FUNCTION gridtwin.live_tile(z int, x int, y int, state text DEFAULT 'current')
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
COMMENT ON FUNCTION gridtwin.live_tile(int, int, int, text) IS
    'A vector tile whose features say energized (1 with supply, 0 without, 2 without some of its '
    'phases) and open (phases that stand open), in the current state';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/80_tiles.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
