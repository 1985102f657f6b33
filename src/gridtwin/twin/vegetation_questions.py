"""Load areas of vegetation risk into a twin, and ask which spans they threaten."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model.state import NORMAL
from gridtwin.model.tables import encode_texts
from gridtwin.model.vegetation import (
    KeptSpans,
    VegetationLayer,
    find_spans,
    join_areas,
    read_exposures,
)
from gridtwin.store.vegetation_book import LayerChange

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gridtwin.analysis.state.situation import Situation
    from gridtwin.model.notices import Notice
    from gridtwin.model.vegetation import SpanExposures, VegetationAreas
    from gridtwin.results.vegetation_result import VegetationRisk
    from gridtwin.store.protocol import Store
    from gridtwin.twin.questions import NetworkQuestions

MAX_RESTORATION_MIN = 60.0 * 24 * 30


class LoadedVegetation(NamedTuple):
    """What came of loading areas."""

    layer: VegetationLayer
    notices: tuple[Notice, ...]
    risk: VegetationRisk  # of all sources, afterwards


class VegetationQuestions:
    """The vegetation of a twin: loaded, and asked which spans it threatens."""

    def __init__(self, questions: NetworkQuestions) -> None:
        self._questions = questions

    @property
    def _store(self) -> Store:
        return self._questions.store

    def load_vegetation(
        self, source: str | Path | pd.DataFrame, /, *, name: str = "", **options: Any
    ) -> LoadedVegetation:
        """
        Keep areas of vegetation risk in place of those that their source had before.

        Parameters
        ----------
        source
            A file of polygons that pyogrio reads, GeoParquet, CSV with WKT; a raster of classes or
            of tree heights, such as GeoTIFF; or a GeoDataFrame.
        name
            What the source is called; by default the file without its ending.
        options
            Fields of `gridtwin.sources.vegetation_file.VegetationReading`: ``crs``, ``layer``,
            ``columns``, ``words``, ``risk``, ``mend``, ``levels`` and ``reach``.

        Raises
        ------
        SourceError
            If it cannot be read; with the row, reason and mend of what cannot be used. Nothing is
            written then.
        CrsError
            If its coordinate system is not known.
        StoreError
            If other areas were loaded meanwhile.
        """
        from gridtwin.sources.vegetation_file import VegetationReading, read_vegetation

        known = self._store.vegetation.list_layers()
        file = str(source) if isinstance(source, str | Path) else ""
        name = name or Path(file).stem
        if not name or ":" in name:
            msg = f"{name!r} cannot be the name of a source: give one without a colon"
            raise InputError(msg)
        geographic = self._store.network.crs is not None
        given = Path(source) if isinstance(source, str | Path) else source
        reading = VegetationReading(**options)
        areas, notices = read_vegetation(given, reading, geographic=geographic)
        number = next((each.load_number for each in known if each.source == name), 0) + 1
        layer = VegetationLayer(name, number, datetime.now(UTC), file, len(areas))
        risk = self._change_layer(name, (layer, areas), known)
        return LoadedVegetation(layer, tuple(notices), risk)

    def drop_vegetation(self, name: str) -> VegetationRisk:
        """Keep the areas of a source no longer; NotFoundError, with close matches, for no such."""
        return self._change_layer(name, None, self._store.vegetation.list_layers())

    def refresh_vegetation(self) -> None:
        """Measure the spans at risk anew: of another edition of the network."""
        known = self._store.vegetation.list_layers()
        if known:
            self._change_layer("", None, known)

    def _change_layer(
        self,
        source: str,
        loaded: tuple[VegetationLayer, VegetationAreas] | None,
        known: tuple[VegetationLayer, ...],
    ) -> VegetationRisk:
        layer, areas = loaded or (None, None)
        sources: Mapping[str, VegetationAreas] = {
            name: each
            for name, each in self._store.vegetation.read_areas().items()
            if name != source or not source
        }
        if areas is not None:
            sources = {**sources, source: areas}
        kept = [each for each in known if each.source != source]
        layers = tuple(sorted([*kept, layer] if layer else kept))
        risk = self._rank(self._questions.situation(NORMAL), self._measure(sources), layers)
        spans = risk.list_kept(self._store.network_hash)
        self._store.vegetation.change_layer(LayerChange(source, layer, areas, spans, known))
        return risk

    def vegetation_layers(self) -> tuple[VegetationLayer, ...]:
        """Return the sources of areas as they were last loaded, by name."""
        return self._store.vegetation.list_layers()

    def vegetation(
        self, *, state: str = NORMAL, restoration_min: float | None = None
    ) -> VegetationRisk:
        """
        Say which spans vegetation threatens, and rank them for trimming.

        Parameters
        ----------
        state
            The state in which customers hang on the spans; as designed by default, since trimming
            is planned for the year.
        restoration_min
            Mean minutes that an interrupted customer is without supply. By default that of the
            twin's own outages by vegetation where there are enough; else the mean repair of a line:
            `gridtwin.twin.restoration_time.find_restoration_time`.

        Raises
        ------
        InputError
            If the minutes are none.
        """
        kept = self._store.vegetation.read_spans()
        layers = self._store.vegetation.list_layers()
        if kept.network == self._store.network_hash or not layers:
            exposures = read_exposures(kept.spans)
        else:  # of another edition of the network
            exposures = self._measure(self._store.vegetation.read_areas())
        situation = self._questions.situation(state)
        return self._rank(situation, exposures, layers, restoration_min)

    def list_spans(self) -> KeptSpans:
        """Return the spans at risk as other programs read them: those of the normal state."""
        kept = self._store.vegetation.read_spans()
        if kept.network in {"", self._store.network_hash}:
            return kept
        return self.vegetation().list_kept(self._store.network_hash)

    def _measure(self, sources: Mapping[str, VegetationAreas]) -> SpanExposures:
        from gridtwin.analysis.vegetation.span_exposure import measure_exposures

        network = self._store.network
        rows = find_spans(network.data)
        areas = join_areas(sources)
        return measure_exposures(network.data, rows, areas, geographic=network.crs is not None)

    def _rank(
        self,
        situation: Situation,
        exposures: SpanExposures,
        layers: tuple[VegetationLayer, ...],
        restoration_min: float | None = None,
    ) -> VegetationRisk:
        from gridtwin.analysis.vegetation.trimming import rank_spans
        from gridtwin.results.vegetation_result import RestorationTime, VegetationRisk
        from gridtwin.twin.restoration_time import find_restoration_time

        if restoration_min is None:
            restoration = find_restoration_time(self._store.outages)
        elif 0 < restoration_min <= MAX_RESTORATION_MIN:
            restoration = RestorationTime(float(restoration_min), "given")
        else:
            msg = f"the restoration time is {restoration_min!r} minutes: give a number above 0"
            raise InputError(msg)
        ids = self._store.network.ids.tables["equipment"]
        rows = ids.find_rows(encode_texts(exposures.mrid)).astype(np.int32)
        ranked = rank_spans(situation, exposures, rows, restoration.minutes)
        return VegetationRisk(situation, exposures, ranked, restoration, layers)


def carry_vegetation(source: Store, target: Store) -> None:
    """
    Bring the areas of one twin into another of its network, where they differ there.

    Sources that only the other has stay; its spans at risk are measured anew if anything changed.
    """
    from gridtwin.twin.questions import NetworkQuestions

    there = target.vegetation.list_layers()
    fresh = [each for each in source.vegetation.list_layers() if each not in there]
    areas = source.vegetation.read_areas() if fresh else {}
    for layer in fresh:
        change = LayerChange(layer.source, layer, areas[layer.source], KeptSpans(""), there)
        target.vegetation.change_layer(change)
        there = target.vegetation.list_layers()
    if there and target.vegetation.read_spans().network != target.network_hash:
        VegetationQuestions(NetworkQuestions(target)).refresh_vegetation()
