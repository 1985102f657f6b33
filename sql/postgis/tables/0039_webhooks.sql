-- 0039: who is told of outages by webhooks, and what is not delivered yet.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.webhook_subscriptions (
    id text PRIMARY KEY,
    url text NOT NULL,
    form text NOT NULL CHECK (form IN ('json', 'chat')),
    kinds text NOT NULL,
    feeders text NOT NULL,
    substations text NOT NULL,
    area text NOT NULL,
    priority int NOT NULL CHECK (priority IN (0, 1)),
    made_s float8 NOT NULL,
    made_by text NOT NULL
);
COMMENT ON TABLE gridtwin.webhook_subscriptions IS
    'Who is told of outages by webhooks; addresses may be secrets, so readers do not see them';
COMMENT ON COLUMN gridtwin.webhook_subscriptions.id IS
    'Id; the signing secret follows from it and a key that is not kept here';
COMMENT ON COLUMN gridtwin.webhook_subscriptions.url IS 'Address that events are sent to';
COMMENT ON COLUMN gridtwin.webhook_subscriptions.form IS 'json, or chat: one text';
COMMENT ON COLUMN gridtwin.webhook_subscriptions.kinds IS
    'Kinds of events, a JSON array; empty = all';
COMMENT ON COLUMN gridtwin.webhook_subscriptions.feeders IS
    'mRIDs of feeders, a JSON array; empty = all';
COMMENT ON COLUMN gridtwin.webhook_subscriptions.substations IS
    'mRIDs of substations, a JSON array; empty = all';
COMMENT ON COLUMN gridtwin.webhook_subscriptions.area IS 'Polygon as text; empty = everywhere';
COMMENT ON COLUMN gridtwin.webhook_subscriptions.priority IS
    '1 = only where customers at priority sites are out';
COMMENT ON COLUMN gridtwin.webhook_subscriptions.made_s IS
    'When it was made, unix seconds; nothing of before is told';
COMMENT ON COLUMN gridtwin.webhook_subscriptions.made_by IS 'Who made it';

CREATE TABLE gridtwin.webhook_deliveries (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription text NOT NULL
        REFERENCES gridtwin.webhook_subscriptions (id) ON DELETE CASCADE,
    event text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    made_s float8 NOT NULL,
    attempts int NOT NULL,
    due_s float8 NOT NULL,
    dead_s float8,
    error text NOT NULL,
    UNIQUE (subscription, event)
);
CREATE INDEX webhook_deliveries_subject
    ON gridtwin.webhook_deliveries (subscription, subject, number) WHERE dead_s IS NULL;
COMMENT ON TABLE gridtwin.webhook_deliveries IS
    'Events that subscriptions have not taken yet, dead letters among them';
COMMENT ON COLUMN gridtwin.webhook_deliveries.number IS 'Number in order of writing';
COMMENT ON COLUMN gridtwin.webhook_deliveries.subscription IS 'Subscription that is told';
COMMENT ON COLUMN gridtwin.webhook_deliveries.event IS
    'Id of the event, the same however often it is sent';
COMMENT ON COLUMN gridtwin.webhook_deliveries.kind IS 'Kind of event, such as outage.opened';
COMMENT ON COLUMN gridtwin.webhook_deliveries.subject IS
    'Outage or element it is about; events of one are sent in order';
COMMENT ON COLUMN gridtwin.webhook_deliveries.body IS 'What is sent, JSON';
COMMENT ON COLUMN gridtwin.webhook_deliveries.made_s IS 'When it was noted, unix seconds';
COMMENT ON COLUMN gridtwin.webhook_deliveries.attempts IS 'How often it was sent in vain';
COMMENT ON COLUMN gridtwin.webhook_deliveries.due_s IS
    'Not sent before this time, unix seconds';
COMMENT ON COLUMN gridtwin.webhook_deliveries.dead_s IS
    'When it was given up, unix seconds; null = it was not';
COMMENT ON COLUMN gridtwin.webhook_deliveries.error IS 'Why the last attempt failed';

CREATE TABLE gridtwin.webhook_subjects (
    subject text PRIMARY KEY,
    content text NOT NULL
);
COMMENT ON TABLE gridtwin.webhook_subjects IS
    'What webhooks told last of each outage, and of overloads';
COMMENT ON COLUMN gridtwin.webhook_subjects.subject IS 'Id of the outage, or overloads';
COMMENT ON COLUMN gridtwin.webhook_subjects.content IS 'What was told last, JSON';

-- What was written before is told to nobody: there were no subscriptions.
ALTER TABLE gridtwin.outage_alerts ADD COLUMN hooked_at timestamptz;
UPDATE gridtwin.outage_alerts SET hooked_at = at;
CREATE INDEX outage_alerts_unhooked ON gridtwin.outage_alerts (number) WHERE hooked_at IS NULL;
COMMENT ON COLUMN gridtwin.outage_alerts.hooked_at IS
    'When it was noted for webhooks; null = not yet';

INSERT INTO gridtwin.migrations (number, name) VALUES (39, 'webhooks');

COMMIT;
