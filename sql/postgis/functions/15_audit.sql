-- Who changed what, written by triggers alone, and what may not be changed at all.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

-- SECURITY DEFINER, alone among the functions of gridtwin: nobody may write the audit but through
-- a change that is audited, so the function writes with the right of its owner. Its search path is
-- fixed and it takes nothing from its caller but the row; session_user stays the login that acted.
CREATE OR REPLACE FUNCTION gridtwin.write_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    was jsonb := CASE WHEN TG_OP IN ('UPDATE', 'DELETE') THEN to_jsonb(OLD) END;
    is_now jsonb := CASE WHEN TG_OP IN ('INSERT', 'UPDATE') THEN to_jsonb(NEW) END;
BEGIN
    IF TG_OP = 'UPDATE' AND was = is_now THEN
        RETURN NULL;
    END IF;
    INSERT INTO gridtwin.audit (table_name, row_key, change, before, after, request)
    SELECT
        TG_TABLE_NAME,
        coalesce(string_agg(coalesce(is_now, was) ->> part, '/' ORDER BY place), ''),
        lower(TG_OP),
        was,
        is_now,
        nullif(current_setting('gridtwin.request', true), '')
    FROM unnest(TG_ARGV) WITH ORDINALITY AS key_columns (part, place);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION gridtwin.write_audit() IS 'Write the change of a row to gridtwin.audit';

CREATE OR REPLACE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.states
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('name');
CREATE OR REPLACE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.states
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE OR REPLACE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.state_switches
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('state', 'mrid');
CREATE OR REPLACE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.state_switches
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE OR REPLACE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.outages
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('id');
CREATE OR REPLACE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.outages
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE OR REPLACE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.specs
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('name');
CREATE OR REPLACE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.specs
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE OR REPLACE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.accepted_findings
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('rule', 'key');
CREATE OR REPLACE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.accepted_findings
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE OR REPLACE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.erm_zones
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('zone');
CREATE OR REPLACE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.erm_zones
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE OR REPLACE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.erm_current
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('outage');
CREATE OR REPLACE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.erm_current
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE OR REPLACE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.tags
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('number');
CREATE OR REPLACE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.tags
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE OR REPLACE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.operation_requests
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('id');
CREATE OR REPLACE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.operation_requests
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE OR REPLACE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.switching_orders
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('id');
CREATE OR REPLACE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.switching_orders
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE OR REPLACE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.order_steps
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('switching_order', 'number');
CREATE OR REPLACE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.order_steps
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE OR REPLACE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.crew_assignments
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('number');
CREATE OR REPLACE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.crew_assignments
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE OR REPLACE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.planned_outages
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('id');
CREATE OR REPLACE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.planned_outages
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();

CREATE OR REPLACE FUNCTION gridtwin.refuse_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'gridtwin.%: %', TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'restrict_violation';
END
$$;
COMMENT ON FUNCTION gridtwin.refuse_change() IS 'Refuse a change, in the words the trigger gives';

CREATE OR REPLACE TRIGGER keep_current BEFORE DELETE ON gridtwin.states
    FOR EACH ROW WHEN (OLD.name = 'current')
    EXECUTE FUNCTION gridtwin.refuse_change('the state current is always there');
CREATE OR REPLACE TRIGGER keep_current_name BEFORE UPDATE OF name ON gridtwin.states
    FOR EACH ROW WHEN (OLD.name = 'current' AND NEW.name <> 'current')
    EXECUTE FUNCTION gridtwin.refuse_change('the state current is always there');
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON gridtwin.outage_evidence
    FOR EACH STATEMENT
    EXECUTE FUNCTION gridtwin.refuse_change('rows are added, never changed or deleted');
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON gridtwin.erm_history
    FOR EACH STATEMENT
    EXECUTE FUNCTION gridtwin.refuse_change('rows are added, never changed or deleted');

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gridtwin.actions
    FOR EACH STATEMENT
    EXECUTE FUNCTION gridtwin.refuse_change('rows are added, never changed or deleted');

INSERT INTO gridtwin.definitions (file) VALUES ('functions/15_audit.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
