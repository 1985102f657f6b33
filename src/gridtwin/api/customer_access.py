"""Say of a request whether names, contacts and addresses may be shown: one place for all paths."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from gridtwin.api.permission_gate import PersonNow
from gridtwin.model.permissions import Permission
from gridtwin.results.customer_masking import Viewer


def find_viewer(person: PersonNow) -> Viewer:
    """Return who asks: who may see customers sees who they are, others see pseudonyms."""
    return Viewer(
        person.name_actor("server"),
        person.may(Permission.SEE_CUSTOMERS),
        person.may(Permission.SEE_READINGS),
    )


ViewerNow = Annotated[Viewer, Depends(find_viewer)]
