-- Silver: each reading, each price and each event once; what cannot be used is set apart first.
--
-- Times are in UTC. The last word counts: a meter is the key of its messages, so its offsets have
-- one order; of files the one named last, and in it the row further behind. What came by the topic
-- counts more than what came by file.

USE ROLE {{ transformer }};

-- The limits are those of the contract of ami_readings; REASON is empty where all are kept.
CREATE OR ALTER VIEW {{ silver }}.AMI_CHECKED
COMMENT = 'Every reading that landed, and what is wrong with it'
AS
SELECT
    c.METER_ID,
    CONVERT_TIMEZONE('UTC', c.READING_TIME) AS READING_TIME,
    c.READING_TEXT,
    c.KWH,
    c.VOLTAGE_V,
    c.QUALITY,
    c.SOURCE_RANK,
    c.SOURCE_FILE,
    c.SOURCE_PARTITION,
    c.SOURCE_ROW,
    CASE
        WHEN c.METER_ID IS NULL THEN 'meter_id is missing'
        WHEN LENGTH(c.METER_ID) < 1 OR LENGTH(c.METER_ID) > 128
            THEN 'meter_id has not 1 to 128 letters'
        WHEN c.READING_TIME IS NULL OR NOT c.ON_QUARTER
            THEN 'reading_time is no time on a quarter of an hour'
        WHEN c.READING_TIME < TO_TIMESTAMP_TZ('2000-01-01T00:00:00+00:00')
            OR c.READING_TIME > TO_TIMESTAMP_TZ('2100-01-01T00:00:00+00:00')
            THEN 'reading_time is too long ago or to come'
        WHEN c.KWH IS NULL AND c.VOLTAGE_V IS NULL THEN 'neither kwh nor voltage_v is given'
        WHEN c.KWH < -10000 OR c.KWH > 10000 THEN 'kwh is not between -10000 and 10000'
        WHEN c.VOLTAGE_V < 0 OR c.VOLTAGE_V > 400 THEN 'voltage_v is not between 0 and 400'
        WHEN c.QUALITY <> 'ok' AND c.QUALITY <> 'estimated' THEN 'quality is not ok or estimated'
        ELSE ''
    END AS REASON
FROM (
    SELECT
        r.METER_ID,
        TRY_TO_TIMESTAMP_TZ(REGEXP_REPLACE(r.READING_TIME, 'Z$', '+00:00')) AS READING_TIME,
        r.READING_TIME AS READING_TEXT,
        REGEXP_LIKE(
            r.READING_TIME,
            '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:(00|15|30|45):00([.]0{1,6})?'
            || '(Z|[+-][0-9]{2}:(00|15|30|45))'
        ) AS ON_QUARTER,
        r.KWH,
        r.VOLTAGE_V,
        r.QUALITY,
        1 AS SOURCE_RANK,
        '' AS SOURCE_FILE,
        r.RECORD_METADATA:partition::NUMBER(18, 0) AS SOURCE_PARTITION,
        r.RECORD_METADATA:offset::NUMBER(18, 0) AS SOURCE_ROW
    FROM {{ landing }}.AMI_READINGS_RAW AS r
    UNION ALL
    SELECT
        b.METER_ID,
        b.READING_TIME,
        NULL::VARCHAR AS READING_TEXT,
        DATE_PART('epoch_microsecond', b.READING_TIME) % 900000000 = 0 AS ON_QUARTER,
        b.KWH,
        b.VOLTAGE_V,
        NULL::VARCHAR AS QUALITY,
        0 AS SOURCE_RANK,
        b.SOURCE_FILE,
        NULL::NUMBER(18, 0) AS SOURCE_PARTITION,
        b.SOURCE_ROW
    FROM {{ landing }}.AMI_BACKFILL_RAW AS b
) AS c;

CREATE OR ALTER DYNAMIC TABLE {{ silver }}.AMI_REJECTED
TARGET_LAG = '{{ lag }}'
WAREHOUSE = {{ transform_warehouse }}
REFRESH_MODE = INCREMENTAL
COMMENT = 'Readings that break the contract, and why; values of a wrong type are in the error tables'
AS
SELECT
    c.METER_ID,
    c.READING_TIME,
    c.READING_TEXT,
    c.KWH,
    c.VOLTAGE_V,
    c.QUALITY,
    c.SOURCE_RANK,
    c.SOURCE_FILE,
    c.SOURCE_PARTITION,
    c.SOURCE_ROW,
    c.REASON
FROM {{ silver }}.AMI_CHECKED AS c
WHERE c.REASON <> '';

CREATE OR ALTER DYNAMIC TABLE {{ silver }}.AMI_DEDUPLICATED
TARGET_LAG = DOWNSTREAM
WAREHOUSE = {{ transform_warehouse }}
REFRESH_MODE = INCREMENTAL
COMMENT = 'One reading of each meter and interval: the last that came'
AS
SELECT
    c.METER_ID,
    c.READING_TIME,
    c.KWH,
    c.VOLTAGE_V,
    COALESCE(c.QUALITY, 'ok') AS QUALITY
