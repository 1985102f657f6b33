"""Read the environment once, at the edge."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

LEAST_TOKEN = 16  # characters


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    twin: str = ""  # GRIDTWIN_TWIN: the twin that commands use unless told otherwise
    actor: str = ""  # GRIDTWIN_ACTOR, else USER: who operates switches, for the log

    @classmethod
    def from_environment(cls) -> Settings:
        """Return the settings of this process."""
        return cls(
            twin=os.environ.get("GRIDTWIN_TWIN", ""),
            actor=os.environ.get("GRIDTWIN_ACTOR", os.environ.get("USER", "")),
        )


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """How a server serves one twin; see docs/server.md."""

    twin: str
    host: str = "127.0.0.1"
    port: int = 8766  # 0 takes any that is free
    tiles: Path | None = None  # an archive made by `gridtwin tiles build`
    operator_token: str = field(default="", repr=False)  # whoever has it may switch
    hosts: tuple[str, ...] = ()  # names by which clients may call the server, beside its own
    proxies: str = ""  # addresses of proxies whose word on the client's address counts
    map_url: str = ""  # where agents find the map; empty: at the server they ask
    frames: tuple[str, ...] = ()  # origins whose pages may show the map in a frame
    most_bytes: int = 2 * 1024 * 1024  # of the body of a request
    most_vertices: int = 20_000  # of a polygon that is asked about
    most_listed: int = 200_000  # elements and usage points that one answer names
    most_streams: int = 2_000  # clients that follow what changes
    rate_per_s: float = 100.0  # tokens a client gets; 0 = no limit
    rate_burst: float = 500.0  # tokens it may save; docs/server.md says what costs how many

    @classmethod
    def from_environment(cls, twin: str, **given: object) -> ServeSettings:
        """
        Return the settings of this process: what is given, the rest from the environment.

        Raises
        ------
        InputError
            If the environment says what cannot be.
        """
        words = os.environ.get
        token = words("GRIDTWIN_OPERATOR_TOKEN", "")
        if token and len(token) < LEAST_TOKEN:
            msg = f"GRIDTWIN_OPERATOR_TOKEN is too short: give it {LEAST_TOKEN} characters or more"
            raise InputError(msg)
        known: dict[str, object] = {
            "operator_token": token,
            "hosts": _list_words("GRIDTWIN_HOSTS"),
            "frames": _list_words("GRIDTWIN_FRAMES"),
            "map_url": words("GRIDTWIN_MAP_URL", ""),
            "proxies": words("GRIDTWIN_PROXIES", ""),
        }
        if "GRIDTWIN_RATE" in os.environ:
            known |= _read_rates(words("GRIDTWIN_RATE", ""))
        return cls(twin, **{**known, **given})  # type: ignore[arg-type]


def _list_words(name: str) -> tuple[str, ...]:
    return tuple(os.environ.get(name, "").replace(",", " ").split())


def _read_rates(text: str) -> dict[str, float]:
    """Return the rate of ``PER_SECOND`` or ``PER_SECOND/BURST``."""
    try:
        rate, burst = (float(part) for part in f"{text}/{text}".split("/")[:2])
    except ValueError:
        rate = burst = -1.0
    if not 0 <= rate <= burst or burst == math.inf:
        msg = f"GRIDTWIN_RATE is {text!r}: write it as tokens a second and at most, such as 100/500"
        raise InputError(msg)
    return {"rate_per_s": rate, "rate_burst": burst}


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
