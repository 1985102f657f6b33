-- Where a row that analytics may hand back was written: by a pull, or here.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

-- A pull names itself in gridtwin.origin for its transaction; whoever else writes is operations.
CREATE OR REPLACE FUNCTION gridtwin.mark_origin() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.origin := coalesce(current_setting('gridtwin.origin', true), '');
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION gridtwin.mark_origin() IS
    'Note in a row by which pull it was written; empty for everybody else';

CREATE OR REPLACE TRIGGER marked BEFORE INSERT OR UPDATE ON gridtwin.element_scores
    FOR EACH ROW EXECUTE FUNCTION gridtwin.mark_origin();
CREATE OR REPLACE TRIGGER marked BEFORE INSERT OR UPDATE ON gridtwin.element_priorities
    FOR EACH ROW EXECUTE FUNCTION gridtwin.mark_origin();
CREATE OR REPLACE TRIGGER marked BEFORE INSERT OR UPDATE ON gridtwin.crew_shifts
    FOR EACH ROW EXECUTE FUNCTION gridtwin.mark_origin();
CREATE OR REPLACE TRIGGER marked BEFORE INSERT OR UPDATE ON gridtwin.element_forecasts
    FOR EACH ROW EXECUTE FUNCTION gridtwin.mark_origin();

INSERT INTO gridtwin.definitions (file) VALUES ('functions/72_origins.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
