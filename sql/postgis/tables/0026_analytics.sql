-- 0026: what analytics hand back, how far it was pulled, and where both sides changed a row.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.element_scores (
    kind text NOT NULL,
    mrid text NOT NULL,
    value float8,
    made_at timestamptz,
    source text,
    pulled_by text NOT NULL DEFAULT '',
    PRIMARY KEY (kind, mrid)
);

CREATE INDEX element_scores_mrid ON gridtwin.element_scores (mrid);

COMMENT ON TABLE gridtwin.element_scores IS
    'What analytics say of elements and usage points, by kind';
COMMENT ON COLUMN gridtwin.element_scores.kind IS 'What it says, such as failure_risk';
COMMENT ON COLUMN gridtwin.element_scores.mrid IS 'Element or usage point';
COMMENT ON COLUMN gridtwin.element_scores.value IS 'The score; null = not known';
COMMENT ON COLUMN gridtwin.element_scores.made_at IS 'When it was computed; null = not known';
COMMENT ON COLUMN gridtwin.element_scores.source IS
    'Model or person it comes from; null = not known';
COMMENT ON COLUMN gridtwin.element_scores.pulled_by IS
    'Declaration that the row was last pulled by; empty = written here';

CREATE TABLE gridtwin.element_priorities (
    mrid text NOT NULL,
    rank bigint,
    reason text,
    made_at timestamptz,
    source text,
    pulled_by text NOT NULL DEFAULT '',
    PRIMARY KEY (mrid)
);

COMMENT ON TABLE gridtwin.element_priorities IS
    'The order in which elements and usage points are worked on';
COMMENT ON COLUMN gridtwin.element_priorities.mrid IS 'Element or usage point';
COMMENT ON COLUMN gridtwin.element_priorities.rank IS
    'Place in the order of work, from 1; null = not known';
COMMENT ON COLUMN gridtwin.element_priorities.reason IS 'Why; null = not known';
COMMENT ON COLUMN gridtwin.element_priorities.made_at IS 'When it was computed; null = not known';
COMMENT ON COLUMN gridtwin.element_priorities.source IS
    'Model or person it comes from; null = not known';
COMMENT ON COLUMN gridtwin.element_priorities.pulled_by IS
    'Declaration that the row was last pulled by; empty = written here';

CREATE TABLE gridtwin.crew_shifts (
    crew text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    district text,
    skill text,
    people bigint,
    source text,
    pulled_by text NOT NULL DEFAULT '',
    PRIMARY KEY (crew, starts_at)
);

COMMENT ON TABLE gridtwin.crew_shifts IS
    'When and where crews stand by; nobody is named';
COMMENT ON COLUMN gridtwin.crew_shifts.crew IS 'Crew';
COMMENT ON COLUMN gridtwin.crew_shifts.starts_at IS 'When the shift begins';
COMMENT ON COLUMN gridtwin.crew_shifts.ends_at IS 'When it ends; null = not known';
COMMENT ON COLUMN gridtwin.crew_shifts.district IS 'Where it stands by; null = not known';
COMMENT ON COLUMN gridtwin.crew_shifts.skill IS
    'What it does, such as line or tree; null = not known';
COMMENT ON COLUMN gridtwin.crew_shifts.people IS 'How many they are; null = not known';
COMMENT ON COLUMN gridtwin.crew_shifts.source IS 'Model or person it comes from; null = not known';
COMMENT ON COLUMN gridtwin.crew_shifts.pulled_by IS
    'Declaration that the row was last pulled by; empty = written here';

CREATE TABLE gridtwin.element_forecasts (
    kind text NOT NULL,
    mrid text NOT NULL,
    at timestamptz NOT NULL,
    value float8,
    low float8,
    high float8,
    made_at timestamptz,
    source text,
    pulled_by text NOT NULL DEFAULT '',
    PRIMARY KEY (kind, mrid, at)
);

CREATE INDEX element_forecasts_mrid ON gridtwin.element_forecasts (mrid);

COMMENT ON TABLE gridtwin.element_forecasts IS
    'What is expected of elements, feeders or all of the territory, over time';
