"""Say what the documents have in common that the server sends and takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_serializer

from gridtwin.publish.tiles.zoom_plan import TILE_LAYERS

Ids = list[int]
Place = Annotated[
    list[float], Field(description="Longitude and latitude.", examples=[[-95.4, 29.8]])
]
Bounds = Annotated[
    list[float],
    Field(description="West, south, east, north, in degrees.", min_length=4, max_length=4),
]


class Document(BaseModel):
    """One JSON document."""

    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)


class Features(Document):
    """Ids of features by layer of the tiles, sorted; a layer without any is left out."""

    lines: Ids = []
    secondaries: Ids = []
    switches: Ids = []
    transformers: Ids = []
    usage_points: Ids = []

    @model_serializer
    def _list_present(self) -> dict[str, Ids]:
        return {layer: ids for layer in TILE_LAYERS if (ids := getattr(self, layer, None))}


class Feature(Document):
    """One feature of the tiles."""

    layer: str = Field(examples=["switches"])
    id: int = Field(examples=[4711])


class Positions(Document):
    """Switches, by id, and the phases that stand open; both lists are of one length."""

    ids: Ids = []
    phases: list[str] = []


class StationsOut(Document):
    """Substations, by id, and their customers without supply; both lists are of one length."""

    ids: Ids = []
    customers: list[int] = []


class Problem(Document):
    """What went wrong, for a program and for a person."""

    type: str = Field(examples=["NotFoundError"])
    message: str = Field(examples=["no element is called 'FUSE-1'; did you mean FUSE-12?"])
    matches: list[str] = Field(default=[], description="Close names, where something is missing.")


class ErrorAnswer(Document):
    """The answer in place of the one asked for."""

    error: Problem
