-- Gold: readings with what the meter hung on when its interval ended, weather and price; and loads.
--
-- Weather is joined by the interval, the price by load zone and interval; where a zone has none, the
-- price of the territory holds. An inner join leaves out meters that the network has not: they are
-- in AMI_UNKNOWN_METERS, and come in by themselves once the network has them.

USE ROLE {{ transformer }};

CREATE OR ALTER DYNAMIC TABLE {{ gold }}.AMI_ENRICHED
TARGET_LAG = '{{ lag }}'
WAREHOUSE = {{ transform_warehouse }}
REFRESH_MODE = INCREMENTAL
COMMENT = 'Readings with transformer, feeder, weather and price'
AS
SELECT
    r.METER_ID,
    r.READING_TIME,
    r.KWH,
    r.VOLTAGE_V,
    r.QUALITY,
    m.TRANSFORMER,
    m.FEEDER,
    m.LOAD_ZONE,
    c.TEMPERATURE_C,
    COALESCE(p.PRICE_USD_MWH, c.PRICE_USD_MWH) AS PRICE_USD_MWH
FROM {{ silver }}.AMI_DEDUPLICATED AS r
INNER JOIN {{ network }}.METERS AS m
    ON m.METER_ID = r.METER_ID
    AND r.READING_TIME > m.VALID_FROM
    AND (m.VALID_TO IS NULL OR r.READING_TIME <= m.VALID_TO)
LEFT JOIN {{ silver }}.CONDITIONS AS c ON c.INTERVAL_END = r.READING_TIME
LEFT JOIN {{ silver }}.ZONE_PRICES AS p
    ON p.LOAD_ZONE = m.LOAD_ZONE AND p.INTERVAL_END = r.READING_TIME;

CREATE OR ALTER VIEW {{ gold }}.AMI_UNKNOWN_METERS
COMMENT = 'Readings of meters that the network did not have when their interval ended'
AS
SELECT
    r.METER_ID,
    COUNT(*) AS READINGS,
    MIN(r.READING_TIME) AS FIRST_READING,
    MAX(r.READING_TIME) AS LAST_READING
FROM {{ silver }}.AMI_DEDUPLICATED AS r
LEFT JOIN {{ network }}.METERS AS m
    ON m.METER_ID = r.METER_ID
    AND r.READING_TIME > m.VALID_FROM
    AND (m.VALID_TO IS NULL OR r.READING_TIME <= m.VALID_TO)
WHERE m.METER_ID IS NULL
GROUP BY r.METER_ID;

CREATE OR ALTER DYNAMIC TABLE {{ gold }}.TRANSFORMER_LOAD
TARGET_LAG = '{{ lag }}'
WAREHOUSE = {{ transform_warehouse }}
REFRESH_MODE = INCREMENTAL
COMMENT = 'Load of each transformer and interval, from the readings of its meters'
AS
SELECT
    g.READING_TIME,
    g.TRANSFORMER,
    SUM(g.KWH) AS KWH,
    COUNT(*) AS METERS,
    MIN(g.VOLTAGE_V) AS V_MIN,
    MAX(g.VOLTAGE_V) AS V_MAX
FROM {{ gold }}.AMI_ENRICHED AS g
WHERE g.TRANSFORMER IS NOT NULL
GROUP BY g.READING_TIME, g.TRANSFORMER;

-- The ranges are those of ANSI C84.1-2020, table 1, service voltage on a base of 120 V.
CREATE OR ALTER DYNAMIC TABLE {{ gold }}.FEEDER_LOAD
TARGET_LAG = '{{ lag }}'
WAREHOUSE = {{ transform_warehouse }}
REFRESH_MODE = INCREMENTAL
COMMENT = 'Load and voltages of each feeder and interval, from the readings of its meters'
AS
SELECT
    g.READING_TIME,
    g.FEEDER,
    SUM(g.KWH) AS KWH,
    GREATEST(MAX(m.METERS), COUNT(*)) AS METERS,
    GREATEST(MAX(m.METERS) - COUNT(g.KWH), 0) AS MISSING,
    COUNT_IF(g.VOLTAGE_V < 114) AS BELOW_A,
    COUNT_IF(g.VOLTAGE_V > 126) AS ABOVE_A,
    COUNT_IF(g.VOLTAGE_V < 110) AS BELOW_B,
    COUNT_IF(g.VOLTAGE_V > 127) AS ABOVE_B,
    MIN(g.VOLTAGE_V) AS V_MIN,
    MAX(g.VOLTAGE_V) AS V_MAX
FROM {{ gold }}.AMI_ENRICHED AS g
INNER JOIN (
    SELECT
        n.FEEDER,
        COUNT(*) AS METERS
    FROM {{ network }}.METERS AS n
    WHERE n.VALID_TO IS NULL AND n.FEEDER IS NOT NULL
    GROUP BY n.FEEDER
) AS m ON m.FEEDER = g.FEEDER
GROUP BY g.READING_TIME, g.FEEDER;

-- An interval belongs to the local day in which it begins: 92 of them when clocks go forward, 100
-- when they go back.
CREATE OR ALTER DYNAMIC TABLE {{ gold }}.METER_DAY
TARGET_LAG = '{{ lag }}'
WAREHOUSE = {{ transform_warehouse }}
REFRESH_MODE = INCREMENTAL
COMMENT = 'Energy and voltages of each meter and local day'
AS
SELECT
    g.METER_ID,
    CONVERT_TIMEZONE('{{ time_zone }}', DATEADD('minute', -15, g.READING_TIME))::DATE AS LOCAL_DATE,
    SUM(g.KWH) AS KWH,
    COUNT(g.KWH) AS INTERVALS,
    MIN(g.VOLTAGE_V) AS V_MIN,
    MAX(g.VOLTAGE_V) AS V_MAX
FROM {{ gold }}.AMI_ENRICHED AS g
GROUP BY
    g.METER_ID,
    CONVERT_TIMEZONE('{{ time_zone }}', DATEADD('minute', -15, g.READING_TIME))::DATE;

CREATE OR ALTER VIEW {{ gold }}.CONDITIONS
COMMENT = 'Weather and price of the whole territory by interval'
AS
SELECT
    c.INTERVAL_END AS TIME,
    c.TEMPERATURE_C,
    c.PRICE_USD_MWH
FROM {{ silver }}.CONDITIONS AS c;

CREATE OR ALTER VIEW {{ gold }}.ZONE_PRICES
COMMENT = 'Price of each load zone by interval; where a zone has none, that of CONDITIONS holds'
AS
SELECT
    p.LOAD_ZONE,
    p.INTERVAL_END AS TIME,
    p.PRICE_USD_MWH
FROM {{ silver }}.ZONE_PRICES AS p;
