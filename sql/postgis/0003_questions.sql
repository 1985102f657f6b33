-- 0003: what hangs on what, who goes dark, and why, answered from the current state.
--
--   gridtwin.downstream(mrid)            what loses supply without it
--   gridtwin.upstream(mrid)              every way to the sources, nearest first
--   gridtwin.blast_radius(mrid)          usage points that go dark when it fails
--   gridtwin.partly_out(mrid)            usage points that lose some of their phases
--   gridtwin.customers_downstream(mrid)  customers who go dark when it fails
--   gridtwin.usage_points_in(polygon)    usage points inside a polygon
--   gridtwin.customers_out(polygon)      customers who go dark when all inside a polygon is damaged
--   gridtwin.explain(mrid)               why it has supply or has none
--
-- An mRID is that of equipment, a node, a usage point, a source, a feeder (its head fails) or a
-- substation (its sources fail). Every question is one statement, so it sees one version of the
-- current state: SELECT gridtwin.state_version(), d.* FROM gridtwin.downstream('SW-1') d.
--
-- Where nothing is meshed, the answer is an interval of node_topology. Where it is, only the core is
-- flooded: the nodes on loops, and all between them and the sources. Everything else hangs on the
-- core as trees, where intervals hold.
--
-- Functions that walk the tree look node by node into an index: the planner is kept from joining
-- whole tables instead, and from compiling what runs for a millisecond, since it takes walks for
-- far longer than they are.
--
-- Runs with psql alone, in one transaction: psql -v ON_ERROR_STOP=1 -f 0003_questions.sql URL

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

-- ---------------------------------------------------------------- phases

CREATE FUNCTION gridtwin.state_version() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT version FROM gridtwin.states WHERE name = 'current');

CREATE FUNCTION gridtwin.supply_phases(mask int) RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN mask & 7 = 0 THEN 7 ELSE mask & 7 END;

-- One byte tells how a node lives: bits 1, 2 and 4 are the phases A, B, C it lives on. Below a
-- transformer that mixes phases those are phases above the transformer: bit 8 says so, and the
-- phases at the node itself stand four bits higher.
CREATE FUNCTION gridtwin.mask_through(mask int, passes int, mixes int) RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN mixes <= 0 AND mask & 8 <> 0 THEN
        mask & (15 | CASE WHEN mixes < 0 THEN 0 ELSE passes << 4 END)
    WHEN mixes <= 0 THEN mask & CASE WHEN mixes < 0 THEN 0 ELSE passes END
    WHEN mask & 8 <> 0 THEN
        mask & 7 | 8 | CASE WHEN (mask >> 4) & 7 <> 0 THEN passes << 4 ELSE 0 END
    WHEN mask & passes & 7 <> 0 THEN mask & passes & 7 | 8 | (passes << 4)
    ELSE 0
END;

-- From a node down the tree to another.
CREATE FUNCTION gridtwin.mask_below(top int, mask int, at int) RETURNS int
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

-- ---------------------------------------------------------------- what fails

