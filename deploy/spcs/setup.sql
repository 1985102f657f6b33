-- A service of the map and one of live operations in Snowpark Container Services, on a PostgreSQL elsewhere.
-- Untested in an account. Run it by `snow sql --filename deploy/spcs/setup.sql`, as a role that may create these.
-- Before it: the image in the repository, pinned by its digest in server.yaml and live.yaml, and both
-- files in the stage:  snow stage copy deploy/spcs @grid.deploy.specifications

CREATE COMPUTE POOL IF NOT EXISTS gridtwin
    MIN_NODES = 1
    MAX_NODES = 2
    INSTANCE_FAMILY = CPU_X64_S
    AUTO_SUSPEND_SECS = 3600;

-- Where the service may go: the database, and the broker of live operations. Nothing else.
CREATE OR REPLACE NETWORK RULE gridtwin_egress
    TYPE = HOST_PORT
    MODE = EGRESS
    VALUE_LIST = ('db.utility.example:5432', 'kafka.utility.example:9092');

-- Secrets are made empty; who owns them sets them: ALTER SECRET gridtwin_database SET PASSWORD = ...
CREATE SECRET IF NOT EXISTS gridtwin_database TYPE = PASSWORD USERNAME = 'gridtwin' PASSWORD = '';
CREATE SECRET IF NOT EXISTS gridtwin_operator TYPE = GENERIC_STRING SECRET_STRING = '';

CREATE OR REPLACE EXTERNAL ACCESS INTEGRATION gridtwin_access
    ALLOWED_NETWORK_RULES = (gridtwin_egress)
    ALLOWED_AUTHENTICATION_SECRETS = (gridtwin_database, gridtwin_operator)
    ENABLED = TRUE;

CREATE SERVICE IF NOT EXISTS gridtwin_server
    IN COMPUTE POOL gridtwin
    FROM @specifications SPECIFICATION_FILE = 'server.yaml'
    EXTERNAL_ACCESS_INTEGRATIONS = (gridtwin_access)
    MIN_INSTANCES = 1
    MAX_INSTANCES = 2;

-- One writer: live operations of a twin run once.
CREATE SERVICE IF NOT EXISTS gridtwin_live
    IN COMPUTE POOL gridtwin
    FROM @specifications SPECIFICATION_FILE = 'live.yaml'
    EXTERNAL_ACCESS_INTEGRATIONS = (gridtwin_access)
    MIN_INSTANCES = 1
    MAX_INSTANCES = 1;

-- Who sees the map.
CREATE ROLE IF NOT EXISTS gridtwin_viewer;
GRANT SERVICE ROLE gridtwin_server!viewer TO ROLE gridtwin_viewer;

-- The public name.
SHOW ENDPOINTS IN SERVICE gridtwin_server;
