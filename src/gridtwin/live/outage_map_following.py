"""Keep the public outage map in step with a twin: once, or for as long as it is told to."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.errors import StaleTwinError, StoreError
from gridtwin.model.state import NORMAL
from gridtwin.publish.odin_document import Publisher
from gridtwin.publish.outage_map.map_site import OutageMapSite
from gridtwin.publish.outage_map.public_areas import FEWEST_SERVED, draw_areas, read_areas
from gridtwin.twin import open_twin

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

    from gridtwin.publish.outage_map.public_areas import PublicAreas
    from gridtwin.results.documents.outage_map_documents import OutageMapDocument
    from gridtwin.twin import Twin

LOG = logging.getLogger("gridtwin.outage_map")

REFRESH_S = 60.0
LONGEST_AWAY_S = 30.0  # before a store that is away is asked again


@dataclass(frozen=True, slots=True)
class OutageMapPublication:
    """Whose outages are told, by which areas, and where."""

    target: str  # a twin in a folder, or the address of a database
    folder: Path
    utility: str = ""
    disclaimer: str = ""
    polygons: str = ""  # GeoJSON of areas; "" = squares
    area_key: str = "name"
    fewest: int = FEWEST_SERVED

    def publish_once(self, now: datetime | None = None) -> OutageMapDocument:
        """Write page, areas and figures; return the figures."""
        twin = open_twin(self.target)
        areas = self._find_areas(twin)
        site = OutageMapSite(self.folder, areas)
        document = self._describe_outages(twin, areas, site, REFRESH_S, now)
        site.write_figures(document)
        site.write_page()
        return document

    def follow(
        self, stop: Event, every_s: float, report: Callable[[OutageMapDocument], None]
    ) -> None:
        """
        Write figures again and again until told to stop; a store that is away is waited for.

        When another network takes the twin's place, its areas are drawn anew.

        Parameters
        ----------
        stop
            Set to end it.
        every_s
            Seconds between two writings.
        report
            Told what was written.
        """
        opened: tuple[Twin, PublicAreas, OutageMapSite] | None = None
        while not stop.is_set():
            wait = every_s
            try:
                if opened is None:
                    twin = open_twin(self.target)
                    areas = self._find_areas(twin)
                    opened = twin, areas, OutageMapSite(self.folder, areas)
                    opened[2].write_page()
                document = self._describe_outages(*opened, every_s)
                opened[2].write_figures(document)
                report(document)
            except StaleTwinError:
                opened, wait = None, 0.0
            except StoreError as error:
                LOG.warning("the store cannot be used: %s", error)
                opened, wait = None, min(every_s, LONGEST_AWAY_S)
            stop.wait(wait)

    def _find_areas(self, twin: Twin) -> PublicAreas:
        normal = twin.situation(NORMAL)
        if not self.polygons:
            return draw_areas(normal, self.fewest)
        return read_areas(normal, self.polygons, key=self.area_key, fewest=self.fewest)

    def _describe_outages(
        self,
        twin: Twin,
        areas: PublicAreas,
        site: OutageMapSite,
        every_s: float,
        now: datetime | None = None,
    ) -> OutageMapDocument:
        publisher = Publisher(
            now or datetime.now(UTC), utility=self.utility, disclaimer=self.disclaimer
        )
        return twin.outage_map(
            areas, publisher, tiles=site.tiles_file, every_s=max(1, round(every_s))
        )
