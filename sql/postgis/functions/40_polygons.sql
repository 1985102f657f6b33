-- Questions of an area.
--
--   gridtwin.usage_points_in(polygon)    usage points inside a polygon
--   gridtwin.customers_out(polygon)      customers who go dark when all inside a polygon is damaged
--   gridtwin.checked_polygon(polygon)    the area a question is asked about
--
-- Parts of a multipolygon that overlap are one area, their union; curves become straight edges; what
-- goes on past 180 degrees of longitude is cut there. An edge that could lead either way round the
-- earth is refused. So does gridtwin.analysis.polygon.

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

-- Refuse longitudes and latitudes that are none, and bring those past 180 degrees back.
CREATE OR REPLACE FUNCTION gridtwin.turned_polygon(area geometry) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    west float8 := ST_XMin(area);
    east float8 := ST_XMax(area);
    beyond bool := west < -180 AND east > -180 OR west < 180 AND east > 180;
    doubtful float8[];
BEGIN
    IF ST_YMin(area) < -90 OR ST_YMax(area) > 90
        OR (west < -180 OR east > 180) AND NOT (beyond AND east - west <= 180) THEN
        RAISE EXCEPTION 'the polygon reaches from (%, %) to (%, %), which is no longitude and '
            'latitude: give degrees, or its SRID', west, ST_YMin(area), east, ST_YMax(area)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF beyond THEN
        RETURN ST_UnaryUnion(ST_WrapX(ST_WrapX(area, 180, -360), -180, 360));
    END IF;
    IF east - west > 180 THEN
        -- An edge along the whole range is the edge of the world, not a way across.
        SELECT ARRAY[ST_X(ST_StartPoint(s.geom)), ST_X(ST_EndPoint(s.geom))] INTO doubtful
        FROM ST_DumpSegments(area) s
        WHERE abs(ST_X(ST_EndPoint(s.geom)) - ST_X(ST_StartPoint(s.geom))) > 180
            AND abs(ST_X(ST_EndPoint(s.geom)) - ST_X(ST_StartPoint(s.geom))) < 359.999999
        LIMIT 1;
        IF doubtful IS NOT NULL THEN
            RAISE EXCEPTION 'an edge of the polygon runs from longitude % to %: if it crosses 180 '
                'degrees, write % to %; if it goes the long way round, put a vertex at its middle',
                doubtful[1], doubtful[2],
                greatest(doubtful[1], doubtful[2]), least(doubtful[1], doubtful[2]) + 360
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
    END IF;
    RETURN area;
END
$$;
COMMENT ON FUNCTION gridtwin.turned_polygon(geometry) IS
    'A polygon in longitude and latitude with what lies past 180 degrees brought back into range';

-- Refuse what is no area, make one valid area of what is, and bring it to longitude and latitude.
CREATE OR REPLACE FUNCTION gridtwin.checked_polygon(polygon geometry) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    area geometry := ST_Force2D(ST_CurveToLine(polygon));
    wrong geometry;
BEGIN
    IF area IS NULL OR ST_IsEmpty(area)
        OR GeometryType(area) NOT IN ('POLYGON', 'MULTIPOLYGON') THEN
        RAISE EXCEPTION 'the area is %: give a polygon or multipolygon',
            coalesce(lower(GeometryType(area)), 'null')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    area := CASE ST_SRID(area)
        WHEN 0 THEN ST_SetSRID(area, 4326)
        WHEN 4326 THEN area
        ELSE ST_Transform(area, 4326)
    END;
    IF NOT ST_IsValid(area) THEN
        SELECT d.geom INTO wrong FROM ST_Dump(area) d WHERE NOT ST_IsValid(d.geom) LIMIT 1;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'the polygon is not valid (%): mend it with ST_MakeValid',
                ST_IsValidReason(wrong)
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        SELECT ST_Union(d.geom) INTO area FROM ST_Dump(area) d;
    END IF;
    RETURN gridtwin.turned_polygon(area);
END
$$;
COMMENT ON FUNCTION gridtwin.checked_polygon(geometry) IS
    'One valid area in EPSG:4326, the union of its parts; what is no area is refused';

CREATE OR REPLACE FUNCTION gridtwin.usage_points_in(polygon geometry)
RETURNS TABLE (mrid text, customers int)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    area geometry := gridtwin.checked_polygon(polygon);
BEGIN
    RETURN QUERY
        SELECT u.mrid, u.customers
        FROM gridtwin.usage_points u
        WHERE ST_Intersects(u.geometry, area)
        ORDER BY u.row;
END
$$;
COMMENT ON FUNCTION gridtwin.usage_points_in(geometry) IS
    'Usage points inside a polygon, and their customers';

CREATE OR REPLACE FUNCTION gridtwin.customers_out(polygon geometry) RETURNS int
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
    area geometry := gridtwin.checked_polygon(polygon);
BEGIN
    RETURN gridtwin.lost_customers(
        ARRAY(SELECT e.row FROM gridtwin.equipment e WHERE ST_Intersects(e.geometry, area)),
        '{}', '{}');
END
$$;
COMMENT ON FUNCTION gridtwin.customers_out(geometry) IS
    'Customers who go dark when all equipment that meets a polygon is damaged at once';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/40_polygons.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
