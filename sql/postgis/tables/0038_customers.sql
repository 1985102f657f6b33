-- 0038: who the customers are, in a schema of its own: neither readers nor operators see it.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE SCHEMA gridtwin_customers;
REVOKE ALL ON SCHEMA gridtwin_customers FROM PUBLIC;
COMMENT ON SCHEMA gridtwin_customers IS
    'Customers: records of sources, the parties they are of, designations, look-ups, erasures';

CREATE TABLE gridtwin_customers.record (
    record text PRIMARY KEY,
    source text NOT NULL,
    kind text NOT NULL,
    given_name text NOT NULL,
    surname text NOT NULL,
    organization text NOT NULL,
    birth_date text NOT NULL,
    identity_number text NOT NULL,
    phone text NOT NULL,
    email text NOT NULL,
    address text NOT NULL,
    city text NOT NULL,
    zip text NOT NULL,
    esi_id text NOT NULL,
    account text NOT NULL,
    retailer text NOT NULL,
    valid_from date,
    valid_to date,
    name_key text COLLATE "C",
    phone_key text COLLATE "C",
    email_key text COLLATE "C",
    place_key text COLLATE "C"
);
CREATE INDEX record_account ON gridtwin_customers.record (account) WHERE account <> '';
CREATE INDEX record_esi_id ON gridtwin_customers.record (esi_id) WHERE esi_id <> '';
CREATE INDEX record_name ON gridtwin_customers.record (name_key) WHERE name_key IS NOT NULL;
CREATE INDEX record_phone ON gridtwin_customers.record (phone_key) WHERE phone_key IS NOT NULL;
CREATE INDEX record_email ON gridtwin_customers.record (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX record_place ON gridtwin_customers.record (place_key) WHERE place_key IS NOT NULL;

COMMENT ON TABLE gridtwin_customers.record IS
    'Records of customers as sources keep them';
COMMENT ON COLUMN gridtwin_customers.record.record IS
    'What names the record in all sources: SOURCE:KEY';
COMMENT ON COLUMN gridtwin_customers.record.source IS
    'System that keeps it, such as cis, crm or ami';
COMMENT ON COLUMN gridtwin_customers.record.kind IS 'person or organization';
COMMENT ON COLUMN gridtwin_customers.record.given_name IS 'Given name of a person';
COMMENT ON COLUMN gridtwin_customers.record.surname IS
    'Surname of a person, with a suffix such as Jr';
COMMENT ON COLUMN gridtwin_customers.record.organization IS 'Name of an organization';
COMMENT ON COLUMN gridtwin_customers.record.birth_date IS 'Date of birth, YYYY-MM-DD';
COMMENT ON COLUMN gridtwin_customers.record.identity_number IS
    'Number that one person or firm has: of a license, for taxes; best hashed';
COMMENT ON COLUMN gridtwin_customers.record.phone IS 'Phone number, as it was written';
COMMENT ON COLUMN gridtwin_customers.record.email IS 'E-mail address';
COMMENT ON COLUMN gridtwin_customers.record.address IS 'Number, street and unit in one line';
COMMENT ON COLUMN gridtwin_customers.record.city IS 'City';
COMMENT ON COLUMN gridtwin_customers.record.zip IS 'ZIP or postal code';
COMMENT ON COLUMN gridtwin_customers.record.esi_id IS
    'Id of the service delivery point: ESI ID, MPAN';
COMMENT ON COLUMN gridtwin_customers.record.account IS 'Account of a retailer or of the utility';
COMMENT ON COLUMN gridtwin_customers.record.retailer IS 'Retailer of the account';
COMMENT ON COLUMN gridtwin_customers.record.valid_from IS 'First day it holds, YYYY-MM-DD';
COMMENT ON COLUMN gridtwin_customers.record.valid_to IS
    'First day it holds no longer; empty = it still holds';
COMMENT ON COLUMN gridtwin_customers.record.name_key IS
    'Surname or name of a firm as it is searched by; null = not said';
COMMENT ON COLUMN gridtwin_customers.record.phone_key IS
    'Ten digits of the phone number; null = none that can be called';
COMMENT ON COLUMN gridtwin_customers.record.email_key IS
    'E-mail address as it is searched by; null = not said';
COMMENT ON COLUMN gridtwin_customers.record.place_key IS
    'Number, street and ZIP in one way of writing; null = not said';

CREATE TABLE gridtwin_customers.party_member (
    record text PRIMARY KEY,
    party text NOT NULL
);
CREATE INDEX party_member_party ON gridtwin_customers.party_member (party);

COMMENT ON TABLE gridtwin_customers.party_member IS 'The party that each record is of';
COMMENT ON COLUMN gridtwin_customers.party_member.record IS 'Record';
COMMENT ON COLUMN gridtwin_customers.party_member.party IS 'Party: a person or an organization';

CREATE TABLE gridtwin_customers.record_key (
    key bigint,
    record text,
    PRIMARY KEY (key, record)
);

COMMENT ON TABLE gridtwin_customers.record_key IS
    'Keys by which records that may be of one party are found';
COMMENT ON COLUMN gridtwin_customers.record_key.key IS
    'A number that names neither field nor value';
COMMENT ON COLUMN gridtwin_customers.record_key.record IS 'Record';

CREATE TABLE gridtwin_customers.link (
    record_l text,
    record_r text,
    weight float8 NOT NULL,
    decision text NOT NULL CHECK (decision IN ('matched', 'household', 'review', 'rejected')),
    reason text NOT NULL,
    weights jsonb NOT NULL,
    PRIMARY KEY (record_l, record_r)
);
CREATE INDEX link_right ON gridtwin_customers.link (record_r);
CREATE INDEX link_review ON gridtwin_customers.link (weight) WHERE decision = 'review';

COMMENT ON TABLE gridtwin_customers.link IS
    'Pairs of records that were compared, and what was decided';
COMMENT ON COLUMN gridtwin_customers.link.record_l IS 'One record';
COMMENT ON COLUMN gridtwin_customers.link.record_r IS 'The other';
COMMENT ON COLUMN gridtwin_customers.link.weight IS
    'Weight of all fields together in bits; 0 = as likely one party as two';
COMMENT ON COLUMN gridtwin_customers.link.decision IS 'matched, household, review or rejected';
COMMENT ON COLUMN gridtwin_customers.link.reason IS
    'Rule or person that decided against the weight; empty = none';
COMMENT ON COLUMN gridtwin_customers.link.weights IS 'Weight of each field in bits';

CREATE TABLE gridtwin_customers.label (
    record_l text,
    record_r text,
    same int NOT NULL CHECK (same IN (0, 1)),
    at timestamptz NOT NULL,
    actor text NOT NULL,
    PRIMARY KEY (record_l, record_r)
);

COMMENT ON TABLE gridtwin_customers.label IS
    'What people said of pairs of records; it overrules every weight';
COMMENT ON COLUMN gridtwin_customers.label.record_l IS 'One record';
COMMENT ON COLUMN gridtwin_customers.label.record_r IS 'The other';
COMMENT ON COLUMN gridtwin_customers.label.same IS '1 = they are of one party, 0 = of two';
COMMENT ON COLUMN gridtwin_customers.label.at IS 'When it was said';
COMMENT ON COLUMN gridtwin_customers.label.actor IS 'Who said it';

CREATE TABLE gridtwin_customers.party_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    change text NOT NULL CHECK (change IN ('merge', 'split', 'undo')),
    from_party text NOT NULL,
    into_party text NOT NULL,
    records jsonb NOT NULL,
    reason text NOT NULL
);

