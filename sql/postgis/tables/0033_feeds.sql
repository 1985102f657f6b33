-- 0033: how far feeds were read, and the tables of other systems that they land in.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.feed_offsets (
    feed text NOT NULL,
    source text NOT NULL,
    next bigint NOT NULL CHECK (next >= 0),
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (feed, source)
);

COMMENT ON TABLE gridtwin.feed_offsets IS
    'How far the sources of each feed were read; written with the rows that came of it';
COMMENT ON COLUMN gridtwin.feed_offsets.feed IS 'Feed, by its name in the map';
COMMENT ON COLUMN gridtwin.feed_offsets.source IS 'Topic and partition, or file';
COMMENT ON COLUMN gridtwin.feed_offsets.next IS 'Offset, or byte of the file, to go on from';
COMMENT ON COLUMN gridtwin.feed_offsets.changed_at IS 'When it was read last';

CREATE TABLE gridtwin.feed_keys (
    feed text NOT NULL,
    key text NOT NULL,
    position text NOT NULL COLLATE "C",
    gone bool NOT NULL,
    PRIMARY KEY (feed, key)
);

COMMENT ON TABLE gridtwin.feed_keys IS
    'The last change of each row of a source, deletions too: what is older changes nothing';
COMMENT ON COLUMN gridtwin.feed_keys.feed IS 'Feed, by its name in the map';
COMMENT ON COLUMN gridtwin.feed_keys.key IS
    'Key of the row in its source, a JSON array; empty = all that was before a truncation';
COMMENT ON COLUMN gridtwin.feed_keys.position IS
    'Where the change stands in its source, as a text that sorts as the changes follow';
COMMENT ON COLUMN gridtwin.feed_keys.gone IS 'Whether the row was deleted by it';

CREATE TABLE gridtwin.feed_letters (
    feed text NOT NULL,
    place text NOT NULL,
    reason text NOT NULL,
    key bytea,
    value bytea,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (feed, place)
);

COMMENT ON TABLE gridtwin.feed_letters IS
    'Messages of feeds that could not be used, until they are replayed';
COMMENT ON COLUMN gridtwin.feed_letters.feed IS 'Feed, by its name in the map';
COMMENT ON COLUMN gridtwin.feed_letters.place IS
    'Topic, partition and offset; or file and where in it';
COMMENT ON COLUMN gridtwin.feed_letters.reason IS 'Why it could not be used';
COMMENT ON COLUMN gridtwin.feed_letters.key IS 'Key of the message; null = none';
COMMENT ON COLUMN gridtwin.feed_letters.value IS
    'The message, its first 64 KiB; null = it had no value';
COMMENT ON COLUMN gridtwin.feed_letters.received_at IS 'When it came';

CREATE TABLE gridtwin.premises (
    premise text NOT NULL CHECK (premise <> ''),
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    usage_point text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    unit text NOT NULL DEFAULT '',
    city text NOT NULL DEFAULT '',
    postal_code text NOT NULL DEFAULT '',
    kind text NOT NULL DEFAULT '',
    lon float8 CHECK (lon BETWEEN -180 AND 180),
    lat float8 CHECK (lat BETWEEN -90 AND 90),
    feed text NOT NULL DEFAULT '',
    feed_key text NOT NULL DEFAULT '',
    own jsonb,
    PRIMARY KEY (premise, valid_from)
);
CREATE INDEX premises_feed ON gridtwin.premises (feed, feed_key);

COMMENT ON TABLE gridtwin.premises IS 'A place that is supplied, over a time';
COMMENT ON COLUMN gridtwin.premises.premise IS 'Premise';
COMMENT ON COLUMN gridtwin.premises.valid_from IS 'When the row began to hold; 1900 = ever since';
COMMENT ON COLUMN gridtwin.premises.valid_to IS 'When it ceased to hold; null = it holds';
COMMENT ON COLUMN gridtwin.premises.usage_point IS
    'mRID of the usage point that supplies it; empty = not known';
COMMENT ON COLUMN gridtwin.premises.address IS 'Street and number; empty = not known';
COMMENT ON COLUMN gridtwin.premises.unit IS 'Apartment or suite; empty = not known';
COMMENT ON COLUMN gridtwin.premises.city IS 'City; empty = not known';
COMMENT ON COLUMN gridtwin.premises.postal_code IS 'Postal code; empty = not known';
COMMENT ON COLUMN gridtwin.premises.kind IS
    'What it is, such as house, apartment or hospital; empty = not known';
