"""Leave out of an answer what is known of persons, for those who may not see it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from gridtwin.errors import NotAllowedError
from gridtwin.model.permissions import Permission
from gridtwin.results.customer_masking import digest_text
from gridtwin.tools.tool_elements import find_element

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.tools.shared_twin import SharedTwin


# Fields in which people or their records are named, wherever they stand in a document.
PERSONAL_FIELDS = frozenset({"actor", "evidence", "notes"})
# And what a document says of one customer: its own columns may hold a name or a telephone number.
CUSTOMER_KINDS = frozenset({"usage_point", "meter"})
CUSTOMER_FIELDS = frozenset({"name", "attributes", "own"})


CARD_NEEDS = (Permission.SEE_CUSTOMERS, Permission.SEE_READINGS)
# Arguments that may name somebody: logs have a digest of them that nobody finds by trying numbers,
# the same as long as this process lasts.
PERSONAL_ARGUMENTS = {"customers": frozenset({"of"})}
LOG_KEY = secrets.token_bytes(32)


def check_personal(
    shared: SharedTwin,
    tool: str,
    arguments: Mapping[str, Any],
    permissions: frozenset[Permission] | None,
) -> None:
    """
    Refuse customers, and what one meter measured, to who may not see it, whatever the door.

    Parameters
    ----------
    shared
        The twin.
    tool, arguments
        What is asked.
    permissions
        Of who asks; None: nobody is held, as on the command line.

    Raises
    ------
    NotAllowedError
        If it is refused.
    """
    if permissions is None:
        return
    if tool == "customers":  # whose card tells what was measured, too
        for needed in CARD_NEEDS:
            if needed not in permissions:
                msg = f"what a customer went through is for those who may {needed}"
                raise NotAllowedError(msg)
    of = arguments.get("of")
    if tool != "readings" or not of:
        return
    metered = find_element(shared, str(of)).table == "usage_points"
    if metered and Permission.SEE_READINGS not in permissions:
        msg = f"what one meter measured is for those who may {Permission.SEE_READINGS}"
        raise NotAllowedError(msg)


def hide_arguments(tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a tool as logs may have them."""
    hidden = PERSONAL_ARGUMENTS.get(tool, frozenset())
    return {
        name: digest_text(str(each), LOG_KEY) if name in hidden else each
        for name, each in arguments.items()
    }


def hide_personal(value: Any) -> Any:
    """
    Return a value of JSON without what is known of persons: such fields are null.

    So is a table: it repeats a list of its document in columns that do not tell whose they are.
    """
    if isinstance(value, list):
        return [hide_personal(each) for each in value]
    if not isinstance(value, dict):
        return value
    hidden = PERSONAL_FIELDS
    if value.get("kind") in CUSTOMER_KINDS:
        hidden |= CUSTOMER_FIELDS
    return {
        name: None if name in hidden or _is_table(name, each) else hide_personal(each)
        for name, each in value.items()
    }


def _is_table(name: str, value: Any) -> bool:
    return name == "table" and isinstance(value, dict)
