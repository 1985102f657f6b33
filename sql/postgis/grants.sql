-- Four roles, each with the least it needs, and their rights; the last file to run.
--
--   gridtwin_reader    looks: every table but the audit, what is kept of those who ask, the
--                      addresses of webhooks, and what feeds bring of persons; every view, every
--                      function that reads
--   gridtwin_operator  also operates: switches, states, outages, estimates, trace specs,
--                      accepted findings, what analytics hand back
--   gridtwin_owner     also syncs and pulls: the network, what meters and analytics say; reads
--                      the audit; alone sees who the customers are
--   gridtwin_access    keeps tokens, sessions and who did what, and nothing else; adds to the last
--                      and never changes it
--
-- None of them can log in; grant them to logins: GRANT gridtwin_reader TO grafana;
-- A server acts in one of them at a time, by what it is asked to do:
-- GRANT gridtwin_reader, gridtwin_operator, gridtwin_access TO server;
-- Where whoever runs this may not make roles (some managed PostgreSQL), it says so and goes on: an
-- administrator makes the roles, then SELECT gridtwin.grant_roles() gives them their rights.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY[
        'gridtwin_reader', 'gridtwin_operator', 'gridtwin_owner', 'gridtwin_access'
    ] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION
                WHEN insufficient_privilege THEN
                    RAISE NOTICE 'role % cannot be made by %: have an administrator run '
                        'CREATE ROLE % NOLOGIN, then run SELECT gridtwin.grant_roles()',
                        wanted, current_user, wanted;
                WHEN duplicate_object OR unique_violation THEN
                    NULL; -- made at the same time, from another database of this server
            END;
        END IF;
    END LOOP;
END
$$;

-- What is marked IMMUTABLE or STABLE is for readers, what is VOLATILE for operators.
CREATE OR REPLACE FUNCTION gridtwin.grant_roles() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    reader bool := EXISTS (SELECT FROM pg_roles WHERE rolname = 'gridtwin_reader');
    operator bool := EXISTS (SELECT FROM pg_roles WHERE rolname = 'gridtwin_operator');
    owner bool := EXISTS (SELECT FROM pg_roles WHERE rolname = 'gridtwin_owner');
    keeper bool := EXISTS (SELECT FROM pg_roles WHERE rolname = 'gridtwin_access');
    called record;
