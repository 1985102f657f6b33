-- 0014: a usage point is out when no phase it uses is live.
--
-- A node keeps the phases that are live there (live), those it could have were everything closed
-- and in service (designed), and the customers who have supply there (served): a pole that stands
-- open, by design or by operation, puts out whoever lives on its phase alone. Only where no closed
-- path of recorded phases could carry any phase a usage point uses is the record at fault, and any
-- conductor counts. What hangs on a node is counted without those who are out already.
--
-- An operation of all poles hands the phases down what it hangs on, and nothing else. Where some
-- poles move, or loops close or open, the phases below are handed down again.
--
-- Runs with psql alone, in one transaction: psql -v ON_ERROR_STOP=1 -f 0014_phases.sql URL

BEGIN;
SET LOCAL client_min_messages = warning;

-- PostGIS may live in any schema; its functions are looked up where it is.
DO $$
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, ' || extnamespace::regnamespace || ', pg_temp',
        true)
    FROM pg_extension
    WHERE extname = 'postgis';
END
$$;

ALTER TABLE gridtwin.node_topology
    ADD COLUMN designed smallint NOT NULL DEFAULT 0 CHECK (designed BETWEEN 0 AND 7),
    ADD COLUMN live smallint NOT NULL DEFAULT 0 CHECK (live BETWEEN 0 AND 7),
    ADD COLUMN served int NOT NULL DEFAULT 0;

-- ---------------------------------------------------------------- phases
-- As before, but not strict, so that they become part of the query that asks.

