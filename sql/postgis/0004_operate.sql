-- 0004: operate a switch from any SQL client.
--
--   SELECT gridtwin.operate('SW-1', true);          open it
--   SELECT gridtwin.operate('SW-1', false, 'A');    close its pole A
--
-- One transaction writes the state, the log, and the intervals of the feeders that change, then
-- tells whoever listens on the channel gridtwin. Operations wait for one another and for a sync.
--
-- Opening cuts a subtree off, closing hangs a dead part on; the numbers of the other rows of a
-- segment move up or close the gap. Where the cut part is reached another way, over a chord, it is
-- hung on there at once.
--
-- As in 0003, walks are kept to the indexes.
--
-- Runs with psql alone, in one transaction: psql -v ON_ERROR_STOP=1 -f 0004_operate.sql URL

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

-- ---------------------------------------------------------------- phases

CREATE FUNCTION gridtwin.phase_mask(code text) RETURNS smallint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    compact text := replace(upper(regexp_replace(code, '[\s,.;|/]', '', 'g')), 'S12', 'S1S2');
BEGIN
    IF compact !~ '^(A|B|C|N|S1|S2)*$' THEN
        RAISE EXCEPTION '% is no phase code: use letters of A, B, C, N, s1, s2', quote_literal(code)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN (compact ~ 'A')::int + 2 * (compact ~ 'B')::int + 4 * (compact ~ 'C')::int
        + 8 * (compact ~ 'N')::int + 16 * (compact ~ 'S1')::int + 32 * (compact ~ 'S2')::int;
END
$$;

-- Phases A, B, C that get through equipment with these phases of which some stand open. One open
-- leg of a split-phase secondary leaves the other: closed, in part.
CREATE FUNCTION gridtwin.passing(phases int, open int, in_service bool) RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN NOT in_service THEN 0
    WHEN open = 0 THEN gridtwin.supply_phases(phases)
    WHEN phases & 48 <> 0 AND phases & 7 = 0 THEN
        CASE WHEN phases & 48 & ~open <> 0 THEN 7 ELSE 0 END
    ELSE gridtwin.supply_phases(phases) & ~open
END;

-- ---------------------------------------------------------------- the tree of supply

-- Put everything that hangs on a node in the dark.
CREATE FUNCTION gridtwin.cut_off(top int, version bigint) RETURNS void
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
        feed_mrid = '', feed_kind = ''
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

-- Hang the dead part behind `head` on the live node `tail`, fed by a piece of equipment between.
-- The part is flooded level by level; its nodes then get their numbers from the sizes of their
-- subtrees, added up from the leaves.
CREATE FUNCTION gridtwin.hang_on(way int, tail int, head int, version bigint) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    at gridtwin.node_topology;
    nodes int[] := ARRAY[head];
    feeds int[] := ARRAY[way];
    ups int[] := ARRAY[0]; -- place of the parent among the nodes; 0 = the live node
    met record;
    done int := 0;
    total int;
    feeders int[]; -- feeder whose head feeds each node; null for none
    segments int[];
    depths int[];
    sizes int[];
    totals bigint[];
    starts int[];
    follows int[];
    fresh int := (SELECT max(g.segment) FROM gridtwin.segments g);
    up int;