CREATE FUNCTION gridtwin.faults_of(
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

-- Sources that supply; distributed ones do not.
CREATE VIEW gridtwin.live_sources WITH (security_invoker = true) AS
SELECT row, node, gridtwin.supply_phases(phases) AS mask
FROM gridtwin.sources
WHERE in_service AND kind <> 'der';

-- ---------------------------------------------------------------- what goes dark

-- The intervals that hang on nodes, none within another, with the customers of each.
CREATE FUNCTION gridtwin.tree_ranges(nodes int[])
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

-- Whether faults touch the core, so that intervals alone do not answer.
CREATE FUNCTION gridtwin.touches_core(rows int[], nodes int[], sources int[]) RETURNS bool
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

-- What the faults leave of the supply of each node of the core: phases, and 8 while any conductor
-- reaches it. Where every way carries the same phases, conductors tell all.
CREATE FUNCTION gridtwin.core_loss(
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

-- What is left when faults happen at once, as intervals of node_topology: remains 0 where nothing
-- is left; else the phases left at the node `top` of the core the interval hangs on, and 8 while a
-- conductor reaches it. `was` is the same before the faults.
CREATE FUNCTION gridtwin.lost(rows int[], nodes int[], sources int[])
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

-- Usage points by what they lose: out, or some of their phases. One whose recorded phases alone
-- would leave it dark counts as supplied while any conductor reaches it.
CREATE FUNCTION gridtwin.lost_points(rows int[], nodes int[], sources int[])
RETURNS TABLE (point int, is_out bool)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = on SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH ranges AS MATERIALIZED (
        SELECT * FROM gridtwin.lost(rows, nodes, sources)
    ), dimmed AS (
        SELECT u.row, u.phases, r.remains, gridtwin.mask_below(r.top, r.was & 7, t.node) AS mask
        FROM ranges r
        JOIN gridtwin.node_topology t
            ON t.segment = r.segment AND t.ltin >= r.first AND t.ltin < r.last
        JOIN gridtwin.usage_points u ON u.node = t.node
        WHERE r.remains & 8 <> 0
    ), needing AS (
        SELECT d.row, d.remains, d.mask, CASE
            WHEN d.mask & 8 <> 0 AND (d.mask >> 4) & gridtwin.supply_phases(d.phases) <> 0
                THEN d.mask & 7
            WHEN d.mask & 8 = 0 THEN d.mask & gridtwin.supply_phases(d.phases)
            ELSE 0
        END AS need
        FROM dimmed d
    ), found AS (
        SELECT n.row, n.need <> 0 AND n.remains & n.need = 0 AS is_out,
            n.mask & 8 = 0 AND n.need <> 0 AND n.remains & n.need <> n.need AS is_partly
        FROM needing n
    )
    SELECT u.row, true
    FROM ranges r
    JOIN gridtwin.node_topology t
        ON t.segment = r.segment AND t.ltin >= r.first AND t.ltin < r.last
    JOIN gridtwin.usage_points u ON u.node = t.node
    WHERE r.remains & 8 = 0
    UNION ALL
    SELECT f.row, f.is_out FROM found f WHERE f.is_out OR f.is_partly;
END
$$;

CREATE FUNCTION gridtwin.lost_customers(rows int[], nodes int[], sources int[]) RETURNS int
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    known bool;
    total bigint;
BEGIN
    SELECT coalesce(bool_and(r.customers IS NOT NULL), true), coalesce(sum(r.customers), 0)
    INTO known, total
    FROM gridtwin.lost(rows, nodes, sources) r;
    IF NOT known THEN
        SELECT coalesce(sum(u.customers), 0) INTO total
        FROM gridtwin.lost_points(rows, nodes, sources) l
        JOIN gridtwin.usage_points u ON u.row = l.point
        WHERE l.is_out;
    END IF;
    RETURN total;
END
$$;

-- ---------------------------------------------------------------- traces

-- Where one piece of equipment feeds a radial feeder: all that hangs on it is one interval.
CREATE FUNCTION gridtwin.radial_range(
    element text, OUT segment int, OUT first int, OUT last int, OUT depth int, OUT customers bigint
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
BEGIN
    SELECT t.segment, t.ltin, t.ltout, t.depth, t.below
    INTO segment, first, last, depth, customers
    FROM gridtwin.equipment e
    JOIN gridtwin.equipment_topology p ON p.equipment = e.row
    JOIN gridtwin.node_topology t ON t.node = p.child
    JOIN gridtwin.segments g ON g.segment = t.segment
    WHERE e.mrid = element AND t.segment > 0 AND NOT g.meshed;
END
$$;

-- The same for everything but one piece of equipment of a radial feeder.
CREATE FUNCTION gridtwin.downstream_of_more(element text)
RETURNS TABLE (mrid text, kind text, class text, depth int)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
SET search_path FROM CURRENT SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    faults record;
BEGIN
    IF (SELECT r.segment FROM gridtwin.radial_range(element) r) IS NOT NULL THEN
        RETURN;
    END IF;
    faults := gridtwin.faults_of(element);
    RETURN QUERY
    WITH RECURSIVE dark AS MATERIALIZED (
        SELECT t.node, t.parent, t.feed, t.segment, t.ltin
        FROM gridtwin.lost(faults.rows, faults.nodes, faults.sources) r
        JOIN gridtwin.node_topology t
            ON t.segment = r.segment AND t.ltin >= r.first AND t.ltin < r.last
        WHERE r.remains & 8 = 0
    ), hung (node, step) AS (
        SELECT d.node, 0 FROM dark d WHERE NOT EXISTS (SELECT FROM dark a WHERE a.node = d.parent)
        UNION ALL
        SELECT d.node, h.step + 1 FROM hung h JOIN dark d ON d.parent = h.node
    ), found AS (
        SELECT d.feed AS row, h.step, d.segment, d.ltin
        FROM dark d
        JOIN hung h ON h.node = d.node
        WHERE h.step > 0
        UNION ALL
        SELECT p.equipment, coalesce(h.step, 0) + 1, NULL, NULL
        FROM gridtwin.equipment_topology p
        LEFT JOIN hung h ON h.node = p.node_b
        WHERE p.equipment IN (SELECT c.equipment FROM gridtwin.chords c)
            AND (p.one_way > 0 OR h.node IS NOT NULL)
            AND (p.one_way < 0 OR EXISTS (SELECT FROM dark d WHERE d.node = p.node_a))
        UNION ALL
        -- What leads one way from the dark to where another way is left.
        SELECT p.equipment, h.step + 1, NULL, NULL
        FROM hung h
        JOIN gridtwin.node_topology t ON t.parent = h.node
        JOIN gridtwin.equipment_topology p ON p.equipment = t.feed AND p.one_way <> 0
        WHERE EXISTS (SELECT FROM gridtwin.chords)
            AND NOT EXISTS (SELECT FROM dark d WHERE d.node = t.node)
    )
    SELECT e.mrid, e.kind, 'downstream', f.step
    FROM found f
    JOIN gridtwin.equipment e ON e.row = f.row
    WHERE NOT f.row = ANY (faults.rows)
    ORDER BY f.segment, f.ltin, f.row;
END
$$;

-- Simple enough to become part of the query that asks.
CREATE FUNCTION gridtwin.downstream(element text)
RETURNS TABLE (mrid text, kind text, class text, depth int)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 500
BEGIN ATOMIC
    SELECT t.feed_mrid, t.feed_kind, 'downstream', t.depth - r.depth
    FROM gridtwin.radial_range(element) r
    JOIN gridtwin.node_topology t
        ON t.segment = r.segment AND t.ltin > r.first AND t.ltin < r.last
    UNION ALL
    SELECT d.mrid, d.kind, d.class, d.depth FROM gridtwin.downstream_of_more(element) d;
END;

CREATE FUNCTION gridtwin.blast_radius(element text) RETURNS TABLE (mrid text, customers int)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 500
SET search_path FROM CURRENT SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    at record;
    faults record;
BEGIN
    SELECT * INTO at FROM gridtwin.radial_range(element);
    IF at.segment IS NOT NULL THEN
        RETURN QUERY
            SELECT u.mrid, u.customers
            FROM gridtwin.node_topology t
            JOIN gridtwin.usage_points u ON u.node = t.node
            WHERE t.segment = at.segment AND t.ltin >= at.first AND t.ltin < at.last
            ORDER BY u.row;
        RETURN;
    END IF;
    faults := gridtwin.faults_of(element);
    RETURN QUERY
        SELECT u.mrid, u.customers
        FROM gridtwin.usage_points u
        WHERE u.row IN (
            SELECT l.point
            FROM gridtwin.lost_points(faults.rows, faults.nodes, faults.sources) l
            WHERE l.is_out
            UNION
            SELECT u.row
            FROM gridtwin.usage_points u
            JOIN gridtwin.node_topology t ON t.node = u.node
            WHERE u.row = faults.point AND t.segment >= 0
        )
        ORDER BY u.row;
END
$$;

CREATE FUNCTION gridtwin.partly_out(element text) RETURNS TABLE (mrid text, customers int)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    faults record := gridtwin.faults_of(element);
BEGIN
    RETURN QUERY
        SELECT u.mrid, u.customers
        FROM gridtwin.lost_points(faults.rows, faults.nodes, faults.sources) l
        JOIN gridtwin.usage_points u ON u.row = l.point
        WHERE NOT l.is_out
        ORDER BY u.row;
END
$$;

CREATE FUNCTION gridtwin.customers_downstream(element text) RETURNS int
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    found bigint := (SELECT r.customers FROM gridtwin.radial_range(element) r);
    faults record;
BEGIN
    IF found IS NULL THEN
        faults := gridtwin.faults_of(element);
        IF faults.point IS NULL THEN
            found := gridtwin.lost_customers(faults.rows, faults.nodes, faults.sources);
        ELSE
            found := (SELECT coalesce(sum(b.customers), 0) FROM gridtwin.blast_radius(element) b);
        END IF;
    END IF;
    RETURN found;
END
$$;

-- Nodes of an element: both ends of equipment, the node of a usage point, those of sources.
CREATE FUNCTION gridtwin.ends_of(element text) RETURNS int[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    given record := gridtwin.faults_of(element);
BEGIN
    RETURN ARRAY(
        SELECT unnest(given.nodes)
        UNION
        SELECT p.node_a FROM gridtwin.equipment_topology p WHERE p.equipment = ANY (given.rows)
        UNION
        SELECT p.node_b FROM gridtwin.equipment_topology p WHERE p.equipment = ANY (given.rows)
        UNION
        SELECT s.node FROM gridtwin.sources s WHERE s.row = ANY (given.sources)
        UNION
        SELECT u.node FROM gridtwin.usage_points u WHERE u.row = given.point
        ORDER BY 1
    );
END
$$;

-- Where supply comes in: of equipment that alone feeds what is below it the end above, else every
-- end with supply.
CREATE FUNCTION gridtwin.upper_ends(element text) RETURNS int[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    own record;
BEGIN
    SELECT p.equipment, p.child, t.parent INTO own
    FROM gridtwin.equipment e
    JOIN gridtwin.equipment_topology p ON p.equipment = e.row
    JOIN gridtwin.node_topology t ON t.node = p.child
    WHERE e.mrid = element;
    IF FOUND AND NOT coalesce(
        gridtwin.touches_core(ARRAY[own.equipment], ARRAY[own.child], '{}') AND (
            SELECT c.remains & 8 <> 0
            FROM gridtwin.core_loss(ARRAY[own.equipment]) c
            WHERE c.node = own.child
        ), false)
    THEN
        RETURN ARRAY[own.parent];
    END IF;
    RETURN ARRAY(
        SELECT t.node
        FROM gridtwin.node_topology t
        WHERE t.node = ANY (gridtwin.ends_of(element)) AND t.segment >= 0
        ORDER BY 1
    );
END
$$;

-- Equipment of the tree, with all that lies on a loop with any of it. Two are on one loop if chords
-- whose loops share equipment link them; the way to a source counts as equipment, so that a loop
-- through two sources is one.
CREATE FUNCTION gridtwin.with_loops(rows int[]) RETURNS SETOF int
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE chain (chord, node) AS (
        SELECT * FROM (
            SELECT c.equipment, c.node_a FROM gridtwin.chords c
            UNION ALL
            SELECT c.equipment, c.node_b FROM gridtwin.chords c
        ) ends
        UNION ALL
        SELECT c.chord, t.parent
        FROM chain c
        JOIN gridtwin.node_topology t ON t.node = c.node
        WHERE t.parent >= 0
    ), loops (chord, edge) AS MATERIALIZED (
        SELECT c.chord, CASE WHEN t.feed >= 0 THEN t.feed ELSE -2 - t.node END
        FROM chain c
        JOIN gridtwin.node_topology t ON t.node = c.node
        GROUP BY 1, 2
        HAVING count(*) = 1
        UNION ALL
        SELECT c.equipment, c.equipment FROM gridtwin.chords c
    ), closed (edge) AS (
        SELECT unnest(rows)
        UNION
        SELECT o.edge
        FROM closed c
        JOIN loops i ON i.edge = c.edge
        JOIN loops o ON o.chord = i.chord
    )
    SELECT c.edge FROM closed c WHERE c.edge >= 0;
END
$$;

CREATE FUNCTION gridtwin.upstream(element text)
RETURNS TABLE (mrid text, kind text, class text, depth int)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 30
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    front int[] := gridtwin.upper_ends(element);
    own int[] := ARRAY(SELECT e.row FROM gridtwin.equipment e WHERE e.mrid = element);
    reached int[] := front;
    ways int[];
    met int[];
    rows int[] := '{}';
    steps int[] := '{}';
    step int := 0;
BEGIN
    IF NOT EXISTS (SELECT FROM gridtwin.chords) AND cardinality(front) = 1 THEN
        RETURN QUERY
            WITH RECURSIVE up (parent, feed_mrid, feed_kind, step) AS (
                SELECT t.parent, t.feed_mrid, t.feed_kind, 1
                FROM gridtwin.node_topology t
                WHERE t.node = front[1]
                UNION ALL
                SELECT t.parent, t.feed_mrid, t.feed_kind, u.step + 1
                FROM up u
                JOIN gridtwin.node_topology t ON t.node = u.parent
            )
            SELECT u.feed_mrid, u.feed_kind, 'upstream', u.step
            FROM up u
            WHERE u.parent >= 0
            ORDER BY u.step;
        RETURN;
    END IF;
    ways := ARRAY(
        WITH RECURSIVE up (node, parent, feed) AS (
            SELECT t.node, t.parent, t.feed
            FROM gridtwin.node_topology t
            WHERE t.node = ANY (front)
            UNION
            SELECT t.node, t.parent, t.feed
            FROM up u
            JOIN gridtwin.node_topology t ON t.node = u.parent
        )
        SELECT CASE WHEN u.feed >= 0 THEN u.feed ELSE -2 - u.node END FROM up u
    );
    IF cardinality(ways) > 0 AND EXISTS (SELECT FROM gridtwin.chords) THEN
        ways := ARRAY(SELECT gridtwin.with_loops(ways || own));
    END IF;
    WHILE cardinality(front) > 0 LOOP
        step := step + 1;
        met := ARRAY(
            SELECT p.equipment
            FROM gridtwin.equipment_topology p
            WHERE p.equipment = ANY (ways) AND NOT p.equipment = ANY (own)
                AND NOT p.equipment = ANY (rows)
                AND (p.node_a = ANY (front) OR p.node_b = ANY (front))
            ORDER BY 1
        );
        rows := rows || met;
        steps := steps || array_fill(step, ARRAY[cardinality(met)]);
        front := ARRAY(
            SELECT ends.node
            FROM gridtwin.equipment_topology p
            CROSS JOIN LATERAL (VALUES (p.node_a), (p.node_b)) ends (node)
            WHERE p.equipment = ANY (met) AND NOT ends.node = ANY (reached)
            GROUP BY 1
        );
        reached := reached || front;
    END LOOP;
    RETURN QUERY
        SELECT e.mrid, e.kind, 'upstream', f.step
        FROM unnest(rows, steps) WITH ORDINALITY f (row, step, place)
        JOIN gridtwin.equipment e ON e.row = f.row
        ORDER BY f.place;
END
$$;

-- ---------------------------------------------------------------- polygons

-- Refuse what is no area, and bring it to longitude and latitude.
CREATE FUNCTION gridtwin.checked_polygon(polygon geometry) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF polygon IS NULL OR ST_IsEmpty(polygon)
        OR GeometryType(polygon) NOT IN ('POLYGON', 'MULTIPOLYGON') THEN
        RAISE EXCEPTION 'the area is %: give a polygon or multipolygon',
            coalesce(lower(GeometryType(polygon)), 'null')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT ST_IsValid(polygon) THEN
        RAISE EXCEPTION 'the polygon is not valid (%): mend it with ST_MakeValid',
            ST_IsValidReason(polygon)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN CASE ST_SRID(polygon)
        WHEN 0 THEN ST_SetSRID(polygon, 4326)
        WHEN 4326 THEN polygon
        ELSE ST_Transform(polygon, 4326)
    END;
END
$$;

CREATE FUNCTION gridtwin.usage_points_in(polygon geometry)
RETURNS TABLE (mrid text, customers int)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    area geometry := gridtwin.checked_polygon(polygon);
BEGIN
    RETURN QUERY
        SELECT u.mrid, u.customers
        FROM gridtwin.usage_points u
        WHERE ST_Intersects(u.geometry, area)
        ORDER BY u.row;
END
$$;

CREATE FUNCTION gridtwin.customers_out(polygon geometry) RETURNS int
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
    area geometry := gridtwin.checked_polygon(polygon);
BEGIN
    RETURN gridtwin.lost_customers(
        ARRAY(SELECT e.row FROM gridtwin.equipment e WHERE ST_Intersects(e.geometry, area)),
        '{}', '{}');
END
$$;

-- ---------------------------------------------------------------- why

-- Phases at a node as one byte; see mask_through.
CREATE FUNCTION gridtwin.mask_of(at int) RETURNS int
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    ways int[];
    top record := NULL;
BEGIN
    ways := ARRAY(
        WITH RECURSIVE up (node, parent, step) AS (
            SELECT t.node, t.parent, 1 FROM gridtwin.node_topology t
            WHERE t.node = at AND t.segment >= 0
            UNION ALL
            SELECT t.node, t.parent, u.step + 1
            FROM up u
            JOIN gridtwin.node_topology t ON t.node = u.parent
        )
        SELECT u.node FROM up u ORDER BY u.step
    );
    IF cardinality(ways) = 0 THEN
        RETURN 0;
    END IF;
    IF EXISTS (SELECT FROM gridtwin.chords) THEN
        SELECT c.node, c.was & 7 AS mask INTO top
        FROM gridtwin.core_loss() c
        WHERE c.node = ANY (ways)
        ORDER BY array_position(ways, c.node)
        LIMIT 1;
    END IF;
    IF top IS NULL THEN
        SELECT s.node, bit_or(s.mask) AS mask INTO top
        FROM gridtwin.live_sources s
        WHERE s.node = ways[cardinality(ways)]
        GROUP BY s.node;
    END IF;
    RETURN gridtwin.mask_below(top.node, top.mask, at);
END
$$;

-- The end of a head switch that looks away from the source.
CREATE FUNCTION gridtwin.far_end(head int) RETURNS int
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (
    SELECT CASE
        WHEN p.child >= 0 THEN p.child
        WHEN b.segment < 0 OR a.segment >= 0 AND a.depth <= b.depth THEN p.node_b
        ELSE p.node_a
    END
    FROM gridtwin.equipment_topology p
    JOIN gridtwin.node_topology a ON a.node = p.node_a
    JOIN gridtwin.node_topology b ON b.node = p.node_b
    WHERE p.equipment = head
);

-- The nodes with a source that nodes hang on.
CREATE FUNCTION gridtwin.tops_of(nodes int[]) RETURNS int[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    RETURN ARRAY(
        WITH RECURSIVE up (node, parent) AS (
            SELECT t.node, t.parent
            FROM gridtwin.node_topology t
            WHERE t.node = ANY (nodes) AND t.segment >= 0
            UNION
            SELECT t.node, t.parent FROM up u JOIN gridtwin.node_topology t ON t.node = u.parent
        )
        SELECT u.node FROM up u WHERE u.parent < 0
    );
END
$$;

-- The nodes with a source that nodes are joined to: the roots of their trees, and of the trees that
-- chords join to those.
CREATE FUNCTION gridtwin.roots_of(nodes int[]) RETURNS int[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    known int[];
    total int := 0;
BEGIN
    known := gridtwin.tops_of(nodes);
    WHILE cardinality(known) > total AND EXISTS (SELECT FROM gridtwin.chords) LOOP
        total := cardinality(known);
        known := ARRAY(
            SELECT unnest(known)
            UNION
            SELECT unnest(gridtwin.tops_of(ARRAY[c.node_a, c.node_b]))
            FROM gridtwin.chords c
            WHERE gridtwin.tops_of(ARRAY[c.node_a, c.node_b]) && known
        );
    END LOOP;
    RETURN known;
END
$$;

-- Everything joined to nodes by what conducts; within a feeder the flood passes no feeder head and
-- climbs through no transformer above medium voltage.
CREATE FUNCTION gridtwin.joined(nodes int[], within_feeder bool) RETURNS SETOF int
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE reached (node) AS (
        SELECT unnest(nodes)
        UNION
        SELECT w.node
        FROM reached r
        CROSS JOIN LATERAL (
            SELECT p.equipment, p.node_b AS node
            FROM gridtwin.equipment_topology p
            WHERE p.node_a = r.node AND p.passes <> 0
            UNION ALL
            SELECT p.equipment, p.node_a
            FROM gridtwin.equipment_topology p
            WHERE p.node_b = r.node AND p.passes <> 0
        ) w
        WHERE NOT within_feeder
            OR NOT EXISTS (SELECT FROM gridtwin.feeders f WHERE f.head = w.equipment)
            AND NOT EXISTS (
                SELECT FROM gridtwin.equipment e
                JOIN gridtwin.nodes a ON a.row = e.node_a
                JOIN gridtwin.nodes b ON b.row = e.node_b
                WHERE e.row = w.equipment AND e.kind = 'power_transformer'
                    AND greatest(a.nominal_v, b.nominal_v) > 45000
            )
    )
    SELECT r.node FROM reached r;
END
$$;

CREATE FUNCTION gridtwin.feeders_of(element text) RETURNS int[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    given record := gridtwin.faults_of(element);
    own int[] := ARRAY(
        SELECT f.row FROM gridtwin.feeders f WHERE f.head = ANY (given.rows) ORDER BY 1);
    nodes int[];
BEGIN
    IF cardinality(own) > 0 THEN
        RETURN own;
    END IF;
    nodes := ARRAY(SELECT gridtwin.joined(gridtwin.ends_of(element), true));
    RETURN ARRAY(
        SELECT f.row
        FROM gridtwin.feeders f
        JOIN gridtwin.equipment_topology p ON p.equipment = f.head AND p.passes <> 0
        WHERE (p.node_a = ANY (nodes) OR p.node_b = ANY (nodes))
            AND gridtwin.far_end(f.head) = ANY (nodes)
        ORDER BY 1
    );
END
$$;

-- Phases of each piece of equipment that stand open now.
CREATE FUNCTION gridtwin.open_phases(equipment int) RETURNS smallint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (
    SELECT coalesce(w.open_phases, e.normal_open)
    FROM gridtwin.equipment e
    LEFT JOIN gridtwin.state_switches w ON w.state = 'current' AND w.mrid = e.mrid
    WHERE e.row = open_phases.equipment
);

-- What bounds an area that a flood has reached: what stands open, what is out of service, and what
-- else the flood did not pass.
CREATE FUNCTION gridtwin.border_of(nodes int[])
RETURNS TABLE (
    equipment int, mrid text, is_open bool, is_idle bool, is_normal bool, inside bool, is_fed bool
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH reached AS MATERIALIZED (
        SELECT DISTINCT r.node FROM unnest(nodes) r (node)
    ), met AS (
        SELECT p.equipment, p.node_a, p.node_b
        FROM reached r
        JOIN gridtwin.equipment_topology p ON p.node_a = r.node
        WHERE p.passes = 0
        UNION
        SELECT p.equipment, p.node_a, p.node_b
        FROM reached r
        JOIN gridtwin.equipment_topology p ON p.node_b = r.node
        WHERE p.passes = 0
    )
    SELECT m.equipment, e.mrid,
        e.in_service AND gridtwin.open_phases(m.equipment) <> 0,
        NOT e.in_service,
        e.normal_open <> 0,
        a.node IS NOT NULL AND b.node IS NOT NULL,
        o.segment >= 0
    FROM met m
    JOIN gridtwin.equipment e ON e.row = m.equipment
    LEFT JOIN reached a ON a.node = m.node_a
    LEFT JOIN reached b ON b.node = m.node_b
    JOIN gridtwin.node_topology o
        ON o.node = CASE WHEN a.node IS NOT NULL THEN m.node_b ELSE m.node_a END;
END
$$;

-- Names for a sentence, the first five of them.
CREATE FUNCTION gridtwin.in_words(names text[], joint text, more bool) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_to_string(names[:5], joint) || CASE
    WHEN more AND cardinality(names) > 5 THEN format(' and %s more', cardinality(names) - 5)
    ELSE ''
END;

CREATE FUNCTION gridtwin.explain(
    element text, OUT mrid text, OUT supplied bool, OUT phases text, OUT sentence text,
    OUT feeders text[], OUT sources text[], OUT must_pass text[], OUT open_devices text[],
    OUT out_of_service text[], OUT alternatives text[]
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    ends int[] := gridtwin.ends_of(element);
    starts int[];
    roots int[];
    own_feeders int[];
    looped bool := EXISTS (SELECT FROM gridtwin.chords);
    live int;
    own record;
    by_them text;
BEGIN
    mrid := element;
    feeders := '{}';
    sources := '{}';
    must_pass := '{}';
    out_of_service := '{}';
    open_devices := '{}';
    SELECT coalesce(bool_or(t.segment >= 0), false) INTO supplied
    FROM gridtwin.node_topology t
    WHERE t.node = ANY (ends);
    IF NOT supplied THEN
        SELECT d.phases, d.sentence, d.open_devices, d.out_of_service, d.alternatives
        INTO phases, sentence, open_devices, out_of_service, alternatives
        FROM gridtwin.explain_dark(element, ends) d;
        RETURN;
    END IF;
    SELECT e.row, e.in_service, p.passes, gridtwin.open_phases(e.row) AS open INTO own
    FROM gridtwin.equipment e
    JOIN gridtwin.equipment_topology p ON p.equipment = e.row
    WHERE e.mrid = element;
    SELECT bit_or(CASE WHEN m.mask & 8 <> 0 THEN m.mask >> 4 ELSE m.mask END) & 7 INTO live
    FROM (SELECT gridtwin.mask_of(n.node) AS mask FROM unnest(ends) n (node)) m;
    IF own.passes <> 0 THEN
        live := live & own.passes;
    END IF;
    phases := gridtwin.phase_text(live::smallint);
    own_feeders := gridtwin.feeders_of(element);
    feeders := ARRAY(
        SELECT f.mrid FROM gridtwin.feeders f WHERE f.row = ANY (own_feeders) ORDER BY f.row);
    roots := gridtwin.roots_of(ends);
    sources := ARRAY(
        SELECT s.mrid
        FROM gridtwin.live_sources l
        JOIN gridtwin.sources s ON s.row = l.row
        WHERE l.node = ANY (roots)
        ORDER BY s.row);
    starts := gridtwin.upper_ends(element);
    must_pass := ARRAY(
        SELECT u.mrid
        FROM gridtwin.upstream(element) WITH ORDINALITY u (mrid, kind, class, depth, place)
        JOIN gridtwin.equipment e ON e.mrid = u.mrid
        WHERE cardinality(starts) = 1 AND NOT looped OR NOT EXISTS (
            SELECT FROM gridtwin.node_topology s
            WHERE s.node = ANY (starts) AND NOT EXISTS (
                SELECT FROM gridtwin.lost(ARRAY[e.row], '{}', '{}') l
                WHERE l.segment = s.segment AND s.ltin >= l.first AND s.ltin < l.last
                    AND l.remains & 8 = 0
            )
        )
        ORDER BY u.place);
    alternatives := ARRAY(
        SELECT b.mrid
        FROM gridtwin.border_of(ARRAY(SELECT gridtwin.joined(
            CASE
                WHEN EXISTS (SELECT FROM gridtwin.feeders f WHERE f.mrid = element) AND own IS NULL
                THEN ARRAY(
                    SELECT gridtwin.far_end(f.head)
                    FROM gridtwin.feeders f
                    JOIN gridtwin.equipment_topology p ON p.equipment = f.head
                    WHERE f.mrid = element AND p.passes <> 0)
                ELSE ends
            END, true))) b
        WHERE b.is_open AND NOT b.inside AND b.is_fed
        ORDER BY b.equipment);
    by_them := CASE
        WHEN cardinality(feeders) > 0 THEN ' by ' || array_to_string(feeders, ' and ') ELSE '' END;
    sentence := CASE
        WHEN own.in_service AND own.passes = 0 AND own.open <> 0 THEN element || ' stands open with supply'
        ELSE element || ' has supply' END
        || CASE WHEN phases <> '' THEN ' on ' || phases ELSE '' END
        || by_them
        || CASE
            WHEN own.in_service AND own.passes = 0 AND own.open <> 0 THEN ' at a side of it'
            ELSE '' END
        || CASE
            WHEN cardinality(must_pass) > 0
            THEN '; it alone depends on ' || gridtwin.in_words(must_pass, ', ', true)
            ELSE '' END
        || '.';
END
$$;

CREATE FUNCTION gridtwin.explain_dark(
    element text, ends int[], OUT phases text, OUT sentence text, OUT open_devices text[],
    OUT out_of_service text[], OUT alternatives text[]
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    opened text[];
    blamed text[];
BEGIN
    SELECT
        coalesce(array_agg(b.mrid ORDER BY b.equipment) FILTER (WHERE b.is_open), '{}'),
        coalesce(array_agg(b.mrid ORDER BY b.equipment)
            FILTER (WHERE b.is_open AND NOT b.is_normal), '{}'),
        coalesce(array_agg(b.mrid ORDER BY b.equipment)
            FILTER (WHERE b.is_open AND b.is_normal AND b.is_fed), '{}'),
        coalesce(array_agg(b.mrid ORDER BY b.equipment) FILTER (WHERE b.is_idle), '{}')
    INTO opened, blamed, alternatives, out_of_service
    FROM gridtwin.border_of(ARRAY(SELECT gridtwin.joined(ends, false))) b;
    phases := '';
    open_devices := CASE WHEN cardinality(blamed) > 0 THEN blamed ELSE opened END;
    sentence := element || ' is ' || CASE
        WHEN cardinality(blamed) > 0
        THEN 'out because ' || gridtwin.in_words(blamed, ' and ', false) || ' is open'
        WHEN cardinality(out_of_service) > 0
        THEN 'out because ' || gridtwin.in_words(out_of_service, ' and ', false)
            || ' is out of service'
        WHEN cardinality(opened) > 0
        THEN 'out: joined to supply only through ' || gridtwin.in_words(opened, ', ', false)
        ELSE 'out: nothing joins it to a source, open or closed'
    END || CASE
        WHEN cardinality(alternatives) > 0
        THEN '; would be fed by ' || gridtwin.in_words(alternatives, ', ', false)
        ELSE ''
    END || '.';
END
$$;

-- ---------------------------------------------------------------- comments

COMMENT ON FUNCTION gridtwin.state_version() IS 'Version of the current state';
COMMENT ON FUNCTION gridtwin.supply_phases(int) IS
    'Phases A, B, C (1, 2, 4) a set can carry; all three where it names none of them';
COMMENT ON FUNCTION gridtwin.mask_through(int, int, int) IS
    'How a node lives, from how the node above does and what the equipment between passes';
COMMENT ON FUNCTION gridtwin.mask_below(int, int, int) IS
    'How a node lives that hangs on another which lives on these phases';
COMMENT ON FUNCTION gridtwin.mask_of(int) IS 'How a node lives, as one byte; see mask_through';
COMMENT ON FUNCTION gridtwin.faults_of(text) IS
    'What fails when an element does, as rows: equipment, nodes, sources, or a usage point';
COMMENT ON VIEW gridtwin.live_sources IS 'Sources that supply';
COMMENT ON COLUMN gridtwin.live_sources.row IS 'Row of the source';
COMMENT ON COLUMN gridtwin.live_sources.node IS 'Row of the node it feeds';
COMMENT ON COLUMN gridtwin.live_sources.mask IS 'Phases it feeds as bits (A 1, B 2, C 4)';
COMMENT ON FUNCTION gridtwin.tree_ranges(int[]) IS
    'Intervals of node_topology that hang on nodes, none within another';
COMMENT ON FUNCTION gridtwin.touches_core(int[], int[], int[]) IS
    'Whether equipment, nodes and what hangs on them, or sources lie on a way to a loop';
COMMENT ON FUNCTION gridtwin.core_loss(int[], int[], int[]) IS
    'What faults leave of the supply of each node on a way to a loop';
COMMENT ON FUNCTION gridtwin.lost(int[], int[], int[]) IS
    'What is left of the supply when faults happen at once, as intervals of node_topology';
COMMENT ON FUNCTION gridtwin.lost_points(int[], int[], int[]) IS
    'Usage points that lose supply, or some of their phases, when faults happen at once';
COMMENT ON FUNCTION gridtwin.lost_customers(int[], int[], int[]) IS
    'Customers who go dark when faults happen at once';
COMMENT ON FUNCTION gridtwin.radial_range(text) IS
    'The interval that hangs on a piece of equipment of a radial feeder; null for anything else';
COMMENT ON FUNCTION gridtwin.downstream_of_more(text) IS
    'What loses supply without anything but equipment of a radial feeder; nothing for that';
COMMENT ON FUNCTION gridtwin.downstream(text) IS 'What loses supply without an element';
COMMENT ON FUNCTION gridtwin.blast_radius(text) IS
    'Usage points that go dark when an element fails, and their customers';
COMMENT ON FUNCTION gridtwin.partly_out(text) IS
    'Usage points that lose some of their phases when an element fails';
COMMENT ON FUNCTION gridtwin.customers_downstream(text) IS
    'Customers who go dark when an element fails';
COMMENT ON FUNCTION gridtwin.ends_of(text) IS 'Rows of the nodes of an element';
COMMENT ON FUNCTION gridtwin.upper_ends(text) IS 'Rows of the nodes at which supply comes in';
COMMENT ON FUNCTION gridtwin.with_loops(int[]) IS
    'Rows of equipment, with all that lies on a loop with any of it';
COMMENT ON FUNCTION gridtwin.upstream(text) IS
    'Every way from an element to the sources, nearest first';
COMMENT ON FUNCTION gridtwin.checked_polygon(geometry) IS
    'A valid polygon or multipolygon in EPSG:4326; anything else is refused';
COMMENT ON FUNCTION gridtwin.usage_points_in(geometry) IS
    'Usage points inside a polygon, and their customers';
COMMENT ON FUNCTION gridtwin.customers_out(geometry) IS
    'Customers who go dark when all equipment that meets a polygon is damaged at once';
COMMENT ON FUNCTION gridtwin.far_end(int) IS
    'Row of the node of a head switch that looks away from the source';
COMMENT ON FUNCTION gridtwin.tops_of(int[]) IS 'Rows of the nodes with a source that nodes hang on';
COMMENT ON FUNCTION gridtwin.roots_of(int[]) IS
    'Rows of the nodes with a source that nodes are joined to';
COMMENT ON FUNCTION gridtwin.joined(int[], bool) IS
    'Rows of the nodes joined to nodes by what conducts';
COMMENT ON FUNCTION gridtwin.feeders_of(text) IS 'Rows of the feeders that reach an element';
COMMENT ON FUNCTION gridtwin.open_phases(int) IS
    'Phases of a piece of equipment that stand open in the current state, as bits';
COMMENT ON FUNCTION gridtwin.border_of(int[]) IS
    'Equipment at the border of an area that does not conduct, and what is beyond';
COMMENT ON FUNCTION gridtwin.in_words(text[], text, bool) IS 'The first five names, for a sentence';
COMMENT ON FUNCTION gridtwin.explain(text) IS
    'Why an element has supply or has none, and what else could feed it';
COMMENT ON FUNCTION gridtwin.explain_dark(text, int[]) IS
    'Why an element without supply has none, and what could feed it';

DO $$ BEGIN PERFORM gridtwin.grant_roles(); END $$;

INSERT INTO gridtwin.migrations (number, name) VALUES (3, 'questions');

COMMIT;
