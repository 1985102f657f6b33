-- 0042: until when a receiver of webhooks is left alone.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

ALTER TABLE gridtwin.webhook_subscriptions ADD COLUMN rests_until_s float8 NOT NULL DEFAULT 0;
COMMENT ON COLUMN gridtwin.webhook_subscriptions.rests_until_s IS
    'Nothing is sent to it before this time, unix seconds';

INSERT INTO gridtwin.migrations (number, name) VALUES (42, 'webhook_rests');

COMMIT;
