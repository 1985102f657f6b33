-- What is live at each node, kept in step by operations.
--
-- A node keeps the phases that are live there (live), those it could have were everything closed
-- and in service (designed), and the customers who have supply there (served): a pole that stands
-- open, by design or by operation, puts out whoever lives on its phase alone. Only where no closed
-- path of recorded phases could carry any phase a usage point uses is the record at fault, and any
-- conductor counts. What hangs on a node is counted without those who are out already.
--
-- An operation of all poles hands the phases down what it hangs on, and nothing else. Where some
-- poles move, or loops close or open, the phases below are handed down again.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

-- Add up anew who hangs on each node of a segment.
CREATE OR REPLACE FUNCTION gridtwin.count_below(of int) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
    before bigint[] := ARRAY(
        SELECT sum(t.served) OVER (ORDER BY t.ltin ROWS UNBOUNDED PRECEDING)
        FROM gridtwin.node_topology t
        WHERE t.segment = of
        ORDER BY t.ltin
    );
BEGIN
    UPDATE gridtwin.node_topology t
    SET below = before[t.ltout] - coalesce(before[t.ltin], 0)
    WHERE t.segment = of AND t.below <> before[t.ltout] - coalesce(before[t.ltin], 0);
END
$$;
COMMENT ON FUNCTION gridtwin.count_below(int) IS
    'Add up anew the customers that hang on each node of a segment; part of an operation';

-- Hand phases down an interval. The nodes of loops are given with what is live there, since other
-- ways lead there.
CREATE OR REPLACE FUNCTION gridtwin.hand_down(
    of int, first int, last int, looped int[], settled int[], version bigint
) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT SET jit = off SET enable_mergejoin = off
AS $$
DECLARE
    above int[]; -- what is live by depth, on the way to the node looked at
    found int;
    way record;
    nodes int[] := '{}'::int[];
    fresh int[] := '{}'::int[];
    next int;
BEGIN
    FOR way IN
        SELECT t.node, t.ltin, t.parent, t.depth, t.live, p.passes, k.live AS settled,
            CASE WHEN p.node_b = t.node THEN p.mixes ELSE -p.mixes END AS mixes
        FROM gridtwin.node_topology t
        LEFT JOIN LATERAL (
            SELECT p.passes, p.mixes, p.node_b
            FROM gridtwin.equipment_topology p
            WHERE p.equipment = t.feed
            OFFSET 0 -- by its index, never the whole table
        ) p ON true
        LEFT JOIN unnest(looped, settled) k (node, live) ON k.node = t.node
        WHERE t.segment = of AND t.ltin >= first AND t.ltin < last
        ORDER BY t.ltin
    LOOP
        IF way.settled IS NOT NULL THEN
            found := way.settled;
        ELSIF way.parent < 0 THEN
            found := (SELECT bit_or(s.mask) FROM gridtwin.live_sources s WHERE s.node = way.node);
        ELSE
            IF above IS NULL THEN
                above[way.depth - 1] := (
                    SELECT t.live::int FROM gridtwin.node_topology t WHERE t.node = way.parent);
            END IF;
            found := gridtwin.live_through(above[way.depth - 1], way.passes, way.mixes);
        END IF;
        IF way.ltin = first AND found = way.live AND cardinality(looped) = 0 THEN
            RETURN;
        END IF;
        above[way.depth] := found;
        IF found <> way.live THEN
            nodes := nodes || way.node;
            fresh := fresh || found;
        END IF;
    END LOOP;
    IF cardinality(nodes) = 0 THEN
        RETURN;
    END IF;
    UPDATE gridtwin.node_topology t
    SET live = n.live, served = CASE
        WHEN t.customers = 0 OR t.designed & ~n.live = 0 THEN t.customers
        ELSE (
            SELECT coalesce(sum(u.customers), 0)
            FROM gridtwin.usage_points u
            WHERE u.node = t.node AND gridtwin.is_served(u.phases, n.live, t.designed))
        END
    FROM unnest(nodes, fresh) n (node, live)
    WHERE t.node = n.node;
    PERFORM gridtwin.count_below(of);
    UPDATE gridtwin.segments g SET version = hand_down.version WHERE g.segment = of;
    IF of = 0 THEN
        FOR next IN SELECT g.segment FROM gridtwin.segments g WHERE g.hook = ANY (nodes) LOOP
            PERFORM gridtwin.hand_down(next, 0, 2147483647, looped, settled, version);
        END LOOP;
    END IF;
END
$$;
COMMENT ON FUNCTION gridtwin.hand_down(int, int, int, int[], int[], bigint) IS
    'Hand phases down an interval of node_topology, and what hooks on it; part of an operation';

