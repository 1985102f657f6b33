"""Say what PostgreSQL refuses in our own words."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridtwin.errors import InputError, StoreError, StoreVersionError
from gridtwin.store.postgis.connect import hide_password

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg


@contextmanager
def translate_refusals(url: str, *, role: str) -> Iterator[None]:
    """
    Turn what PostgreSQL refuses inside into errors of gridtwin.

    Parameters
    ----------
    url
        The address, shown without its password.
    role
        The role that may do what is done inside.

    Raises
    ------
    InputError
        If a text cannot be kept, such as one with a zero byte.
    StoreVersionError
        If the schema is not that of this gridtwin.
    StoreError
        If anything else is refused; says why and how to mend it.
    """
    import psycopg
    from psycopg import errors

    try:
        yield
    except errors.InsufficientPrivilege as error:
        mend = f"its login needs a role: GRANT {role} TO that login"
        raise StoreError(_describe_refusal(url, error, mend)) from error
    except errors.QueryCanceled as error:
        mend = "try again when it is less busy, or give a longer statement_timeout in the address"
        raise StoreError(_describe_refusal(url, error, mend)) from error
    except errors.DiskFull as error:
        mend = "its disk is full: make room there and try again"
        raise StoreError(_describe_refusal(url, error, mend)) from error
    except errors.ReadOnlySqlTransaction as error:
        mend = "it only reads, as a replica does: give the address of the primary"
        raise StoreError(_describe_refusal(url, error, mend)) from error
    except (
        errors.UndefinedTable,
        errors.UndefinedColumn,
        errors.UndefinedFunction,
        errors.InvalidSchemaName,
    ) as error:
        raise StoreVersionError(
            _describe_refusal(url, error, "run `gridtwin db migrate`")
        ) from error
    except psycopg.DataError as error:
        raise InputError(_describe_refusal(url, error, "give another text")) from error
    except psycopg.Error as error:
        mend = "see the log of the server"
        raise StoreError(_describe_refusal(url, error, mend)) from error


def _describe_refusal(url: str, error: psycopg.Error, mend: str) -> str:
    reason = error.diag.message_primary or " ".join(str(error).split())
    return f"{hide_password(url)} refused: {reason}: {mend}"
