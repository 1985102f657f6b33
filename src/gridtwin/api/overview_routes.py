"""What this twin is: ``/api``."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from gridtwin.analysis.state.supply_state import SupplyState
from gridtwin.api.answers import answer_request, make_tag
from gridtwin.api.grid import Grid, GridNow
from gridtwin.api.identification import Identification
from gridtwin.api.models import Document, Place
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.api.views import overview_view
from gridtwin.model.permissions import Permission
from gridtwin.model.state import CURRENT, NORMAL
from gridtwin.publish.tiles.basemap import Basemap

router = APIRouter(
    prefix="/api",
    responses=RESPONSES,
    tags=["overview"],
    route_class=DeclaredRoute,
    dependencies=[require(Permission.LOOK)],
)


class StateNow(Document):
    """A state by name, and how often it has changed."""

    name: str = Field(examples=["current"])
    version: int = Field(examples=[17])


class Feeder(Document):
    """One feeder."""

    id: int
    mrid: str
    name: str
    substation: str | None
    head: str | None = Field(description="mRID of its head switch.")
    color_index: int = Field(ge=0, le=11)


class SubstationAnswer(Document):
    """One substation, and who is out in its service area."""

    id: int
    mrid: str
    name: str
    at: Place
    customers: int
    out: int


class Can(Document):
    """What this server does beside answering."""

    operate: bool = Field(description="Switch, for whoever proves that they may.")
    ami: bool = Field(description="Load and voltage from meters.")
    vegetation: bool = Field(description="Spans at risk of vegetation.")
    model: str | None = Field(
        description="The language model that is asked where no verified question fits, and where"
        " it is: questions, and what the tools answer, go there. Null: there is none."
    )
    manuals: bool = Field(description="Technical documents, searched.")


class BasemapAnswer(Document):
    """What lies beneath the grid."""

    url: str = Field(description="Of its PMTiles archive, on this server.")
    attribution: str = Field(description="Whose data it is, to be shown with it.")


class Overview(Document):
    """What this twin is."""

    name: str
    version: str = Field(description="Of gridtwin.")
    network: str = Field(description="What tells this network from every other; part of tile URLs.")
    bounds: Annotated[list[float], Field(description="West, south, east, north.")]
    counts: dict[str, int]
    state: StateNow
    states: list[str]
    feeders: list[Feeder]
    substations: list[SubstationAnswer]
    can: Can
    basemap: BasemapAnswer | None


@router.get("", response_model=Overview)
def read_overview(request: Request, grid: GridNow) -> Response:
    """Say what this twin is, with its feeders and substations."""
    supply, changes = grid.compute_supply(grid.read_situation())
    states = grid.twin.states()
    known: Identification = request.app.state.identification
    model = grid.settings.model
    can = Can(
        operate=known.can_know(Permission.OPERATE),
        ami=grid.has_ami,
        vegetation=grid.has_vegetation,
        model=f"{model.name} at {model.host}" if model else None,
        manuals=grid.has_manuals,
    )
    basemap = _describe_basemap(request.app.state.basemap)
    etag = make_tag(grid.network_hash, changes, states, can, basemap)
    return answer_request(
        request, lambda: _make_overview(grid, supply, states, can, basemap), etag=etag
    )


def _describe_basemap(basemap: Basemap | None) -> BasemapAnswer | None:
    if basemap is None:
        return None
    url = f"/tiles/basemap.pmtiles?v={basemap.version}"
    return BasemapAnswer(url=url, attribution=basemap.attribution)


def _make_overview(
    grid: Grid,
    supply: SupplyState,
    states: list[str],
    can: Can,
    basemap: BasemapAnswer | None,
) -> Overview:
    data = grid.network.data
    substations = overview_view.list_substations(grid.read_situation(NORMAL), supply)
    return Overview(
        name=grid.name,
        version=version("gridtwin"),
        network=grid.network_hash,
        bounds=overview_view.find_bounds(data),
        counts=overview_view.count_rows(data),
        state=StateNow(name=CURRENT, version=supply.version),
        states=states,
        feeders=[Feeder(**each) for each in overview_view.list_feeders(data)],
        substations=[SubstationAnswer(**each) for each in substations],
        can=can,
        basemap=basemap,
    )
