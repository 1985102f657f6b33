"""Publish outages for ODIN, the Outage Data Initiative Nationwide."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gridtwin.cli.options import In, open_twin, read_text
from gridtwin.cli.outage_lifecycle_commands import read_time
from gridtwin.errors import InputError


def publish_odin(
    twin: In = "",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to write, whole or not at all.")
    ] = None,
    format: Annotated[str, typer.Option(help="xml or json.")] = "xml",
    since: Annotated[str, typer.Option(help="Also outages over since then.")] = "",
    at: Annotated[str, typer.Option(help="The moment to publish for; now by default.")] = "",
    utility: Annotated[str, typer.Option(help="Name of the utility.")] = "",
    utility_id: Annotated[str, typer.Option(help="Its number of the EIA.")] = "",
    disclaimer: Annotated[str, typer.Option(help="Text for every outage.")] = "",
    communities: Annotated[
        str, typer.Option(metavar="GEOJSON", help="Polygons of counties, ZIP codes or towns.")
    ] = "",
    community_key: Annotated[str, typer.Option(help="Property that names each.")] = "name",
    community_kind: Annotated[str, typer.Option(help="county, zipcode, township ...")] = "county",
) -> None:
    """
    Publish the open outages as CIM PubOutages: XML as ODIN reads it, or JSON.

    Example: gridtwin publish odin --utility "Bayou Electric" --out outages.xml --in houston.twin
    """
    from gridtwin.publish.communities import Communities
    from gridtwin.publish.odin_document import Publisher, write_xml

    if format not in {"xml", "json"}:
        msg = f"{format!r} is no format of ODIN: xml or json"
        raise InputError(msg)
    opened = open_twin(twin)
    places = None
    if communities:
        normal, text = opened.situation("normal"), read_text(communities)
        places = Communities.of_polygons(normal, text, key=community_key, kind=community_kind)
    now = read_time(at) or datetime.now(UTC)
    document = opened.pub_outages(
        Publisher(now, utility, utility_id, disclaimer), since=read_time(since), communities=places
    )
    content = write_xml(document) if format == "xml" else _as_json(document)
    if out is None:
        sys.stdout.write(content.decode())
        return
    from gridtwin.publish.atomic_file import write_whole

    write_whole(out, content)
    sys.stdout.write(f"{out}: {len(document['PubOutages']['Outage']):,} outages\n")


def _as_json(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False) + "\n").encode()
