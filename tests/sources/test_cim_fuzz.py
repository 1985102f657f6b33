"""Whatever happens to a CIM file, it is read or refused in words."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cim_models import FEEDER, document, ends_of, equipment, nodes, phases_of, tank, thing
from examples import scale_examples
from gridtwin.errors import GridtwinError
from gridtwin.model.network import Network
from gridtwin.sources import read

TRIED = int(os.environ.get("GRIDTWIN_FUZZ", "40"))
PIECES = (
    *("", "<", ">", "/>", "&", "&lt;", "\0", '"', "-", "1e99", "nan", "ü水", "#_n1", "#_L", "#_T"),
    *("true", "<!DOCTYPE x>", "]]>", "<a>", " ", "~", "2147483648", "ACLineSegment", "Breaker"),
)


@cache
def whole() -> str:
    """Return a model with a little of everything."""
    return document(
        thing("FullModel", "m", Model__profile="EQ", Model__DependentOn="#bd"), *FEEDER,
        nodes("n4 n5", ConnectivityNode__ConnectivityNodeContainer="#v"),
        thing("VoltageLevel", "v", VoltageLevel__Substation="#sub", VoltageLevel__BaseVoltage="#V"),
        thing("Substation", "sub"), thing("BaseVoltage", "V", BaseVoltage__nominalVoltage="12.47"),
        thing("Feeder", "F", Feeder__NormalEnergizingSubstation="#sub"),
        equipment("PowerTransformer", "C", "n3 n5 n5", Equipment__EquipmentContainer="#F"),
        tank("C", "c1", {1: (1, "BN"), 2: (2, "s1N"), 3: (3, "Ns2")}),
        equipment("PowerTransformer", "T", "n3 n4 n5"), ends_of("T", 3),
        phases_of("ACLineSegment", "L", "ABN"), phases_of("EnergyConsumer", "U", "A"),
        thing("SwitchPhase", "B_A", SwitchPhase__Switch="#B", SwitchPhase__normalOpen="true",
              SwitchPhase__phaseSide1="~SinglePhaseKind.A"),
        thing("CoordinateSystem", "w", CoordinateSystem__crsUrn="urn:ogc:def:crs:EPSG::4326"),
        thing("Location", "p", Location__PowerSystemResources="#L",
              Location__CoordinateSystem="#w"),
        *(thing("PositionPoint", f"p{at}", PositionPoint__Location="#p",
                PositionPoint__yPosition="50", PositionPoint__xPosition=at,
                PositionPoint__sequenceNumber=at) for at in "123"),
    )  # fmt: skip


@st.composite
def changed_texts(draw: st.DrawFn) -> str:
    """Draw the model with pieces cut, doubled, swapped or replaced."""
    text = whole()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from((0, 1, 2, 5, 40, 900))))
        piece = draw(st.sampled_from((*PIECES, text[start:end] * 2)))
        text = text[:start] + piece + text[end:]
    return text


@st.composite
def changed_values(draw: st.DrawFn) -> str:
    """Draw the model with references, classes and values swapped that leave it XML."""
    text = whole()
    for _ in range(draw(st.integers(1, 5))):
        found = list(re.finditer(r'#_[\w.]+(?=")|(?<=>)[\w.]+(?=<)|(?<=<cim:)\w+(?= )', text))
        here, there = (draw(st.sampled_from(found)) for _ in range(2))
        text = text[: here.start()] + there.group() + text[here.end() :]
    return text


@pytest.mark.hypothesis
@pytest.mark.parametrize("texts", [changed_texts(), changed_values()])
def test_a_changed_model_is_read_or_refused_in_words(
    texts: st.SearchStrategy[str], tmp_path: Path
) -> None:
    path = tmp_path / "model.xml"

    @settings(
        max_examples=scale_examples(TRIED), derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(texts)
    def answers(text: str) -> None:
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        assert is_answered(path)

    answers()


def is_answered(path: Path) -> bool:
    try:
        return isinstance(read(path), Network)
    except GridtwinError as error:
        return "\n" not in str(error)
