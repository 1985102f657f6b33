"""Flood a file of OpenStreetMap by shared coordinates alone, to hold the mapping against."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import networkx as nx
from shapely import Point, Polygon

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Place = tuple[float, float]
LINES = {"line", "minor_line", "cable"}


class OsmFlood:
    """
    Ways and nodes of one XML file as a graph of places.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        root = ElementTree.parse(path).getroot()  # noqa: S314 - written by the test itself
        self.places = {
            node.get("id", ""): (float(node.get("lon", "")), float(node.get("lat", "")))
            for node in root.iter("node")
        }
        self.tags_of_nodes = {node.get("id", ""): _tags(node) for node in root.iter("node")}
        self.ways = {
            way.get("id", ""): ([each.get("ref", "") for each in way.iter("nd")], _tags(way))
            for way in root.iter("way")
        }
        self.lines = {
            way: refs for way, (refs, tags) in self.ways.items() if tags.get("power") in LINES
        }
        self.areas = {
            way: (Polygon([self.places[ref] for ref in refs]), tags)
            for way, (refs, tags) in self.ways.items()
            if refs[0] == refs[-1] and "power" in tags and way not in self.lines
        }

    def find_lost(self, without: str) -> set[str]:
        """Return the stations and transformers that lose supply without one way or switch."""
        return self._reach("") - self._reach(without)

    def _reach(self, without: str) -> set[str]:
        graph = nx.Graph()
        switches = {
            node for node, tags in self.tags_of_nodes.items() if tags.get("power") == "switch"
        }
        stops = {ref for refs in self.lines.values() for ref in (refs[0], refs[-1])}
        stops |= {node for node, tags in self.tags_of_nodes.items() if "power" in tags}
        for way, refs in self.lines.items():
            if way == without:
                continue
            at = [row for row, ref in enumerate(refs) if ref in stops]
            for start, stop in pairwise(at):
                graph.add_edge(
                    self._end(refs[start], way, start, switches, without),
                    self._end(refs[stop], way, stop, switches, without),
                )
        for way, (area, _) in self.areas.items():
            for ref in stops & {ref for refs in self.lines.values() for ref in (refs[0], refs[-1])}:
                if area.intersects(Point(self.places[ref])):
                    graph.add_edge(("area", way), ref)
        live: set[object] = set()
        for way, (_, tags) in self.areas.items():
            if "distribution" not in tags.get("substation", "") and ("area", way) in graph:
                live |= nx.node_connected_component(graph, ("area", way))
        served = {way for way in self.areas if ("area", way) in live}
        served -= {way for way, (_, tags) in self.areas.items() if "substation" not in tags}
        return served | {
            node
            for node, tags in self.tags_of_nodes.items()
            if tags.get("power") == "transformer" and node in live
        }

    @staticmethod
    def _end(ref: str, way: str, row: int, switches: set[str], without: str) -> object:
        """Return where a way ends: by itself at a switch that is out, else at the node."""
        return (ref, way, row) if ref in switches and ref == without else ref


def _tags(element: ElementTree.Element) -> Mapping[str, str]:
    return {tag.get("k", ""): tag.get("v", "") for tag in element.iter("tag")}


def write_osm(
    path: Path,
    nodes: Mapping[int, tuple[Place, dict[str, str]]],
    ways: Mapping[int, tuple[list[int], dict[str, str]]],
    relations: Mapping[int, tuple[list[tuple[int, str]], dict[str, str]]] | None = None,
) -> Path:
    """Write nodes, ways, and relations of ways in roles as an XML file of OpenStreetMap."""
    root = ElementTree.Element("osm", version="0.6")
    for number, ((lon, lat), tags) in nodes.items():
        node = ElementTree.SubElement(
            root, "node", id=str(number), lon=repr(lon), lat=repr(lat), version="1"
        )
        _add_tags(node, tags)
    for number, (refs, tags) in ways.items():
        way = ElementTree.SubElement(root, "way", id=str(number), version="1")
        for ref in refs:
            ElementTree.SubElement(way, "nd", ref=str(ref))
        _add_tags(way, tags)
    for number, (members, tags) in (relations or {}).items():
        relation = ElementTree.SubElement(root, "relation", id=str(number), version="1")
        for ref, role in members:
            ElementTree.SubElement(relation, "member", type="way", ref=str(ref), role=role)
        _add_tags(relation, tags)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    return path


def _add_tags(element: ElementTree.Element, tags: Mapping[str, str]) -> None:
    for key, value in tags.items():
        ElementTree.SubElement(element, "tag", k=key, v=value)
