-- What computes, how long it stays awake, and how much it may cost in a month.
--
-- Each warehouse sleeps after 60 seconds. Its monitor tells at 80 % of its credits and stops what is
-- new at 100 %.

USE ROLE ACCOUNTADMIN;

CREATE WAREHOUSE IF NOT EXISTS {{ load_warehouse }}
    WAREHOUSE_SIZE = 'XSMALL' AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE
    COMMENT = 'Loads files, the network and the results';
CREATE WAREHOUSE IF NOT EXISTS {{ transform_warehouse }}
    WAREHOUSE_SIZE = 'XSMALL' AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE
    COMMENT = 'Refreshes the dynamic tables';
CREATE WAREHOUSE IF NOT EXISTS {{ read_warehouse }}
    WAREHOUSE_SIZE = 'XSMALL' AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE
    COMMENT = 'Answers the questions of people and programs';

CREATE RESOURCE MONITOR IF NOT EXISTS {{ load_monitor }}
    WITH CREDIT_QUOTA = {{ credits }} FREQUENCY = MONTHLY START_TIMESTAMP = IMMEDIATELY
    TRIGGERS ON 80 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND;
CREATE RESOURCE MONITOR IF NOT EXISTS {{ transform_monitor }}
    WITH CREDIT_QUOTA = {{ credits }} FREQUENCY = MONTHLY START_TIMESTAMP = IMMEDIATELY
    TRIGGERS ON 80 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND;
CREATE RESOURCE MONITOR IF NOT EXISTS {{ read_monitor }}
    WITH CREDIT_QUOTA = {{ credits }} FREQUENCY = MONTHLY START_TIMESTAMP = IMMEDIATELY
    TRIGGERS ON 80 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND;

ALTER RESOURCE MONITOR {{ load_monitor }} SET CREDIT_QUOTA = {{ credits }};
ALTER RESOURCE MONITOR {{ transform_monitor }} SET CREDIT_QUOTA = {{ credits }};
ALTER RESOURCE MONITOR {{ read_monitor }} SET CREDIT_QUOTA = {{ credits }};

ALTER WAREHOUSE {{ load_warehouse }} SET
    RESOURCE_MONITOR = {{ load_monitor }} AUTO_SUSPEND = 60 STATEMENT_TIMEOUT_IN_SECONDS = 7200;
ALTER WAREHOUSE {{ transform_warehouse }} SET
    RESOURCE_MONITOR = {{ transform_monitor }} AUTO_SUSPEND = 60 STATEMENT_TIMEOUT_IN_SECONDS = 7200;
ALTER WAREHOUSE {{ read_warehouse }} SET
    RESOURCE_MONITOR = {{ read_monitor }} AUTO_SUSPEND = 60 STATEMENT_TIMEOUT_IN_SECONDS = 600;

GRANT USAGE ON WAREHOUSE {{ load_warehouse }} TO ROLE {{ loader }};
GRANT USAGE ON WAREHOUSE {{ transform_warehouse }} TO ROLE {{ transformer }};
GRANT USAGE ON WAREHOUSE {{ read_warehouse }} TO ROLE {{ reader }};

-- For the task that counts what Snowflake refused.
GRANT EXECUTE TASK ON ACCOUNT TO ROLE {{ loader }};
