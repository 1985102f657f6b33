-- What loses supply without something: of a feeder, of a part of a loop, of a fuse.
SELECT * FROM gridtwin.downstream('F1') ORDER BY depth, mrid;
SELECT * FROM gridtwin.downstream('SW1') ORDER BY depth, mrid;
-- On the loop the other side holds the rest; only what hangs there alone is lost.
SELECT * FROM gridtwin.downstream('R1') ORDER BY depth, mrid;
SELECT * FROM gridtwin.downstream('L3') ORDER BY depth, mrid;
SELECT * FROM gridtwin.downstream('FE') ORDER BY depth, mrid;
