"""
Find misspelt addresses among those of a large utility.

    python -m benchmarks.addresses [--premises N] [--asked N] [--seed S]

Addresses are those of the simulation of customers; slips are made here, without regard to how they
are looked for. Nothing was tuned on seeds above 100.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import gridtwin
from gridtwin.analysis.gazetteer.address_layout import lay_addresses, split_address
from gridtwin.customers.simulation.customer_files import describe_points
from gridtwin.customers.simulation.customer_world import build_world
from gridtwin.results.customer_masking import Viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

PREMISES = 596_906
ASKED = 500
LAID = ("esi_id", "address", "city", "zip")
FIRST = 3  # among which the right one has to be
BAR_SHARE, BAR_MS = 0.95, 50.0
CLERK = Viewer("benchmark", may_see_personal_data=True)
KEYS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
# What is heard alike, and written otherwise.
ALIKE = (
    ("ph", "f"), ("f", "ph"), ("ck", "k"), ("k", "c"), ("c", "k"), ("ee", "ea"), ("ea", "ee"),
    ("ai", "ay"), ("ay", "ai"), ("ow", "o"), ("oo", "u"), ("ie", "y"), ("y", "ie"), ("ll", "l"),
    ("l", "ll"), ("rr", "r"), ("r", "rr"), ("s", "z"), ("z", "s"), ("er", "or"), ("or", "er"),
    ("le", "el"), ("u", "oo"), ("i", "y"), ("o", "oa"), ("dg", "j"), ("g", "j"), ("w", "wh"),
)  # fmt: skip


def hit_beside(text: str, rng: np.random.Generator) -> str:
    """Hit the key beside the one that was meant, anywhere."""
    at = int(rng.choice([place for place, sign in enumerate(text) if sign.isalnum()]))
    row = next(each for each in KEYS if text[at].lower() in each)
    place = row.index(text[at].lower()) + int(rng.choice([-1, 1]))
    return text[:at] + row[min(max(place, 0), len(row) - 1)] + text[at + 1 :]


def swap_two(text: str, rng: np.random.Generator) -> str:
    """Swap two signs that follow each other, anywhere."""
    places = [
        at
        for at in range(len(text) - 1)
        if text[at : at + 2].isalnum() and text[at].lower() != text[at + 1].lower()
    ]
    at = int(rng.choice(places))
    return f"{text[:at]}{text[at + 1]}{text[at]}{text[at + 2 :]}"


def write_by_ear(text: str, rng: np.random.Generator) -> str:
    """Write the street as it sounds."""
    number, _, street = text.partition(" ")
    name, _, kind = street.rpartition(" ")
    possible = [(old, new) for old, new in ALIKE if old in name.lower()]
    old, new = (
        possible[int(rng.integers(0, len(possible)))] if possible else (name[-1], name[-1:] * 2)
    )
    return f"{number} {name.lower().replace(old, new, 1)} {kind}"


def drop_suffix(text: str, _: np.random.Generator) -> str:
    """Leave out the type of the street."""
    return text.rpartition(" ")[0]


SLIPS: dict[str, Callable[[str, np.random.Generator], str]] = {
    "keyboard": hit_beside,
    "by ear": write_by_ear,
    "transposition": swap_two,
    "no suffix": drop_suffix,
}


def name_building(address: str, code: str) -> tuple[int, str, str]:
    """Return what tells one building from others."""
    said = split_address(address)
    return said.number, said.street, code


def main() -> None:
    """Load service points, look for misspelt addresses, and print how well it goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--premises", type=int, default=PREMISES)
    parser.add_argument("--asked", type=int, default=ASKED)
    parser.add_argument("--seed", type=int, default=101)
    given = parser.parse_args()
    world = build_world(given.premises, np.random.default_rng(given.seed))
    points = describe_points(world)
    with tempfile.TemporaryDirectory() as folder:
        network = gridtwin.synthesize("houston", meters=500, seed=1)
        twin = gridtwin.open(network).save(Path(folder) / "m.twin")
        began = time.process_time()
        laid = lay_addresses(zip(*(points[name].tolist() for name in LAID), strict=True))
        text = laid.write_text()
        print(
            f"{len(points):,} addresses: {time.process_time() - began:.1f} s of processor time to"
            f" lay them out when they are loaded, {len(text) / 1e6:.1f} MB"
        )
        twin.customers.loading.load_points(points)
        search = gridtwin.open(Path(folder) / "m.twin").customers.addresses
        began, spent = time.perf_counter(), time.process_time()
        search.prepare_index()
        print(
            f"the first search waits {time.perf_counter() - began:.2f} s for them,"
            f" {time.process_time() - spent:.2f} s of processor time"
        )
        rng = np.random.default_rng(given.seed)
        rows = points.iloc[rng.choice(len(points), given.asked, replace=False)]
        for what, city in (("number and street", False), ("and the city", True)):
            measure(what, rows, rng, search.search, city=city)


def measure(
    what: str,
    rows: pd.DataFrame,
    rng: np.random.Generator,
    search: Callable[..., list],
    *,
    city: bool,
) -> None:
    """Print the share of addresses that are among the first, by slip, and how long it takes."""
    found: dict[str, list[bool]] = {name: [] for name in SLIPS}
    wall, cost = list[float](), list[float]()
    for at, row in enumerate(rows.itertuples()):
        name = list(SLIPS)[at % len(SLIPS)]
        line = row.address.partition(" Apt ")[0]
        asked = SLIPS[name](line, rng) + (f", {row.city}" if city else "")
        began, spent = time.perf_counter(), time.process_time()
        hits = search(asked, CLERK, limit=8)
        wall.append(1e3 * (time.perf_counter() - began))
        cost.append(1e3 * (time.process_time() - spent))
        meant = name_building(row.address, row.zip)
        found[name].append(
            meant in [name_building(each.address, each.zip) for each in hits[:FIRST]]
        )
    share = statistics.mean(each for every in found.values() for each in every)
    by_slip = [f"{name} {100 * statistics.mean(each):.1f}" for name, each in found.items()]
    high = statistics.quantiles(wall, n=20)[18]
    print(
        f"{what}: {100 * share:.1f} % of {len(wall)} among the first {FIRST}"
        f" ({', '.join(by_slip)});"
        f" median {statistics.median(wall):.1f} ms, 95 of 100 {high:.1f} ms,"
        f" {statistics.quantiles(cost, n=20)[18]:.1f} ms of processor time;"
        f" {'met' if share >= BAR_SHARE and high <= BAR_MS else 'NOT MET'}"
    )


if __name__ == "__main__":
    main()
