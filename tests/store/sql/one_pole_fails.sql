-- Over a tie another way is left for some phases: what fails takes those that it alone brings.
SELECT * FROM gridtwin.blast_radius('SW1');
SELECT * FROM gridtwin.partly_out('SW1');
-- With poles A and B of the tie closed, the feeder beyond holds these phases up, not C.
SELECT gridtwin.operate('TIE', false, 'AB');
SELECT * FROM gridtwin.blast_radius('SW1');
SELECT * FROM gridtwin.partly_out('SW1');
