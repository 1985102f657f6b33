-- 0028: prices of load zones, beside those of the whole territory in conditions.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.zone_prices (
    load_zone text NOT NULL CHECK (load_zone <> ''),
    "time" timestamptz NOT NULL,
    price_usd_mwh real NOT NULL,
    PRIMARY KEY ("time", load_zone)
);

COMMENT ON TABLE gridtwin.zone_prices IS
    'Prices of load zones by interval; where a zone has none, that of conditions holds';
COMMENT ON COLUMN gridtwin.zone_prices.load_zone IS
    'Zone, as the own column load_zone of usage points, feeders or substations names it';
COMMENT ON COLUMN gridtwin.zone_prices."time" IS 'End of the interval of 15 minutes';
COMMENT ON COLUMN gridtwin.zone_prices.price_usd_mwh IS 'US dollars a megawatt-hour';

INSERT INTO gridtwin.migrations (number, name) VALUES (28, 'zone_prices');

COMMIT;