COMMENT ON TABLE gridtwin_customers.party_change IS
    'Merges and splits of parties; rows are added, and go only when a party is erased';
COMMENT ON COLUMN gridtwin_customers.party_change.id IS 'Number in order of recording';
COMMENT ON COLUMN gridtwin_customers.party_change.at IS 'When';
COMMENT ON COLUMN gridtwin_customers.party_change.actor IS 'Who';
COMMENT ON COLUMN gridtwin_customers.party_change.change IS 'merge, split, or undo of one of them';
COMMENT ON COLUMN gridtwin_customers.party_change.from_party IS 'Party that records left';
COMMENT ON COLUMN gridtwin_customers.party_change.into_party IS 'Party that they came to';
COMMENT ON COLUMN gridtwin_customers.party_change.records IS 'The records';
COMMENT ON COLUMN gridtwin_customers.party_change.reason IS 'Why';

CREATE TABLE gridtwin_customers.service_point (
    esi_id text NOT NULL,
    premise text NOT NULL,
    usage_point text NOT NULL,
    address text NOT NULL,
    city text NOT NULL,
    zip text NOT NULL,
    valid_from date,
    valid_to date
);
CREATE INDEX service_point_esi_id ON gridtwin_customers.service_point (esi_id);
CREATE INDEX service_point_usage_point ON gridtwin_customers.service_point (usage_point);

COMMENT ON TABLE gridtwin_customers.service_point IS
    'Where power is delivered, in the words of the market and of the network';
COMMENT ON COLUMN gridtwin_customers.service_point.esi_id IS
    'Id of the service delivery point: ESI ID, MPAN';