-- Nodes, and all on their ways to the sources; those that are dead are left out.
CREATE OR REPLACE FUNCTION gridtwin.ways_up(nodes int[]) RETURNS int[]
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
        SELECT u.node FROM up u
    );
END
$$;
COMMENT ON FUNCTION gridtwin.ways_up(int[]) IS
    'Rows of nodes with supply, and of all on their ways to the sources';

-- The nodes on loops, and all between them and the sources.
CREATE OR REPLACE FUNCTION gridtwin.looped_nodes() RETURNS int[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
    RETURN gridtwin.ways_up(ARRAY(
        SELECT c.node_a FROM gridtwin.chords c UNION SELECT c.node_b FROM gridtwin.chords c));
END
$$;
COMMENT ON FUNCTION gridtwin.looped_nodes() IS
    'Rows of the nodes on loops, and of all on their ways to the sources';

-- What is live at nodes, given with all on their ways to the sources: by the tree, but where it is
-- settled. They are whole where no other way could bring another phase.
CREATE OR REPLACE FUNCTION gridtwin.live_along(
    INOUT nodes int[], looped int[], settled int[], OUT live int[], OUT whole bool
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET enable_mergejoin = off
AS $$
DECLARE
    ordered int[] := '{}'::int[];
    above int[]; -- what is live by depth, on the way to the node looked at
    current int := -1;
    found int;
    way record;
BEGIN
    live := '{}';
    whole := true;
    FOR way IN
        SELECT t.node, t.segment, t.parent, t.depth, t.designed, p.passes, k.live AS settled,
            CASE WHEN p.node_b = t.node THEN p.mixes ELSE -p.mixes END AS mixes
        FROM gridtwin.node_topology t
        LEFT JOIN LATERAL (
            SELECT p.passes, p.mixes, p.node_b
            FROM gridtwin.equipment_topology p
            WHERE p.equipment = t.feed
            OFFSET 0 -- by its index, never the whole table
        ) p ON true
        LEFT JOIN unnest(looped, settled) k (node, live) ON k.node = t.node
        WHERE t.node = ANY (nodes)
        ORDER BY t.segment, t.ltin
    LOOP
        IF way.segment <> current AND way.parent >= 0 THEN
            above[way.depth - 1] := live[array_position(ordered, way.parent)];
        END IF;
        current := way.segment;
        IF way.settled IS NOT NULL THEN
            found := way.settled;
        ELSIF way.parent < 0 THEN
            found := (SELECT bit_or(s.mask) FROM gridtwin.live_sources s WHERE s.node = way.node);
        ELSE
            found := gridtwin.live_through(above[way.depth - 1], way.passes, way.mixes);
        END IF;
        above[way.depth] := found;
        ordered := ordered || way.node;
        live := live || found;
        whole := whole AND way.designed & ~found = 0;
    END LOOP;
    nodes := ordered;
END
$$;
COMMENT ON FUNCTION gridtwin.live_along(int[], int[], int[]) IS
    'Phases that are live at nodes by the tree, and whether no other way could bring more';

-- Bring the phases of nodes in step, where loops are or were, and of all that hangs on them.
CREATE OR REPLACE FUNCTION gridtwin.settle_loops(changed int[], version bigint) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    along record := gridtwin.live_along(
        gridtwin.ways_up(changed || gridtwin.looped_nodes()), '{}', '{}');
    looped int[];
    settled int[];
    top record;
BEGIN
    IF NOT along.whole AND EXISTS (SELECT FROM gridtwin.chords) THEN
        SELECT array_agg(c.node), array_agg(c.was & 7) INTO looped, settled
        FROM gridtwin.core_loss() c;
        along := gridtwin.live_along(along.nodes, looped, settled);
    END IF;
    looped := along.nodes;
    settled := along.live;
    FOR top IN
        SELECT t.node, t.segment, t.ltin, t.ltout, k.live
        FROM unnest(looped, settled) k (node, live)
        JOIN gridtwin.node_topology t ON t.node = k.node
        WHERE t.live <> k.live
        ORDER BY t.segment, t.ltin
    LOOP
        -- What lies above may have brought it in step.
        IF EXISTS (
            SELECT FROM gridtwin.node_topology t WHERE t.node = top.node AND t.live <> top.live
        ) THEN
            PERFORM gridtwin.hand_down(top.segment, top.ltin, top.ltout, looped, settled, version);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION gridtwin.settle_loops(int[], bigint) IS
    'Bring the phases around loops in step, and those of all that hangs on them; part of an '
    'operation';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/50_live_phases.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
