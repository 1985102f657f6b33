"""Write small OpenDSS circuits, and read them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import gridtwin
from gridtwin.model.network import Network

HEAD = "Clear\nNew Circuit.tiny basekv=12.47 bus1=src pu=1.0\n"
TAIL = "Set VoltageBases=[115 12.47 4.16 0.48 0.208]\nCalcVoltageBases\n"


def circuit(body: str, after: str = "") -> str:
    """Return a script: a source of 12.47 kV at bus src, a body, and what follows."""
    return f"{HEAD}{body.strip()}\n{TAIL}{after}\n"


def write(folder: Path, text: str | bytes) -> Path:
    """Write a master file."""
    path = folder / "master.dss"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(folder: Path, text: str | bytes, **how: Any) -> Network:
    """Write a master file, and read it."""
    return gridtwin.read(write(folder, text), crs="none", **how)


def equipment(network: Network, column: str) -> dict[str, Any]:
    """Return one column of the equipment, by mRID."""
    return dict(zip(network.equipment["mrid"], network.equipment[column], strict=True))


def uses(network: Network, column: str = "phases") -> dict[str, Any]:
    """Return one column of the usage points, by mRID."""
    return dict(zip(network.usage_points["mrid"], network.usage_points[column], strict=True))


def dark(network: Network) -> set[str]:
    """Return the usage points without supply."""
    twin = gridtwin.open(network)
    return {mrid for mrid in network.usage_points["mrid"] if not twin.explain(mrid).supplied}


def rules(network: Network) -> list[str]:
    """Return the rules of a network's notices."""
    return [notice.rule for notice in network.notices]


def digest(folder: Path) -> dict[str, str]:
    """Return every file and folder below one, with what the files hold."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else ""
        for path in sorted(folder.rglob("*"))
    }
