-- 0025: what a lake is told of: which rows changed, by their keys, and how far each lake has come.
--
-- The publication carries keys alone: rows are read as they stand when they are written, so that no
-- message holds a geometry, and none lacks one. loads_due tells which days of readings were touched,
-- in the transaction that touched them; its rows go when loads are summed, what a slot keeps stays.

BEGIN;
SET LOCAL client_min_messages = error; -- also where wal_level is not logical yet
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.publications (
    slot_name text PRIMARY KEY,
    target text NOT NULL,
    written text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE gridtwin.publications IS
    'Lakes that follow this database, each by a logical replication slot of its own';
COMMENT ON COLUMN gridtwin.publications.slot_name IS 'Name of the slot';
COMMENT ON COLUMN gridtwin.publications.target IS 'Catalog and namespace that are written';
COMMENT ON COLUMN gridtwin.publications.written IS
    'Place in the write-ahead log up to which the lake was written last';
COMMENT ON COLUMN gridtwin.publications.written_at IS 'When that was';

CREATE PUBLICATION gridtwin_lake FOR TABLE
    gridtwin.network (only_row),
    gridtwin.nodes (mrid, row),
    gridtwin.equipment (mrid, row),
    gridtwin.usage_points (mrid, row),
    gridtwin.sources (mrid, row),
    gridtwin.substations (mrid, row),
    gridtwin.feeders (mrid, row),
    gridtwin.own_columns (frame, name),
    gridtwin.states (name),
    gridtwin.state_switches (state, mrid),
    gridtwin.events (version),
    gridtwin.outages (id),
    gridtwin.outage_usage_points (outage, usage_point),
    gridtwin.erm_current (outage),
    gridtwin.erm_history (id, outage),
    gridtwin.conditions ("time"),
    gridtwin.loads_due (reading_time);

INSERT INTO gridtwin.migrations (number, name) VALUES (25, 'publications');

COMMIT;
