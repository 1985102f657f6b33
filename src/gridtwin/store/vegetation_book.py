"""Say what every store can do for areas of vegetation risk, and the spans that lie in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from gridtwin.model.vegetation import KeptSpan, KeptSpans, VegetationAreas, VegetationLayer


class LayerChange(NamedTuple):
    """
    What becomes of the areas of one source, and of all spans at risk with it.

    Attributes
    ----------
    source
        The source; empty = the spans alone are written anew.
    layer, areas
        Its new load; None = the source goes.
    spans
        All spans at risk afterwards.
    known
        The layers that the spans were measured with: those there are before.
    """

    source: str
    layer: VegetationLayer | None
    areas: VegetationAreas | None
    spans: KeptSpans
    known: tuple[VegetationLayer, ...]


class VegetationBook(Protocol):
    """The areas of vegetation risk of a twin, by source, and the spans at risk."""

    def list_layers(self) -> tuple[VegetationLayer, ...]:
        """Return the sources as they were last loaded, by name."""
        ...

    def read_areas(self) -> dict[str, VegetationAreas]:
        """Return the areas of every source."""
        ...

    def read_spans(self) -> KeptSpans:
        """Return the spans at risk as they were last measured."""
        ...

    def find_span(self, mrid: str) -> KeptSpan | None:
        """Return one span at risk as it was last measured; None if it is none."""
        ...

    def change_layer(self, change: LayerChange) -> None:
        """
        Put areas and spans in the place of those of before, all of it or nothing.

        Raises
        ------
        StoreError
            If other areas were loaded meanwhile.
        """
        ...
