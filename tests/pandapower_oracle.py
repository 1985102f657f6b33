"""Who is dark by pandapower's own topology, with elements taken out of its nets one at a time."""

from __future__ import annotations

import inspect
import json
import logging
import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import gridtwin
from gridtwin.sources.pandapower_net import read_pandapower

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what pandapower warns of at import is its own affair
    import pandapower as pp
    from pandapower import networks, topology

LOADS = ("load", "asymmetric_load", "motor", "ward", "xward")
BRANCHES = ("line", "trafo", "trafo3w", "impedance", "tcsc", "dcline")
# They stand among the makers of nets, and make none.
NOT_MADE = {"create_empty_network", "create_kerber_net", "pp_elements"}


class Out(NamedTuple):
    """One thing taken out: the cell of the net, and the mRIDs that fail with it."""

    table: str
    key: int
    column: str
    mrids: list[str]


@contextmanager
def quiet() -> Iterator[None]:
    logging.getLogger("pandapower").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def saved(net: Any) -> dict[str, Any]:
    """Return the JSON of a net without its empty tables, which take most of the time to read."""
    with quiet():
        document: dict[str, Any] = json.loads(pp.to_json(net))
    tables = document["_object"]
    tables.pop("std_types", None)
    empty = [name for name, value in tables.items() if '"data":[]' in str(value)]
    for name in empty:
        del tables[name]
    return document


def makers() -> dict[str, Callable[[], Any]]:
    """Return all functions of pandapower's library of nets that need no argument."""
    found = {}
    for name, make in inspect.getmembers(networks, inspect.isfunction):
        required = [
            each
            for each in inspect.signature(make).parameters.values()
            if each.default is each.empty and each.kind is not each.VAR_KEYWORD
        ]
        if not required and not name.startswith("_") and name not in NOT_MADE:
            found[name] = make
    return found


def dark(net: Any) -> set[str]:
    """Return the loads that pandapower's topology leaves without supply."""
    without = topology.unsupplied_buses(net) | set(net.bus.index[~net.bus.in_service.astype(bool)])
    return {
        f"{table}.{key}"
        for table in LOADS
        if table in net
        for key, bus in net[table].bus.items()
        if bus in without
    }


def things(net: Any) -> list[Out]:
    """Return all that can be taken out: branches and buses in service, and closed switches."""
    found = [
        Out(table, key, "in_service", [f"{table}.{key}{end}" for end in ends])
        for table in (*BRANCHES, "bus")
        if table in net
        for ends in ([".hv", ".mv", ".lv"] if table == "trafo3w" else [""],)
        for key, works in net[table].in_service.items()
        if works
    ]
    closed = net.switch.index[net.switch.closed.astype(bool)]
    return found + [Out("switch", key, "closed", [f"switch.{key}"]) for key in closed]


def disagreements(net: Any, count: int, seed: int = 1) -> tuple[int, list[str]]:
    """Take out some things one at a time; return how many, and where the twin says otherwise."""
    with quiet():
        network = read_pandapower(net, crs="none")
        twin = gridtwin.open(network)
        situation = twin.situation()
        points = network.data.usage_points
        supplied = situation.is_supplied[points.node]
        names = [mrid.decode() for mrid in points.mrid.tolist()]
        before = {name for name, lit in zip(names, supplied.tolist(), strict=True) if not lit}
        wrong = [f"as it is: {sorted(before ^ dark(net))}"] if before != dark(net) else []
        known = {mrid.decode() for table in ("nodes", "equipment")
                 for mrid in getattr(network.data, table).mrid.tolist()}  # fmt: skip
        every = [out for out in things(net) if known.issuperset(out.mrids)]
        taken = random.Random(seed).sample(every, min(count, len(every)))
        for out in taken:
            net[out.table].at[out.key, out.column] = False
            wanted = dark(net)
            net[out.table].at[out.key, out.column] = True
            found = before | set(twin.blast_radius(out.mrids).usage_points.tolist())
            if found != wanted:
                wrong.append(f"{out.mrids}: {sorted(found ^ wanted)[:9]}")
    return len(taken), wrong
