-- Where supply comes from: gridtwin.upstream(mrid) gives every way to the sources, nearest first.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

-- Nodes of an element: both ends of equipment, the node of a usage point, those of sources.
CREATE OR REPLACE FUNCTION gridtwin.ends_of(element text) RETURNS int[]
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
COMMENT ON FUNCTION gridtwin.ends_of(text) IS 'Rows of the nodes of an element';

-- Where supply comes in: of equipment that alone feeds what is below it the end above, else every
-- end with supply.
CREATE OR REPLACE FUNCTION gridtwin.upper_ends(element text) RETURNS int[]
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
COMMENT ON FUNCTION gridtwin.upper_ends(text) IS 'Rows of the nodes at which supply comes in';

-- Equipment of the tree, with all that lies on a loop with any of it. Two are on one loop if chords
-- whose loops share equipment link them; the way to a source counts as equipment, so that a loop
-- through two sources is one.
CREATE OR REPLACE FUNCTION gridtwin.with_loops(rows int[]) RETURNS SETOF int
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
COMMENT ON FUNCTION gridtwin.with_loops(int[]) IS
    'Rows of equipment, with all that lies on a loop with any of it';

CREATE OR REPLACE FUNCTION gridtwin.upstream(element text)
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
    rows int[] := '{}'::int[];
    steps int[] := '{}'::int[];
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
COMMENT ON FUNCTION gridtwin.upstream(text) IS
    'Every way from an element to the sources, nearest first';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/35_upstream.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
