-- What cannot be answered or done is refused, in words.
SELECT * FROM gridtwin.downstream('NOWHERE');
SELECT gridtwin.operate('NOWHERE', true);
SELECT gridtwin.operate('FA', true, 'B');
SELECT gridtwin.operate('SW1', true, 'Q');
SELECT gridtwin.customers_out(ST_MakePoint(-95, 29));
SELECT gridtwin.usage_points_in(ST_GeomFromText('POLYGON ((200 0, 201 0, 201 1, 200 0))'));
DELETE FROM gridtwin.states;
