-- Who follows is told of what is accepted.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE OR REPLACE FUNCTION gridtwin.tell_of_findings() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM pg_notify('gridtwin', json_build_object('changed', 'findings')::text);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION gridtwin.tell_of_findings() IS
    'Tell who listens that a finding is accepted, or is no longer';

CREATE OR REPLACE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON gridtwin.accepted_findings
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.tell_of_findings();

INSERT INTO gridtwin.definitions (file) VALUES ('functions/66_findings.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
