"""
Say once what each role may do; the server and its documentation follow from here.

A role is a set of permissions, each role those of the role before it and more. What a server does
for somebody acts in the database with the role of the permission that it needs, not with all that
the person may.
"""

from __future__ import annotations

from enum import StrEnum

from gridtwin.errors import InputError


class Permission(StrEnum):
    """One thing that somebody may do."""

    LOOK = "look"
    SEE_READINGS = "see-readings"
    SEE_CUSTOMERS = "see-customers"
    OPERATE = "operate"
    ACCEPT_FINDINGS = "accept-findings"
    MANAGE_OUTAGES = "manage-outages"
    READ_AUDIT = "read-audit"
    ADMINISTER = "administer"

    @property
    def writes(self) -> bool:
        """Whether it changes what is kept: then the database lets it, and the audit has it."""
        return self in WRITING

    @property
    def personal(self) -> bool:
        """Whether what it shows is about people: then the audit has it."""
        return self in PERSONAL


class Role(StrEnum):
    """What somebody is for the twin."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    OUTAGE_MANAGER = "outage-manager"
    ADMINISTRATOR = "administrator"


PERMISSION_WORDS: dict[Permission, str] = {
    Permission.LOOK: "see the network, its state, outages and loads; ask and plan",
    Permission.SEE_READINGS: "see what one meter measured",
    Permission.SEE_CUSTOMERS: "see who a customer is, and how to reach them",
    Permission.OPERATE: "operate switches, place and remove tags",
    Permission.ACCEPT_FINDINGS: "accept findings in the data, and undo that",
    Permission.MANAGE_OUTAGES: "open, change and close outages, and promise times",
    Permission.READ_AUDIT: "read who did what from where",
    Permission.ADMINISTER: "list and revoke tokens of programs, say who webhooks tell",
}
WRITING = frozenset(
    {Permission.OPERATE, Permission.ACCEPT_FINDINGS, Permission.MANAGE_OUTAGES,
     Permission.ADMINISTER}
)  # fmt: skip
PERSONAL = frozenset({Permission.SEE_READINGS, Permission.SEE_CUSTOMERS})

_VIEWER = frozenset({Permission.LOOK, Permission.SEE_READINGS})
_OPERATOR = _VIEWER | {
    Permission.SEE_CUSTOMERS,
    Permission.OPERATE,
    Permission.ACCEPT_FINDINGS,
}
_OUTAGE_MANAGER = _OPERATOR | {Permission.MANAGE_OUTAGES, Permission.READ_AUDIT}
ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: _OPERATOR,
    Role.OUTAGE_MANAGER: _OUTAGE_MANAGER,
    Role.ADMINISTRATOR: frozenset(Permission),
}


def read_role(text: str) -> Role:
    """Return the role of a name, also with other signs between its words; InputError if none."""
    name = "-".join(text.replace("_", " ").replace("-", " ").casefold().split())
    try:
        return Role(name)
    except ValueError:
        msg = f"{text!r} is no role: say {', '.join(Role)}"
        raise InputError(msg) from None


def read_permission(text: str) -> Permission:
    """Return the permission of a name; InputError if there is none."""
    try:
        return Permission(text)
    except ValueError:
        msg = f"{text!r} is no permission: say {', '.join(Permission)}"
        raise InputError(msg) from None
