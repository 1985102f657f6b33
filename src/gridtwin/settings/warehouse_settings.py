"""Say how the platform of analytics is reached: Snowflake, a catalog of Iceberg tables."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from gridtwin.errors import InputError


@dataclass(frozen=True, slots=True)
class SnowflakeSettings:
    """How a program logs in to an account of Snowflake; see docs/snowflake.md."""

    account: str
    user: str = ""
    role: str = ""
    warehouse: str = ""
    host: str = ""  # by default that of the account
    port: int = 443
    protocol: str = "https"
    authenticator: str = ""  # key pair where there is a key, unless it says otherwise
    token: str = field(default="", repr=False)  # of OAuth, or a programmatic access token
    private_key: str = field(default="", repr=False)  # PEM
    private_key_file: str = ""
    private_key_passphrase: str = field(default="", repr=False)

    @property
    def way(self) -> str:
        """How to log in: ``key pair``, ``oauth``, ``token``, or nothing where it is not said."""
        wanted = self.authenticator.lower()
        if wanted in {"", "snowflake_jwt"} and (self.private_key or self.private_key_file):
            return "key pair"
        if self.token and wanted == "oauth":
            return "oauth"
        if self.token and wanted in {"", "programmatic_access_token"}:
            return "token"
        return ""

    @classmethod
    def from_environment(cls) -> SnowflakeSettings:
        """
        Return the settings of this process, by the names that Snowflake's own tools use.

        Raises
        ------
        InputError
            If no account is named, or a value is none.
        """
        words = {
            name: os.environ.get(f"SNOWFLAKE_{name.upper()}", "")
            for name in cls.__dataclass_fields__
        }
        if not words["account"]:
            msg = "no account of Snowflake is named: set SNOWFLAKE_ACCOUNT, such as ORG-ACCOUNT"
            raise InputError(msg)
        port, protocol = words.pop("port") or "443", words.pop("protocol") or "https"
        if not port.isdecimal() or protocol not in {"http", "https"}:
            msg = "SNOWFLAKE_PORT is a number, and SNOWFLAKE_PROTOCOL http or https"
            raise InputError(msg)
        return cls(port=int(port), protocol=protocol, **words)


@dataclass(frozen=True, slots=True)
class IcebergSettings:
    """How a program is let into an Iceberg catalog and its object store; see docs/iceberg.md."""

    token: str = field(default="", repr=False)  # of the catalog
    client_id: str = ""  # or a client that gets one by OAuth
    client_secret: str = field(default="", repr=False)
    oauth_uri: str = ""  # by default the catalog gives tokens itself
    scope: str = ""
    key_id: str = ""  # of the object store; none = the catalog lends keys
    secret_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)
    region: str = ""
    endpoint: str = ""  # of a store that is not Amazon's

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may read in a log or an error."""
        words = (self.token, self.client_secret, self.secret_key, self.session_token)
        return tuple(word for word in words if word)

    @classmethod
    def from_environment(cls) -> IcebergSettings:
        """
        Return the settings of this process; of the object store by the names of its own tools.

        Raises
        ------
        InputError
            If a client or a key is named without its secret.
        """
        names = {
            "token": "GRIDTWIN_ICEBERG_TOKEN",
            "client_id": "GRIDTWIN_ICEBERG_CLIENT_ID",
            "client_secret": "GRIDTWIN_ICEBERG_CLIENT_SECRET",
            "oauth_uri": "GRIDTWIN_ICEBERG_OAUTH_URI",
            "scope": "GRIDTWIN_ICEBERG_SCOPE",
            "key_id": "AWS_ACCESS_KEY_ID",
            "secret_key": "AWS_SECRET_ACCESS_KEY",
            "session_token": "AWS_SESSION_TOKEN",
            "region": "AWS_REGION",
            "endpoint": "AWS_ENDPOINT_URL",
        }
        settings = cls(**{word: os.environ.get(name, "") for word, name in names.items()})
        for named, secret in (("client_id", "client_secret"), ("key_id", "secret_key")):
            if bool(getattr(settings, named)) != bool(getattr(settings, secret)):
                msg = f"{names[named]} and {names[secret]} go together: set both, or neither"
                raise InputError(msg)
        if settings.endpoint and not settings.endpoint.startswith(("http://", "https://")):
            msg = f"{names['endpoint']} is no address: write it as https://HOST:PORT"
            raise InputError(msg)
        return settings