CREATE OR REPLACE FUNCTION gridtwin.supply_phases(mask int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN mask & 7 = 0 THEN 7 ELSE mask & 7 END;

CREATE OR REPLACE FUNCTION gridtwin.live_bits(mask int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN mask & 8 <> 0 THEN mask >> 4 ELSE mask END & 7;

-- A transformer that mixes phases needs one that it takes.
CREATE OR REPLACE FUNCTION gridtwin.mask_through(mask int, passes int, mixes int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN mixes <= 0 AND mask & 8 <> 0 THEN
        mask & (15 | CASE WHEN mixes < 0 THEN 0 ELSE passes << 4 END)
    WHEN mixes <= 0 THEN mask & CASE WHEN mixes < 0 THEN 0 ELSE passes END
    WHEN mask & 8 <> 0 THEN
        mask & 7 | 8 | CASE WHEN (mask >> 4) & passes & 7 <> 0 THEN passes << 4 ELSE 0 END
    WHEN mask & passes & 7 <> 0 THEN mask & passes & 7 | 8 | (passes << 4)
    ELSE 0
END;

-- The phases that are live below equipment, of those above.
CREATE FUNCTION gridtwin.live_through(live int, passes int, mixes int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN mixes = 0 THEN live & passes
    WHEN mixes > 0 AND live & passes <> 0 THEN passes
    ELSE 0
END;

-- Whether a usage point of these phases has supply, at a node that some conductor reaches. Where
-- no phase it uses could be live, its record is at fault, and any conductor counts.
CREATE FUNCTION gridtwin.is_served(own int, live int, designed int) RETURNS bool
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN live & gridtwin.supply_phases(own) <> 0 OR designed & gridtwin.supply_phases(own) = 0;

-- How something of these phases is supplied where these are live and those could be: 1 with supply,
-- 0 without, 2 without some of the phases it could have.
CREATE FUNCTION gridtwin.supply_code(own int, live int, could int, reached bool) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN could & gridtwin.supply_phases(own) = 0 THEN reached::int
    WHEN live & gridtwin.supply_phases(own) = 0 THEN 0
    WHEN could & ~live & gridtwin.supply_phases(own) <> 0 THEN 2
    ELSE 1
END;

-- ---------------------------------------------------------------- what was mirrored before

DO $$
DECLARE
    gained bigint;
BEGIN
    PERFORM set_config('work_mem', '256MB', true);
    CREATE TEMP TABLE pg_temp.lives ON COMMIT DROP AS
    WITH RECURSIVE looped AS MATERIALIZED (
        SELECT c.node, c.was & 7 AS live FROM gridtwin.core_loss() c
        WHERE EXISTS (SELECT FROM gridtwin.chords)
    ), feeding AS MATERIALIZED (
        SELECT s.node, bit_or(s.mask) AS mask FROM gridtwin.live_sources s GROUP BY s.node
    ), down (node, live, whole) AS (
        SELECT t.node, coalesce(k.live, s.mask), s.mask
        FROM gridtwin.node_topology t
        JOIN feeding s ON s.node = t.node
        LEFT JOIN looped k ON k.node = t.node
        WHERE t.segment >= 0 AND t.parent = -1
        UNION ALL
        SELECT t.node,
            coalesce(k.live, gridtwin.live_through(
                d.live, p.passes, CASE WHEN p.node_b = t.node THEN p.mixes ELSE -p.mixes END)),
            gridtwin.live_through(
                d.whole, gridtwin.supply_phases(e.phases),
                CASE WHEN p.node_b = t.node THEN p.mixes ELSE -p.mixes END)
        FROM down d
        JOIN gridtwin.node_topology t ON t.parent = d.node AND t.segment >= 0
        JOIN gridtwin.equipment_topology p ON p.equipment = t.feed
        JOIN gridtwin.equipment e ON e.row = t.feed
        LEFT JOIN looped k ON k.node = t.node
    ), every_source AS (
        SELECT s.node, bit_or(gridtwin.supply_phases(s.phases)) AS mask
        FROM gridtwin.sources s
        WHERE s.kind <> 'der'
        GROUP BY s.node
    )
    SELECT t.node, coalesce(d.live, 0) AS live,
        coalesce(d.whole, 0) | coalesce(d.live, 0) | coalesce(s.mask, 0) AS designed
    FROM gridtwin.node_topology t
    LEFT JOIN down d ON d.node = t.node
    LEFT JOIN every_source s ON s.node = t.node;
    ALTER TABLE pg_temp.lives ADD PRIMARY KEY (node);
    ANALYZE pg_temp.lives;
    -- Phases spread over all that could be closed, until none gains any: first from everywhere.
    CREATE TEMP TABLE pg_temp.front ON COMMIT DROP AS SELECT l.node FROM pg_temp.lives l;
    LOOP
        ANALYZE pg_temp.front;
        CREATE TEMP TABLE pg_temp.gains ON COMMIT DROP AS
        SELECT w.head AS node, bit_or(w.carried) AS carried
        FROM (
            SELECT p.node_b AS head, gridtwin.live_through(
                a.designed, gridtwin.supply_phases(e.phases), p.mixes) AS carried
            FROM pg_temp.front f
            JOIN gridtwin.equipment_topology p ON p.node_a = f.node AND p.one_way >= 0
            JOIN gridtwin.equipment e ON e.row = p.equipment
            JOIN pg_temp.lives a ON a.node = p.node_a
            UNION ALL
            SELECT p.node_a, gridtwin.live_through(
                b.designed, gridtwin.supply_phases(e.phases), -p.mixes)
            FROM pg_temp.front f
            JOIN gridtwin.equipment_topology p ON p.node_b = f.node AND p.one_way <= 0
            JOIN gridtwin.equipment e ON e.row = p.equipment
            JOIN pg_temp.lives b ON b.node = p.node_b
        ) w
        JOIN pg_temp.lives h ON h.node = w.head
        WHERE w.carried & ~h.designed <> 0
        GROUP BY w.head;
        GET DIAGNOSTICS gained = ROW_COUNT;
        EXIT WHEN gained = 0;
        UPDATE pg_temp.lives l
        SET designed = l.designed | g.carried
        FROM pg_temp.gains g
        WHERE g.node = l.node;
        DROP TABLE pg_temp.front;
        ALTER TABLE pg_temp.gains RENAME TO front;
    END LOOP;
    UPDATE gridtwin.node_topology t
    SET live = l.live, designed = l.designed, served = CASE
        WHEN t.segment < 0 OR t.customers = 0 THEN 0
        WHEN l.designed & ~l.live = 0 THEN t.customers
        ELSE (
            SELECT coalesce(sum(u.customers), 0)
            FROM gridtwin.usage_points u
            WHERE u.node = t.node AND gridtwin.is_served(u.phases, l.live, l.designed))
        END
    FROM pg_temp.lives l
    WHERE l.node = t.node;
    DELETE FROM gridtwin.mirrored_blocks b WHERE b.table_name = 'node_topology';
END
$$;

-- ---------------------------------------------------------------- indexes

DROP INDEX gridtwin.node_topology_dark;
CREATE INDEX node_topology_lacking ON gridtwin.node_topology (node)
    WHERE segment = -1 OR designed & ~live <> 0;
DROP INDEX gridtwin.usage_points_node;
CREATE INDEX usage_points_node ON gridtwin.usage_points (node)
    INCLUDE (row, mrid, customers, phases);

-- ---------------------------------------------------------------- the tree of supply

-- Add up anew who hangs on each node of a segment.
CREATE FUNCTION gridtwin.count_below(of int) RETURNS void
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

DO $$
BEGIN
    PERFORM gridtwin.count_below(t.segment)
    FROM gridtwin.node_topology t
    WHERE t.segment >= 0 AND t.served <> t.customers
    GROUP BY t.segment;
END
$$;
ANALYZE gridtwin.node_topology;

-- Hand phases down an interval. The nodes of loops are given with what is live there, since other
-- ways lead there.
CREATE FUNCTION gridtwin.hand_down(
    of int, first int, last int, looped int[], settled int[], version bigint
) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT SET jit = off SET enable_mergejoin = off
AS $$
DECLARE
    above int[]; -- what is live by depth, on the way to the node looked at
    found int;
    way record;
    nodes int[] := '{}';
    fresh int[] := '{}';
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
                    SELECT t.live FROM gridtwin.node_topology t WHERE t.node = way.parent);
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

-- Nodes, and all on their ways to the sources; those that are dead are left out.
CREATE FUNCTION gridtwin.ways_up(nodes int[]) RETURNS int[]
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

-- The nodes on loops, and all between them and the sources.
CREATE FUNCTION gridtwin.looped_nodes() RETURNS int[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
    RETURN gridtwin.ways_up(ARRAY(
        SELECT c.node_a FROM gridtwin.chords c UNION SELECT c.node_b FROM gridtwin.chords c));
END
$$;

-- What is live at nodes, given with all on their ways to the sources: by the tree, but where it is
-- settled. They are whole where no other way could bring another phase.
CREATE FUNCTION gridtwin.live_along(
    INOUT nodes int[], looped int[], settled int[], OUT live int[], OUT whole bool
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET enable_mergejoin = off
AS $$
DECLARE
    ordered int[] := '{}';
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

-- Bring the phases of nodes in step, where loops are or were, and of all that hangs on them.
CREATE FUNCTION gridtwin.settle_loops(changed int[], version bigint) RETURNS void
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

-- As before, and with phases.
-- Put everything that hangs on a node in the dark.
CREATE OR REPLACE FUNCTION gridtwin.cut_off(top int, version bigint) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    at gridtwin.node_topology;
    hooked int[];
    dark int[];
BEGIN
    SELECT * INTO at FROM gridtwin.node_topology t WHERE t.node = top;
    hooked := ARRAY(
        SELECT g.segment
        FROM gridtwin.node_topology h
        JOIN gridtwin.segments g ON g.hook = h.node
        WHERE at.segment = 0 AND h.segment = 0 AND h.ltin >= at.ltin AND h.ltin < at.ltout
    );
    dark := ARRAY(
        SELECT t.node
        FROM gridtwin.node_topology t
        WHERE t.segment = at.segment AND t.ltin >= at.ltin AND t.ltin < at.ltout
        UNION ALL
        SELECT t.node FROM gridtwin.node_topology t WHERE t.segment = ANY (hooked)
    );
    UPDATE gridtwin.equipment_topology p
    SET child = -1
    FROM gridtwin.node_topology t
    WHERE t.node = ANY (dark) AND p.equipment = t.feed;
    UPDATE gridtwin.node_topology t
    SET segment = -1, ltin = -1, ltout = -1, parent = -1, feed = -1, depth = -1, below = 0,
        feed_mrid = '', feed_kind = '', live = 0, served = 0
    WHERE t.node = ANY (dark);
    -- What stands behind moves up; what it hung on loses its customers.
    UPDATE gridtwin.node_topology t
    SET ltin = CASE WHEN t.ltin > at.ltin THEN t.ltin - (at.ltout - at.ltin) ELSE t.ltin END,
        ltout = t.ltout - (at.ltout - at.ltin),
        below = CASE WHEN t.ltin < at.ltin THEN t.below - at.below ELSE t.below END
    WHERE t.segment = at.segment AND t.ltout > at.ltin;
    DELETE FROM gridtwin.segments g WHERE g.segment = ANY (hooked) OR g.root = top;
    UPDATE gridtwin.segments g SET version = cut_off.version WHERE g.segment = at.segment;
END
$$;

CREATE OR REPLACE FUNCTION gridtwin.hang_on(way int, tail int, head int, version bigint)
RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    at gridtwin.node_topology;
    nodes int[] := ARRAY[head];
    feeds int[] := ARRAY[way];
    ups int[] := ARRAY[0]; -- place of the parent among the nodes; 0 = the live node
    lives int[]; -- phases of each
    met record;
    done int := 0;
    total int;
    feeders int[]; -- feeder whose head feeds each node; null for none
    segments int[];
    depths int[];
    sizes int[];
    totals bigint[];
    supplied bigint[];
    starts int[];
    follows int[];
    up int;
BEGIN
    SELECT * INTO at FROM gridtwin.node_topology t WHERE t.node = tail;
    lives := ARRAY(
        SELECT gridtwin.live_through(
            at.live, p.passes, CASE WHEN p.node_b = head THEN p.mixes ELSE -p.mixes END)
        FROM gridtwin.equipment_topology p
        WHERE p.equipment = way
    );
    LOOP
        SELECT array_agg(w.node) AS nodes, array_agg(w.equipment) AS feeds, array_agg(w.up) AS ups,
            array_agg(w.live) AS lives
        INTO met
        FROM (
            SELECT DISTINCT ON (w.node) w.node, w.equipment, f.place::int + done AS up,
                gridtwin.live_through(f.live, w.passes, w.mixes) AS live
            FROM unnest(nodes[done + 1:], feeds[done + 1:], lives[done + 1:])
                WITH ORDINALITY f (node, feed, live, place)
            CROSS JOIN LATERAL (
                SELECT p.equipment, p.node_b AS node, p.passes, p.mixes
                FROM gridtwin.equipment_topology p
                WHERE p.node_a = f.node AND p.passes <> 0 AND p.one_way >= 0
                UNION ALL
                SELECT p.equipment, p.node_a, p.passes, -p.mixes
                FROM gridtwin.equipment_topology p
                WHERE p.node_b = f.node AND p.passes <> 0 AND p.one_way <= 0
            ) w
            JOIN gridtwin.node_topology t ON t.node = w.node AND t.segment = -1
            WHERE w.equipment <> f.feed AND NOT w.node = ANY (nodes)
            ORDER BY w.node, w.equipment
        ) w;
        EXIT WHEN met.nodes IS NULL;
        done := cardinality(nodes);
        nodes := nodes || met.nodes;
        feeds := feeds || met.feeds;
        ups := ups || met.ups;
        lives := lives || met.lives;
    END LOOP;

    total := cardinality(nodes);
    SELECT array_agg(f.row ORDER BY n.place), array_agg(CASE
        WHEN t.customers = 0 OR t.designed & ~n.live = 0 THEN t.customers
        ELSE (
            SELECT coalesce(sum(u.customers), 0)
            FROM gridtwin.usage_points u
            WHERE u.node = t.node AND gridtwin.is_served(u.phases, n.live, t.designed))
        END ORDER BY n.place)
    INTO feeders, supplied
    FROM unnest(nodes, feeds, lives) WITH ORDINALITY n (node, feed, live, place)
    JOIN gridtwin.node_topology t ON t.node = n.node
    LEFT JOIN LATERAL (
        SELECT min(f.row) AS row FROM gridtwin.feeders f WHERE f.head = n.feed
    ) f ON true;
    totals := supplied;
    segments := array_fill(at.segment, ARRAY[total]);
    depths := array_fill(at.depth + 1, ARRAY[total]);
    sizes := array_fill(1, ARRAY[total]);
    starts := array_fill(at.ltout, ARRAY[total]);
    follows := starts;
    FOR i IN 1..total LOOP
        up := ups[i];
        IF up > 0 THEN
            segments[i] := segments[up];
            depths[i] := depths[up] + 1;
        END IF;
        IF segments[i] = 0 AND feeders[i] IS NOT NULL THEN
            segments[i] := feeders[i] + 1;
            INSERT INTO gridtwin.segments (segment, feeder, root, hook)
            VALUES (segments[i], feeders[i], nodes[i],
                CASE WHEN up > 0 THEN nodes[up] ELSE tail END);
        END IF;
    END LOOP;
    FOR i IN REVERSE total..2 LOOP
        up := ups[i];
        IF segments[i] = segments[up] THEN
            sizes[up] := sizes[up] + sizes[i];
            totals[up] := totals[up] + totals[i];
        END IF;
    END LOOP;
    FOR i IN 1..total LOOP
        up := ups[i];
        IF segments[i] <> (CASE WHEN up > 0 THEN segments[up] ELSE at.segment END) THEN
            starts[i] := 0;
        ELSIF up > 0 THEN
            starts[i] := follows[up];
            follows[up] := follows[up] + sizes[i];
        END IF;
        follows[i] := starts[i] + 1;
    END LOOP;

    IF segments[1] = at.segment THEN
        UPDATE gridtwin.node_topology t
        SET ltin = CASE WHEN t.ltin > at.ltin THEN t.ltin + sizes[1] ELSE t.ltin END,
            ltout = t.ltout + sizes[1],
            below = CASE WHEN t.ltin > at.ltin THEN t.below ELSE t.below + totals[1] END
        WHERE t.segment = at.segment
            AND (t.ltin >= at.ltout OR t.ltin <= at.ltin AND t.ltout > at.ltin);
    END IF;
    UPDATE gridtwin.node_topology t
    SET segment = n.segment, ltin = n.start, ltout = n.start + n.size, depth = n.depth,
        feed = n.feed, parent = CASE WHEN n.up > 0 THEN nodes[n.up] ELSE tail END,
        below = n.below, feed_mrid = e.mrid, feed_kind = e.kind, live = n.live,
        served = n.served
    FROM unnest(nodes, feeds, ups, segments, depths, sizes, starts, totals, lives, supplied)
        n (node, feed, up, segment, depth, size, start, below, live, served)
    JOIN gridtwin.equipment e ON e.row = n.feed
    WHERE t.node = n.node;
    UPDATE gridtwin.equipment_topology p
    SET child = n.node
    FROM unnest(nodes, feeds) n (node, feed)
    WHERE p.equipment = n.feed;
    UPDATE gridtwin.segments g SET version = hang_on.version WHERE g.segment = ANY (segments);
    INSERT INTO gridtwin.chords (equipment, node_a, node_b)
    SELECT DISTINCT p.equipment, p.node_a, p.node_b
    FROM unnest(nodes) n (node)
    CROSS JOIN LATERAL (
        SELECT * FROM gridtwin.equipment_topology p WHERE p.node_a = n.node
        UNION ALL
        SELECT * FROM gridtwin.equipment_topology p WHERE p.node_b = n.node
    ) p
    JOIN gridtwin.node_topology a ON a.node = p.node_a
    JOIN gridtwin.node_topology b ON b.node = p.node_b
    WHERE p.passes <> 0 AND p.child < 0 AND a.segment >= 0 AND b.segment >= 0
    ON CONFLICT DO NOTHING;
END
$$;

-- Let other phases than before through a piece of equipment.
CREATE OR REPLACE FUNCTION gridtwin.let_through(way int, phases int, version bigint) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    own gridtwin.equipment_topology;
    a_live bool;
    b_live bool;
    next record;
    looped int[] := CASE -- before
        WHEN EXISTS (SELECT FROM gridtwin.chords) THEN gridtwin.looped_nodes() ELSE '{}' END;
BEGIN
    SELECT * INTO own FROM gridtwin.equipment_topology p WHERE p.equipment = way;
    UPDATE gridtwin.equipment_topology p SET passes = phases WHERE p.equipment = way;
    DELETE FROM gridtwin.mirrored_blocks b
    WHERE b.table_name IN ('node_topology', 'segments', 'equipment_topology', 'chords');
    SELECT a.segment >= 0, b.segment >= 0 INTO a_live, b_live
    FROM gridtwin.node_topology a, gridtwin.node_topology b
    WHERE a.node = own.node_a AND b.node = own.node_b;
    IF own.passes <> 0 AND phases <> 0 OR own.passes = phases THEN
        UPDATE gridtwin.segments g
        SET version = let_through.version
        FROM gridtwin.node_topology t
        WHERE own.passes <> phases AND t.node = own.child AND g.segment = t.segment;
        IF own.passes = phases THEN
            RETURN;
        ELSIF cardinality(looped) > 0 THEN
            PERFORM gridtwin.settle_loops(ARRAY[own.child], version);
        ELSE
            PERFORM gridtwin.hand_down(t.segment, t.ltin, t.ltout, '{}', '{}', version)
            FROM gridtwin.node_topology t
            WHERE t.node = own.child;
        END IF;
        RETURN;
    ELSIF phases = 0 THEN
        DELETE FROM gridtwin.chords c WHERE c.equipment = way;
        IF own.child >= 0 THEN
            PERFORM gridtwin.cut_off(own.child, version);
        END IF;
    ELSIF a_live AND b_live THEN
        INSERT INTO gridtwin.chords (equipment, node_a, node_b)
        VALUES (way, own.node_a, own.node_b);
    ELSIF a_live AND own.one_way >= 0 THEN
        PERFORM gridtwin.hang_on(way, own.node_a, own.node_b, version);
    ELSIF b_live AND own.one_way <= 0 THEN
        PERFORM gridtwin.hang_on(way, own.node_b, own.node_a, version);
    END IF;
    LOOP -- what still reaches a part that was cut off
        SELECT c.equipment, CASE WHEN a.segment >= 0 THEN a.node ELSE b.node END AS tail,
            CASE WHEN a.segment >= 0 THEN b.node ELSE a.node END AS head,
            CASE WHEN a.segment >= 0 THEN p.one_way >= 0 ELSE p.one_way <= 0 END
                AND (a.segment >= 0 OR b.segment >= 0) AS leads
        INTO next
        FROM gridtwin.chords c
        JOIN gridtwin.equipment_topology p ON p.equipment = c.equipment
        JOIN gridtwin.node_topology a ON a.node = c.node_a
        JOIN gridtwin.node_topology b ON b.node = c.node_b
        WHERE a.segment < 0 OR b.segment < 0
        ORDER BY leads, least(nullif(a.depth, -1), nullif(b.depth, -1)), c.equipment
        LIMIT 1;
        EXIT WHEN NOT FOUND;
        DELETE FROM gridtwin.chords c WHERE c.equipment = next.equipment;
        IF next.leads THEN
            PERFORM gridtwin.hang_on(next.equipment, next.tail, next.head, version);
        END IF;
    END LOOP;
    IF cardinality(looped) > 0 OR EXISTS (SELECT FROM gridtwin.chords) THEN
        PERFORM gridtwin.settle_loops(looped || own.child, version);
    END IF;
    WITH ends AS MATERIALIZED (
        SELECT t.segment
        FROM gridtwin.chords c
        CROSS JOIN LATERAL (VALUES (c.node_a), (c.node_b)) e (node)
        JOIN gridtwin.node_topology t ON t.node = e.node
    )
    UPDATE gridtwin.segments g
    SET meshed = NOT g.meshed
    WHERE g.meshed <> (
        g.segment IN (SELECT e.segment FROM ends e) OR g.segment = 0 AND EXISTS (SELECT FROM ends));
END
$$;

-- ---------------------------------------------------------------- questions

-- What keeps alive what uses these phases at a node that lives so, as mask_through has it: phases
-- of its feeding point, any of which does; 8 where any conductor does.
CREATE FUNCTION gridtwin.need_of(used int, mask int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN gridtwin.live_bits(mask) & used = 0 THEN 8
    WHEN mask & 8 <> 0 THEN mask & 7
    ELSE mask & used
END;

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

CREATE OR REPLACE FUNCTION gridtwin.blast_radius(element text) RETURNS TABLE (mrid text, customers int)
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
                AND gridtwin.is_served(u.phases, t.live, t.designed)
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
                AND gridtwin.is_served(u.phases, t.live, t.designed)
        )
        ORDER BY u.row;
END
$$;

DROP FUNCTION gridtwin.mask_of(int);

-- ---------------------------------------------------------------- why

-- What bounds the area that is joined to nodes by what lets any of some phases through.
CREATE FUNCTION gridtwin.shut_around(nodes int[], wanted int, reached bool)
RETURNS TABLE (equipment int, mrid text, is_open bool, is_idle bool, is_normal bool, is_fed bool)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    poles int := wanted | 48; -- the legs of a secondary stand for whatever feeds
    area int[] := ARRAY(
        WITH RECURSIVE met (node) AS (
            SELECT unnest(nodes)
            UNION
            SELECT w.node
            FROM met m
            CROSS JOIN LATERAL (
                SELECT p.node_b AS node
                FROM gridtwin.equipment_topology p
                WHERE p.node_a = m.node AND p.passes & wanted <> 0
                UNION ALL
                SELECT p.node_a
                FROM gridtwin.equipment_topology p
                WHERE p.node_b = m.node AND p.passes & wanted <> 0
            ) w
        )
        SELECT m.node FROM met m
    );
BEGIN
    RETURN QUERY
    WITH edge AS (
        SELECT p.equipment, p.node_b AS beyond
        FROM unnest(area) m (node)
        JOIN gridtwin.equipment_topology p ON p.node_a = m.node
        WHERE p.passes & wanted = 0
        UNION ALL
        SELECT p.equipment, p.node_a
        FROM unnest(area) m (node)
        JOIN gridtwin.equipment_topology p ON p.node_b = m.node
        WHERE p.passes & wanted = 0 AND NOT p.node_a = ANY (area)
    )
    SELECT d.equipment, e.mrid,
        e.in_service AND gridtwin.open_phases(d.equipment) & poles <> 0,
        NOT e.in_service,
        e.normal_open & poles <> 0,
        CASE WHEN reached THEN t.live & wanted <> 0 ELSE t.segment >= 0 END
    FROM edge d
    JOIN gridtwin.equipment e ON e.row = d.equipment
    JOIN gridtwin.node_topology t ON t.node = d.beyond;
END
$$;

DROP FUNCTION gridtwin.explain_dark(text, int[]);

CREATE FUNCTION gridtwin.explain_dark(
    element text, ends int[], wanted int, reached bool, OUT phases text, OUT sentence text,
    OUT open_devices text[], OUT out_of_service text[], OUT alternatives text[]
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    opened text[];
    blamed text[];
    on_them text := CASE
        WHEN reached THEN ' on ' || gridtwin.phase_text(wanted::smallint) ELSE '' END;
BEGIN
    SELECT
        coalesce(array_agg(b.mrid ORDER BY b.equipment) FILTER (WHERE b.is_open), '{}'),
        coalesce(array_agg(b.mrid ORDER BY b.equipment)
            FILTER (WHERE b.is_open AND NOT b.is_normal), '{}'),
        coalesce(array_agg(b.mrid ORDER BY b.equipment)
            FILTER (WHERE b.is_open AND b.is_normal AND b.is_fed), '{}'),
        coalesce(array_agg(b.mrid ORDER BY b.equipment) FILTER (WHERE b.is_idle), '{}')
    INTO opened, blamed, alternatives, out_of_service
    FROM gridtwin.shut_around(ends, wanted, reached) b;
    phases := '';
    open_devices := CASE WHEN cardinality(blamed) > 0 THEN blamed ELSE opened END;
    sentence := element || ' is ' || CASE
        WHEN cardinality(blamed) > 0
        THEN 'out because ' || gridtwin.in_words(blamed, ' and ', false) || ' is open' || on_them
        WHEN cardinality(out_of_service) > 0
        THEN 'out because ' || gridtwin.in_words(out_of_service, ' and ', false)
            || ' is out of service'
        WHEN cardinality(opened) > 0
        THEN 'out: joined to supply' || on_them || ' only through ' || gridtwin.in_words(opened, ', ', false)
        ELSE 'out: nothing joins it to a source, open or closed'
    END || CASE
        WHEN cardinality(alternatives) > 0
        THEN '; would be fed by ' || gridtwin.in_words(alternatives, ', ', false)
        ELSE ''
    END || '.';
END
$$;

-- Whether a piece of equipment alone keeps alive what uses these phases at a node.
CREATE FUNCTION gridtwin.depends_on(at int, used int, way int) RETURNS bool
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM gridtwin.lost(ARRAY[way], '{}', '{}') l
        JOIN gridtwin.node_topology t
            ON t.segment = l.segment AND t.ltin >= l.first AND t.ltin < l.last
        WHERE t.node = at AND (l.remains = 0 OR 0 = l.remains
            & gridtwin.need_of(used, gridtwin.mask_below(l.top, l.was & 7, at)))
    );
END
$$;

CREATE OR REPLACE FUNCTION gridtwin.explain(
    element text, OUT mrid text, OUT supplied bool, OUT phases text, OUT sentence text,
    OUT feeders text[], OUT sources text[], OUT must_pass text[], OUT open_devices text[],
    OUT out_of_service text[], OUT alternatives text[]
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    given record := gridtwin.faults_of(element);
    ends int[] := gridtwin.ends_of(element);
    starts int[];
    roots int[];
    own_feeders int[];
    looped bool := EXISTS (SELECT FROM gridtwin.chords);
    live int;
    could int;
    used int;
    reached bool;
    stands_open bool;
    own record;
    by_them text;
BEGIN
    mrid := element;
    feeders := '{}';
    sources := '{}';
    must_pass := '{}';
    out_of_service := '{}';
    open_devices := '{}';
    SELECT e.row, e.in_service, e.phases, p.passes, gridtwin.open_phases(e.row) AS open INTO own
    FROM gridtwin.equipment e
    JOIN gridtwin.equipment_topology p ON p.equipment = e.row
    WHERE e.mrid = element;
    used := coalesce(
        gridtwin.supply_phases(own.phases),
        (SELECT gridtwin.supply_phases(u.phases) FROM gridtwin.usage_points u
            WHERE u.row = given.point),
        (SELECT gridtwin.supply_phases(s.phases) FROM gridtwin.sources s
            WHERE s.row = ANY (given.sources) AND s.mrid = element),
        7);
    SELECT coalesce(bit_or(t.designed), 0) & used, coalesce(bit_or(t.live), 0),
        coalesce(bool_or(t.segment >= 0), false)
    INTO could, live, reached
    FROM gridtwin.node_topology t
    WHERE t.node = ANY (ends);
    -- By any conductor, where no phase of it could be live.
    supplied := CASE WHEN could = 0 THEN reached ELSE live & could <> 0 END;
    IF NOT supplied THEN
        SELECT d.phases, d.sentence, d.open_devices, d.out_of_service, d.alternatives
        INTO phases, sentence, open_devices, out_of_service, alternatives
        FROM gridtwin.explain_dark(
            element, ends, CASE WHEN reached THEN could ELSE 7 END, reached) d;
        RETURN;
    END IF;
    live := live & coalesce(nullif(could, 0), 7);
    IF own.passes <> 0 THEN
        live := live & own.passes;
    END IF;
    stands_open := coalesce(own.in_service AND own.passes = 0 AND own.open <> 0, false);
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
        WHERE CASE
            WHEN cardinality(starts) = 1 AND NOT looped THEN true
            WHEN given.point IS NOT NULL OR cardinality(given.nodes) > 0 THEN
                gridtwin.depends_on(ends[1], used, e.row)
            ELSE NOT EXISTS (
                SELECT FROM gridtwin.node_topology s
                WHERE s.node = ANY (starts) AND NOT EXISTS (
                    SELECT FROM gridtwin.lost(ARRAY[e.row], '{}', '{}') l
                    WHERE l.segment = s.segment AND s.ltin >= l.first AND s.ltin < l.last
                        AND l.remains & 8 = 0
                )
            )
        END
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
        WHEN stands_open THEN element || ' stands open with supply'
        ELSE element || ' has supply' END
        || CASE WHEN live <> 0 THEN ' on ' || phases ELSE '' END
        || CASE
            WHEN live <> 0 AND could & ~live <> 0 AND NOT stands_open
            THEN ' and none on ' || gridtwin.phase_text((could & ~live)::smallint)
            ELSE '' END
        || by_them
        || CASE WHEN stands_open THEN ' at a side of it' ELSE '' END
        || CASE
            WHEN cardinality(must_pass) > 0
            THEN '; it alone depends on ' || gridtwin.in_words(must_pass, ', ', true)
            ELSE '' END
        || '.';
END
$$;

-- ---------------------------------------------------------------- tiles

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

DROP FUNCTION gridtwin.lacks_phases(int, int, int);
DROP FUNCTION gridtwin.masks_of(int);
DROP FUNCTION gridtwin.dimmed_ranges();

-- ---------------------------------------------------------------- views for other programs

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

-- ---------------------------------------------------------------- comments

COMMENT ON COLUMN gridtwin.node_topology.designed IS
    'Phases as bits (A 1, B 2, C 4) that could be live were everything closed and in service';
COMMENT ON COLUMN gridtwin.node_topology.live IS 'Phases as bits (A 1, B 2, C 4) that are live now';
COMMENT ON COLUMN gridtwin.node_topology.customers IS 'Customers there';
COMMENT ON COLUMN gridtwin.node_topology.served IS 'Of those, who have supply now';
COMMENT ON COLUMN gridtwin.node_topology.below IS
    'Customers of its segment that hang on it and have supply now';
COMMENT ON FUNCTION gridtwin.live_through(int, int, int) IS
    'Phases that are live below equipment, of those above';
COMMENT ON FUNCTION gridtwin.is_served(int, int, int) IS
    'Whether a usage point has supply: a phase it uses is live, or none of them could be';
COMMENT ON FUNCTION gridtwin.need_of(int, int) IS
    'What keeps alive what uses phases at a node: phases of its feeding point, or 8';
COMMENT ON FUNCTION gridtwin.depends_on(int, int, int) IS
    'Whether equipment alone keeps alive what uses phases at a node';
COMMENT ON FUNCTION gridtwin.supply_code(int, int, int, bool) IS
    'How something is supplied: 1 with supply, 0 without, 2 without some of its phases';
COMMENT ON FUNCTION gridtwin.count_below(int) IS
    'Add up anew the customers that hang on each node of a segment; part of an operation';
COMMENT ON FUNCTION gridtwin.hand_down(int, int, int, int[], int[], bigint) IS
    'Hand phases down an interval of node_topology, and what hooks on it; part of an operation';
COMMENT ON FUNCTION gridtwin.ways_up(int[]) IS
    'Rows of nodes with supply, and of all on their ways to the sources';
COMMENT ON FUNCTION gridtwin.looped_nodes() IS
    'Rows of the nodes on loops, and of all on their ways to the sources';
COMMENT ON FUNCTION gridtwin.live_along(int[], int[], int[]) IS
    'Phases that are live at nodes by the tree, and whether no other way could bring more';
COMMENT ON FUNCTION gridtwin.settle_loops(int[], bigint) IS
    'Bring the phases around loops in step, and those of all that hangs on them; part of an '
    'operation';
COMMENT ON FUNCTION gridtwin.shut_around(int[], int, bool) IS
    'Equipment that lets none of some phases through, around what is joined on them, and whether '
    'they are live beyond';
COMMENT ON FUNCTION gridtwin.explain_dark(text, int[], int, bool) IS
    'Why an element has supply on none of some phases, and what could feed it';
DO $$ BEGIN PERFORM gridtwin.grant_roles(); END $$;

INSERT INTO gridtwin.migrations (number, name) VALUES (14, 'phases');

COMMIT;
