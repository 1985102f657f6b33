-- An operation is a version of the current state, a line of the log, and a line of the audit.
SELECT gridtwin.state_version();
SELECT gridtwin.operate('SW1', true, 'AB', actor => 'ann');
SELECT gridtwin.move_poles('SW1', 'C', actor => 'ben', request => 'once', at => '2026-03-01 12:00Z');
-- The same request is done once.
SELECT gridtwin.move_poles('SW1', 'C', actor => 'ben', request => 'once', at => '2026-03-01 12:00Z');
SELECT version, actor, mrid, gridtwin.phase_text(open_before) AS before,
    gridtwin.phase_text(open_after) AS after
FROM gridtwin.events ORDER BY version;
SELECT mrid, gridtwin.phase_text(open_phases) AS open FROM gridtwin.state_switches;
SELECT table_name, row_key, change, after ->> 'open_phases' AS open
FROM gridtwin.audit WHERE table_name = 'state_switches' ORDER BY id;