BEGIN
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA gridtwin FROM PUBLIC;
    IF reader THEN
        GRANT USAGE ON SCHEMA gridtwin, grid TO gridtwin_reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA gridtwin, grid TO gridtwin_reader;
        REVOKE ALL ON gridtwin.audit, gridtwin.access_tokens, gridtwin.access_sessions,
            gridtwin.actions, gridtwin.webhook_subscriptions, gridtwin.webhook_deliveries,
            gridtwin.parties, gridtwin.accounts, gridtwin.feed_letters
            FROM gridtwin_reader;
        GRANT SELECT (party, valid_from, valid_to, kind, language, feed, feed_key)
            ON gridtwin.parties TO gridtwin_reader;
        GRANT SELECT (account, valid_from, valid_to, party, premise, retailer, rate, status, feed,
            feed_key) ON gridtwin.accounts TO gridtwin_reader;
        GRANT SELECT (feed, place, received_at) ON gridtwin.feed_letters TO gridtwin_reader;
        GRANT SELECT (id, table_name, row_key) ON gridtwin.audit TO gridtwin_reader;
    END IF;
    IF operator THEN
        GRANT USAGE ON SCHEMA gridtwin, grid TO gridtwin_operator;
        GRANT SELECT ON ALL TABLES IN SCHEMA gridtwin, grid TO gridtwin_operator;
        GRANT INSERT, UPDATE, DELETE ON
            gridtwin.states, gridtwin.state_switches, gridtwin.events, gridtwin.node_topology,
            gridtwin.equipment_topology, gridtwin.segments, gridtwin.chords, gridtwin.outages,
            gridtwin.outage_usage_points, gridtwin.erm_current, gridtwin.erm_usage_points,
            gridtwin.erm_zones, gridtwin.specs, gridtwin.accepted_findings,
            gridtwin.element_scores, gridtwin.element_priorities, gridtwin.crew_shifts,
            gridtwin.element_forecasts
            TO gridtwin_operator;
        GRANT INSERT, UPDATE, DELETE ON
            gridtwin.live_events, gridtwin.live_places, gridtwin.live_letters,
            gridtwin.outage_alerts, gridtwin.crews, gridtwin.crew_positions,
            gridtwin.feed_offsets, gridtwin.feed_keys, gridtwin.feed_letters, gridtwin.premises,
            gridtwin.parties, gridtwin.accounts, gridtwin.retailers, gridtwin.assets,
            gridtwin.work_orders, gridtwin.oms_outages, gridtwin.measurements
            TO gridtwin_operator;
        GRANT INSERT, UPDATE ON
            gridtwin.tags, gridtwin.operation_requests, gridtwin.switching_orders,
            gridtwin.order_steps, gridtwin.crew_assignments, gridtwin.planned_outages,
            gridtwin.planned_outage_points
            TO gridtwin_operator;
        GRANT INSERT, UPDATE, DELETE ON
            gridtwin.webhook_subscriptions, gridtwin.webhook_deliveries, gridtwin.webhook_subjects
            TO gridtwin_operator;
        GRANT DELETE ON gridtwin.mirrored_blocks TO gridtwin_operator;
        GRANT INSERT ON gridtwin.outage_evidence, gridtwin.erm_history, gridtwin.erm_runs
            TO gridtwin_operator;
        REVOKE ALL ON gridtwin.audit, gridtwin.access_tokens, gridtwin.access_sessions,
            gridtwin.actions FROM gridtwin_operator;
        GRANT SELECT (id, table_name, row_key) ON gridtwin.audit TO gridtwin_operator;
    END IF;
    IF owner THEN
        GRANT USAGE, CREATE ON SCHEMA gridtwin TO gridtwin_owner;
        GRANT USAGE ON SCHEMA grid TO gridtwin_owner;
        GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA gridtwin
            TO gridtwin_owner;
        GRANT SELECT ON ALL TABLES IN SCHEMA grid TO gridtwin_owner;
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON gridtwin.audit, gridtwin.migrations,
            gridtwin.definitions FROM gridtwin_owner;
        REVOKE UPDATE, DELETE, TRUNCATE ON gridtwin.outage_evidence, gridtwin.erm_history,
            gridtwin.actions FROM gridtwin_owner;
        GRANT USAGE ON SCHEMA gridtwin_customers TO gridtwin_owner;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA gridtwin_customers
            TO gridtwin_owner;
        REVOKE UPDATE, DELETE ON gridtwin_customers.lookup, gridtwin_customers.erasure
            FROM gridtwin_owner;
        GRANT USAGE ON SCHEMA gridtwin_manuals TO gridtwin_owner;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA gridtwin_manuals
            TO gridtwin_owner;
    END IF;
    IF keeper THEN
        GRANT USAGE ON SCHEMA gridtwin TO gridtwin_access;
        GRANT SELECT, INSERT, UPDATE ON gridtwin.access_tokens TO gridtwin_access;
        GRANT SELECT, INSERT, UPDATE, DELETE ON gridtwin.access_sessions TO gridtwin_access;
        GRANT SELECT, INSERT ON gridtwin.actions TO gridtwin_access;
        GRANT USAGE ON SCHEMA gridtwin_manuals TO gridtwin_access;
        GRANT SELECT ON ALL TABLES IN SCHEMA gridtwin_manuals TO gridtwin_access;
        GRANT INSERT, UPDATE ON gridtwin_manuals.asked_questions TO gridtwin_access;
        GRANT INSERT ON gridtwin_manuals.page_votes TO gridtwin_access;
    END IF;
    FOR called IN
        SELECT p.oid::regprocedure AS signature, p.provolatile = 'v' AS changes
        FROM pg_proc p
        WHERE p.pronamespace = 'gridtwin'::regnamespace
            AND p.prorettype <> 'trigger'::regtype
            AND p.oid <> 'gridtwin.grant_roles()'::regprocedure
    LOOP
        IF reader AND called.changes THEN
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM gridtwin_reader', called.signature);
        ELSIF reader THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO gridtwin_reader', called.signature);
        END IF;
        IF operator THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO gridtwin_operator', called.signature);
        END IF;
        IF owner THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO gridtwin_owner', called.signature);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION gridtwin.grant_roles() IS
    'Give the roles of gridtwin their rights, those of them that exist';

DO $$ BEGIN PERFORM gridtwin.grant_roles(); END $$;

INSERT INTO gridtwin.definitions (file) VALUES ('grants.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
