-- 0013: usage points have names.
--
-- A name is what people call a load or a meter; several may share one. The next sync writes those of
-- its twin; until then they are empty. The rows are compared anew then, since a row says more now.
--
-- Runs with psql alone, in one transaction: psql -v ON_ERROR_STOP=1 -f 0013_usage_point_names.sql URL

BEGIN;

-- PostGIS may live in any schema; its types are looked up where it is.
DO $$
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, ' || extnamespace::regnamespace || ', pg_temp',
        true)
    FROM pg_extension
    WHERE extname = 'postgis';
END
$$;

ALTER TABLE gridtwin.usage_points ADD COLUMN name text NOT NULL DEFAULT '';

COMMENT ON COLUMN gridtwin.usage_points.name IS
    'What people call it; empty = none, and several may share one';

DELETE FROM gridtwin.mirrored_blocks WHERE table_name = 'usage_points';

-- As before, but for the names of usage points.
CREATE OR REPLACE VIEW grid.grid_assets_cache WITH (security_invoker = true) AS
SELECT 'equipment' AS asset_class, mrid, kind, name, rated_va, in_service, geometry::geometry
FROM gridtwin.equipment
UNION ALL
SELECT 'usage_point', mrid, service_class, name, peak_w, true, geometry
FROM gridtwin.usage_points
UNION ALL
SELECT 'source', s.mrid, s.kind, '', s.rated_va, s.in_service, n.geometry
FROM gridtwin.sources s
LEFT JOIN gridtwin.nodes n ON n.row = s.node
UNION ALL
SELECT 'substation', mrid, 'substation', name, rated_va, true, geometry
FROM gridtwin.substations;

CREATE OR REPLACE VIEW grid.usage_points_now WITH (security_invoker = true) AS
SELECT
    u.row + 1 AS id,
    u.mrid,
    gridtwin.phase_text(u.phases) AS phases,
    u.customers,
    u.service_class,
    u.priority,
    coalesce(t.segment, -1) <> -1 AS energized,
    f.mrid AS feeder,
    u.geometry,
    u.name
FROM gridtwin.usage_points u
LEFT JOIN gridtwin.node_topology t ON t.node = u.node
LEFT JOIN gridtwin.node_home h ON h.node = u.node
LEFT JOIN gridtwin.feeders f ON f.row = h.feeder;

COMMENT ON COLUMN grid.usage_points_now.name IS 'What people call it; empty = none';

DO $$ BEGIN PERFORM gridtwin.grant_roles(); END $$;

INSERT INTO gridtwin.migrations (number, name) VALUES (13, 'usage_point_names');

COMMIT;
