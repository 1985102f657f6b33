"""Say which role somebody has, by what an issuer or an ingress says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.model.permissions import Role, read_role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridtwin.settings import SignInSettings


class RoleChoice:
    """
    The roles of those who ask.

    Parameters
    ----------
    settings
        What the environment says of them; InputError if it names a role that is none.
    """

    def __init__(self, settings: SignInSettings) -> None:
        self._roles = [(name, read_role(role)) for name, role in settings.roles]
        self._default = read_role(settings.default_role) if settings.default_role else None
        self.anonymous = read_role(settings.anonymous) if settings.anonymous else None

    def choose_role(self, values: Iterable[str]) -> Role | None:
        """
        Return the role of some values, such as groups: the first that is named; None for none.

        Where none is named in the environment, a value that is the name of a role means it.
        """
        said = set(values)
        if self._roles:
            return next((role for name, role in self._roles if name in said), self._default)
        return next((role for role in reversed(Role) if role in said), self._default)

    def choose_role_of(self, user: str) -> Role | None:
        """Return the role of a user; whoever is called `administrator` is none by that alone."""
        return next((role for name, role in self._roles if name == user), self._default)


def list_claim(claims: Mapping[str, object], path: str) -> list[str]:
    """Return the texts of a claim; a dot goes into an object, and what is missing has none."""
    value: object = claims.get(path)
    if value is None:
        value = claims
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