COMMENT ON COLUMN gridtwin.premises.lon IS 'Longitude, EPSG:4326; null = not known';
COMMENT ON COLUMN gridtwin.premises.lat IS 'Latitude, EPSG:4326; null = not known';
COMMENT ON COLUMN gridtwin.premises.feed IS 'Feed that wrote the row last; empty = written here';
COMMENT ON COLUMN gridtwin.premises.feed_key IS 'Key of the row in the source of its feed';
COMMENT ON COLUMN gridtwin.premises.own IS
    'Columns of the source that the model does not know, as its mapping keeps them';

CREATE TABLE gridtwin.parties (
    party text NOT NULL CHECK (party <> ''),
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    kind text NOT NULL CHECK (
        kind IN ('person', 'organization')),
    name text NOT NULL DEFAULT '',
    email text NOT NULL DEFAULT '',
    phone text NOT NULL DEFAULT '',
    language text NOT NULL DEFAULT '',
    feed text NOT NULL DEFAULT '',
    feed_key text NOT NULL DEFAULT '',
    own jsonb,
    PRIMARY KEY (party, valid_from)
);
CREATE INDEX parties_feed ON gridtwin.parties (feed, feed_key);

COMMENT ON TABLE gridtwin.parties IS 'A person or an organization, over a time';
COMMENT ON COLUMN gridtwin.parties.party IS 'Party';
COMMENT ON COLUMN gridtwin.parties.valid_from IS 'When the row began to hold; 1900 = ever since';
COMMENT ON COLUMN gridtwin.parties.valid_to IS 'When it ceased to hold; null = it holds';
COMMENT ON COLUMN gridtwin.parties.kind IS 'What it is: person or organization';
COMMENT ON COLUMN gridtwin.parties.name IS 'Name; empty = not known';
COMMENT ON COLUMN gridtwin.parties.email IS 'Address of electronic mail; empty = not known';
COMMENT ON COLUMN gridtwin.parties.phone IS 'Number of a telephone; empty = not known';
COMMENT ON COLUMN gridtwin.parties.language IS 'Language, such as en or es; empty = not known';
COMMENT ON COLUMN gridtwin.parties.feed IS 'Feed that wrote the row last; empty = written here';
COMMENT ON COLUMN gridtwin.parties.feed_key IS 'Key of the row in the source of its feed';
COMMENT ON COLUMN gridtwin.parties.own IS
    'Columns of the source that the model does not know, as its mapping keeps them';

CREATE TABLE gridtwin.accounts (
    account text NOT NULL CHECK (account <> ''),
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    party text NOT NULL DEFAULT '',
    premise text NOT NULL DEFAULT '',
    retailer text NOT NULL DEFAULT '',
    rate text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT '',
    needs text NOT NULL DEFAULT '',
    feed text NOT NULL DEFAULT '',
    feed_key text NOT NULL DEFAULT '',
    own jsonb,
    PRIMARY KEY (account, valid_from)
);
CREATE INDEX accounts_feed ON gridtwin.accounts (feed, feed_key);

COMMENT ON TABLE gridtwin.accounts IS
    'A contract of a party for the supply of a premise, over a time';
COMMENT ON COLUMN gridtwin.accounts.account IS 'Account';
COMMENT ON COLUMN gridtwin.accounts.valid_from IS 'When the row began to hold; 1900 = ever since';
COMMENT ON COLUMN gridtwin.accounts.valid_to IS 'When it ceased to hold; null = it holds';
COMMENT ON COLUMN gridtwin.accounts.party IS 'Party that holds it; empty = not known';
COMMENT ON COLUMN gridtwin.accounts.premise IS 'Premise that it is for; empty = not known';
COMMENT ON COLUMN gridtwin.accounts.retailer IS 'Retailer that bills it; empty = not known';
COMMENT ON COLUMN gridtwin.accounts.rate IS 'Tariff; empty = not known';
COMMENT ON COLUMN gridtwin.accounts.status IS 'Such as active, final or pending; empty = not known';
COMMENT ON COLUMN gridtwin.accounts.needs IS
    'What its holder depends on, such as life support; empty = not known';
COMMENT ON COLUMN gridtwin.accounts.feed IS 'Feed that wrote the row last; empty = written here';
COMMENT ON COLUMN gridtwin.accounts.feed_key IS 'Key of the row in the source of its feed';
COMMENT ON COLUMN gridtwin.accounts.own IS
    'Columns of the source that the model does not know, as its mapping keeps them';

CREATE TABLE gridtwin.retailers (
    retailer text NOT NULL CHECK (retailer <> ''),
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    name text NOT NULL,
    code text NOT NULL DEFAULT '',
    feed text NOT NULL DEFAULT '',
    feed_key text NOT NULL DEFAULT '',
    own jsonb,
    PRIMARY KEY (retailer, valid_from)
);
CREATE INDEX retailers_feed ON gridtwin.retailers (feed, feed_key);