FROM {{ silver }}.AMI_CHECKED AS c
WHERE c.REASON = ''
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY c.METER_ID, c.READING_TIME
    ORDER BY c.SOURCE_RANK DESC, c.SOURCE_FILE DESC, c.SOURCE_ROW DESC
) = 1;

CREATE OR ALTER DYNAMIC TABLE {{ silver }}.CONDITIONS
TARGET_LAG = DOWNSTREAM
WAREHOUSE = {{ transform_warehouse }}
REFRESH_MODE = INCREMENTAL
COMMENT = 'Weather and price of the whole territory by interval, named by its end'
AS
SELECT
    c.INTERVAL_END,
    c.TEMPERATURE_C,
    c.PRICE_USD_MWH
FROM (
    SELECT
        CONVERT_TIMEZONE(
            'UTC', TRY_TO_TIMESTAMP_TZ(REGEXP_REPLACE(r.TIME, 'Z$', '+00:00'))
        ) AS INTERVAL_END,
        r.TEMPERATURE_C,
        r.PRICE_USD_MWH,
        r.RECORD_METADATA:offset::NUMBER(18, 0) AS SOURCE_ROW
    FROM {{ landing }}.CONDITIONS_RAW AS r
) AS c
WHERE c.INTERVAL_END IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY c.INTERVAL_END ORDER BY c.SOURCE_ROW DESC) = 1;

CREATE OR ALTER DYNAMIC TABLE {{ silver }}.ZONE_PRICES
TARGET_LAG = DOWNSTREAM
WAREHOUSE = {{ transform_warehouse }}
REFRESH_MODE = INCREMENTAL
COMMENT = 'Price of each load zone and interval, named by its end'
AS
SELECT
    r.LOAD_ZONE,
    CONVERT_TIMEZONE('UTC', r.INTERVAL_END) AS INTERVAL_END,
    r.PRICE_USD_MWH
FROM {{ landing }}.ZONE_PRICES_RAW AS r
WHERE r.LOAD_ZONE IS NOT NULL AND r.INTERVAL_END IS NOT NULL AND r.PRICE_USD_MWH IS NOT NULL
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY r.LOAD_ZONE, CONVERT_TIMEZONE('UTC', r.INTERVAL_END)
    ORDER BY r.SOURCE_FILE DESC, r.SOURCE_ROW DESC
) = 1;

CREATE OR ALTER DYNAMIC TABLE {{ silver }}.GRID_EVENTS
TARGET_LAG = '{{ lag }}'
WAREHOUSE = {{ transform_warehouse }}
REFRESH_MODE = INCREMENTAL
COMMENT = 'Operations, faults and statuses of equipment, each once'
AS
SELECT
    r.EVENT_ID,
    CONVERT_TIMEZONE(
        'UTC', TRY_TO_TIMESTAMP_TZ(REGEXP_REPLACE(r.EVENT_TIME, 'Z$', '+00:00'))
    ) AS EVENT_TIME,
    r.KIND,
    r.EQUIPMENT_ID,
    r.OPEN_PHASES,
    r.ACTOR,
    r.DETAIL
FROM {{ landing }}.GRID_EVENTS_RAW AS r
WHERE r.EVENT_ID IS NOT NULL
    AND TRY_TO_TIMESTAMP_TZ(REGEXP_REPLACE(r.EVENT_TIME, 'Z$', '+00:00')) IS NOT NULL
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY r.EVENT_ID
    ORDER BY r.RECORD_METADATA:offset::NUMBER(18, 0)
) = 1;

CREATE OR ALTER DYNAMIC TABLE {{ silver }}.OUTAGE_ALERTS
TARGET_LAG = '{{ lag }}'
WAREHOUSE = {{ transform_warehouse }}
REFRESH_MODE = INCREMENTAL
COMMENT = 'Last gasps of meters and changes of outages, each once'
AS
SELECT
    r.EVENT_ID,
    CONVERT_TIMEZONE(
        'UTC', TRY_TO_TIMESTAMP_TZ(REGEXP_REPLACE(r.EVENT_TIME, 'Z$', '+00:00'))
    ) AS EVENT_TIME,
    r.KIND,
    r.METER_ID,
    r.OUTAGE_ID,
    r.STATUS,
    r.DEVICE,
    r.CUSTOMERS_OUT,
    CONVERT_TIMEZONE('UTC', TRY_TO_TIMESTAMP_TZ(REGEXP_REPLACE(r.ETR, 'Z$', '+00:00'))) AS ETR
FROM {{ landing }}.OUTAGE_ALERTS_RAW AS r
WHERE r.EVENT_ID IS NOT NULL
    AND TRY_TO_TIMESTAMP_TZ(REGEXP_REPLACE(r.EVENT_TIME, 'Z$', '+00:00')) IS NOT NULL
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY r.EVENT_ID
    ORDER BY r.RECORD_METADATA:offset::NUMBER(18, 0)
) = 1;
