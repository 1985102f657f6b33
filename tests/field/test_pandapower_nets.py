"""Hold every net that pandapower and SimBench bring against pandapower's own topology."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import pytest

from pandapower_oracle import disagreements, makers, quiet

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    import simbench

pytestmark = pytest.mark.field

TAKEN_OUT = 60
CODES = (
    "1-LV-rural1--0-sw",
    "1-LV-rural3--2-sw",
    "1-LV-semiurb4--1-sw",
    "1-LV-urban6--0-sw",
    "1-MV-rural--0-sw",
    "1-MV-semiurb--1-sw",
    "1-MV-urban--0-sw",
    "1-MV-comm--2-sw",
    "1-HV-mixed--0-sw",
    "1-HV-urban--0-sw",
    "1-EHV-mixed--0-sw",
    "1-EHVHV-mixed-1-0-sw",
    "1-HVMV-urban-2.203-0-sw",
    "1-MVLV-rural-4.101-0-no_sw",
    "1-MV-comm--0-no_sw",
)


def nets_of(found: Any) -> list[Any]:
    """Return the nets of what a function of the library returns: one, or a tuple with some."""
    return [each for each in (found if isinstance(found, tuple) else (found,)) if "bus" in each]


@pytest.mark.parametrize("name", sorted(makers()))
def test_nets_of_pandapower(name: str) -> None:
    with quiet():
        nets = nets_of(makers()[name]())
    for net in nets:
        taken, wrong = disagreements(net, TAKEN_OUT)
        assert taken
        assert wrong == []


@pytest.mark.parametrize("code", CODES)
def test_nets_of_simbench(code: str) -> None:
    with quiet():
        net = simbench.get_simbench_net(code)
    taken, wrong = disagreements(net, TAKEN_OUT)
    assert taken
    assert wrong == []


@pytest.mark.parametrize("version", ["1.2.0", "1.4.0", "1.6.0"])
def test_nets_saved_long_ago(version: str) -> None:
    root = Path(os.environ.get("GRIDTWIN_FIELD_DATA", Path(__file__).parents[2] / "../shared/data"))
    path = root / "pandapower" / f"example_{version}.json"
    assert path.is_file(), f"{path} is not there: set GRIDTWIN_FIELD_DATA"
    with quiet():
        net = pp.from_json(str(path), convert=True)
    taken, wrong = disagreements(net, TAKEN_OUT)
    assert taken
    assert wrong == []
