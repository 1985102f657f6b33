"""Leave out of an answer what is known of persons, for those who may not see it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from gridtwin.errors import NotAllowedError
from gridtwin.model.permissions import Permission
from gridtwin.tools.tool_elements import find_element

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.tools.shared_twin import SharedTwin


# Fields in which people or their records are named, wherever they stand in a document.
PERSONAL_FIELDS = frozenset({"actor", "evidence", "notes"})
# And what a document says of one customer: its own columns may hold a name or a telephone number.
CUSTOMER_KINDS = frozenset({"usage_point", "meter"})
CUSTOMER_FIELDS = frozenset({"name", "attributes", "own"})


# Arguments that may name somebody: logs have their SHA-256.
PERSONAL_ARGUMENTS = {"customers": frozenset({"of"})}


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
    of = arguments.get("of")
    if permissions is None:
        return
    if tool == "customers" and Permission.SEE_CUSTOMERS not in permissions:
        msg = f"what a customer went through is for those who may {Permission.SEE_CUSTOMERS}"
        raise NotAllowedError(msg)
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
        name: hashlib.sha256(str(each).encode()).hexdigest() if name in hidden else each
        for name, each in arguments.items()
    }


def hide_personal(value: Any) -> Any:
    """Return a value of JSON without what is known of persons: such fields are null."""
    return _hide(value)


def _hide(value: Any) -> Any:
    if isinstance(value, list):
        return [_hide(each) for each in value]
    if not isinstance(value, dict):
        return value
    hidden = PERSONAL_FIELDS
    if value.get("kind") in CUSTOMER_KINDS:
        hidden |= CUSTOMER_FIELDS
    return {name: None if name in hidden else _hide(each) for name, each in value.items()}
