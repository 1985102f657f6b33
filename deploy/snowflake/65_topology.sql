-- Who loses supply without what: the closure of the topology, made of its intervals.
--
-- Exact for every single element, however the network is meshed; what lies on a loop darkens nothing
-- alone. For several elements at once the union of their rows is exact where the network is radial,
-- and may be too few where loops lose both ways: gridtwin storm answers that.

USE ROLE "GRIDTWIN_TRANSFORMER";

CREATE OR ALTER DYNAMIC TABLE "GRIDTWIN"."NETWORK".CLOSURE
TARGET_LAG = '60 minutes'
WAREHOUSE = "GRIDTWIN_TRANSFORM_WH"
REFRESH_MODE = FULL
COMMENT = 'Each element with each usage point that loses supply without it'
AS
SELECT
    e.ELEMENT,
    e.KIND,
    u.USAGE_POINT,
    u.CUSTOMERS,
    e.NETWORK,
    e.VERSION
FROM "GRIDTWIN"."NETWORK".ELEMENT_SPANS AS e
INNER JOIN "GRIDTWIN"."NETWORK".USAGE_POINT_PLACES AS u
    ON u.NETWORK = e.NETWORK
    AND u.PLACE >= e.FIRST_PLACE
    AND u.PLACE < e.END_PLACE;

CREATE OR ALTER VIEW "GRIDTWIN"."NETWORK".TRANSFORMERS
COMMENT = 'Transformers and their ratings'
AS
SELECT
    e.MRID AS TRANSFORMER,
    e.MRID,
    e.RATED_VA / 1000 AS RATED_KVA
FROM "GRIDTWIN"."NETWORK".EQUIPMENT AS e
WHERE e.KIND = 'power_transformer';

CREATE OR ALTER VIEW "GRIDTWIN"."NETWORK".TRANSFORMER_ZONES
COMMENT = 'Load zones of transformers: that of the meters they serve'
AS
SELECT
    m.TRANSFORMER,
    MAX(m.LOAD_ZONE) AS LOAD_ZONE
FROM "GRIDTWIN"."NETWORK".METERS AS m
WHERE m.VALID_TO IS NULL AND m.TRANSFORMER IS NOT NULL AND m.LOAD_ZONE IS NOT NULL
GROUP BY m.TRANSFORMER;

CREATE OR ALTER VIEW "GRIDTWIN"."RESULTS".CURRENT_OUTAGES
COMMENT = 'Outages as the last run found them'
AS
SELECT o.*
FROM "GRIDTWIN"."RESULTS".OUTAGES AS o
INNER JOIN (
    SELECT
        n.RUN,
        n.MADE_AT
    FROM "GRIDTWIN"."RESULTS".RUNS AS n
    WHERE n.TABLE_NAME = 'OUTAGES'
    QUALIFY ROW_NUMBER() OVER (ORDER BY n.MADE_AT DESC, n.RUN DESC) = 1
) AS l ON l.RUN = o.RUN;

CREATE OR ALTER VIEW "GRIDTWIN"."RESULTS".CURRENT_ESTIMATES
COMMENT = 'Estimates as the last run found them'
AS
SELECT s.*
FROM "GRIDTWIN"."RESULTS".ESTIMATES AS s
INNER JOIN (
    SELECT
        n.RUN,
        n.MADE_AT
    FROM "GRIDTWIN"."RESULTS".RUNS AS n
    WHERE n.TABLE_NAME = 'ESTIMATES'
    QUALIFY ROW_NUMBER() OVER (ORDER BY n.MADE_AT DESC, n.RUN DESC) = 1
) AS l ON l.RUN = s.RUN;

CREATE OR ALTER VIEW "GRIDTWIN"."RESULTS".CURRENT_VEGETATION_SPANS
COMMENT = 'Spans at risk of vegetation as the last run found them'
AS
SELECT v.*
FROM "GRIDTWIN"."RESULTS".VEGETATION_SPANS AS v
INNER JOIN (
    SELECT
        n.RUN,
        n.MADE_AT
    FROM "GRIDTWIN"."RESULTS".RUNS AS n
    WHERE n.TABLE_NAME = 'VEGETATION_SPANS'
    QUALIFY ROW_NUMBER() OVER (ORDER BY n.MADE_AT DESC, n.RUN DESC) = 1
) AS l ON l.RUN = v.RUN;

-- Each interruption once, as it was last told.
CREATE OR ALTER VIEW "GRIDTWIN"."RESULTS".INTERRUPTIONS
COMMENT = 'Interruptions of usage points, each as it was last told; invalid outages left out'
AS
SELECT
    m.OUTAGE,
    m.USAGE_POINT,
    m.CUSTOMERS,
    m.BEGAN_AT,
    m.RESTORED_AT,
    o.PLANNED,
    o.CAUSE
FROM "GRIDTWIN"."RESULTS".OUTAGE_USAGE_POINTS AS m
INNER JOIN "GRIDTWIN"."RESULTS".OUTAGES AS o ON o.OUTAGE = m.OUTAGE AND o.RUN = m.RUN
WHERE o.STATUS <> 'invalid'
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY m.OUTAGE, m.USAGE_POINT
    ORDER BY m.MADE_AT DESC, m.RUN DESC
) = 1;
