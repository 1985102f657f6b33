-- Version 16: who is told of outages by webhooks, and what is not delivered. Times are unix seconds.
CREATE TABLE webhook_subscriptions (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    form TEXT NOT NULL CHECK (form IN ('json', 'chat')),
    kinds TEXT NOT NULL,
    feeders TEXT NOT NULL,
    substations TEXT NOT NULL,
    area TEXT NOT NULL,
    priority INTEGER NOT NULL CHECK (priority IN (0, 1)),
    made_s REAL NOT NULL,
    made_by TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE webhook_deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription TEXT NOT NULL REFERENCES webhook_subscriptions (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    made_s REAL NOT NULL,
    attempts INTEGER NOT NULL,
    due_s REAL NOT NULL,
    dead_s REAL,
    error TEXT NOT NULL,
    UNIQUE (subscription, event)
);
CREATE INDEX webhook_deliveries_subject
    ON webhook_deliveries (subscription, subject, number) WHERE dead_s IS NULL;

CREATE TABLE webhook_subjects (
    subject TEXT PRIMARY KEY,
    content TEXT NOT NULL
) WITHOUT ROWID;

-- What was written before is told to nobody: there were no subscriptions.
ALTER TABLE outage_alert ADD COLUMN hooked_s REAL;
UPDATE outage_alert SET hooked_s = at_s;
CREATE INDEX outage_alert_unhooked ON outage_alert (number) WHERE hooked_s IS NULL;
