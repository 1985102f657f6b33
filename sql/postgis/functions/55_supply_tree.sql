-- The tree of supply, as an operation changes it.
--
-- Opening cuts a subtree off, closing hangs a dead part on; the numbers of the other rows of a
-- segment move up or close the gap. Where the cut part is reached another way, over a chord, it is
-- hung on there at once. Walks are kept to the indexes.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

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
COMMENT ON FUNCTION gridtwin.cut_off(int, bigint) IS
    'Put all that hangs on a node in the dark; part of an operation';

-- Hang the dead part behind `head` on the live node `tail`, fed by a piece of equipment between.
-- The part is flooded level by level; its nodes then get their numbers from the sizes of their
-- subtrees, added up from the leaves.
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
COMMENT ON FUNCTION gridtwin.hang_on(int, int, int, bigint) IS
    'Hang a dead part on a live node; part of an operation';

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
COMMENT ON FUNCTION gridtwin.let_through(int, int, bigint) IS
    'Bring the tree of supply in step with what gets through a piece of equipment';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/55_supply_tree.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
