"""Show the tables of a database to SQLAlchemy as they are, for notebooks and other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.errors import MissingExtraError
from gridtwin.store.acting_role import READER
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.migrate import check_schema
from gridtwin.store.postgis.refusals import translate_refusals

if TYPE_CHECKING:
    from sqlalchemy import Engine, Table

TABLES_SCHEMA, VIEWS_SCHEMA = "gridtwin", "grid"


class Reflected(NamedTuple):
    """The tables of a database, and the engine to ask them over."""

    engine: Engine
    tables: dict[str, Table]  # ``nodes``, and views with their schema: ``grid.open_outages``
    classes: dict[str, Any]  # a mapped class of each table that has a primary key


def reflect(url: str) -> Reflected:
    """
    Return the tables and views of a database as SQLAlchemy sees them, places as geometries.

    Nothing is described twice: what the columns are is read from the database.

    Parameters
    ----------
    url
        Its address; see `gridtwin.store.postgis.connect.connect`.

    Raises
    ------
    MissingExtraError
        If the extra ``postgis`` is not installed.
    StoreError
        If the database cannot be used; a StoreVersionError if its schema is another.
    """
    try:
        import geoalchemy2  # noqa: F401 - makes the types of places known
        from sqlalchemy import MetaData, create_engine
        from sqlalchemy.ext.automap import automap_base
    except ImportError as error:
        need = "SQLAlchemy over a database"
        raise MissingExtraError(need, "postgis") from error
    with translate_refusals(url, role=READER), connect(url) as connection:
        check_schema(connection)
    engine = create_engine("postgresql+psycopg://", creator=lambda: connect(url))
    metadata = MetaData()
    metadata.reflect(engine, schema=TABLES_SCHEMA)
    base = automap_base(metadata=metadata)
    base.prepare(generate_relationship=lambda *_, **__: None)
    classes = {each.__table__.name: each for each in base.classes}
    metadata.reflect(engine, schema=VIEWS_SCHEMA, views=True)
    tables = {
        each.name if each.schema == TABLES_SCHEMA else f"{each.schema}.{each.name}": each
        for each in metadata.tables.values()
    }
    return Reflected(engine, tables, classes)
