-- What hangs on what, and who goes dark, answered from the current state.
--
--   gridtwin.downstream(mrid)            what loses supply without it
--   gridtwin.blast_radius(mrid)          usage points that go dark when it fails
--   gridtwin.partly_out(mrid)            usage points that lose some of their phases
--   gridtwin.customers_downstream(mrid)  customers who go dark when it fails
--
-- An mRID is that of equipment, a node, a usage point, a source, a feeder (its head fails) or a
-- substation (its sources fail). Every question is one statement, so it sees one version of the
-- current state: SELECT gridtwin.state_version(), d.* FROM gridtwin.downstream('SW-1') d.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

-- Where one piece of equipment feeds a radial feeder: all that hangs on it is one interval.
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
COMMENT ON FUNCTION gridtwin.radial_range(text) IS
    'The interval that hangs on a piece of equipment of a radial feeder; null for anything else';

-- The same for everything but one piece of equipment of a radial feeder.
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
COMMENT ON FUNCTION gridtwin.downstream_of_more(text) IS
    'What loses supply without anything, also what is no equipment of a radial feeder';

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
COMMENT ON FUNCTION gridtwin.downstream(text) IS 'What loses supply without an element';

CREATE OR REPLACE FUNCTION gridtwin.blast_radius(element text)
RETURNS TABLE (mrid text, customers int)
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
COMMENT ON FUNCTION gridtwin.blast_radius(text) IS
    'Usage points that go dark when an element fails, and their customers';

CREATE OR REPLACE FUNCTION gridtwin.partly_out(element text)
RETURNS TABLE (mrid text, customers int)
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
COMMENT ON FUNCTION gridtwin.partly_out(text) IS
    'Usage points that lose some of their phases when an element fails';

CREATE OR REPLACE FUNCTION gridtwin.customers_of_radial(element text) RETURNS int
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        SELECT t.below::int
        FROM gridtwin.node_topology t
        JOIN gridtwin.segments g ON g.segment = t.segment
        WHERE t.feed_mrid = element AND t.feed_mrid <> '' AND t.segment > 0 AND NOT g.meshed
    );
END
$$;
COMMENT ON FUNCTION gridtwin.customers_of_radial(text) IS
    'Customers behind a piece of equipment of a radial feeder; null for anything else';

CREATE OR REPLACE FUNCTION gridtwin.customers_of_more(element text) RETURNS int
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    faults record := gridtwin.faults_of(element);
BEGIN
    IF faults.point IS NULL THEN
        RETURN gridtwin.lost_customers(faults.rows, faults.nodes, faults.sources);
    END IF;
    RETURN (SELECT coalesce(sum(b.customers), 0)::int FROM gridtwin.blast_radius(element) b);
END
$$;
COMMENT ON FUNCTION gridtwin.customers_of_more(text) IS
    'Customers who go dark when anything fails, also what is no equipment of a radial feeder';

CREATE OR REPLACE FUNCTION gridtwin.customers_downstream(element text) RETURNS int
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(gridtwin.customers_of_radial(element), gridtwin.customers_of_more(element));
COMMENT ON FUNCTION gridtwin.customers_downstream(text) IS
    'Customers who go dark when an element fails';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/30_downstream.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
