-- Where everything lies, and who may make or read what there.
--
-- The database may be shared with others, so it is made where it is missing and not altered.

USE ROLE SYSADMIN;

CREATE DATABASE IF NOT EXISTS {{ database }} COMMENT = 'Digital twin of a distribution utility';

CREATE SCHEMA IF NOT EXISTS {{ landing }} COMMENT = 'Bronze: what came, as it came';
CREATE SCHEMA IF NOT EXISTS {{ silver }} COMMENT = 'Silver: each thing once, what is broken apart';
CREATE SCHEMA IF NOT EXISTS {{ gold }} COMMENT = 'Gold: readings with network, weather and price';
CREATE SCHEMA IF NOT EXISTS {{ network }} COMMENT = 'The network and its topology';
CREATE SCHEMA IF NOT EXISTS {{ results }} COMMENT = 'What gridtwin worked out, and when';

GRANT USAGE ON DATABASE {{ database }} TO ROLE {{ loader }};
GRANT USAGE ON DATABASE {{ database }} TO ROLE {{ transformer }};
GRANT USAGE ON DATABASE {{ database }} TO ROLE {{ reader }};

GRANT USAGE, CREATE TABLE, CREATE STAGE, CREATE FILE FORMAT, CREATE PIPE
    ON SCHEMA {{ landing }} TO ROLE {{ loader }};
GRANT USAGE, CREATE TABLE ON SCHEMA {{ network }} TO ROLE {{ loader }};
GRANT USAGE, CREATE TABLE, CREATE TASK ON SCHEMA {{ results }} TO ROLE {{ loader }};

GRANT USAGE ON SCHEMA {{ landing }} TO ROLE {{ transformer }};
GRANT USAGE, CREATE VIEW, CREATE DYNAMIC TABLE ON SCHEMA {{ silver }} TO ROLE {{ transformer }};
GRANT USAGE, CREATE VIEW, CREATE DYNAMIC TABLE ON SCHEMA {{ gold }} TO ROLE {{ transformer }};
GRANT CREATE SEMANTIC VIEW ON SCHEMA {{ gold }} TO ROLE {{ transformer }};
GRANT CREATE CORTEX SEARCH SERVICE ON SCHEMA {{ gold }} TO ROLE {{ transformer }};
GRANT CREATE AGENT ON SCHEMA {{ gold }} TO ROLE {{ transformer }};
GRANT CREATE MCP SERVER ON SCHEMA {{ gold }} TO ROLE {{ transformer }};
GRANT USAGE, CREATE VIEW, CREATE DYNAMIC TABLE ON SCHEMA {{ network }} TO ROLE {{ transformer }};
GRANT USAGE, CREATE VIEW ON SCHEMA {{ results }} TO ROLE {{ transformer }};

GRANT SELECT ON FUTURE TABLES IN SCHEMA {{ landing }} TO ROLE {{ transformer }};
GRANT SELECT ON FUTURE TABLES IN SCHEMA {{ network }} TO ROLE {{ transformer }};
GRANT SELECT ON FUTURE TABLES IN SCHEMA {{ results }} TO ROLE {{ transformer }};

GRANT USAGE ON SCHEMA {{ silver }} TO ROLE {{ reader }};
GRANT USAGE ON SCHEMA {{ gold }} TO ROLE {{ reader }};
GRANT USAGE ON SCHEMA {{ network }} TO ROLE {{ reader }};
GRANT USAGE ON SCHEMA {{ results }} TO ROLE {{ reader }};
GRANT SELECT ON FUTURE DYNAMIC TABLES IN SCHEMA {{ silver }} TO ROLE {{ reader }};
GRANT SELECT ON FUTURE VIEWS IN SCHEMA {{ silver }} TO ROLE {{ reader }};
GRANT SELECT ON FUTURE DYNAMIC TABLES IN SCHEMA {{ gold }} TO ROLE {{ reader }};
GRANT SELECT ON FUTURE VIEWS IN SCHEMA {{ gold }} TO ROLE {{ reader }};
GRANT SELECT ON FUTURE TABLES IN SCHEMA {{ network }} TO ROLE {{ reader }};
GRANT SELECT ON FUTURE DYNAMIC TABLES IN SCHEMA {{ network }} TO ROLE {{ reader }};
GRANT SELECT ON FUTURE VIEWS IN SCHEMA {{ network }} TO ROLE {{ reader }};
GRANT SELECT ON FUTURE TABLES IN SCHEMA {{ results }} TO ROLE {{ reader }};
GRANT SELECT ON FUTURE VIEWS IN SCHEMA {{ results }} TO ROLE {{ reader }};
