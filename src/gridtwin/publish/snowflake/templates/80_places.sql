-- Places as GEOGRAPHY and H3, in views: layers that hold geography cannot be refreshed by increments.

USE ROLE {{ transformer }};

CREATE OR ALTER VIEW {{ network }}.USAGE_POINT_LOCATIONS
COMMENT = 'Usage points as points of the earth, with their H3 cells'
AS
SELECT
    u.MRID AS USAGE_POINT,
    u.CUSTOMERS,
    u.PRIORITY,
    u.TRANSFORMER,
    m.FEEDER,
    ST_MAKEPOINT(u.LONGITUDE, u.LATITUDE) AS LOCATION,
    H3_LATLNG_TO_CELL_STRING(u.LATITUDE, u.LONGITUDE, 8) AS H3_8,
    H3_LATLNG_TO_CELL_STRING(u.LATITUDE, u.LONGITUDE, 10) AS H3_10
FROM {{ network }}.USAGE_POINTS AS u
LEFT JOIN {{ network }}.METERS AS m ON m.METER_ID = u.MRID AND m.VALID_TO IS NULL
WHERE u.LONGITUDE IS NOT NULL AND u.LATITUDE IS NOT NULL;

CREATE OR ALTER VIEW {{ network }}.EQUIPMENT_LOCATIONS
COMMENT = 'Equipment as lines of the earth'
AS
SELECT
    e.MRID AS ELEMENT,
    e.KIND,
    e.PLACEMENT,
    TO_GEOGRAPHY(e.COURSE_WKB) AS COURSE
FROM {{ network }}.EQUIPMENT AS e
WHERE e.COURSE_WKB IS NOT NULL;

CREATE OR ALTER VIEW {{ results }}.AREA_USAGE_POINTS
COMMENT = 'Usage points inside each polygon of STORM_AREAS'
AS
SELECT
    a.AREA,
    a.KIND,
    u.USAGE_POINT,
    u.CUSTOMERS,
    u.FEEDER
FROM {{ results }}.STORM_AREAS AS a
INNER JOIN {{ network }}.USAGE_POINT_LOCATIONS AS u
    ON ST_INTERSECTS(TO_GEOGRAPHY(a.POLYGON_WKT), u.LOCATION);

CREATE OR ALTER VIEW {{ results }}.AREA_EQUIPMENT
COMMENT = 'Equipment that touches each polygon of STORM_AREAS'
AS
SELECT
    a.AREA,
    a.KIND AS AREA_KIND,
    e.ELEMENT,
    e.KIND,
    e.PLACEMENT
FROM {{ results }}.STORM_AREAS AS a
INNER JOIN {{ network }}.EQUIPMENT_LOCATIONS AS e
    ON ST_INTERSECTS(TO_GEOGRAPHY(a.POLYGON_WKT), e.COURSE);

-- At least these: see the closure for networks with loops.
CREATE OR ALTER VIEW {{ results }}.AREA_CUSTOMERS
COMMENT = 'Usage points that lose supply if all equipment that touches a polygon is lost; at least'
AS
SELECT
    c.AREA,
    c.USAGE_POINT,
    MAX(c.CUSTOMERS) AS CUSTOMERS,
    COUNT(*) AS ELEMENTS
FROM (
    SELECT
        q.AREA,
        l.USAGE_POINT,
        l.CUSTOMERS
    FROM {{ results }}.AREA_EQUIPMENT AS q
    INNER JOIN {{ network }}.CLOSURE AS l ON l.ELEMENT = q.ELEMENT
) AS c
GROUP BY c.AREA, c.USAGE_POINT;

-- Each once, whatever stands above it: what is known of a transformer is what it serves itself.
CREATE OR ALTER VIEW {{ results }}.AREA_TRANSFORMERS
COMMENT = 'Transformers that serve somebody below a transformer that touches a polygon'
AS
SELECT DISTINCT
    q.AREA,
    u.TRANSFORMER
FROM {{ results }}.AREA_EQUIPMENT AS q
INNER JOIN {{ network }}.CLOSURE AS l ON l.ELEMENT = q.ELEMENT
INNER JOIN {{ network }}.USAGE_POINTS AS u ON u.MRID = l.USAGE_POINT
WHERE q.KIND = 'power_transformer' AND u.TRANSFORMER IS NOT NULL;
