"""
Offer the twin of a database as OGC API Features, for GIS clients; the work is tipg's.

The collections are the read-only views of schema ``grid`` that have a geometry, never functions,
and every statement runs in a transaction that only reads. Answers are JSON: tipg's pages for people
would load scripts from other hosts.
"""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI

from gridtwin.api.permission_gate import Gate
from gridtwin.api.problems import make_problem
from gridtwin.model.permissions import Permission
from gridtwin.store.postgis.connect import is_address

if TYPE_CHECKING:
    import asyncpg
    from starlette.types import Receive, Scope, Send

OGC_PREFIX = "/ogc"
OGC_SCHEMA = "grid"
OGC_VIEWS = ("equipment_now", "usage_points_now", "open_outages", "substations")
MOST_CONNECTIONS = 4
OGC_TIMEOUT_S = 20


def mount_collections(app: FastAPI, twin: str) -> Collections | None:
    """Mount the collections under ``/ogc``, for a twin in a database where tipg is installed."""
    if not (is_address(twin) and find_spec("tipg")):
        return None
    collections = Collections(twin)
    app.mount(OGC_PREFIX, Gate(collections, Permission.LOOK), name="ogc")
    return collections


class Collections:
    """tipg's application, connected to the database when it is first asked."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._app: FastAPI | None = None
        self._connecting = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, in JSON whatever the client would rather have."""
        fault = _fault_of_filter(scope)
        if fault:
            await make_problem(422, "ExpressionError", fault)(scope, receive, send)
            return
        async with self._connecting:
            if self._app is None:
                self._app = await _connect_app(self._url)
        await self._app(_asking_for_json(scope), receive, send)

    async def close(self) -> None:
        """Give the connections back."""
        if self._app is not None:
            await self._app.state.pool.close()
            self._app = None


async def _connect_app(url: str) -> FastAPI:
    from tipg.collections import register_collection_catalog
    from tipg.database import connect_to_db
    from tipg.errors import DEFAULT_STATUS_CODES, add_exception_handlers
    from tipg.factory import OGCFeaturesFactory
    from tipg.settings import DatabaseSettings, PostgresSettings

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    add_exception_handlers(app, DEFAULT_STATUS_CODES)
    app.include_router(OGCFeaturesFactory(title="gridtwin", router_prefix=OGC_PREFIX).router)
    postgres = PostgresSettings(
        database_url=cast("Any", url), db_min_conn_size=1, db_max_conn_size=MOST_CONNECTIONS
    )
    await connect_to_db(app, schemas=[OGC_SCHEMA], settings=postgres, setup=_only_reading)
    wanted = DatabaseSettings(
        schemas=[OGC_SCHEMA],
        tables=[f"{OGC_SCHEMA}.{view}" for view in OGC_VIEWS],
        functions=[],
        exclude_function_schemas=[OGC_SCHEMA, "public", "pg_temp"],
        datetime_extent=False,
        spatial_extent=False,
    )
    await register_collection_catalog(app, db_settings=wanted)
    return app


async def _only_reading(connection: asyncpg.Connection[Any]) -> None:
    """Let a connection that is borrowed read and no more, for a while and no longer."""
    await connection.execute(
        f"SET default_transaction_read_only = on; SET statement_timeout = '{OGC_TIMEOUT_S}s'"
    )


def _parse_query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)


def _fault_of_filter(scope: Scope) -> str:
    """Return why a CQL2 filter cannot be understood; empty where it can, or there is none."""
    import cql2

    asked = dict(_parse_query(scope))
    if "filter" not in asked:
        return ""
    as_json = asked.get("filter-lang") == "cql2-json"
    try:
        (cql2.parse_json if as_json else cql2.parse_text)(asked["filter"])
    except (cql2.ParseError, ValueError) as error:
        return f"filter: {error}"
    return ""


def _asking_for_json(scope: Scope) -> Scope:
    query = _parse_query(scope)
    asked = [(name, value) for name, value in query if (name, value) != ("f", "html")]
    headers = [(name, value) for name, value in scope.get("headers", ()) if name != b"accept"]
    return {
        **scope,
        "query_string": urlencode(asked).encode(),
        "headers": [*headers, (b"accept", b"application/geo+json, application/json;q=0.9")],
    }
