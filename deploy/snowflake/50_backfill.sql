-- Files of days into the landing tables: Parquet of readings, CSV of zone prices.
--
-- Put the files on the stage first, then run this file again; COPY passes over files it has loaded
-- in the last 64 days, so it may run at any time:
--   PUT file:///PATH/ami/readings/date=2026-07-01/*.parquet
--       @"GRIDTWIN"."LANDING".BACKFILL/readings/date=2026-07-01/ AUTO_COMPRESS = FALSE;

USE ROLE "GRIDTWIN_LOADER";
USE WAREHOUSE "GRIDTWIN_LOAD_WH";

CREATE OR ALTER FILE FORMAT "GRIDTWIN"."LANDING".PARQUET_FILES
    TYPE = PARQUET USE_LOGICAL_TYPE = TRUE
    COMMENT = 'Parquet as gridtwin writes it, times with their zone';
CREATE OR ALTER FILE FORMAT "GRIDTWIN"."LANDING".CSV_FILES
    TYPE = CSV SKIP_HEADER = 1 FIELD_OPTIONALLY_ENCLOSED_BY = '"' NULL_IF = ('')
    COMMENT = 'CSV with a header';

CREATE STAGE IF NOT EXISTS "GRIDTWIN"."LANDING".BACKFILL COMMENT = 'Files of days, put by hand';
CREATE STAGE IF NOT EXISTS "GRIDTWIN"."LANDING".LOADS COMMENT = 'Network and results, put by gridtwin';

COPY INTO "GRIDTWIN"."LANDING".AMI_BACKFILL_RAW
    (METER_ID, READING_TIME, KWH, VOLTAGE_V, SOURCE_FILE, SOURCE_ROW)
FROM (
    SELECT
        $1:meter_id::VARCHAR,
        $1:reading_time::TIMESTAMP_TZ,
        $1:kwh::DOUBLE,
        $1:voltage_v::DOUBLE,
        METADATA$FILENAME,
        METADATA$FILE_ROW_NUMBER
    FROM @"GRIDTWIN"."LANDING".BACKFILL/readings/
)
FILE_FORMAT = (FORMAT_NAME = '"GRIDTWIN"."LANDING".PARQUET_FILES')
PATTERN = '.*[.]parquet'
ON_ERROR = CONTINUE;

COPY INTO "GRIDTWIN"."LANDING".ZONE_PRICES_RAW
    (LOAD_ZONE, INTERVAL_END, PRICE_USD_MWH, SOURCE_FILE, SOURCE_ROW)
FROM (
    SELECT
        $1::VARCHAR,
        $2::TIMESTAMP_TZ,
        $3::DOUBLE,
        METADATA$FILENAME,
        METADATA$FILE_ROW_NUMBER
    FROM @"GRIDTWIN"."LANDING".BACKFILL/zone_prices/
)
FILE_FORMAT = (FORMAT_NAME = '"GRIDTWIN"."LANDING".CSV_FILES')
PATTERN = '.*[.]csv'
ON_ERROR = CONTINUE;
