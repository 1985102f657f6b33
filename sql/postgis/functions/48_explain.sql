-- gridtwin.explain(mrid): why it has supply or has none, in one row and one sentence.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

-- Names for a sentence, the first five of them.
CREATE OR REPLACE FUNCTION gridtwin.in_words(names text[], joint text, more bool) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_to_string(names[:5], joint) || CASE
    WHEN more AND cardinality(names) > 5 THEN format(' and %s more', cardinality(names) - 5)
    ELSE ''
END;
COMMENT ON FUNCTION gridtwin.in_words(text[], text, bool) IS 'The first five names, for a sentence';

-- Whether a piece of equipment alone keeps alive what uses these phases at a node.
CREATE OR REPLACE FUNCTION gridtwin.depends_on(at int, used int, way int) RETURNS bool
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
COMMENT ON FUNCTION gridtwin.depends_on(int, int, int) IS
    'Whether equipment alone keeps alive what uses phases at a node';

CREATE OR REPLACE FUNCTION gridtwin.explain_dark(
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
COMMENT ON FUNCTION gridtwin.explain_dark(text, int[], int, bool) IS
    'Why an element has supply on none of some phases, and what could feed it';

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
COMMENT ON FUNCTION gridtwin.explain(text) IS
    'Why an element has supply or has none, and what else could feed it';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/48_explain.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
