-- 0032: a lake is told of prices of load zones, too.

BEGIN;
SET LOCAL client_min_messages = error; -- also where wal_level is not logical yet
SET LOCAL search_path = pg_catalog, pg_temp;

ALTER PUBLICATION gridtwin_lake ADD TABLE gridtwin.zone_prices (load_zone, "time");

INSERT INTO gridtwin.migrations (number, name) VALUES (32, 'published_prices');

COMMIT;
