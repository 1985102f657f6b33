-- Tables of an Iceberg catalog, read where they lie: what gridtwin or others publish there.
--
-- The catalog must answer over HTTPS from the cloud of the account. The secret of its client has no
-- place in a file: set it by hand, once, after this file has run:
--   ALTER CATALOG INTEGRATION {{ catalog }} SET REST_AUTHENTICATION =
--       (OAUTH_CLIENT_SECRET = '...');

USE ROLE ACCOUNTADMIN;

CREATE CATALOG INTEGRATION IF NOT EXISTS {{ catalog }}
    CATALOG_SOURCE = ICEBERG_REST
    TABLE_FORMAT = ICEBERG
    REST_CONFIG = (
        CATALOG_URI = '{{ catalog_address }}'
        ACCESS_DELEGATION_MODE = VENDED_CREDENTIALS
    )
    REST_AUTHENTICATION = (
        TYPE = OAUTH
        OAUTH_CLIENT_ID = '{{ catalog_client }}'
        OAUTH_CLIENT_SECRET = 'set by hand'
        OAUTH_ALLOWED_SCOPES = ('PRINCIPAL_ROLE:ALL')
    )
    ENABLED = TRUE
    REFRESH_INTERVAL_SECONDS = 300;

CREATE DATABASE IF NOT EXISTS {{ lake }} LINKED_CATALOG = (CATALOG = '{{ catalog_name }}');

GRANT USAGE ON INTEGRATION {{ catalog }} TO ROLE {{ transformer }};
GRANT USAGE ON DATABASE {{ lake }} TO ROLE {{ transformer }};
GRANT USAGE ON DATABASE {{ lake }} TO ROLE {{ reader }};

-- One table at a time, where a linked database is not wanted:
--   CREATE ICEBERG TABLE IF NOT EXISTS {{ gold }}.EVENTS
--       CATALOG = '{{ catalog_name }}' CATALOG_NAMESPACE = 'gridtwin' CATALOG_TABLE_NAME = 'events'
--       AUTO_REFRESH = TRUE;