COMMENT ON COLUMN gridtwin.element_forecasts.kind IS 'What it says, such as failure_risk';
COMMENT ON COLUMN gridtwin.element_forecasts.mrid IS 'Element, usage point or feeder; empty = all';
COMMENT ON COLUMN gridtwin.element_forecasts.at IS 'The time it is for';
COMMENT ON COLUMN gridtwin.element_forecasts.value IS 'What is expected; null = not known';
COMMENT ON COLUMN gridtwin.element_forecasts.low IS
    'What it exceeds in nine cases of ten; null = not known';
COMMENT ON COLUMN gridtwin.element_forecasts.high IS
    'What it stays below in nine cases of ten; null = not known';
COMMENT ON COLUMN gridtwin.element_forecasts.made_at IS 'When it was computed; null = not known';
COMMENT ON COLUMN gridtwin.element_forecasts.source IS
    'Model or person it comes from; null = not known';
COMMENT ON COLUMN gridtwin.element_forecasts.pulled_by IS
    'Declaration that the row was last pulled by; empty = written here';

CREATE TABLE gridtwin.sync_state (
    name text PRIMARY KEY,
    source text NOT NULL,
    identity text NOT NULL,
    snapshot_id bigint NOT NULL,
    sequence_number bigint NOT NULL,
    pulled_at timestamptz NOT NULL
);

COMMENT ON TABLE gridtwin.sync_state IS 'How far each table of the catalog was pulled';
COMMENT ON COLUMN gridtwin.sync_state.name IS 'Declaration in the owner file';
COMMENT ON COLUMN gridtwin.sync_state.source IS 'Table of the catalog, NAMESPACE.TABLE';
COMMENT ON COLUMN gridtwin.sync_state.identity IS
    'Which table it is and how it was declared: another one of its name begins anew';
COMMENT ON COLUMN gridtwin.sync_state.snapshot_id IS 'Snapshot that was applied';
COMMENT ON COLUMN gridtwin.sync_state.sequence_number IS 'Number of the snapshot, rising with time';
COMMENT ON COLUMN gridtwin.sync_state.pulled_at IS 'When it was applied';

CREATE TABLE gridtwin.sync_base (
    name text NOT NULL,
    key text NOT NULL,
    base jsonb NOT NULL,
    PRIMARY KEY (name, key)
);

COMMENT ON TABLE gridtwin.sync_base IS
    'The rows as they were last pulled, by which is told who changed one since';
COMMENT ON COLUMN gridtwin.sync_base.name IS 'Declaration in the owner file';
COMMENT ON COLUMN gridtwin.sync_base.key IS 'Key of the row, a JSON array';
COMMENT ON COLUMN gridtwin.sync_base.base IS 'The row, a JSON object';

CREATE TABLE gridtwin.sync_conflicts (
    name text NOT NULL,
    key text NOT NULL,
    target text NOT NULL,
    base jsonb,
    operations jsonb,
    analytics jsonb,
    snapshot_id bigint NOT NULL,
    found_at timestamptz NOT NULL,
    PRIMARY KEY (name, key)
);

COMMENT ON TABLE gridtwin.sync_conflicts IS
    'Rows that changed on both sides since they were last pulled, with both values; none was '
    'written';
COMMENT ON COLUMN gridtwin.sync_conflicts.name IS 'Declaration in the owner file';
COMMENT ON COLUMN gridtwin.sync_conflicts.key IS 'Key of the row, a JSON array';
COMMENT ON COLUMN gridtwin.sync_conflicts.target IS 'Table of this schema that it belongs to';
COMMENT ON COLUMN gridtwin.sync_conflicts.base IS
    'The row as it was last pulled; null = it was not there';
COMMENT ON COLUMN gridtwin.sync_conflicts.operations IS
    'The row as it was here; null = it was not there';
COMMENT ON COLUMN gridtwin.sync_conflicts.analytics IS
    'The row as it was in the catalog; null = it was not there';
COMMENT ON COLUMN gridtwin.sync_conflicts.snapshot_id IS 'Snapshot in which it was found';
COMMENT ON COLUMN gridtwin.sync_conflicts.found_at IS 'When it was found';

INSERT INTO gridtwin.migrations (number, name) VALUES (26, 'analytics');

COMMIT;
