-- Where vegetation threatens lines.
--
--   grid.vegetation_spans                      spans at risk, the first in rank first, drawn
--   grid.vegetation_sections                   the same by the switch that feeds their section
--   gridtwin.vegetation_in(polygon)            spans at risk inside a polygon, ranked
--   gridtwin.vegetation_exposure(span)         what of a line lies in areas, measured now
--
-- A place in several areas counts in the one with most failures. So does
-- gridtwin.analysis.vegetation.span_exposure.

BEGIN;

-- PostGIS may live in any schema; its types and functions are looked up where it is.
DO $$
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, ' || extnamespace::regnamespace || ', pg_temp',
        true)
    FROM pg_extension
    WHERE extname = 'postgis';
END
$$;

CREATE OR REPLACE VIEW grid.vegetation_spans WITH (security_invoker = true) AS
SELECT
    s.span,
    s.feeder,
    s.substation,
    s.section,
    s.device,
    s.risk_class,
    s.score,
    s.length_m,
    s.length_in_risk_m,
    s.failures_per_year,
    s.customers,
    s.customers_behind,
    s.priority_sites,
    s.restoration_min,
    s.customer_minutes_at_risk,
    s.customer_minutes_per_km,
    s.clearance_m,
    s.tree_height_m,
    s.species,
    s.area,
    s.place + 1 AS rank,
    e.geometry
FROM gridtwin.vegetation_spans s
JOIN gridtwin.equipment e ON e.mrid = s.span;
COMMENT ON VIEW grid.vegetation_spans IS
    'Spans in areas of vegetation risk with their rank, in the normal state';
COMMENT ON COLUMN grid.vegetation_spans.span IS 'mRID of the line';
COMMENT ON COLUMN grid.vegetation_spans.feeder IS 'mRID of its feeder; empty = none';
COMMENT ON COLUMN grid.vegetation_spans.substation IS 'mRID of its substation; empty = none';
COMMENT ON COLUMN grid.vegetation_spans.section IS
    'mRID of the switch that feeds its section; empty = none';
COMMENT ON COLUMN grid.vegetation_spans.device IS
    'mRID of the protective device that trips; empty = several, or none';
COMMENT ON COLUMN grid.vegetation_spans.risk_class IS
    'Worst class of its areas: low, moderate, high or extreme';
COMMENT ON COLUMN grid.vegetation_spans.score IS
    'Chance of a failure by vegetation within a year, percent';
COMMENT ON COLUMN grid.vegetation_spans.length_m IS 'Length along its course in meters';
COMMENT ON COLUMN grid.vegetation_spans.length_in_risk_m IS 'Of that, inside areas of risk';
COMMENT ON COLUMN grid.vegetation_spans.failures_per_year IS 'Failures expected in a year';
COMMENT ON COLUMN grid.vegetation_spans.customers IS 'Customers a fault there interrupts';
COMMENT ON COLUMN grid.vegetation_spans.customers_behind IS
    'Of these, who have no supply without the span and wait for its repair';
COMMENT ON COLUMN grid.vegetation_spans.priority_sites IS
    'Usage points with a priority that are interrupted';
COMMENT ON COLUMN grid.vegetation_spans.restoration_min IS
    'Mean minutes that an interrupted customer is without supply';
COMMENT ON COLUMN grid.vegetation_spans.customer_minutes_at_risk IS
    'Customer-minutes at risk in a year: failures x customers x restoration';
COMMENT ON COLUMN grid.vegetation_spans.customer_minutes_per_km IS
    'Of these, for each kilometer in areas of risk; the list is ranked by it';
COMMENT ON COLUMN grid.vegetation_spans.clearance_m IS
    'Least clearance of its areas in meters; null = not known';
COMMENT ON COLUMN grid.vegetation_spans.tree_height_m IS
    'Greatest height of trees of its areas in meters; null = not known';
COMMENT ON COLUMN grid.vegetation_spans.species IS
    'Species of the area with most failures; empty = not known';
COMMENT ON COLUMN grid.vegetation_spans.area IS 'That area, SOURCE:KEY';
COMMENT ON COLUMN grid.vegetation_spans.rank IS 'Place in the ranked list, from 1';
COMMENT ON COLUMN grid.vegetation_spans.geometry IS 'Course, EPSG:4326';

CREATE OR REPLACE VIEW grid.vegetation_sections WITH (security_invoker = true) AS
SELECT
    s.section,
    min(s.feeder) AS feeder,
    count(*) AS spans,
    (ARRAY['low', 'moderate', 'high', 'extreme'])[max(
        array_position(ARRAY['low', 'moderate', 'high', 'extreme'], s.risk_class))] AS risk_class,
    100 * (1 - exp(-sum(s.failures_per_year))) AS score,
    sum(s.length_in_risk_m) AS length_in_risk_m,
    max(s.customers) AS customers,
    max(s.priority_sites) AS priority_sites,
    sum(s.customer_minutes_at_risk) AS customer_minutes_at_risk,
    sum(s.customer_minutes_at_risk) / (sum(s.length_in_risk_m) / 1000) AS customer_minutes_per_km
