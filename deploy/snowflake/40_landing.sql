-- Bronze: where the Snowflake connector for Kafka lands the topics, and where files of days land.
--
-- The connector fills columns by the names of a message's fields, and RECORD_METADATA with the
-- partition and the offset it came from. Times are texts here, as they came: a cast would take one
-- without an offset for a time of the session's zone. What Snowflake refuses goes to the error table of each
-- table: SELECT * FROM ERROR_TABLE(AMI_READINGS_RAW).

USE ROLE "GRIDTWIN_LOADER";

CREATE OR ALTER TABLE "GRIDTWIN"."LANDING".AMI_READINGS_RAW (
    RECORD_METADATA VARIANT,
    METER_ID VARCHAR,
    READING_TIME VARCHAR,
    KWH DOUBLE,
    VOLTAGE_V DOUBLE,
    QUALITY VARCHAR
)
CHANGE_TRACKING = TRUE ERROR_LOGGING = TRUE
COMMENT = 'Topic ami_readings: readings of meters as they came';

CREATE OR ALTER TABLE "GRIDTWIN"."LANDING".GRID_EVENTS_RAW (
    RECORD_METADATA VARIANT,
    EVENT_ID VARCHAR,
    EVENT_TIME VARCHAR,
    KIND VARCHAR,
    EQUIPMENT_ID VARCHAR,
    OPEN_PHASES VARCHAR,
    ACTOR VARCHAR,
    DETAIL VARCHAR
)
CHANGE_TRACKING = TRUE ERROR_LOGGING = TRUE
COMMENT = 'Topic grid_events: operations, faults and statuses as they came';

CREATE OR ALTER TABLE "GRIDTWIN"."LANDING".OUTAGE_ALERTS_RAW (
    RECORD_METADATA VARIANT,
    EVENT_ID VARCHAR,
    EVENT_TIME VARCHAR,
    KIND VARCHAR,
    METER_ID VARCHAR,
    OUTAGE_ID VARCHAR,
    STATUS VARCHAR,
    DEVICE VARCHAR,
    CUSTOMERS_OUT NUMBER(12, 0),
    ETR VARCHAR
)
CHANGE_TRACKING = TRUE ERROR_LOGGING = TRUE
COMMENT = 'Topic outage_alerts: last gasps and outages as they came';

CREATE OR ALTER TABLE "GRIDTWIN"."LANDING".CONDITIONS_RAW (
    RECORD_METADATA VARIANT,
    TIME VARCHAR,
    TEMPERATURE_C DOUBLE,
    PRICE_USD_MWH DOUBLE
)
CHANGE_TRACKING = TRUE ERROR_LOGGING = TRUE
COMMENT = 'Topic conditions: weather and price of the whole territory as they came';

CREATE OR ALTER TABLE "GRIDTWIN"."LANDING".AMI_BACKFILL_RAW (
    METER_ID VARCHAR,
    READING_TIME TIMESTAMP_TZ(6),
    KWH DOUBLE,
    VOLTAGE_V DOUBLE,
    SOURCE_FILE VARCHAR,
    SOURCE_ROW NUMBER(18, 0)
)
CHANGE_TRACKING = TRUE ERROR_LOGGING = TRUE
COMMENT = 'Readings of files of days; what came by the topic counts more';

CREATE OR ALTER TABLE "GRIDTWIN"."LANDING".ZONE_PRICES_RAW (
    LOAD_ZONE VARCHAR,
    INTERVAL_END TIMESTAMP_TZ(6),
    PRICE_USD_MWH DOUBLE,
    SOURCE_FILE VARCHAR,
    SOURCE_ROW NUMBER(18, 0)
)
CHANGE_TRACKING = TRUE ERROR_LOGGING = TRUE
COMMENT = 'Prices of settlement points, by load zone and interval; they count more than conditions';
