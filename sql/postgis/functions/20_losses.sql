-- What is lost when things fail: the ground that every question of what goes dark stands on.
--
-- Where nothing is meshed, the answer is an interval of node_topology. Where it is, only the core is
-- flooded: the nodes on loops, and all between them and the sources. Everything else hangs on the
-- core as trees, where intervals hold.
--
-- Walks of the tree look node by node into an index: the planner is kept from joining whole tables
-- instead, and from compiling what runs for a millisecond, since it takes walks for far longer than
-- they are.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE OR REPLACE FUNCTION gridtwin.state_version() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT version FROM gridtwin.states WHERE name = 'current');
COMMENT ON FUNCTION gridtwin.state_version() IS 'Version of the current state';

-- Sources that supply; distributed ones do not.
CREATE OR REPLACE VIEW gridtwin.live_sources WITH (security_invoker = true) AS
SELECT row, node, gridtwin.supply_phases(phases) AS mask
FROM gridtwin.sources
WHERE in_service AND kind <> 'der';
COMMENT ON VIEW gridtwin.live_sources IS 'Sources that supply';
COMMENT ON COLUMN gridtwin.live_sources.row IS 'Row of the source';
COMMENT ON COLUMN gridtwin.live_sources.node IS 'Row of the node it feeds';
COMMENT ON COLUMN gridtwin.live_sources.mask IS 'Phases it feeds as bits (A 1, B 2, C 4)';

-- From a node down the tree to another.
CREATE OR REPLACE FUNCTION gridtwin.mask_below(top int, mask int, at int) RETURNS int
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    found int := mask;
    way record;
BEGIN
    FOR way IN
        WITH RECURSIVE up (node, parent, feed, step) AS (
            SELECT t.node, t.parent, t.feed, 1
            FROM gridtwin.node_topology t
            WHERE t.node = at AND t.node <> top
            UNION ALL
            SELECT t.node, t.parent, t.feed, u.step + 1
            FROM up u
            JOIN gridtwin.node_topology t ON t.node = u.parent
            WHERE t.node <> top
        )
        SELECT e.passes, CASE WHEN e.node_b = u.node THEN e.mixes ELSE -e.mixes END AS mixes
        FROM up u
        JOIN gridtwin.equipment_topology e ON e.equipment = u.feed
        ORDER BY u.step DESC
    LOOP
        found := gridtwin.mask_through(found, way.passes, way.mixes);
    END LOOP;
    RETURN found;
END
$$;
COMMENT ON FUNCTION gridtwin.mask_below(int, int, int) IS
    'How a node lives that hangs on another which lives on these phases';

