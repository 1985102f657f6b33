"""Every function of the schema is read by plpgsql_check, which knows what a body will meet."""

from __future__ import annotations

import psycopg
import pytest

from postgres import CHECKER, Cluster

# Each trigger function is read for each table it is on, with the rows of before and after.
FOUND = """
    SELECT p.oid::regprocedure::text, c.lineno, c.level, c.message, c.detail
    FROM pg_proc p
    LEFT JOIN LATERAL (
        SELECT t.tgrelid AS relation, max(t.tgoldtable) OVER () AS old,
            max(t.tgnewtable) OVER () AS new
        FROM pg_trigger t
        WHERE t.tgfoid = p.oid
    ) t ON true
    CROSS JOIN LATERAL plpgsql_check_function_tb(p.oid, coalesce(t.relation, 0),
        fatal_errors => false, all_warnings => true, oldtable => t.old, newtable => t.new) c
    WHERE p.pronamespace = 'gridtwin'::regnamespace
        AND p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')
    ORDER BY 1, 2
    """


@pytest.fixture
def checker(database: str, postgres: Cluster) -> psycopg.Connection[tuple[object, ...]]:
    """Return a connection of a superuser to the schema, with the extension."""
    name = database.rpartition("/")[2]
    postgres.execute(f"CREATE EXTENSION {CHECKER}", database=name)
    return psycopg.connect(f"{postgres.superuser_url.rpartition('/')[0]}/{name}", autocommit=True)


def test_no_function_has_a_fault(checker: psycopg.Connection[tuple[object, ...]]) -> None:
    with checker:
        assert checker.execute(FOUND).fetchall() == []


def test_a_fault_would_be_found(checker: psycopg.Connection[tuple[object, ...]]) -> None:
    with checker:
        checker.execute(
            "CREATE FUNCTION gridtwin.faulty() RETURNS int LANGUAGE plpgsql"
            " AS $$ BEGIN RETURN (SELECT nothing FROM gridtwin.nodes); END $$"
        )
        faults = checker.execute(FOUND).fetchall()
    assert ("gridtwin.faulty()", 1, "error") in [each[:3] for each in faults]
