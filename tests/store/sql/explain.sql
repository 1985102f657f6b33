-- Why something has supply, or has none, and what could feed it.
\x on
SELECT * FROM gridtwin.explain('ME');
SELECT gridtwin.operate('SW1', true);
SELECT * FROM gridtwin.explain('MC');
