-- Who follows is told where crews are and what they do.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE OR REPLACE FUNCTION gridtwin.tell_of_crews() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM pg_notify('gridtwin', json_build_object('changed', 'crews')::text);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION gridtwin.tell_of_crews() IS
    'Tell who listens that crews moved, or what they do changed';

CREATE OR REPLACE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON gridtwin.crews
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.tell_of_crews();
CREATE OR REPLACE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON gridtwin.crew_positions
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.tell_of_crews();
CREATE OR REPLACE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON gridtwin.crew_assignments
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.tell_of_crews();

INSERT INTO gridtwin.definitions (file) VALUES ('functions/64_crews.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