COMMENT ON TABLE gridtwin.retailers IS 'A retailer of electricity, over a time';
COMMENT ON COLUMN gridtwin.retailers.retailer IS 'Retailer';
COMMENT ON COLUMN gridtwin.retailers.valid_from IS 'When the row began to hold; 1900 = ever since';
COMMENT ON COLUMN gridtwin.retailers.valid_to IS 'When it ceased to hold; null = it holds';
COMMENT ON COLUMN gridtwin.retailers.name IS 'What it is called';
COMMENT ON COLUMN gridtwin.retailers.code IS
    'Number in the market, such as a D-U-N-S number; empty = not known';
COMMENT ON COLUMN gridtwin.retailers.feed IS 'Feed that wrote the row last; empty = written here';
COMMENT ON COLUMN gridtwin.retailers.feed_key IS 'Key of the row in the source of its feed';
COMMENT ON COLUMN gridtwin.retailers.own IS
    'Columns of the source that the model does not know, as its mapping keeps them';

CREATE TABLE gridtwin.assets (
    asset text NOT NULL CHECK (asset <> ''),
    element text NOT NULL DEFAULT '',
    kind text NOT NULL DEFAULT '',
    manufacturer text NOT NULL DEFAULT '',
    model text NOT NULL DEFAULT '',
    serial_number text NOT NULL DEFAULT '',
    installed_at timestamptz,
    retired_at timestamptz,
    condition text NOT NULL DEFAULT '',
    lon float8 CHECK (lon BETWEEN -180 AND 180),
    lat float8 CHECK (lat BETWEEN -90 AND 90),
    feed text NOT NULL DEFAULT '',
    feed_key text NOT NULL DEFAULT '',
    own jsonb,
    PRIMARY KEY (asset)
);
CREATE INDEX assets_feed ON gridtwin.assets (feed, feed_key);

COMMENT ON TABLE gridtwin.assets IS 'A physical asset: what stands where the model has an element';
COMMENT ON COLUMN gridtwin.assets.asset IS 'Asset';
COMMENT ON COLUMN gridtwin.assets.element IS 'mRID of the element of the model; empty = not known';
COMMENT ON COLUMN gridtwin.assets.kind IS
    'What it is, such as pole or transformer; empty = not known';
COMMENT ON COLUMN gridtwin.assets.manufacturer IS 'Who made it; empty = not known';
COMMENT ON COLUMN gridtwin.assets.model IS 'What its maker calls it; empty = not known';
COMMENT ON COLUMN gridtwin.assets.serial_number IS 'Serial number; empty = not known';
COMMENT ON COLUMN gridtwin.assets.installed_at IS 'When it was installed; null = not known';
COMMENT ON COLUMN gridtwin.assets.retired_at IS 'When it was taken away; null = it stands';
COMMENT ON COLUMN gridtwin.assets.condition IS
    'Condition, in the words of the source; empty = not known';
COMMENT ON COLUMN gridtwin.assets.lon IS 'Longitude, EPSG:4326; null = not known';
COMMENT ON COLUMN gridtwin.assets.lat IS 'Latitude, EPSG:4326; null = not known';
COMMENT ON COLUMN gridtwin.assets.feed IS 'Feed that wrote the row last; empty = written here';
COMMENT ON COLUMN gridtwin.assets.feed_key IS 'Key of the row in the source of its feed';
COMMENT ON COLUMN gridtwin.assets.own IS
    'Columns of the source that the model does not know, as its mapping keeps them';

CREATE TABLE gridtwin.work_orders (
    work_order text NOT NULL CHECK (work_order <> ''),
    kind text NOT NULL DEFAULT '',
    status text NOT NULL,
    priority text NOT NULL DEFAULT '',
    element text NOT NULL DEFAULT '',
    crew text NOT NULL DEFAULT '',
    outage text NOT NULL DEFAULT '',
    created_at timestamptz,
    planned_start timestamptz,
    planned_end timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    description text NOT NULL DEFAULT '',
    lon float8 CHECK (lon BETWEEN -180 AND 180),
    lat float8 CHECK (lat BETWEEN -90 AND 90),
    feed text NOT NULL DEFAULT '',
    feed_key text NOT NULL DEFAULT '',
    own jsonb,
    PRIMARY KEY (work_order)
);
CREATE INDEX work_orders_feed ON gridtwin.work_orders (feed, feed_key);

COMMENT ON TABLE gridtwin.work_orders IS 'A piece of work, planned or under way';
COMMENT ON COLUMN gridtwin.work_orders.work_order IS 'Work order';
COMMENT ON COLUMN gridtwin.work_orders.kind IS
    'Such as repair, inspection or vegetation; empty = not known';
