-- Until when a receiver of webhooks is left alone, in unix seconds.
ALTER TABLE webhook_subscriptions ADD COLUMN rests_until_s REAL NOT NULL DEFAULT 0;
