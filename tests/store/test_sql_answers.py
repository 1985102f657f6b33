"""
What a person asks in psql, and what psql answers: ``sql/*.sql``, each with its ``.sql.out``.

Each file is run on a new copy of the town that ``town.py`` draws. ``pytest --rewrite`` writes the
answers anew, to be read before they are committed.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import gridtwin
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.mirror import sync
from postgres import Cluster, copy_of

from .town import make_town

SQL = Path(__file__).parent / "sql"
FILES = sorted(SQL.glob("*.sql"))


@pytest.fixture(scope="module")
def town(postgres: Cluster, schema: str) -> Iterator[str]:
    """Return the address of a database with the town, to be copied."""
    with copy_of(postgres, schema) as url:
        with connect(url, autocommit=True) as connection:
            sync(connection, gridtwin.open(make_town()).gather_mirror_rows())
        yield url


def ask(postgres: Cluster, url: str, path: Path) -> str:
    """Return what psql writes when it is given a file, errors where they happen."""
    done = subprocess.run(
        [postgres.psql, "-X", "-a", "-q", "-v", "VERBOSITY=terse", "-P", "pager=off", url],
        input=path.read_text(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        check=True,
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_psql_answers_as_it_is_written(
    path: Path, town: str, postgres: Cluster, pytestconfig: pytest.Config
) -> None:
    expected = path.with_suffix(".sql.out")
    with copy_of(postgres, town) as url:
        answer = ask(postgres, url, path)
    if pytestconfig.getoption("rewrite"):
        expected.write_text(answer)
    assert answer == expected.read_text()


def test_no_answer_is_left_of_a_question_that_is_gone() -> None:
    assert {path.with_suffix("").name for path in SQL.glob("*.sql.out")} == {
        path.name for path in FILES
    }
