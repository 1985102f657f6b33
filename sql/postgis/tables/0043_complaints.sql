-- 0043: what customers complained of, what was billed, and what the model had decided on pairs before somebody did.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

ALTER TABLE gridtwin_customers.label ADD COLUMN decided text NOT NULL DEFAULT '';
COMMENT ON COLUMN gridtwin_customers.label.decided IS
    'What the model had decided on the pair; empty = it had not compared it';

CREATE TABLE gridtwin_customers.complaint (
    complaint text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('low_voltage', 'high_voltage', 'flicker', 'voltage', 'other')),
    source text NOT NULL,
    esi_id text NOT NULL,
    account text NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX complaint_received_at ON gridtwin_customers.complaint (received_at);
CREATE INDEX complaint_esi_id ON gridtwin_customers.complaint (esi_id) WHERE esi_id <> '';
CREATE INDEX complaint_account ON gridtwin_customers.complaint (account) WHERE account <> '';

COMMENT ON TABLE gridtwin_customers.complaint IS
    'Complaints as the call center took them down; no words of customers';
COMMENT ON COLUMN gridtwin_customers.complaint.complaint IS 'Id of the complaint';
COMMENT ON COLUMN gridtwin_customers.complaint.kind IS
    'low_voltage, high_voltage, flicker, voltage (which, is not said) or other';
COMMENT ON COLUMN gridtwin_customers.complaint.source IS
    'System that keeps it, such as call-center';
COMMENT ON COLUMN gridtwin_customers.complaint.esi_id IS
    'Id of the service delivery point: ESI ID, MPAN';
COMMENT ON COLUMN gridtwin_customers.complaint.account IS
    'Account of a retailer or of the utility, where the ESI ID is not said';
COMMENT ON COLUMN gridtwin_customers.complaint.received_at IS 'When it was received';

CREATE TABLE gridtwin_customers.usage (
    esi_id text,
    meter text,
    period_start date,
    period_end date NOT NULL,
    kwh float8 NOT NULL,
    demand_kw float8,
    reading text NOT NULL CHECK (reading IN ('actual', 'estimated')),
    retailer text NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (esi_id, meter, period_start)
);

COMMENT ON TABLE gridtwin_customers.usage IS
    'Energy that was billed, by period, as transactions of retailers tell it';
COMMENT ON COLUMN gridtwin_customers.usage.esi_id IS
    'Id of the service delivery point: ESI ID, MPAN';
COMMENT ON COLUMN gridtwin_customers.usage.meter IS 'Number of the meter; empty = not metered';
COMMENT ON COLUMN gridtwin_customers.usage.period_start IS 'First day';
COMMENT ON COLUMN gridtwin_customers.usage.period_end IS 'First day that is not of the period';
COMMENT ON COLUMN gridtwin_customers.usage.kwh IS
    'Energy, kWh; below zero = delivered to the grid';
COMMENT ON COLUMN gridtwin_customers.usage.demand_kw IS 'Highest demand, kW; null = not measured';
COMMENT ON COLUMN gridtwin_customers.usage.reading IS 'actual or estimated';
COMMENT ON COLUMN gridtwin_customers.usage.retailer IS 'Retailer that is billed';
COMMENT ON COLUMN gridtwin_customers.usage.source IS 'System that keeps it';

INSERT INTO gridtwin.migrations (number, name) VALUES (43, 'complaints');

COMMIT;
