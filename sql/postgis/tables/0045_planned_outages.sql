-- 0045: work that is planned, and who has no supply meanwhile.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.planned_outages (
    id text PRIMARY KEY CHECK (id <> ''),
    starts_s float8 NOT NULL,
    ends_s float8 NOT NULL CHECK (ends_s > starts_s),
    reason text NOT NULL,
    elements text NOT NULL,
    switches text NOT NULL,
    status text NOT NULL CHECK (status IN ('announced', 'ongoing', 'done', 'canceled')),
    usage_points int NOT NULL,
    customers int NOT NULL,
    announced_by text NOT NULL,
    announced_s float8 NOT NULL,
    changed_by text NOT NULL,
    changed_s float8 NOT NULL,
    outage text NOT NULL,
    revision int NOT NULL
);
CREATE INDEX planned_outages_standing ON gridtwin.planned_outages (starts_s)
    WHERE status IN ('announced', 'ongoing');

COMMENT ON TABLE gridtwin.planned_outages IS
    'Work that is planned: when, why, and how it stands';
COMMENT ON COLUMN gridtwin.planned_outages.id IS 'Id';
COMMENT ON COLUMN gridtwin.planned_outages.starts_s IS 'When supply is to go off, unix seconds';
COMMENT ON COLUMN gridtwin.planned_outages.ends_s IS 'When it is to be back, unix seconds';
COMMENT ON COLUMN gridtwin.planned_outages.reason IS 'Why, in words for customers';
COMMENT ON COLUMN gridtwin.planned_outages.elements IS
    'mRIDs of what is worked on, a JSON array';
COMMENT ON COLUMN gridtwin.planned_outages.switches IS
    'How switches stand meanwhile: mRID to open phases, a JSON object';
COMMENT ON COLUMN gridtwin.planned_outages.status IS 'announced, ongoing, done or canceled';
COMMENT ON COLUMN gridtwin.planned_outages.usage_points IS
    'How many usage points have no supply meanwhile';
COMMENT ON COLUMN gridtwin.planned_outages.customers IS
    'How many customers have no supply meanwhile';
COMMENT ON COLUMN gridtwin.planned_outages.announced_by IS 'Who announced it';
COMMENT ON COLUMN gridtwin.planned_outages.announced_s IS 'When that was, unix seconds';
COMMENT ON COLUMN gridtwin.planned_outages.changed_by IS 'Who changed it last';
COMMENT ON COLUMN gridtwin.planned_outages.changed_s IS 'When that was, unix seconds';
COMMENT ON COLUMN gridtwin.planned_outages.outage IS
    'Outage that was opened for it; empty = none yet';
COMMENT ON COLUMN gridtwin.planned_outages.revision IS 'Grows with each change';

CREATE TABLE gridtwin.planned_outage_points (
    planned_outage text REFERENCES gridtwin.planned_outages (id) ON DELETE CASCADE,
    usage_point text,
    customers int NOT NULL,
    PRIMARY KEY (planned_outage, usage_point)
);
CREATE INDEX planned_outage_points_point ON gridtwin.planned_outage_points (usage_point);

COMMENT ON TABLE gridtwin.planned_outage_points IS
    'Usage points without supply while planned work goes on';
COMMENT ON COLUMN gridtwin.planned_outage_points.planned_outage IS 'Planned outage';
COMMENT ON COLUMN gridtwin.planned_outage_points.usage_point IS 'mRID of the usage point';
COMMENT ON COLUMN gridtwin.planned_outage_points.customers IS 'Customers behind it';

INSERT INTO gridtwin.migrations (number, name) VALUES (45, 'planned_outages');

COMMIT;
