-- Three roles, each with the least it needs, and their rights; the last file to run.
--
--   gridtwin_reader    looks: every table but the audit, every view, every function that reads
--   gridtwin_operator  also operates: switches, states, outages, estimates, trace specs,
--                      accepted findings, what analytics hand back
--   gridtwin_owner     also syncs and pulls: the network, what meters and analytics say; reads
--                      the audit
--
-- None of them can log in; grant them to logins: GRANT gridtwin_reader TO grafana;
-- Where whoever runs this may not make roles (some managed PostgreSQL), it says so and goes on: an
-- administrator makes the roles, then SELECT gridtwin.grant_roles() gives them their rights.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['gridtwin_reader', 'gridtwin_operator', 'gridtwin_owner'] LOOP
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
    called record;
BEGIN
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA gridtwin FROM PUBLIC;
    IF reader THEN
        GRANT USAGE ON SCHEMA gridtwin, grid TO gridtwin_reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA gridtwin, grid TO gridtwin_reader;
        REVOKE ALL ON gridtwin.audit FROM gridtwin_reader;
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
            gridtwin.outage_alerts
            TO gridtwin_operator;
        GRANT DELETE ON gridtwin.mirrored_blocks TO gridtwin_operator;
        GRANT INSERT ON gridtwin.outage_evidence, gridtwin.erm_history, gridtwin.erm_runs
            TO gridtwin_operator;
        REVOKE ALL ON gridtwin.audit FROM gridtwin_operator;
    END IF;
    IF owner THEN
        GRANT USAGE, CREATE ON SCHEMA gridtwin TO gridtwin_owner;
        GRANT USAGE ON SCHEMA grid TO gridtwin_owner;
        GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA gridtwin
            TO gridtwin_owner;
        GRANT SELECT ON ALL TABLES IN SCHEMA grid TO gridtwin_owner;
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON gridtwin.audit, gridtwin.migrations,
            gridtwin.definitions FROM gridtwin_owner;
        REVOKE UPDATE, DELETE, TRUNCATE ON gridtwin.outage_evidence, gridtwin.erm_history
            FROM gridtwin_owner;
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
    'Give the three roles of gridtwin their rights, those of them that exist';

DO $$ BEGIN PERFORM gridtwin.grant_roles(); END $$;

INSERT INTO gridtwin.definitions (file) VALUES ('grants.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
