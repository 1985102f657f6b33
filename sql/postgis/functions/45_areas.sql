-- What is joined to what by closed equipment, which feeder it lies on, and what bounds it.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

-- Phases of each piece of equipment that stand open now.
CREATE OR REPLACE FUNCTION gridtwin.open_phases(equipment int) RETURNS smallint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (
    SELECT coalesce(w.open_phases, e.normal_open)
    FROM gridtwin.equipment e
    LEFT JOIN gridtwin.state_switches w ON w.state = 'current' AND w.mrid = e.mrid
    WHERE e.row = open_phases.equipment
);
COMMENT ON FUNCTION gridtwin.open_phases(int) IS
    'Phases of a piece of equipment that stand open in the current state, as bits';

-- The end of a head switch that looks away from the source.
CREATE OR REPLACE FUNCTION gridtwin.far_end(head int) RETURNS int
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
COMMENT ON FUNCTION gridtwin.far_end(int) IS
    'Row of the node of a head switch that looks away from the source';

-- The nodes with a source that nodes hang on.
CREATE OR REPLACE FUNCTION gridtwin.tops_of(nodes int[]) RETURNS int[]
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
COMMENT ON FUNCTION gridtwin.tops_of(int[]) IS 'Rows of the nodes with a source that nodes hang on';

-- The nodes with a source that nodes are joined to: the roots of their trees, and of the trees that
-- chords join to those.
CREATE OR REPLACE FUNCTION gridtwin.roots_of(nodes int[]) RETURNS int[]
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
COMMENT ON FUNCTION gridtwin.roots_of(int[]) IS
    'Rows of the nodes with a source that nodes are joined to';

-- Everything joined to nodes by what conducts; within a feeder the flood passes no feeder head and
-- climbs through no transformer above medium voltage.
CREATE OR REPLACE FUNCTION gridtwin.joined(nodes int[], within_feeder bool) RETURNS SETOF int
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
COMMENT ON FUNCTION gridtwin.joined(int[], bool) IS
    'Rows of the nodes joined to nodes by what conducts';

CREATE OR REPLACE FUNCTION gridtwin.feeders_of(element text) RETURNS int[]
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
COMMENT ON FUNCTION gridtwin.feeders_of(text) IS 'Rows of the feeders that reach an element';

-- What bounds an area that a flood has reached: what stands open, what is out of service, and what
-- else the flood did not pass.
CREATE OR REPLACE FUNCTION gridtwin.border_of(nodes int[])
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
COMMENT ON FUNCTION gridtwin.border_of(int[]) IS
    'Equipment at the border of an area that does not conduct, and what is beyond';

-- What bounds the area that is joined to nodes by what lets any of some phases through.
CREATE OR REPLACE FUNCTION gridtwin.shut_around(nodes int[], wanted int, reached bool)
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
COMMENT ON FUNCTION gridtwin.shut_around(int[], int, bool) IS
    'Equipment that lets none of some phases through, around what is joined on them, and whether '
    'they are live beyond';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/45_areas.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
