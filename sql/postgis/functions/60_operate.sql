-- Operate a switch from any SQL client.
--
--   SELECT gridtwin.operate('SW-1', true);          open it
--   SELECT gridtwin.operate('SW-1', false, 'A');    close its pole A
--   SELECT gridtwin.move_poles('SW-1', 'ABC', at => '2026-07-01 12:00+00');   it was opened then
--
-- One transaction writes the state, the log, and the intervals of the feeders that change, then
-- tells whoever listens on the channel gridtwin. Operations wait for one another and for a sync.
-- Who operates is refused while a tag hangs on the switch; move_poles writes what has moved already.
--
-- A message about a switch arrives after the switch has moved, and now and then twice: it gives the
-- time, and an id as the request, of which each is carried out once.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE OR REPLACE FUNCTION gridtwin.move_poles(
    element text, open_phases text, poles text DEFAULT '', actor text DEFAULT '',
    request text DEFAULT NULL, at timestamptz DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    own gridtwin.equipment;
    every int;
    wanted int := gridtwin.phase_mask(open_phases)::int;
    moving int := gridtwin.phase_mask(poles)::int;
    before int;
    after int;
    fresh bigint;
    operated_at timestamptz;
BEGIN
    SELECT s.version + 1 INTO fresh FROM gridtwin.states s WHERE s.name = 'current' FOR UPDATE;
    IF EXISTS (SELECT FROM gridtwin.events e WHERE e.request = move_poles.request) THEN
        RETURN (SELECT e.version FROM gridtwin.events e WHERE e.request = move_poles.request);
    END IF;
    SELECT * INTO own FROM gridtwin.equipment e WHERE e.mrid = element;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no equipment has the mRID %', element USING ERRCODE = 'no_data_found';
    END IF;
    every := coalesce(nullif(own.phases, 0), 7);
    moving := coalesce(nullif(moving, 0), every);
    IF (wanted | moving) & ~every <> 0 THEN
        RAISE EXCEPTION '% has no phase %: it has %', element,
            gridtwin.phase_text(((wanted | moving) & ~every)::smallint),
            gridtwin.phase_text(every::smallint)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    before := gridtwin.open_phases(own.row)::int;
    after := before & ~moving | (wanted & moving);
    IF after = own.normal_open THEN
        DELETE FROM gridtwin.state_switches w WHERE w.state = 'current' AND w.mrid = element;
    ELSE
        INSERT INTO gridtwin.state_switches (state, mrid, open_phases)
        VALUES ('current', element, after)
        ON CONFLICT (state, mrid) DO UPDATE SET open_phases = excluded.open_phases;
    END IF;
    UPDATE gridtwin.states s SET version = fresh WHERE s.name = 'current';
    -- Nobody has operated in the future, nor before the last operation of the same equipment.
    operated_at := greatest(least(at, clock_timestamp()), (
        SELECT e.at FROM gridtwin.events e
        WHERE e.mrid = element ORDER BY e.version DESC LIMIT 1));
    INSERT INTO gridtwin.events (version, at, actor, mrid, open_before, open_after, request)
    VALUES (fresh, operated_at, actor, element, before, after, request);
    PERFORM gridtwin.let_through(
        own.row, gridtwin.passing(own.phases, after, own.in_service), fresh);
    PERFORM pg_notify('gridtwin', json_build_object(
        'version', fresh, 'changed', 'operate', 'mrid', element,
        'open', gridtwin.phase_text(after::smallint))::text);
    RETURN fresh;
END
$$;
COMMENT ON FUNCTION gridtwin.move_poles(text, text, text, text, text, timestamptz) IS
    'Move poles of any equipment: which phases stand open afterwards, among those that move';

CREATE OR REPLACE FUNCTION gridtwin.operate(
    element text, open bool, phases text DEFAULT '', actor text DEFAULT ''
) RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    own gridtwin.equipment;
    poles text := phases;
BEGIN
    SELECT * INTO own FROM gridtwin.equipment e WHERE e.mrid = element;
    IF own.kind NOT IN ('breaker', 'recloser', 'fuse', 'sectionaliser', 'load_break_switch',
        'disconnector', 'jumper') THEN
        RAISE EXCEPTION '% is of kind %, which cannot be switched', element, own.kind
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT own.in_service THEN
        RAISE EXCEPTION '% is out of service, which is not open: it cannot be switched', element
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM gridtwin.refuse_tagged(element);
    IF gridtwin.phase_mask(phases) = 0 THEN
        poles := gridtwin.phase_text(coalesce(nullif(own.phases, 0), 7)::smallint);
    END IF;
    -- A name sorts by another rule than text, and would lead past the indexes.
    RETURN gridtwin.move_poles(element, CASE WHEN open THEN poles ELSE '' END, poles,
        coalesce(nullif(actor, ''), session_user COLLATE pg_catalog."default"));
END
$$;
COMMENT ON FUNCTION gridtwin.operate(text, bool, text, text) IS
    'Open or close a switch, all its poles or some; returns the version of the current state';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/60_operate.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
