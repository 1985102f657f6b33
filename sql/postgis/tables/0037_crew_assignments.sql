-- 0037: which crew works on which outage, and how far it is.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.crew_assignments (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    crew text NOT NULL CHECK (crew <> ''),
    outage text NOT NULL CHECK (outage <> ''),
    status text NOT NULL DEFAULT 'assigned'
        CHECK (status IN ('assigned', 'en_route', 'on_site', 'done', 'withdrawn')),
    assigned_by text NOT NULL,
    assigned_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    en_route_at timestamptz,
    on_site_at timestamptz,
    ended_at timestamptz
);

CREATE UNIQUE INDEX crew_assignments_once ON gridtwin.crew_assignments (crew, outage)
    WHERE ended_at IS NULL;
CREATE UNIQUE INDEX crew_assignments_one_place ON gridtwin.crew_assignments (crew)
    WHERE status IN ('en_route', 'on_site');
CREATE INDEX crew_assignments_outage ON gridtwin.crew_assignments (outage);

COMMENT ON TABLE gridtwin.crew_assignments IS
    'Crews that are assigned to outages; a crew is on the way to, or at, one of them at a time';
COMMENT ON COLUMN gridtwin.crew_assignments.number IS 'Number in order of assigning';
COMMENT ON COLUMN gridtwin.crew_assignments.crew IS 'Crew';
COMMENT ON COLUMN gridtwin.crew_assignments.outage IS 'Id of the outage';
COMMENT ON COLUMN gridtwin.crew_assignments.status IS
    'assigned, en_route, on_site, done or withdrawn';
COMMENT ON COLUMN gridtwin.crew_assignments.assigned_by IS 'Who assigned it';
COMMENT ON COLUMN gridtwin.crew_assignments.assigned_at IS 'When it was assigned';
COMMENT ON COLUMN gridtwin.crew_assignments.changed_by IS 'Who wrote its status last';
COMMENT ON COLUMN gridtwin.crew_assignments.changed_at IS 'When that was';
COMMENT ON COLUMN gridtwin.crew_assignments.en_route_at IS 'When it set out; null = not yet';
COMMENT ON COLUMN gridtwin.crew_assignments.on_site_at IS 'When it arrived; null = not yet';
COMMENT ON COLUMN gridtwin.crew_assignments.ended_at IS
    'When it was done or withdrawn; null = neither';

INSERT INTO gridtwin.migrations (number, name) VALUES (37, 'crew_assignments');

COMMIT;