COMMENT ON COLUMN gridtwin.work_orders.status IS 'How far it is';
COMMENT ON COLUMN gridtwin.work_orders.priority IS
    'Priority, in the words of the source; empty = not known';
COMMENT ON COLUMN gridtwin.work_orders.element IS 'mRID of the element it is on; empty = not known';
COMMENT ON COLUMN gridtwin.work_orders.crew IS 'Crew that does it; empty = not known';
COMMENT ON COLUMN gridtwin.work_orders.outage IS 'Outage it belongs to; empty = not known';
COMMENT ON COLUMN gridtwin.work_orders.created_at IS 'When it was written; null = not known';
COMMENT ON COLUMN gridtwin.work_orders.planned_start IS 'When it is to begin; null = not known';
COMMENT ON COLUMN gridtwin.work_orders.planned_end IS 'When it is to end; null = not known';
COMMENT ON COLUMN gridtwin.work_orders.started_at IS 'When it began; null = not known';
COMMENT ON COLUMN gridtwin.work_orders.completed_at IS 'When it ended; null = not known';
COMMENT ON COLUMN gridtwin.work_orders.description IS 'Words for people; empty = not known';
COMMENT ON COLUMN gridtwin.work_orders.lon IS 'Longitude, EPSG:4326; null = not known';
COMMENT ON COLUMN gridtwin.work_orders.lat IS 'Latitude, EPSG:4326; null = not known';
COMMENT ON COLUMN gridtwin.work_orders.feed IS 'Feed that wrote the row last; empty = written here';
COMMENT ON COLUMN gridtwin.work_orders.feed_key IS 'Key of the row in the source of its feed';
COMMENT ON COLUMN gridtwin.work_orders.own IS
    'Columns of the source that the model does not know, as its mapping keeps them';

CREATE TABLE gridtwin.oms_outages (
    outage text NOT NULL CHECK (outage <> ''),
    status text NOT NULL CHECK (
        status IN ('predicted', 'confirmed', 'partially_restored', 'restored', 'canceled')),
    device text NOT NULL DEFAULT '',
    cause text NOT NULL DEFAULT '',
    began_at timestamptz NOT NULL,
    restored_at timestamptz,
    etr timestamptz,
    customers_out bigint,
    crew text NOT NULL DEFAULT '',
    lon float8 CHECK (lon BETWEEN -180 AND 180),
    lat float8 CHECK (lat BETWEEN -90 AND 90),
    feed text NOT NULL DEFAULT '',
    feed_key text NOT NULL DEFAULT '',
    own jsonb,
    PRIMARY KEY (outage)
);
CREATE INDEX oms_outages_feed ON gridtwin.oms_outages (feed, feed_key);

COMMENT ON TABLE gridtwin.oms_outages IS 'An outage as the outage management system has it';
COMMENT ON COLUMN gridtwin.oms_outages.outage IS 'Outage, by the number of the OMS';
COMMENT ON COLUMN gridtwin.oms_outages.status IS
    'How far it is: predicted, confirmed, partially_restored, restored or canceled';
COMMENT ON COLUMN gridtwin.oms_outages.device IS
    'mRID of the device that is open; empty = not known';
COMMENT ON COLUMN gridtwin.oms_outages.cause IS
    'Cause, in the words of the source; empty = not known';
COMMENT ON COLUMN gridtwin.oms_outages.began_at IS 'When it began';
COMMENT ON COLUMN gridtwin.oms_outages.restored_at IS
    'When the last customer was back; null = not known';
COMMENT ON COLUMN gridtwin.oms_outages.etr IS 'When supply is promised; null = not known';
COMMENT ON COLUMN gridtwin.oms_outages.customers_out IS 'Customers out now; null = not known';
COMMENT ON COLUMN gridtwin.oms_outages.crew IS 'Crew that is on it; empty = not known';
COMMENT ON COLUMN gridtwin.oms_outages.lon IS 'Longitude, EPSG:4326; null = not known';
COMMENT ON COLUMN gridtwin.oms_outages.lat IS 'Latitude, EPSG:4326; null = not known';
COMMENT ON COLUMN gridtwin.oms_outages.feed IS 'Feed that wrote the row last; empty = written here';
COMMENT ON COLUMN gridtwin.oms_outages.feed_key IS 'Key of the row in the source of its feed';
COMMENT ON COLUMN gridtwin.oms_outages.own IS
    'Columns of the source that the model does not know, as its mapping keeps them';

INSERT INTO gridtwin.migrations (number, name) VALUES (33, 'feeds');

COMMIT;
