"""Run the files of a project in an account, in the order of their numbers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from gridtwin.errors import InputError, StoreError
from gridtwin.publish.snowflake.project_files import SQL_FILES
from gridtwin.publish.snowflake.sql_statements import split_statements

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gridtwin.publish.snowflake.account_connection import SnowflakeAccount

LOG = logging.getLogger("gridtwin.snowflake")

READ_ONLY_FILE = "99_verify.sql"  # to be run by people, who look at what it answers


def apply_project(
    account: SnowflakeAccount,
    project: Mapping[str, str],
    *,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> int:
    """
    Run the SQL of a project, but for what is there to be read.

    Every statement may run again, so what broke off is mended by running it all once more.

    Parameters
    ----------
    account
        Where.
    project
        The files, as `render_project` returns them.
    only, skip
        Names of files to run, by default all, and of those to leave out.
    progress
        Is told how many statements are done, and of how many.

    Returns
    -------
        How many statements were run.

    Raises
    ------
    InputError
        If a file that is named is not of the project.
    StoreError
        If Snowflake refuses a statement: which, of which file, and why.
    """
    strangers = sorted({*only, *skip} - project.keys())
    if strangers:
        known = ", ".join(SQL_FILES)
        msg = f"{', '.join(strangers)} is no file of the project: take some of {known}"
        raise InputError(msg)
    wanted = only or [name for name in SQL_FILES if name != READ_ONLY_FILE]
    statements = [
        (name, number, statement)
        for name in SQL_FILES
        if name in wanted and name in project and name not in skip
        for number, statement in enumerate(split_statements(project[name]), 1)
    ]
    for done, (name, number, statement) in enumerate(statements):
        progress(done, len(statements))
        try:
            account.execute(statement)
        except StoreError as error:
            first = statement.splitlines()[0]
            msg = f"{name}, statement {number} ({first}): {error}"
            raise StoreError(msg) from error
        LOG.debug("%s, statement %d done", name, number)
    progress(len(statements), len(statements))
    return len(statements)
