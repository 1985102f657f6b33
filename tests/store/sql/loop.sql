-- The loop is opened at the recloser: each side hangs on its own end.
SELECT * FROM gridtwin.downstream('R1');
SELECT gridtwin.operate('R2', true);
SELECT * FROM gridtwin.downstream('R1');
SELECT * FROM gridtwin.downstream('R3');
SELECT * FROM gridtwin.upstream('ME');
-- Closed again, it is a loop as before.
SELECT gridtwin.operate('R2', false);
SELECT * FROM gridtwin.downstream('R1');
SELECT e.mrid AS closes_a_loop FROM gridtwin.chords c JOIN gridtwin.equipment e ON e.row = c.equipment;