CREATE OR REPLACE FUNCTION gridtwin.faults_of(
    wanted text, OUT rows int[], OUT nodes int[], OUT sources int[], OUT point int
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    rows := '{}';
    nodes := '{}';
    sources := '{}';
    SELECT ARRAY[e.row] INTO rows FROM gridtwin.equipment e WHERE e.mrid = wanted;
    IF NOT FOUND THEN
        rows := '{}';
        SELECT u.row INTO point FROM gridtwin.usage_points u WHERE u.mrid = wanted;
    END IF;
    IF NOT FOUND THEN
        SELECT ARRAY[n.row] INTO nodes FROM gridtwin.nodes n WHERE n.mrid = wanted;
    END IF;
    IF NOT FOUND THEN
        nodes := '{}';
        SELECT ARRAY[f.head] INTO rows FROM gridtwin.feeders f WHERE f.mrid = wanted;
    END IF;
    IF NOT FOUND THEN
        rows := '{}';
        SELECT coalesce(array_agg(s.row) FILTER (WHERE s.row IS NOT NULL), '{}') INTO sources
        FROM gridtwin.substations b
        LEFT JOIN gridtwin.sources s ON s.substation = b.row
        WHERE b.mrid = wanted
        GROUP BY b.row;
    END IF;
    IF NOT FOUND THEN
        SELECT ARRAY[s.row] INTO sources FROM gridtwin.sources s WHERE s.mrid = wanted;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no element of the network has the mRID %', wanted
            USING ERRCODE = 'no_data_found';
    END IF;
END
$$;
COMMENT ON FUNCTION gridtwin.faults_of(text) IS
    'What fails when an element does, as rows: equipment, nodes, sources, or a usage point';

-- The intervals that hang on nodes, none within another, with the customers of each.
CREATE OR REPLACE FUNCTION gridtwin.tree_ranges(nodes int[])
RETURNS TABLE (segment int, first int, last int, top int, customers bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH given AS (
        SELECT t.node, t.segment, t.ltin, t.ltout, t.below,
            max(t.ltout) OVER (
                PARTITION BY t.segment ORDER BY t.ltin
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS reach
        FROM gridtwin.node_topology t
        WHERE t.node = ANY (nodes) AND t.segment >= 0
    ), outer_ones AS (
        SELECT * FROM given WHERE reach IS NULL OR ltin >= reach
    ), hooked AS (
        SELECT g.segment, t.ltin, t.ltout, t.node, t.below
        FROM outer_ones o
        JOIN gridtwin.node_topology h ON h.segment = 0 AND h.ltin >= o.ltin AND h.ltin < o.ltout
        JOIN gridtwin.segments g ON g.hook = h.node
        JOIN gridtwin.node_topology t ON t.node = g.root
        WHERE o.segment = 0
    )
    SELECT o.segment, o.ltin, o.ltout, o.node, o.below
    FROM outer_ones o
    WHERE NOT EXISTS (SELECT FROM hooked h WHERE h.segment = o.segment)
    UNION ALL
    SELECT h.segment, h.ltin, h.ltout, h.node, h.below FROM hooked h;
END
$$;
COMMENT ON FUNCTION gridtwin.tree_ranges(int[]) IS
    'Intervals of node_topology that hang on nodes, none within another';

-- Whether faults touch the core, so that intervals alone do not answer.
CREATE OR REPLACE FUNCTION gridtwin.touches_core(rows int[], nodes int[], sources int[])
RETURNS bool
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
    IF cardinality(sources) > 0 AND EXISTS (
        SELECT FROM gridtwin.live_sources s
        JOIN gridtwin.live_sources o ON o.node = s.node AND o.row <> s.row
        WHERE s.row = ANY (sources)
    ) THEN
        RETURN true;
    END IF;
    IF NOT EXISTS (SELECT FROM gridtwin.chords) THEN
        RETURN false;
    END IF;
    RETURN EXISTS (SELECT FROM gridtwin.chords c WHERE c.equipment = ANY (rows))
        OR EXISTS (
            SELECT FROM gridtwin.chords c
            CROSS JOIN LATERAL (VALUES (c.node_a), (c.node_b)) ends (node)
            JOIN gridtwin.node_topology e ON e.node = ends.node
            LEFT JOIN gridtwin.segments g ON g.segment = e.segment
            LEFT JOIN gridtwin.node_topology h ON h.node = g.hook
            JOIN gridtwin.node_topology t
                ON t.segment = e.segment AND t.ltin <= e.ltin AND e.ltin < t.ltout
                OR t.segment = 0 AND t.ltin <= h.ltin AND h.ltin < t.ltout
            WHERE t.node = ANY (nodes)
        );
END
$$;
COMMENT ON FUNCTION gridtwin.touches_core(int[], int[], int[]) IS
    'Whether equipment, nodes and what hangs on them, or sources lie on a way to a loop';

-- What the faults leave of the supply of each node of the core: phases, and 8 while any conductor
-- reaches it. Where every way carries the same phases, conductors tell all.
CREATE OR REPLACE FUNCTION gridtwin.core_loss(
    rows int[] DEFAULT '{}', nodes int[] DEFAULT '{}', sources int[] DEFAULT '{}'
) RETURNS TABLE (node int, was int, remains int)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = on SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE core (node) AS (
        SELECT * FROM (
            SELECT c.node_a FROM gridtwin.chords c
            UNION
            SELECT c.node_b FROM gridtwin.chords c
            UNION
            SELECT s.node FROM gridtwin.live_sources s GROUP BY s.node HAVING count(*) > 1
        ) ends
        UNION
        SELECT t.parent
        FROM core c
        JOIN gridtwin.node_topology t ON t.node = c.node
        WHERE t.parent >= 0
    ), arcs AS MATERIALIZED (
        SELECT e.node_a AS tail, e.node_b AS head, e.equipment, e.passes::int, e.mixes::int
        FROM core c
        JOIN gridtwin.equipment_topology e ON e.node_a = c.node
        WHERE e.passes <> 0 AND e.one_way >= 0 AND EXISTS (
            SELECT FROM core k WHERE k.node = e.node_b)
        UNION ALL
        SELECT e.node_b, e.node_a, e.equipment, e.passes, -e.mixes
        FROM core c
        JOIN gridtwin.equipment_topology e ON e.node_b = c.node
        WHERE e.passes <> 0 AND e.one_way <= 0 AND EXISTS (
            SELECT FROM core k WHERE k.node = e.node_a)
    ), entries AS MATERIALIZED (
        SELECT s.row, s.node, s.mask FROM gridtwin.live_sources s JOIN core c ON c.node = s.node
    ), kind AS MATERIALIZED (
        SELECT w.uniform, CASE WHEN w.uniform THEN w.passes ELSE 0 END AS all_passes
        FROM (
            SELECT count(DISTINCT passes) < 2 AND bool_and(mixes = 0) AS uniform,
                max(passes) AS passes
            FROM (SELECT passes, mixes FROM arcs UNION ALL SELECT mask, 0 FROM entries) each_way
        ) w
    ), layers AS MATERIALIZED (
        SELECT l.layer FROM (VALUES (0), (1), (2), (3)) l (layer), kind
        WHERE l.layer = 3 OR NOT kind.uniform
    ), kept AS MATERIALIZED (
        SELECT a.* FROM arcs a
        WHERE NOT a.equipment = ANY (core_loss.rows)
            AND NOT a.tail = ANY (core_loss.nodes) AND NOT a.head = ANY (core_loss.nodes)
    ), before (layer, node) AS (
        SELECT l.layer, s.node FROM entries s, layers l
        WHERE l.layer = 3 OR s.mask & (1 << l.layer) <> 0
        UNION
        SELECT l.layer, a.head
        FROM before r
        JOIN arcs a ON a.tail = r.node
        JOIN layers l ON r.layer = 3 AND l.layer = 3
            OR r.layer < 3 AND l.layer < 3 AND a.mixes >= 0 AND a.passes & (1 << r.layer) <> 0
            AND (l.layer = r.layer OR a.mixes > 0 AND a.passes & (1 << l.layer) <> 0)
    ), after (layer, node) AS (
        SELECT l.layer, s.node FROM entries s, layers l
        WHERE (l.layer = 3 OR s.mask & (1 << l.layer) <> 0)
            AND NOT s.row = ANY (core_loss.sources) AND NOT s.node = ANY (core_loss.nodes)
        UNION
        SELECT l.layer, a.head
        FROM after r
        JOIN kept a ON a.tail = r.node
        JOIN layers l ON r.layer = 3 AND l.layer = 3
            OR r.layer < 3 AND l.layer < 3 AND a.mixes >= 0 AND a.passes & (1 << r.layer) <> 0
            AND (l.layer = r.layer OR a.mixes > 0 AND a.passes & (1 << l.layer) <> 0)
    ), was_there AS (
        SELECT b.node, bit_or(1 << b.layer) AS mask FROM before b GROUP BY b.node
    ), is_left AS (
        SELECT a.node, bit_or(1 << a.layer) AS mask FROM after a GROUP BY a.node
    )
    SELECT b.node, b.mask | k.all_passes, coalesce(l.mask | k.all_passes, 0)
    FROM was_there b
    CROSS JOIN kind k
    LEFT JOIN is_left l ON l.node = b.node;
END
$$;
COMMENT ON FUNCTION gridtwin.core_loss(int[], int[], int[]) IS
    'What faults leave of the supply of each node on a way to a loop';

-- What is left when faults happen at once, as intervals of node_topology: remains 0 where nothing
-- is left; else the phases left at the node `top` of the core the interval hangs on, and 8 while a
-- conductor reaches it. `was` is the same before the faults.
CREATE OR REPLACE FUNCTION gridtwin.lost(rows int[], nodes int[], sources int[])
RETURNS TABLE (
    segment int, first int, last int, top int, was int, remains int, customers bigint
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = on SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    roots int[] := ARRAY(
        SELECT e.child FROM gridtwin.equipment_topology e
        WHERE e.equipment = ANY (lost.rows) AND e.child >= 0
        UNION
        SELECT unnest(lost.nodes)
        UNION
        SELECT s.node FROM gridtwin.live_sources s WHERE s.row = ANY (lost.sources)
    );
BEGIN
    IF NOT gridtwin.touches_core(lost.rows, roots, lost.sources) THEN
        RETURN QUERY
            SELECT r.segment, r.first, r.last, r.top, 15, 0, r.customers
            FROM gridtwin.tree_ranges(roots) r;
        RETURN;
    END IF;
    RETURN QUERY
    WITH core AS MATERIALIZED (
        SELECT c.node, c.was, c.remains, t.segment, t.ltin, t.ltout, t.parent
        FROM gridtwin.core_loss(lost.rows, lost.nodes, lost.sources) c
        JOIN gridtwin.node_topology t ON t.node = c.node
    ), tree AS MATERIALIZED (
        SELECT * FROM gridtwin.tree_ranges(
            ARRAY(SELECT r FROM unnest(roots) r WHERE NOT EXISTS (
                SELECT FROM core k WHERE k.node = r)))
    ), bare AS MATERIALIZED (
        SELECT c.node, c.segment, c.was, c.remains,
            int4multirange(int4range(c.ltin, c.ltout)) - coalesce((
                SELECT range_agg(int4range(k.ltin, k.ltout))
                FROM core k
                WHERE k.parent = c.node AND k.segment = c.segment
            ), '{}') AS places
        FROM core c
        WHERE c.was <> c.remains
    ), whole AS (
        SELECT b.node, b.segment, b.was, b.remains, b.places FROM bare b
        UNION ALL
        SELECT b.node, g.segment, b.was, b.remains, int4multirange(int4range(t.ltin, t.ltout))
        FROM bare b
        JOIN gridtwin.node_topology h ON h.segment = 0 AND b.places @> h.ltin
        JOIN gridtwin.segments g ON g.hook = h.node
        JOIN gridtwin.node_topology t ON t.node = g.root
        WHERE b.segment = 0 AND NOT EXISTS (SELECT FROM core k WHERE k.node = g.root)
    ), rest AS (
        SELECT w.node, w.segment, w.was, w.remains, w.places - coalesce((
            SELECT range_agg(int4range(t.first, t.last)) FROM tree t WHERE t.segment = w.segment
        ), '{}') AS places
        FROM whole w
    )
    SELECT r.segment, lower(p.place), upper(p.place), r.node, r.was, r.remains, NULL::bigint
    FROM rest r
    CROSS JOIN LATERAL unnest(r.places) p (place)
    UNION ALL
    SELECT t.segment, t.first, t.last, t.top, 15, 0, t.customers FROM tree t;
END
$$;
COMMENT ON FUNCTION gridtwin.lost(int[], int[], int[]) IS
    'What is left of the supply when faults happen at once, as intervals of node_topology';

-- Usage points by what they lose: out, or some of their phases.
CREATE OR REPLACE FUNCTION gridtwin.lost_points(rows int[], nodes int[], sources int[])
RETURNS TABLE (point int, is_out bool)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = on SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH ranges AS MATERIALIZED (
        SELECT * FROM gridtwin.lost(rows, nodes, sources)
    ), hit AS (
        SELECT u.row, u.phases, t.designed, r.remains, CASE
            WHEN r.remains & 8 <> 0 THEN gridtwin.mask_below(r.top, r.was & 7, t.node) END AS mask
        FROM ranges r
        JOIN gridtwin.node_topology t
            ON t.segment = r.segment AND t.ltin >= r.first AND t.ltin < r.last
        JOIN gridtwin.usage_points u ON u.node = t.node
        WHERE gridtwin.is_served(u.phases, t.live, t.designed)
    ), needing AS (
        SELECT h.row, h.remains, h.mask,
            gridtwin.need_of(gridtwin.supply_phases(h.phases), h.mask) AS need
        FROM hit h
        WHERE h.mask IS NOT NULL
    )
    SELECT h.row, true FROM hit h WHERE h.mask IS NULL
    UNION ALL
    -- Below a transformer that mixes phases, what is left feeds every phase.
    SELECT n.row, n.remains & n.need = 0
    FROM needing n
    WHERE n.remains & n.need = 0 OR n.mask & 8 = 0 AND n.remains & n.need <> n.need;
END
$$;
COMMENT ON FUNCTION gridtwin.lost_points(int[], int[], int[]) IS
    'Usage points that lose supply, or some of their phases, when faults happen at once';

CREATE OR REPLACE FUNCTION gridtwin.lost_customers(rows int[], nodes int[], sources int[])
RETURNS int
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    known bool;
    total bigint;
BEGIN
    SELECT coalesce(bool_and(r.customers IS NOT NULL), true),
        coalesce(sum(r.customers), 0)::bigint
    INTO known, total
    FROM gridtwin.lost(rows, nodes, sources) r;
    IF NOT known THEN
        SELECT coalesce(sum(u.customers), 0) INTO total
        FROM gridtwin.lost_points(rows, nodes, sources) l
        JOIN gridtwin.usage_points u ON u.row = l.point
        WHERE l.is_out;
    END IF;
    RETURN total::int;
END
$$;
COMMENT ON FUNCTION gridtwin.lost_customers(int[], int[], int[]) IS
    'Customers who go dark when faults happen at once';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/20_losses.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
