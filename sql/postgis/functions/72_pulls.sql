-- Where a row that analytics may hand back was written: by a pull, or here.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

-- A pull names itself in gridtwin.pulled_by for its transaction; whoever else writes is operations.
CREATE OR REPLACE FUNCTION gridtwin.mark_pull() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.pulled_by := coalesce(current_setting('gridtwin.pulled_by', true), '');
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION gridtwin.mark_pull() IS
    'Note in a row by which pull it was written; empty for everybody else';

CREATE OR REPLACE TRIGGER marked BEFORE INSERT OR UPDATE ON gridtwin.element_scores
    FOR EACH ROW EXECUTE FUNCTION gridtwin.mark_pull();
CREATE OR REPLACE TRIGGER marked BEFORE INSERT OR UPDATE ON gridtwin.element_priorities
    FOR EACH ROW EXECUTE FUNCTION gridtwin.mark_pull();
CREATE OR REPLACE TRIGGER marked BEFORE INSERT OR UPDATE ON gridtwin.crew_shifts
    FOR EACH ROW EXECUTE FUNCTION gridtwin.mark_pull();
CREATE OR REPLACE TRIGGER marked BEFORE INSERT OR UPDATE ON gridtwin.element_forecasts
    FOR EACH ROW EXECUTE FUNCTION gridtwin.mark_pull();

INSERT INTO gridtwin.definitions (file) VALUES ('functions/72_pulls.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
