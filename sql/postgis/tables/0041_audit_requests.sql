-- 0041: the request that a row of the audit was written for.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

ALTER TABLE gridtwin.audit ADD COLUMN request text;
CREATE INDEX audit_request ON gridtwin.audit (request) WHERE request IS NOT NULL;
COMMENT ON COLUMN gridtwin.audit.request IS
    'Id of the request, as gridtwin.actions and the log of the server have it; null = of none';

INSERT INTO gridtwin.migrations (number, name) VALUES (41, 'audit_requests');

COMMIT;
