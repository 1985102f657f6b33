"""A small town as utilities of several countries keep it, and mappings drafted for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import gridtwin
from gridtwin.sources.drafting.mapping_draft import draft_mapping
from gridtwin.sources.drafting.mapping_profile import SourceProfiler
from mapped_sources import at, line, write_source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gridtwin.sources.drafting.draft_text import MappingDraft


class TownWords(NamedTuple):
    """How the people of one country call what is in their town."""

    lines: str
    switches: str
    transformers: str
    customers: str
    feeders: str
    key: str
    ends: tuple[str, str]
    node: str
    phases: str
    position: str
    open: str
    closed: str
    feeder: str


TOWNS = {
    "English": TownWords(
        *("LINE_SEGMENTS", "SWITCHES", "TRANSFORMERS", "CUSTOMERS", "FEEDERS", "ASSET_ID"),
        *(("FROM_NODE", "TO_NODE"), "NODE", "PHASES", "NORMAL_POS", "O", "C", "FEEDER"),
    ),
    "Portuguese": TownWords(
        *("TRECHOS", "CHAVES", "TRAFOS", "CONSUMIDORES", "ALIMENTADOR", "COD_ID"),
        *(("NO_DE", "NO_PARA"), "NO", "FASES", "POSICAO", "A", "F", "CIRCUITO"),
    ),
    "Spanish": TownWords(
        *("TRAMOS", "SECCIONADORES", "TRANSFORMADORES", "CLIENTES", "ALIMENTADOR", "CODIGO"),
        *(("NODO_ORIGEN", "NODO_DESTINO"), "NODO", "FASES", "ESTADO", "A", "C", "ALIMENTADOR"),
    ),
    "German": TownWords(
        *("LEITUNGEN", "TRENNSCHALTER", "TRAFOS", "KUNDEN", "ABGANG", "NUMMER"),
        *(("KNOTEN_VON", "KNOTEN_NACH"), "KNOTEN", "PHASEN", "STELLUNG", "offen", "geschlossen"),
        "ABGANG",
    ),
    "French": TownWords(
        *("LIGNES", "SECTIONNEURS", "TRANSFORMATEURS", "ABONNES", "DEPARTS", "CODE"),
        *(("NOEUD_1", "NOEUD_2"), "NOEUD", "PHASES", "POSITION", "O", "F", "DEPART"),
    ),
}
# Two feeders: station - line - switch - line - transformer - service lines, and a tie between.
WIRES = [
    ("L1", "n1", "n2", (0, 100)), ("L2", "n3", "n4", (100, 200)), ("L3", "n5", "n6", (200, 250)),
    ("L4", "n6", "n7", (250, 300)), ("L5", "n6", "n8", (250, 280)),
    ("M1", "m1", "m2", (1000, 900)), ("M2", "m3", "m4", (900, 800)), ("M3", "m5", "m6", (800, 750)),
    ("M4", "m6", "m7", (750, 700)), ("M5", "m6", "m8", (750, 720)),
    ("TIE1", "n4", "t1", (200, 500)), ("TIE2", "t2", "m4", (500, 800)),
]  # fmt: skip
DEVICES = [
    ("S1", "n2", "n3", 100, False),
    ("S2", "m2", "m3", 900, False),
    ("S3", "t1", "t2", 500, True),
]
BANKS = [("T1", "n4", "n5", 200), ("T2", "m4", "m5", 800)]
HOMES = [("C1", "n7"), ("C2", "n8"), ("C3", "n8"), ("C4", "m7"), ("C5", "m8"), ("C6", "n7")]


def make_town(words: TownWords) -> dict[str, dict[str, Any]]:
    """Return the layers of the town."""
    first, second = words.ends
    return {
        words.lines: {
            words.key: [wire[0] for wire in WIRES],
            first: [wire[1] for wire in WIRES],
            second: [wire[2] for wire in WIRES],
            words.phases: ["ABC"] * len(WIRES),
            words.feeder: ["F1" if wire[1][0] == "n" else "F2" for wire in WIRES],
            "geometry": [line((wire[3][0], 0), (wire[3][1], 0)) for wire in WIRES],
        },
        words.switches: {
            words.key: [each[0] for each in DEVICES],
            first: [each[1] for each in DEVICES],
            second: [each[2] for each in DEVICES],
            words.position: [words.open if each[4] else words.closed for each in DEVICES],
            "geometry": [at(each[3]) for each in DEVICES],
        },
        words.transformers: {
            words.key: [each[0] for each in BANKS],
            first: [each[1] for each in BANKS],
            second: [each[2] for each in BANKS],
            "KVA": [50.0, 75.0],
            "geometry": [at(each[3]) for each in BANKS],
        },
        words.customers: {
            words.key: [each[0] for each in HOMES],
            words.node: [each[1] for each in HOMES],
            words.feeder: ["F1" if each[1][0] == "n" else "F2" for each in HOMES],
        },
        words.feeders: {words.key: ["F1", "F2"], f"{words.node}_INI": ["n1", "m1"]},
    }


def draft(source: Path, answers: Mapping[str, str] | None = None) -> MappingDraft:
    """Return the mapping drafted for a source."""
    return draft_mapping(SourceProfiler(source).profile, answers)


def draft_town(
    folder: Path, layers: dict[str, dict[str, Any]], answers: Mapping[str, str] | None = None
) -> tuple[MappingDraft, Path, Path]:
    """Write a town, draft its mapping, and return it with both files."""
    source = folder / "town.gpkg"
    if not source.exists():
        write_source(source, layers)
    made = draft(source, answers)
    file = folder / "town.toml"
    file.write_text(made.write(), encoding="utf-8")
    return made, source, file


def list_losses(source: Path, file: Path) -> dict[str, set[str]]:
    """Return whom each wire, switch and bank of a town takes with it, by their own ids."""
    twin = gridtwin.open(gridtwin.read(source, mapping=file))
    mrids = {mrid.rpartition(":")[2]: mrid for mrid in twin.store.network.equipment["mrid"]}
    return {
        key: {each.rpartition(":")[2] for each in twin.blast_radius(mrid).usage_points}
        for key, mrid in mrids.items()
        if key in {each[0] for each in (*WIRES, *DEVICES, *BANKS)}
    }


WEST, EAST = {"C1", "C2", "C3", "C6"}, {"C4", "C5"}
LOSSES: dict[str, set[str]] = {
    **dict.fromkeys(("L1", "L2", "L3", "S1", "T1"), WEST),
    "L4": {"C1", "C6"},
    "L5": {"C2", "C3"},
    **dict.fromkeys(("M1", "M2", "M3", "S2", "T2"), EAST),
    "M4": {"C4"},
    "M5": {"C5"},
    **{key: set() for key in ("TIE1", "TIE2", "S3")},
}
