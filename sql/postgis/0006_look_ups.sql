-- 0006: fewer look-ups for a trace and a count, cheaper updates, and segments that keep their number.
--
-- A node of the tree names the equipment that feeds it, so that one look-up by that name leads to
-- all that hangs on it. A segment has the number of its feeder: a feeder more, or one without
-- supply, renumbers no other. Rows of the frames have room beside them, so that an update of what
-- no index holds stays on its page. Old readings go when told.
--
-- Runs with psql alone, in one transaction: psql -v ON_ERROR_STOP=1 -f 0006_look_ups.sql URL

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

-- ---------------------------------------------------------------- room for updates

ALTER TABLE gridtwin.nodes SET (fillfactor = 90);
ALTER TABLE gridtwin.equipment SET (fillfactor = 90);
ALTER TABLE gridtwin.usage_points SET (fillfactor = 90);

-- ---------------------------------------------------------------- segments by feeder

CREATE TEMP TABLE renumbered ON COMMIT DROP AS
SELECT g.segment, coalesce(
    g.feeder + 1, g.segment + (SELECT count(*) FROM gridtwin.feeders))::int AS number
FROM gridtwin.segments g
WHERE g.segment > 0;
UPDATE gridtwin.node_topology t
SET segment = r.number
FROM renumbered r
WHERE r.segment = t.segment AND r.segment <> r.number;
-- In two steps, since every number is checked as it is written.
UPDATE gridtwin.segments g SET segment = -r.number FROM renumbered r WHERE r.segment = g.segment;
UPDATE gridtwin.segments SET segment = -segment WHERE segment < 0;
DELETE FROM gridtwin.mirrored_blocks WHERE table_name IN ('node_topology', 'segments');

-- As before, but for the numbers of segments.
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

-- ---------------------------------------------------------------- traces and counts

CREATE INDEX node_topology_feed ON gridtwin.node_topology (feed_mrid) WHERE feed_mrid <> '';

CREATE OR REPLACE FUNCTION gridtwin.radial_range(
    element text, OUT segment int, OUT first int, OUT last int, OUT depth int, OUT customers bigint
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
BEGIN
    SELECT t.segment, t.ltin, t.ltout, t.depth, t.below
    INTO segment, first, last, depth, customers
    FROM gridtwin.node_topology t
    JOIN gridtwin.segments g ON g.segment = t.segment
    WHERE t.feed_mrid = element AND t.feed_mrid <> '' AND t.segment > 0 AND NOT g.meshed;
END
$$;

CREATE OR REPLACE FUNCTION gridtwin.downstream_of_more(element text)
RETURNS TABLE (mrid text, kind text, class text, depth int)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
SET search_path FROM CURRENT SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    faults record := gridtwin.faults_of(element);
BEGIN
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

-- Simple enough to become part of the query that asks; what is not radial is asked for only then.
CREATE OR REPLACE FUNCTION gridtwin.downstream(element text)
RETURNS TABLE (mrid text, kind text, class text, depth int)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 500
BEGIN ATOMIC
    SELECT d.mrid, d.kind, 'downstream', d.depth
    FROM (SELECT) one
    LEFT JOIN (
        gridtwin.node_topology r
        JOIN gridtwin.segments g ON g.segment = r.segment AND NOT g.meshed
    ) ON r.feed_mrid = element AND r.feed_mrid <> '' AND r.segment > 0
    CROSS JOIN LATERAL (
        SELECT t.feed_mrid AS mrid, t.feed_kind AS kind, t.depth - r.depth AS depth
        FROM gridtwin.node_topology t
        WHERE t.segment = r.segment AND t.ltin > r.ltin AND t.ltin < r.ltout
        UNION ALL
        SELECT m.mrid, m.kind, m.depth
        FROM gridtwin.downstream_of_more(element) m
        WHERE r.segment IS NULL
    ) d;
END;

CREATE FUNCTION gridtwin.customers_of_radial(element text) RETURNS int
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        SELECT t.below
        FROM gridtwin.node_topology t
        JOIN gridtwin.segments g ON g.segment = t.segment
        WHERE t.feed_mrid = element AND t.feed_mrid <> '' AND t.segment > 0 AND NOT g.meshed
    );
END
$$;

CREATE FUNCTION gridtwin.customers_of_more(element text) RETURNS int
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    faults record := gridtwin.faults_of(element);
BEGIN
    IF faults.point IS NULL THEN
        RETURN gridtwin.lost_customers(faults.rows, faults.nodes, faults.sources);
    END IF;
    RETURN (SELECT coalesce(sum(b.customers), 0) FROM gridtwin.blast_radius(element) b);
END
$$;

CREATE OR REPLACE FUNCTION gridtwin.customers_downstream(element text) RETURNS int
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(gridtwin.customers_of_radial(element), gridtwin.customers_of_more(element));

-- ---------------------------------------------------------------- what meters say

-- For cron or pg_cron, by a login that may sync: the hot window is as long as it is called for.
CREATE FUNCTION gridtwin.forget_readings(older_than interval DEFAULT '7 days') RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    forgotten bigint;
    more bigint;
BEGIN
    DELETE FROM gridtwin.readings r WHERE r.at < now() - older_than;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    DELETE FROM gridtwin.meter_events e WHERE e.at < now() - older_than;
    GET DIAGNOSTICS more = ROW_COUNT;
    RETURN forgotten + more;
END
$$;

-- ---------------------------------------------------------------- comments

COMMENT ON COLUMN gridtwin.mirrored_blocks.table_name IS
    'Table of schema gridtwin; with .mrid behind it: the order of its rows';
COMMENT ON COLUMN gridtwin.mirrored_blocks.fingerprints IS
    'Eight bytes for each of its rows; of an order one hash of all mRIDs';
COMMENT ON COLUMN gridtwin.segments.segment IS
    'Row of the feeder whose head leads there, and one; 0 lies above the heads';
COMMENT ON FUNCTION gridtwin.downstream_of_more(text) IS
    'What loses supply without anything, also what is no equipment of a radial feeder';
COMMENT ON FUNCTION gridtwin.customers_of_radial(text) IS
    'Customers behind a piece of equipment of a radial feeder; null for anything else';
COMMENT ON FUNCTION gridtwin.customers_of_more(text) IS
    'Customers who go dark when anything fails, also what is no equipment of a radial feeder';
COMMENT ON FUNCTION gridtwin.forget_readings(interval) IS
    'Delete readings and events of meters that are older; returns how many';

DO $$ BEGIN PERFORM gridtwin.grant_roles(); END $$;

INSERT INTO gridtwin.migrations (number, name) VALUES (6, 'look_ups');

COMMIT;
