"""What a process costs: its memory, and its start."""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from benchmarks.report import Limit, Row
from gridtwin.model.tables import decode_texts
from gridtwin.store.local_store import LocalStore
from gridtwin.topology.topology_index import build_index

if TYPE_CHECKING:
    from gridtwin.model.network import Network

STARTS = 7
GRIDTWIN = (str(Path(sys.executable).with_name("gridtwin")),)
UNPICKLE = """
import pickle, sys
import networkx as nx
graph = pickle.load(open(sys.argv[1], "rb"))
below = nx.descendants(graph, int(sys.argv[2])) | {int(sys.argv[2])}
print(sum(graph.nodes[node]["customers"] for node in below))
"""
LARGE = """
import resource, time
start = time.perf_counter()
from gridtwin.analysis.state.situation import Situation
from gridtwin.analysis.outage.sweep import sweep_elements
from gridtwin.sources.synthetic import synthesize
from gridtwin.topology.conduction import SupplyRules
from gridtwin.topology.topology_index import build_index
network = synthesize("houston", meters=2_700_000, seed=1)
mask = network.data.equipment.normal_open
sweep_elements(Situation(network, mask, build_index(network.data, mask), SupplyRules()))
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def process_rows(network: Network) -> list[Row]:
    """Return the rows on memory and on a cold process that answers one question."""
    data = network.data
    index = build_index(data, data.equipment.normal_open)
    fed = np.flatnonzero(index.feed >= 0)
    tails, heads = index.parent[fed].tolist(), fed.tolist()
    gc.collect()
    before = _resident()
    graph = nx.DiGraph()
    graph.add_edges_from(zip(tails, heads, strict=True))
    held = _resident() - before
    # Rows have times in seconds, printed in ms: here bytes printed in kB.
    memory = Row("memory, kB: index / networkx graph", index.nbytes / 1e6, held / 1e6, 15)
    nx.set_node_attributes(graph, dict(enumerate(index.weight.tolist())), "customers")
    with tempfile.TemporaryDirectory() as folder:
        kept, twin = Path(folder, "graph.pickle"), Path(folder, "m.twin")
        kept.write_bytes(pickle.dumps(graph, protocol=5))
        del graph
        LocalStore.create(twin, network, index)
        head = int(data.feeders.head[len(data.feeders.head) // 2])
        mrid = str(decode_texts(data.equipment.mrid[[head]])[0])
        ask = (*GRIDTWIN, "trace", "downstream", mrid, "--count", "--in", str(twin))
        load = (sys.executable, "-c", UNPICKLE, str(kept), str(index.child[head]))
        mine, answer = _started(ask, STARTS)
        other, same = _started(load, 3)
    assert int(answer) == int(same) == index.count_customers(int(index.child[head]))
    return [
        memory,
        Row("cold process, customers behind a head / unpickled networkx", mine, other, 40),
    ]


def process_limits() -> list[Limit]:
    """Return what has a limit of its own; wall times."""
    helped, _ = _started((*GRIDTWIN, "--help"), STARTS)
    large = subprocess.run(
        (sys.executable, "-c", LARGE), capture_output=True, text=True, check=True
    )
    took, peak = map(float, large.stdout.split())
    return [
        Limit("`gridtwin --help`", helped * 1e3, 150, "ms"),
        Limit("2.7M meters: synthesize, index and full sweep", took, 20, "s"),
        Limit("2.7M meters: peak memory", peak, 4, "GiB"),
    ]


def _started(command: tuple[str, ...], times: int) -> tuple[float, str]:
    """Return the median wall time of a fresh process, and what it printed."""
    spent, text = [], ""
    for _ in range(times):
        start = time.perf_counter()
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        spent.append(time.perf_counter() - start)
    return float(np.median(spent)), text


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
