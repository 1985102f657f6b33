-- 0035: the latest value of each point of SCADA, with its quality.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.measurements (
    element text NOT NULL CHECK (element <> ''),
    kind text NOT NULL,
    phases text NOT NULL DEFAULT '',
    value float8,
    open_phases text,
    quality text NOT NULL CHECK (
        quality IN ('good', 'entered', 'estimated', 'stale', 'suspect', 'invalid')),
    at timestamptz NOT NULL,
    stale_after_s float8,
    point text NOT NULL DEFAULT '',
    feed text NOT NULL DEFAULT '',
    feed_key text NOT NULL DEFAULT '',
    own jsonb,
    PRIMARY KEY (element, kind, phases)
);
CREATE INDEX measurements_feed ON gridtwin.measurements (feed, feed_key);

COMMENT ON TABLE gridtwin.measurements IS
    'The latest value of a point of SCADA or ICCP, with its quality';
COMMENT ON COLUMN gridtwin.measurements.element IS 'mRID of the element that it is of';
COMMENT ON COLUMN gridtwin.measurements.kind IS 'What is measured, with its unit';
COMMENT ON COLUMN gridtwin.measurements.phases IS 'Phases that it is of; empty = all';
COMMENT ON COLUMN gridtwin.measurements.value IS 'Value of an analog point; null = not known';
COMMENT ON COLUMN gridtwin.measurements.open_phases IS
    'Poles of a switch that stand open: all, phases such as AB, or empty = closed';
COMMENT ON COLUMN gridtwin.measurements.quality IS
    'How far it may be trusted: good, entered, estimated, stale, suspect or invalid';
COMMENT ON COLUMN gridtwin.measurements.at IS 'When it was measured, by the clock of the source';
COMMENT ON COLUMN gridtwin.measurements.stale_after_s IS
    'Seconds after which it counts as stale; null = not known';
COMMENT ON COLUMN gridtwin.measurements.point IS
    'Name of the point in the source; empty = not known';
COMMENT ON COLUMN gridtwin.measurements.feed IS
    'Feed that wrote the row last; empty = written here';
COMMENT ON COLUMN gridtwin.measurements.feed_key IS 'Key of the row in the source of its feed';
COMMENT ON COLUMN gridtwin.measurements.own IS
    'Columns of the source that the model does not know, as its mapping keeps them';

INSERT INTO gridtwin.migrations (number, name) VALUES (35, 'measurements');

COMMIT;
