-- What runs by itself: rows that Snowflake refused are counted every hour, so that none vanishes.
--
-- Set an alert on LOAD_ERRORS, or look there: SELECT * FROM LOAD_ERRORS ORDER BY COUNTED_AT DESC.

USE ROLE {{ loader }};

CREATE OR ALTER TABLE {{ results }}.LOAD_ERRORS (
    COUNTED_AT TIMESTAMP_TZ(6) NOT NULL COMMENT 'When they were counted',
    TABLE_NAME VARCHAR NOT NULL COMMENT 'Landing table that refused them',
    ROWS_REFUSED NUMBER(18, 0) NOT NULL COMMENT 'Rows in its error table by then'
)
COMMENT = 'Rows that Snowflake refused, by hour and landing table';

ALTER TASK IF EXISTS {{ results }}.COUNT_LOAD_ERRORS SUSPEND;

CREATE OR ALTER TASK {{ results }}.COUNT_LOAD_ERRORS
WAREHOUSE = {{ load_warehouse }}
SCHEDULE = '60 minutes'
COMMENT = 'Counts the rows that the landing tables refused'
AS
INSERT INTO {{ results }}.LOAD_ERRORS (COUNTED_AT, TABLE_NAME, ROWS_REFUSED)
{{ counted }};

ALTER TASK {{ results }}.COUNT_LOAD_ERRORS RESUME;
