"""Write small CIM models, and read them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

import gridtwin
from gridtwin.model.network import Network

CIM100 = "http://iec.ch/TC57/CIM100#"
CIM16 = "http://iec.ch/TC57/2013/CIM-schema-cim16#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
FRAMES = ("nodes", "equipment", "usage_points", "sources", "substations", "feeders")
MD = "http://iec.ch/TC57/61970-552/ModelDescription/1#"


def document(*parts: str, namespace: str = CIM100, before: str = "") -> str:
    """Return a file of CIM with some objects in it."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n{before}'
        f'<rdf:RDF xmlns:cim="{namespace}" xmlns:rdf="{RDF}" xmlns:md="{MD}">\n'
        + "\n".join(parts)
        + "\n</rdf:RDF>\n"
    )


def thing(kind: str, mrid: str, form: str = "about", **values: str) -> str:
    """
    Return an object; a double underscore in a property's name is a dot.

    A value that begins with ``#`` is a reference, one with ``~`` an enumeration.
    """
    prefix = "md" if kind == "FullModel" else "cim"
    identity = f'rdf:about="#_{mrid}"' if form == "about" else f'rdf:ID="_{mrid}"'
    lines = [f"<{prefix}:{kind} {identity}>"]
    for name, value in values.items():
        tag = f"{'md' if name.startswith('Model__') else 'cim'}:{name.replace('__', '.')}"
        if value.startswith("#"):
            lines.append(f'<{tag} rdf:resource="#_{value[1:]}"/>')
        elif value.startswith("~"):
            lines.append(f'<{tag} rdf:resource="{CIM100}{value[1:]}"/>')
        else:
            lines.append(f"<{tag}>{value}</{tag}>")
    return "\n".join([*lines, f"</{prefix}:{kind}>"])


def nodes(names: str, **values: str) -> str:
    """Return ConnectivityNodes."""
    return "\n".join(thing("ConnectivityNode", name, **values) for name in names.split())


def equipment(kind: str, mrid: str, at: str, **values: str) -> str:
    """Return equipment with a terminal ``MRID.1``, ``MRID.2`` at each of some nodes."""
    found = [thing(kind, mrid, IdentifiedObject__name=mrid, **values)]
    found += [
        thing(
            "Terminal",
            f"{mrid}.{number}",
            Terminal__ConductingEquipment=f"#{mrid}",
            Terminal__ConnectivityNode=f"#{node}",
            ACDCTerminal__sequenceNumber=str(number),
        )
        for number, node in enumerate(at.split(), 1)
    ]
    return "\n".join(found)


def phases_of(kind: str, owner: str, letters: str, **values: str) -> str:
    """Return a phase object for each letter (``1`` and ``2`` are legs) of some equipment."""
    named = {"1": "s1", "2": "s2"}
    return "\n".join(
        thing(
            f"{kind}Phase",
            f"{owner}_{letter}",
            **{
                f"{kind}Phase__phase": f"~SinglePhaseKind.{named.get(letter, letter)}",
                f"{kind}Phase__{kind}": f"#{owner}",
            },
            **values,
        )
        for letter in letters
    )


def tank(transformer: str, name: str, ends: dict[int, tuple[int, str]]) -> str:
    """Return a tank: for each of its ends the number of a terminal, and its phases."""
    found = [thing("TransformerTank", name, TransformerTank__PowerTransformer=f"#{transformer}")]
    found += [
        thing(
            "TransformerTankEnd",
            f"{name}_{number}",
            TransformerTankEnd__TransformerTank=f"#{name}",
            TransformerEnd__endNumber=str(number),
            TransformerEnd__Terminal=f"#{transformer}.{terminal}",
            TransformerTankEnd__orderedPhases=f"~OrderedPhaseCodeKind.{code}",
        )
        for number, (terminal, code) in ends.items()
    ]
    return "\n".join(found)


def ends_of(transformer: str, count: int) -> str:
    """Return the ends of a three-phase transformer."""
    return "\n".join(
        thing(
            "PowerTransformerEnd",
            f"{transformer}_{number}",
            PowerTransformerEnd__PowerTransformer=f"#{transformer}",
            TransformerEnd__endNumber=str(number),
            TransformerEnd__Terminal=f"#{transformer}.{number}",
        )
        for number in range(1, count + 1)
    )


# A source at n1, a switch to n2, a line to n3, and a load there.
FEEDER = (
    nodes("n1 n2 n3"),
    equipment("EnergySource", "S", "n1"),
    equipment("Breaker", "B", "n1 n2", Switch__normalOpen="false"),
    equipment("ACLineSegment", "L", "n2 n3", Conductor__length="100"),
    equipment("EnergyConsumer", "U", "n3", EnergyConsumer__p="1000"),
)


def write(folder: Path, text: str | bytes, name: str = "model.xml") -> Path:
    """Write a file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def pack(path: Path, files: dict[str, str | bytes]) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def read(folder: Path, *parts: str, **how: Any) -> Network:
    """Write one file with some objects, and read it."""
    return gridtwin.read(write(folder, document(*parts)), **how)


def rows(network: Network, column: str, frame: str = "equipment") -> dict[str, Any]:
    """Return a column of a frame, by mRID."""
    table = getattr(network, frame)
    return dict(zip(table["mrid"], table[column], strict=True))


def told(network: Network, rule: str) -> list[str]:
    """Return the evidence of the notices of one rule."""
    return [notice.evidence for notice in network.notices if notice.rule == rule]


def lost(network: Network, mrid: str) -> set[str]:
    """Return who goes dark without an element."""
    return set(gridtwin.open(network).blast_radius(mrid).usage_points.tolist())


def differences(one: Network, other: Network) -> list[tuple[str, str, str]]:
    """Return frame, column and mRID of every cell that differs."""
    found = []
    for name in FRAMES:
        a, b = (getattr(each, name).set_index("mrid").sort_index() for each in (one, other))
        assert a.index.tolist() == b.index.tolist(), name
        for column in a:
            if column == "geometry":
                same = [x == y for x, y in zip(a[column], b[column], strict=True)]
            else:
                same = ((a[column] == b[column]) | (a[column].isna() & b[column].isna())).tolist()
            found += [(name, column, a.index[row]) for row in np.flatnonzero(~np.array(same, bool))]
    return found