COMMENT ON COLUMN gridtwin_customers.service_point.premise IS 'Id of the premise';
COMMENT ON COLUMN gridtwin_customers.service_point.usage_point IS 'mRID of the usage point';
COMMENT ON COLUMN gridtwin_customers.service_point.address IS 'Number, street and unit in one line';
COMMENT ON COLUMN gridtwin_customers.service_point.city IS 'City';
COMMENT ON COLUMN gridtwin_customers.service_point.zip IS 'ZIP or postal code';
COMMENT ON COLUMN gridtwin_customers.service_point.valid_from IS 'First day it holds, YYYY-MM-DD';
COMMENT ON COLUMN gridtwin_customers.service_point.valid_to IS
    'First day it holds no longer; empty = it still holds';

CREATE TABLE gridtwin_customers.designation (
    designation text PRIMARY KEY,
    kind text NOT NULL,
    esi_id text NOT NULL,
    source text NOT NULL,
    contact text NOT NULL,
    second_contact text NOT NULL,
    valid_from date NOT NULL,
    valid_until date
);
CREATE INDEX designation_esi_id ON gridtwin_customers.designation (esi_id);

COMMENT ON TABLE gridtwin_customers.designation IS
    'Customers who depend on power more than others, and until when';
COMMENT ON COLUMN gridtwin_customers.designation.designation IS 'Id of the designation';
COMMENT ON COLUMN gridtwin_customers.designation.kind IS 'Kind, one of the four of 16 TAC 25.497';
COMMENT ON COLUMN gridtwin_customers.designation.esi_id IS
    'Id of the service delivery point it is for';
COMMENT ON COLUMN gridtwin_customers.designation.source IS 'Who said so';
COMMENT ON COLUMN gridtwin_customers.designation.contact IS
    'Phone number to call when its supply is lost';
COMMENT ON COLUMN gridtwin_customers.designation.second_contact IS
    'Phone number of somebody else to call';
COMMENT ON COLUMN gridtwin_customers.designation.valid_from IS 'First day it holds, YYYY-MM-DD';
COMMENT ON COLUMN gridtwin_customers.designation.valid_until IS 'Last day it holds, YYYY-MM-DD';

CREATE TABLE gridtwin_customers.model (
    name text PRIMARY KEY,
    trained_at timestamptz NOT NULL,
    text text NOT NULL
);

COMMENT ON TABLE gridtwin_customers.model IS
    'Models that were trained';
COMMENT ON COLUMN gridtwin_customers.model.name IS 'Name';
COMMENT ON COLUMN gridtwin_customers.model.trained_at IS 'When';
COMMENT ON COLUMN gridtwin_customers.model.text IS 'The model as JSON, with how often names occur';

CREATE TABLE gridtwin_customers.lookup (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    question text NOT NULL,
    subject text NOT NULL,
    parties jsonb NOT NULL
);

COMMENT ON TABLE gridtwin_customers.lookup IS
    'Who looked up whom; rows are added, never changed';
COMMENT ON COLUMN gridtwin_customers.lookup.id IS 'Number in order of recording';
COMMENT ON COLUMN gridtwin_customers.lookup.at IS 'When';
COMMENT ON COLUMN gridtwin_customers.lookup.actor IS 'Who';
COMMENT ON COLUMN gridtwin_customers.lookup.question IS 'What was asked, such as card or search';
COMMENT ON COLUMN gridtwin_customers.lookup.subject IS 'SHA-256 of the words asked for';
COMMENT ON COLUMN gridtwin_customers.lookup.parties IS 'Parties that were shown';

CREATE TABLE gridtwin_customers.erasure (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    subject text NOT NULL,
    records int NOT NULL,
    proof text NOT NULL
);

COMMENT ON TABLE gridtwin_customers.erasure IS
    'Parties that were erased, without what they were called; rows are added, never changed';
COMMENT ON COLUMN gridtwin_customers.erasure.id IS 'Number in order of recording';
COMMENT ON COLUMN gridtwin_customers.erasure.at IS 'When';
COMMENT ON COLUMN gridtwin_customers.erasure.actor IS 'Who';
COMMENT ON COLUMN gridtwin_customers.erasure.reason IS 'Why';
COMMENT ON COLUMN gridtwin_customers.erasure.subject IS 'SHA-256 of the id of the party';
COMMENT ON COLUMN gridtwin_customers.erasure.records IS 'How many records were erased';
COMMENT ON COLUMN gridtwin_customers.erasure.proof IS 'What was looked for afterwards, and found';

-- What a usage point went through is asked for each customer.
CREATE INDEX outage_usage_points_history
    ON gridtwin.outage_usage_points (usage_point, began_at);

INSERT INTO gridtwin.migrations (number, name) VALUES (38, 'customers');

COMMIT;
