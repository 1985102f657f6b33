"""Name everything that a project makes in an account, and refuse names that are none."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from urllib.parse import urlsplit

from gridtwin.errors import InputError

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LONGEST_IDENTIFIER = 70  # three of them and a suffix stay below the 255 of Snowflake
SCHEMA_NAMES = ("landing", "silver", "gold", "network", "results")
ROLE_NAMES = ("loader", "transformer", "reader")
WAREHOUSE_NAMES = ("load", "transform", "read")
LEAST_LAG_MINUTES = 1  # Snowflake refuses less
CATALOG_PATH = re.compile(r"[A-Za-z0-9._~/-]*")


def check_identifier(text: str, what: str) -> None:
    """
    Refuse a name that is no identifier without quotes.

    Raises
    ------
    InputError
        If it has other characters than letters of ASCII, digits and underscores.
    """
    if not text.isascii() or not IDENTIFIER.fullmatch(text) or len(text) > LONGEST_IDENTIFIER:
        msg = (
            f"{what} {text!r} is no name for Snowflake: take letters, digits and _, no digit first,"
            f" at most {LONGEST_IDENTIFIER}"
        )
        raise InputError(msg)


@dataclass(frozen=True, slots=True)
class ProjectOptions:
    """
    What a project is made for.

    Attributes
    ----------
    database
        Database; with an environment ``DATABASE_ENV``.
    environment
        Such as ``dev``; empty for none.
    schema_prefix
        Before the name of each schema, where the database is shared.
    lag_minutes
        How old what the layers show may be.
    credits
        That each warehouse may use in a month.
    time_zone
        Of local days, by its IANA name.
    iceberg_catalog
        Address of an Iceberg REST catalog to link; empty for none.
    iceberg_client
        Id of the OAuth client that it knows the account by.
    """

    database: str = "GRIDTWIN"
    environment: str = ""
    schema_prefix: str = ""
    lag_minutes: int = 15
    credits: int = 150
    time_zone: str = "America/Chicago"
    iceberg_catalog: str = ""
    iceberg_client: str = "gridtwin"

    def __post_init__(self) -> None:
        """
        Refuse what Snowflake would refuse, or what could be taken for SQL.

        Raises
        ------
        InputError
            If a value is none.
        """
        named = "_".join(filter(None, (self.database, self.environment)))
        check_identifier(named, "database with its environment")
        if self.schema_prefix:
            check_identifier(self.schema_prefix, "schema prefix")
        if self.lag_minutes < LEAST_LAG_MINUTES:
            msg = f"a lag of {self.lag_minutes} minutes is too short: at least {LEAST_LAG_MINUTES}"
            raise InputError(msg)
        if self.credits < 1:
            msg = f"{self.credits} credits a month are too few: at least 1"
            raise InputError(msg)
        if self.time_zone not in zoneinfo.available_timezones():
            msg = f"{self.time_zone!r} is no time zone: give one such as America/Chicago"
            raise InputError(msg)
        if self.iceberg_catalog:
            _check_catalog(self.iceberg_catalog)
        if not CATALOG_PATH.fullmatch(self.iceberg_client):
            msg = f"{self.iceberg_client!r} is no id of a client: letters, digits and . _ ~ / -"
            raise InputError(msg)

    @property
    def database_name(self) -> str:
        """Name of the database, in upper case."""
        return "_".join(filter(None, (self.database, self.environment))).upper()

    @property
    def stem(self) -> str:
        """What roles, warehouses and integrations begin with; they belong to the account."""
        return f"{self.database_name}_{self.schema_prefix.upper()}".strip("_")

    def name_schema(self, schema: str) -> str:
        """Return the name of one of `SCHEMA_NAMES`, in upper case."""
        return f"{self.schema_prefix}{schema}".upper()

    def qualify_schema(self, schema: str) -> str:
        """Return one of `SCHEMA_NAMES` behind its database, both quoted."""
        return f'"{self.database_name}"."{self.name_schema(schema)}"'

    def name_role(self, role: str) -> str:
        """Return the name of one of `ROLE_NAMES`."""
        return f"{self.stem}_{role}".upper()

    def name_warehouse(self, warehouse: str) -> str:
        """Return the name of one of `WAREHOUSE_NAMES`."""
        return f"{self.stem}_{warehouse}_WH".upper()

    def list_values(self) -> dict[str, str]:
        """Return what stands for each word in the templates."""
        lag = f"{self.lag_minutes} minute{'s' if self.lag_minutes > 1 else ''}"
        values = {"database": f'"{self.database_name}"', "database_name": self.database_name}
        for schema in SCHEMA_NAMES:
            values[schema] = self.qualify_schema(schema)
            values[f"{schema}_name"] = self.name_schema(schema)
        for role in ROLE_NAMES:
            values[role] = f'"{self.name_role(role)}"'
            values[f"{role}_name"] = self.name_role(role)
        for warehouse in WAREHOUSE_NAMES:
            values[f"{warehouse}_warehouse"] = f'"{self.name_warehouse(warehouse)}"'
            values[f"{warehouse}_warehouse_name"] = self.name_warehouse(warehouse)
            values[f"{warehouse}_monitor"] = f'"{self.stem}_{warehouse.upper()}_MONITOR"'
        return values | {
            "lag": lag,
            "credits": str(self.credits),
            "time_zone": self.time_zone,
            "catalog": f'"{self.stem}_LAKE_CATALOG"',
            "catalog_name": f"{self.stem}_LAKE_CATALOG",
            "lake": f'"{self.stem}_LAKE"',
            "catalog_address": self.iceberg_catalog,
            "catalog_client": self.iceberg_client,
            "connector_name": f"{self.stem}_snowflake".lower(),
        }


def _check_catalog(address: str) -> None:
    """Refuse an address of a catalog that Snowflake cannot reach, or that is none."""
    parts = urlsplit(address)
    host = parts.netloc
    if parts.scheme != "https" or not re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?", host):
        msg = f"{address!r} is no address of a catalog: Snowflake reaches one by https://HOST/PATH"
        raise InputError(msg)
    if not CATALOG_PATH.fullmatch(parts.path) or parts.query or parts.fragment:
        msg = f"{address!r}: the path of a catalog has letters, digits and . _ ~ / - only"
        raise InputError(msg)
