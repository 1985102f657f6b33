-- Tags that forbid to operate, and who is told of what persons operate.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE OR REPLACE FUNCTION gridtwin.refuse_tagged(element text) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    hanging gridtwin.tags;
BEGIN
    -- Whoever hangs a tag waits until the operation is over, or the operation for the tag.
    PERFORM FROM gridtwin.states s WHERE s.name = 'current' FOR UPDATE;
    SELECT * INTO hanging
    FROM gridtwin.tags t
    WHERE t.mrid = element AND t.removed_at IS NULL
    ORDER BY t.number
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% may not be operated: % tag % by %: %', element, hanging.kind,
            hanging.number, hanging.placed_by, hanging.reason
            USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'remove the tag first';
    END IF;
END
$$;
COMMENT ON FUNCTION gridtwin.refuse_tagged(text) IS
    'Refuse to operate equipment on which a tag hangs';

CREATE OR REPLACE FUNCTION gridtwin.check_tag() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM gridtwin.states s WHERE s.name = 'current' FOR SHARE;
    ELSIF OLD.removed_at IS NOT NULL THEN
        RAISE EXCEPTION 'tag % was removed by % already', OLD.number, OLD.removed_by
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tags_removed';
    ELSIF (NEW.number, NEW.mrid, NEW.kind, NEW.reason, NEW.placed_by, NEW.placed_at)
        IS DISTINCT FROM (OLD.number, OLD.mrid, OLD.kind, OLD.reason, OLD.placed_by, OLD.placed_at)
    THEN
        RAISE EXCEPTION 'tag % hangs as it was placed: remove it and place another', OLD.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tags_placed';
    ELSIF NEW.removed_at IS NOT NULL AND NEW.kind = 'hold'
        AND NEW.removed_by <> NEW.placed_by AND NEW.removed_because = '' THEN
        RAISE EXCEPTION 'tag % is a hold that % placed: say why another person removes it',
            NEW.number, NEW.placed_by
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tags_hold';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION gridtwin.check_tag() IS
    'Have a tag wait for operations under way; refuse to change it, or to remove the hold of another '
    'without a why';

CREATE OR REPLACE TRIGGER checked BEFORE INSERT OR UPDATE ON gridtwin.tags
    FOR EACH ROW EXECUTE FUNCTION gridtwin.check_tag();

CREATE OR REPLACE FUNCTION gridtwin.tell_of_operating() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM pg_notify('gridtwin', json_build_object('changed', 'operating')::text);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION gridtwin.tell_of_operating() IS
    'Tell who listens that tags, requests, switching orders or planned outages changed';

CREATE OR REPLACE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON gridtwin.tags
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.tell_of_operating();
CREATE OR REPLACE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON gridtwin.operation_requests
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.tell_of_operating();
CREATE OR REPLACE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON gridtwin.switching_orders
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.tell_of_operating();
CREATE OR REPLACE TRIGGER told AFTER UPDATE ON gridtwin.order_steps
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.tell_of_operating();
CREATE OR REPLACE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON gridtwin.planned_outages
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.tell_of_operating();

INSERT INTO gridtwin.definitions (file) VALUES ('functions/62_tags.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
