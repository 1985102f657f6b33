-- L1 is damaged: it is cut off on both sides, and what lies beyond is fed over the tie.
SELECT mrid, customers, customers_energized, customers_out, status FROM grid.circuit_status_realtime
ORDER BY mrid;
SELECT gridtwin.operate('BKR1', true);
SELECT gridtwin.operate('SW1', true);
SELECT mrid, customers, customers_energized, customers_out, status FROM grid.circuit_status_realtime
ORDER BY mrid;
SELECT gridtwin.operate('TIE', false);
SELECT mrid, customers, customers_energized, customers_out, status FROM grid.circuit_status_realtime
ORDER BY mrid;
SELECT mrid FROM gridtwin.upstream('M3');
