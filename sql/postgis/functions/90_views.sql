-- Views for other programs and GIS clients, read with the rights of whoever asks.

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

CREATE OR REPLACE VIEW grid.substations WITH (security_invoker = true) AS
SELECT
    s.mrid,
    s.name,
    s.rated_va,
    (SELECT count(*) FROM gridtwin.feeders f WHERE f.substation = s.row) AS feeders,
    s.geometry
FROM gridtwin.substations s;
COMMENT ON VIEW grid.substations IS 'Substations with their number of feeders';
COMMENT ON COLUMN grid.substations.mrid IS 'Id of the substation';
COMMENT ON COLUMN grid.substations.name IS 'Name';
COMMENT ON COLUMN grid.substations.rated_va IS 'Rated power in volt-amperes; null = not known';
COMMENT ON COLUMN grid.substations.feeders IS 'Feeders that start here';
COMMENT ON COLUMN grid.substations.geometry IS 'Place, EPSG:4326';

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

CREATE OR REPLACE VIEW grid.topology_connections_cache WITH (security_invoker = true) AS
SELECT
    e.mrid,
    e.kind,
    a.mrid AS from_node,
    b.mrid AS to_node,
    gridtwin.phase_text(e.phases) AS phases,
    gridtwin.phase_text(e.normal_open) AS normal_open,
    gridtwin.phase_text(coalesce(w.open_phases, e.normal_open)) AS open_phases,
    coalesce(ta.segment >= 0 AND (ta.live <> 0 OR ta.designed = 0), false)
        AS from_energized,
    coalesce(tb.segment >= 0 AND (tb.live <> 0 OR tb.designed = 0), false)
        AS to_energized,
    f.mrid AS feeder
FROM gridtwin.equipment e
LEFT JOIN gridtwin.nodes a ON a.row = e.node_a
LEFT JOIN gridtwin.nodes b ON b.row = e.node_b
LEFT JOIN gridtwin.state_switches w ON w.state = 'current' AND w.mrid = e.mrid
LEFT JOIN gridtwin.node_topology ta ON ta.node = e.node_a
LEFT JOIN gridtwin.node_topology tb ON tb.node = e.node_b
LEFT JOIN gridtwin.segments g ON g.segment = greatest(ta.segment, tb.segment)
LEFT JOIN gridtwin.feeders f ON f.row = g.feeder;
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

-- A customer with supply counts in the feeder it comes from now, one in the dark in the feeder it
-- comes from as designed.
CREATE OR REPLACE VIEW grid.circuit_status_realtime WITH (security_invoker = true) AS
WITH dark AS (
    SELECT h.feeder, sum(t.customers - t.served) AS customers
    FROM gridtwin.node_topology t
    JOIN gridtwin.node_home h ON h.node = t.node
    WHERE t.served < t.customers AND (t.segment = -1 OR t.designed & ~t.live <> 0)
    GROUP BY h.feeder
), reported AS (
    SELECT g.feeder, sum(u.customers) AS customers, max(o.began_at) AS began_at
    FROM gridtwin.outage_usage_points o
    JOIN gridtwin.usage_points u ON u.mrid = o.usage_point
    JOIN gridtwin.node_topology t ON t.node = u.node
    JOIN gridtwin.segments g ON g.segment = t.segment
    WHERE o.restored_at IS NULL AND g.feeder IS NOT NULL
        AND gridtwin.is_served(u.phases, t.live, t.designed)
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

-- For GIS clients: one geometry of one type, the id of its feature in the tiles, how it stands.
CREATE OR REPLACE VIEW grid.equipment_now WITH (security_invoker = true) AS
SELECT
    e.row + 1 AS id,
    e.mrid,
    e.kind,
    e.name,
    gridtwin.phase_text(e.phases) AS phases,
    gridtwin.phase_text(coalesce(w.open_phases, e.normal_open)) AS open_phases,
    gridtwin.supply_code(
        e.phases,
        coalesce(ta.live, 0) | coalesce(tb.live, 0),
        coalesce(ta.designed, 0) | coalesce(tb.designed, 0),
        coalesce(ta.segment, -1) >= 0 OR coalesce(tb.segment, -1) >= 0
    ) <> 0 AS energized,
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

CREATE OR REPLACE VIEW grid.usage_points_now WITH (security_invoker = true) AS
SELECT
    u.row + 1 AS id,
    u.mrid,
    gridtwin.phase_text(u.phases) AS phases,
    u.customers,
    u.service_class,
    u.priority,
    coalesce(t.segment >= 0 AND gridtwin.is_served(u.phases, t.live, t.designed), false)
        AS energized,
    f.mrid AS feeder,
    u.geometry,
    u.name
FROM gridtwin.usage_points u
LEFT JOIN gridtwin.node_topology t ON t.node = u.node
LEFT JOIN gridtwin.node_home h ON h.node = u.node
LEFT JOIN gridtwin.feeders f ON f.row = h.feeder;
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
COMMENT ON COLUMN grid.usage_points_now.name IS 'What people call it; empty = none';

CREATE OR REPLACE VIEW grid.origins WITH (security_invoker = true) AS
SELECT
    o.frame,
    o.mrid,
    o.source_layer,
    CASE
        WHEN o.source_layer IS NULL THEN NULL
        WHEN o.source_key IS NOT NULL THEN o.source_key
        WHEN starts_with(o.mrid, o.source_layer || ':')
        THEN substr(o.mrid, length(o.source_layer) + 2)
        ELSE o.mrid
    END AS source_key,
    o.load_number
FROM (
    SELECT 'equipment' AS frame, mrid, source_layer, source_key, load_number FROM gridtwin.equipment
    UNION ALL
    SELECT 'usage_points', mrid, source_layer, source_key, load_number FROM gridtwin.usage_points
    UNION ALL
    SELECT 'nodes', mrid, source_layer, source_key, load_number FROM gridtwin.nodes
    UNION ALL
    SELECT 'feeders', mrid, source_layer, source_key, load_number FROM gridtwin.feeders
    UNION ALL
    SELECT 'substations', mrid, source_layer, source_key, load_number FROM gridtwin.substations
    UNION ALL
    SELECT 'sources', mrid, source_layer, source_key, load_number FROM gridtwin.sources
) o;
COMMENT ON VIEW grid.origins IS 'Which row of the source each element is made of, and its load';
COMMENT ON COLUMN grid.origins.frame IS 'Table of the element';
COMMENT ON COLUMN grid.origins.mrid IS 'Id of the element';
COMMENT ON COLUMN grid.origins.source_layer IS
    'Layer, table or file of the source; null = made, no row of the source';
COMMENT ON COLUMN grid.origins.source_key IS 'What names the row there';
COMMENT ON COLUMN grid.origins.load_number IS
    'Load that added the element or last changed it; null = not known';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/90_views.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