BEGIN
    SELECT * INTO at FROM gridtwin.node_topology t WHERE t.node = tail;
    LOOP
        SELECT array_agg(w.node) AS nodes, array_agg(w.equipment) AS feeds, array_agg(w.up) AS ups
        INTO met
        FROM (
            SELECT DISTINCT ON (w.node) w.node, w.equipment, f.place::int + done AS up
            FROM unnest(nodes[done + 1:], feeds[done + 1:]) WITH ORDINALITY f (node, feed, place)
            CROSS JOIN LATERAL (
                SELECT p.equipment, p.node_b AS node
                FROM gridtwin.equipment_topology p
                WHERE p.node_a = f.node AND p.passes <> 0 AND p.one_way >= 0
                UNION ALL
                SELECT p.equipment, p.node_a
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
    END LOOP;

    total := cardinality(nodes);
    SELECT array_agg(f.row ORDER BY n.place), array_agg(t.customers ORDER BY n.place)
    INTO feeders, totals
    FROM unnest(nodes, feeds) WITH ORDINALITY n (node, feed, place)
    JOIN gridtwin.node_topology t ON t.node = n.node
    LEFT JOIN LATERAL (
        SELECT min(f.row) AS row FROM gridtwin.feeders f WHERE f.head = n.feed
    ) f ON true;
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
            fresh := fresh + 1;
            segments[i] := fresh;
            INSERT INTO gridtwin.segments (segment, feeder, root, hook)
            VALUES (fresh, feeders[i], nodes[i], CASE WHEN up > 0 THEN nodes[up] ELSE tail END);
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
        below = n.below, feed_mrid = e.mrid, feed_kind = e.kind
    FROM unnest(nodes, feeds, ups, segments, depths, sizes, starts, totals)
        n (node, feed, up, segment, depth, size, start, below)
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
CREATE FUNCTION gridtwin.let_through(way int, phases int, version bigint) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    own gridtwin.equipment_topology;
    a_live bool;
    b_live bool;
    next record;
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

-- ---------------------------------------------------------------- operations

CREATE FUNCTION gridtwin.move_poles(
    element text, open_phases text, poles text DEFAULT '', actor text DEFAULT '',
    request text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    own gridtwin.equipment;
    every int;
    wanted int := gridtwin.phase_mask(open_phases);
    moving int := gridtwin.phase_mask(poles);
    before int;
    after int;
    fresh bigint;
BEGIN
    SELECT s.version + 1 INTO fresh FROM gridtwin.states s WHERE s.name = 'current' FOR UPDATE;
    IF EXISTS (SELECT FROM gridtwin.events e WHERE e.request = move_poles.request) THEN
        RETURN (SELECT e.version FROM gridtwin.events e WHERE e.request = move_poles.request);
    END IF;
    SELECT * INTO own FROM gridtwin.equipment e WHERE e.mrid = element;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no equipment has the mRID %', element USING ERRCODE = 'no_data_found';
    END IF;
    every := coalesce(nullif(own.phases, 0), 7);
    moving := coalesce(nullif(moving, 0), every);
    IF (wanted | moving) & ~every <> 0 THEN
        RAISE EXCEPTION '% has no phase %: it has %', element,
            gridtwin.phase_text(((wanted | moving) & ~every)::smallint),
            gridtwin.phase_text(every::smallint)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    before := gridtwin.open_phases(own.row);
    after := before & ~moving | (wanted & moving);
    IF after = own.normal_open THEN
        DELETE FROM gridtwin.state_switches w WHERE w.state = 'current' AND w.mrid = element;
    ELSE
        INSERT INTO gridtwin.state_switches (state, mrid, open_phases)
        VALUES ('current', element, after)
        ON CONFLICT (state, mrid) DO UPDATE SET open_phases = excluded.open_phases;
    END IF;
    UPDATE gridtwin.states s SET version = fresh WHERE s.name = 'current';
    INSERT INTO gridtwin.events (version, actor, mrid, open_before, open_after, request)
    VALUES (fresh, actor, element, before, after, request);
    PERFORM gridtwin.let_through(
        own.row, gridtwin.passing(own.phases, after, own.in_service), fresh);
    PERFORM pg_notify('gridtwin', json_build_object(
        'version', fresh, 'changed', 'operate', 'mrid', element,
        'open', gridtwin.phase_text(after::smallint))::text);
    RETURN fresh;
END
$$;

CREATE FUNCTION gridtwin.operate(
    element text, open bool, phases text DEFAULT '', actor text DEFAULT ''
) RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    own gridtwin.equipment;
    poles text := phases;
BEGIN
    SELECT * INTO own FROM gridtwin.equipment e WHERE e.mrid = element;
    IF own.kind NOT IN ('breaker', 'recloser', 'fuse', 'sectionaliser', 'load_break_switch',
        'disconnector', 'jumper') THEN
        RAISE EXCEPTION '% is of kind %, which cannot be switched', element, own.kind
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT own.in_service THEN
        RAISE EXCEPTION '% is out of service, which is not open: it cannot be switched', element
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF gridtwin.phase_mask(phases) = 0 THEN
        poles := gridtwin.phase_text(coalesce(nullif(own.phases, 0), 7)::smallint);
    END IF;
    -- A name sorts by another rule than text, and would lead past the indexes.
    RETURN gridtwin.move_poles(element, CASE WHEN open THEN poles ELSE '' END, poles,
        coalesce(nullif(actor, ''), session_user COLLATE pg_catalog."default"));
END
$$;

-- ---------------------------------------------------------------- comments

COMMENT ON FUNCTION gridtwin.phase_mask(text) IS
    'Phases of a text such as ''ABC'' or ''s1s2'' as bits (A 1, B 2, C 4, N 8, s1 16, s2 32)';
COMMENT ON FUNCTION gridtwin.passing(int, int, bool) IS
    'Phases that get through equipment of which some phases stand open';
COMMENT ON FUNCTION gridtwin.cut_off(int, bigint) IS
    'Put all that hangs on a node in the dark; part of an operation';
COMMENT ON FUNCTION gridtwin.hang_on(int, int, int, bigint) IS
    'Hang a dead part on a live node; part of an operation';
COMMENT ON FUNCTION gridtwin.let_through(int, int, bigint) IS
    'Bring the tree of supply in step with what gets through a piece of equipment';
COMMENT ON FUNCTION gridtwin.move_poles(text, text, text, text, text) IS
    'Move poles of any equipment: which phases stand open afterwards, among those that move';
COMMENT ON FUNCTION gridtwin.operate(text, bool, text, text) IS
    'Open or close a switch, all its poles or some; returns the version of the current state';

DO $$ BEGIN PERFORM gridtwin.grant_roles(); END $$;

INSERT INTO gridtwin.migrations (number, name) VALUES (4, 'operate');

COMMIT;
