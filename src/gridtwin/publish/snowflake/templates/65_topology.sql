-- Who loses supply without what: the closure of the topology, made of its intervals.
--
-- Exact for every single element, however the network is meshed; what lies on a loop darkens nothing
-- alone. For several elements at once the union of their rows is exact where the network is radial,
-- and may be too few where loops lose both ways: gridtwin storm answers that.

USE ROLE {{ transformer }};

CREATE OR ALTER DYNAMIC TABLE {{ network }}.CLOSURE
TARGET_LAG = '60 minutes'
WAREHOUSE = {{ transform_warehouse }}
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
FROM {{ network }}.ELEMENT_SPANS AS e
INNER JOIN {{ network }}.USAGE_POINT_PLACES AS u
    ON u.NETWORK = e.NETWORK
    AND u.PLACE >= e.FIRST_PLACE
    AND u.PLACE < e.END_PLACE;

CREATE OR ALTER VIEW {{ network }}.TRANSFORMERS
COMMENT = 'Transformers and their ratings'
AS
SELECT
    e.MRID AS TRANSFORMER,
    e.MRID,
    e.RATED_VA / 1000 AS RATED_KVA
FROM {{ network }}.EQUIPMENT AS e
WHERE e.KIND = 'power_transformer';

CREATE OR ALTER VIEW {{ network }}.TRANSFORMER_ZONES
COMMENT = 'Load zones of transformers: that of the meters they serve'
AS
SELECT
    m.TRANSFORMER,
    MAX(m.LOAD_ZONE) AS LOAD_ZONE
FROM {{ network }}.METERS AS m
WHERE m.VALID_TO IS NULL AND m.TRANSFORMER IS NOT NULL AND m.LOAD_ZONE IS NOT NULL
GROUP BY m.TRANSFORMER;

CREATE OR ALTER VIEW {{ results }}.CURRENT_OUTAGES
COMMENT = 'Outages as the last run found them'
AS
SELECT o.*
FROM {{ results }}.OUTAGES AS o
INNER JOIN (
    SELECT
        n.RUN,
        n.MADE_AT
    FROM {{ results }}.RUNS AS n
    WHERE n.TABLE_NAME = 'OUTAGES'
    QUALIFY ROW_NUMBER() OVER (ORDER BY n.MADE_AT DESC, n.RUN DESC) = 1
) AS l ON l.RUN = o.RUN;

CREATE OR ALTER VIEW {{ results }}.CURRENT_ESTIMATES
COMMENT = 'Estimates as the last run found them'
AS
SELECT s.*
FROM {{ results }}.ESTIMATES AS s
INNER JOIN (
    SELECT
        n.RUN,
        n.MADE_AT
    FROM {{ results }}.RUNS AS n
    WHERE n.TABLE_NAME = 'ESTIMATES'
    QUALIFY ROW_NUMBER() OVER (ORDER BY n.MADE_AT DESC, n.RUN DESC) = 1
) AS l ON l.RUN = s.RUN;

CREATE OR ALTER VIEW {{ results }}.CURRENT_VEGETATION_SPANS
COMMENT = 'Spans at risk of vegetation as the last run found them'
AS
SELECT v.*
FROM {{ results }}.VEGETATION_SPANS AS v
INNER JOIN (
    SELECT
        n.RUN,
        n.MADE_AT
    FROM {{ results }}.RUNS AS n
    WHERE n.TABLE_NAME = 'VEGETATION_SPANS'
    QUALIFY ROW_NUMBER() OVER (ORDER BY n.MADE_AT DESC, n.RUN DESC) = 1
) AS l ON l.RUN = v.RUN;

-- Each interruption once, as it was last told.
CREATE OR ALTER VIEW {{ results }}.INTERRUPTIONS
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
FROM {{ results }}.OUTAGE_USAGE_POINTS AS m
INNER JOIN {{ results }}.OUTAGES AS o ON o.OUTAGE = m.OUTAGE AND o.RUN = m.RUN
WHERE o.STATUS <> 'invalid'
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY m.OUTAGE, m.USAGE_POINT
    ORDER BY m.MADE_AT DESC, m.RUN DESC
) = 1;
