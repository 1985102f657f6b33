"""A utility's own GIS, read as a mapping says: `python -m benchmarks.mapping [meters]`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.esri_drawing import write_drawing
from benchmarks.report import Limit, machine, publish, tables
from gridtwin.analysis.outage.sweep import sweep_elements
from gridtwin.analysis.state.situation import Situation
from gridtwin.model.tables import decode_texts
from gridtwin.sources.mapping.mapping_file import read_mapping_text
from gridtwin.sources.synthetic import synthesize
from gridtwin.store.local_store import LocalStore
from gridtwin.topology.conduction import SupplyRules
from gridtwin.topology.topology_index import build_index

if TYPE_CHECKING:
    from gridtwin.model.network import Network

TITLE = "A utility's own GIS"
CRS = "EPSG:32615"
SOURCES = """
[[layer]]
from = "ElectricSource"
to = "sources"
ends = "point"
"""
BDGD = "networks/gis/Mux_Energia_401_2024-12-31_V11_20250806-1857.gdb.zip"
READ = """
import os, resource, sys, time
from pathlib import Path
import gridtwin
start = time.perf_counter()
network = gridtwin.read(sys.argv[1], mapping=sys.argv[2])
wall, processor = time.perf_counter() - start, sum(os.times()[:4])
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
of_queries = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(wall, processor, (int(peak.split()[1]) + of_queries) / 2**20)
if len(sys.argv) > 3:
    gridtwin.open(network).save(sys.argv[3])
"""


def main() -> None:
    """Measure a drawing of a territory, and a real utility where there is one."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else 596_906
    limits = drawing_limits(meters)
    source = Path(os.environ.get("GRIDTWIN_FIELD_DATA", "../shared/data"), BDGD)
    if source.exists():
        _, processor, peak = _read_apart(source, "bdgd")
        limits += [
            Limit("a real BDGD of 13,000 customers, to a network", processor, 15, "s"),
            Limit("a real BDGD of 13,000 customers: peak memory", peak, 1, "GiB"),
        ]
    head = f"{meters:,} meters drawn as an Esri geometric network: what coincides is connected,"
    head += (
        " and nothing else says so. The customers lost with each element are those of the network"
    )
    head += (
        " that was drawn. Processor time and memory of the reading process and of the one of its"
    )
    head += f" queries; {machine()}."
    publish(TITLE, [head, "", *tables([], limits)])


def drawing_limits(meters: int) -> list[Limit]:
    """Return what it takes to read a drawing of a territory, answers checked."""
    network = synthesize("houston", meters=meters, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        source, mapping, twin = (Path(folder, name) for name in ("m.gdb", "m.toml", "m.twin"))
        write_drawing(network, source, crs=CRS)
        mapping.write_text(write_mapping(), encoding="utf-8")
        wall, processor, peak = _read_apart(source, mapping, twin)
        print(
            f"read in {wall:.1f} s, {processor:.1f} s of the processor, {peak:.2f} GiB", flush=True
        )
        compare_sweeps(network, LocalStore.open(twin).network)
    return [
        Limit(f"{meters:,} meters: drawing to network", processor, 90, "s"),
        Limit(f"{meters:,} meters: peak memory", peak, 6, "GiB"),
    ]


def write_mapping() -> str:
    """Return the mapping that comes with gridtwin, but with drawn sources in place of heads."""
    text = read_mapping_text("esri-geometric-network")[1]
    kept = [
        part
        for part in re.split(r"(?m)^(?=\[\[)", text)
        if "ElectricStation" not in part and "CIRCUITSOURCE" not in part
    ]
    return "".join(kept) + SOURCES


def compare_sweeps(drawn: Network, read: Network) -> None:
    """Hold the customers lost with each element of two networks against each other."""
    lost = [_sweep_by_name(network) for network in (drawn, read)]
    wrong = [name for name, count in lost[0].items() if lost[1].get(name) != count]
    assert not wrong, (len(wrong), [(name, lost[0][name], lost[1].get(name)) for name in wrong[:5]])


def _sweep_by_name(network: Network) -> dict[str, int]:
    mask = network.data.equipment.normal_open
    situation = Situation(network, mask, build_index(network.data, mask), SupplyRules())
    counts = sweep_elements(situation)[0]
    names = decode_texts(network.data.equipment.mrid)
    return {
        str(name).partition(":")[2] or str(name): int(count)
        for name, count in zip(names, np.asarray(counts).tolist(), strict=True)
    }


def _read_apart(source: Path, mapping: str | Path, twin: Path | None = None) -> list[float]:
    """Return seconds by the wall and of the processor, and GiB, of a process that reads."""
    command = [
        sys.executable,
        "-c",
        READ,
        str(source),
        str(mapping),
        *([str(twin)] if twin else []),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(word) for word in run.stdout.split()]


if __name__ == "__main__":
    main()