FROM gridtwin.vegetation_spans s
GROUP BY s.section;
COMMENT ON VIEW grid.vegetation_sections IS
    'Spans in areas of vegetation risk by the switch that feeds their section: work packages';
COMMENT ON COLUMN grid.vegetation_sections.section IS
    'mRID of the switch that feeds it; empty = what lies before the first switch';
COMMENT ON COLUMN grid.vegetation_sections.feeder IS 'mRID of its feeder; empty = none';
COMMENT ON COLUMN grid.vegetation_sections.spans IS 'Spans at risk';
COMMENT ON COLUMN grid.vegetation_sections.risk_class IS 'Worst class of these';
COMMENT ON COLUMN grid.vegetation_sections.score IS
    'Chance of a failure by vegetation within a year, percent';
COMMENT ON COLUMN grid.vegetation_sections.length_in_risk_m IS
    'Length of the spans inside areas of risk in meters';
COMMENT ON COLUMN grid.vegetation_sections.customers IS
    'Customers interrupted by a fault on the worst of the spans';
COMMENT ON COLUMN grid.vegetation_sections.priority_sites IS
    'Usage points with a priority, likewise';
COMMENT ON COLUMN grid.vegetation_sections.customer_minutes_at_risk IS
    'Customer-minutes at risk in a year';
COMMENT ON COLUMN grid.vegetation_sections.customer_minutes_per_km IS
    'Of these, for each kilometer in areas of risk';

CREATE OR REPLACE FUNCTION gridtwin.vegetation_in(polygon geometry)
RETURNS TABLE (
    span text, feeder text, section text, risk_class text, length_in_risk_m float8,
    customers bigint, priority_sites bigint, customer_minutes_at_risk float8,
    customer_minutes_per_km float8
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    inside geometry := gridtwin.checked_polygon(polygon);
BEGIN
    RETURN QUERY
        SELECT s.span, s.feeder, s.section, s.risk_class, s.length_in_risk_m, s.customers,
            s.priority_sites, s.customer_minutes_at_risk, s.customer_minutes_per_km
        FROM gridtwin.vegetation_spans s
        JOIN gridtwin.equipment e ON e.mrid = s.span
        WHERE ST_Intersects(e.geometry, inside)
        ORDER BY s.place;
END
$$;
COMMENT ON FUNCTION gridtwin.vegetation_in(geometry) IS
    'Spans in areas of vegetation risk that meet a polygon, the first in rank first';

-- Each part of the line goes to the area with most failures: areas are taken from the worst down,
-- and each gets what no worse one has.
CREATE OR REPLACE FUNCTION gridtwin.vegetation_exposure(
    element text, OUT risk_class text, OUT length_in_risk_m float8, OUT failures_per_year float8
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
    course geometry;
    part geometry;
    meters float8;
    worst int := -1;
    lies record;
    on_earth bool := (SELECT crs IS NOT NULL FROM gridtwin.network);
BEGIN
    SELECT e.geometry INTO course FROM gridtwin.equipment e WHERE e.mrid = element;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no equipment is called %', element USING ERRCODE = 'no_data_found';
    END IF;
    length_in_risk_m := 0;
    failures_per_year := 0;
    FOR lies IN
        SELECT a.geometry, a.risk, coalesce(
            a.failures_per_km_year, (ARRAY[0.065 / 4, 0.065, 0.065 * 4, 0.065 * 16])[a.risk + 1])
            AS rate
        FROM gridtwin.vegetation_areas a
        WHERE ST_Intersects(a.geometry, course)
        ORDER BY rate DESC, a.source COLLATE "C", a.place
    LOOP
        part := ST_CollectionExtract(ST_Intersection(course, lies.geometry), 2);
        meters := CASE WHEN on_earth THEN ST_Length(part::geography) ELSE ST_Length(part) END;
        CONTINUE WHEN meters = 0;
        length_in_risk_m := length_in_risk_m + meters;
        failures_per_year := failures_per_year + meters / 1000 * lies.rate;
        worst := greatest(worst, lies.risk);
        course := ST_Difference(course, lies.geometry);
    END LOOP;
    risk_class := (ARRAY['low', 'moderate', 'high', 'extreme'])[worst + 1];
END
$$;
COMMENT ON FUNCTION gridtwin.vegetation_exposure(text) IS
    'What of a line lies in areas of vegetation risk now: worst class, meters, failures a year';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/85_vegetation.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
