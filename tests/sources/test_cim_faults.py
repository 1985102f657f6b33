"""A broken CIM model gives one error that names what is wrong, or a notice of what was left out."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import gridtwin
from cim_models import FEEDER, document, equipment, pack, read, rows, thing, told, write
from gridtwin.errors import SourceError
from gridtwin.sources.cim import cim_files

BOMB = '<!DOCTYPE rdf [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'
FETCH = '<!DOCTYPE rdf [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n'
OUTSIDE = '<!DOCTYPE rdf SYSTEM "http://127.0.0.1:1/cim.dtd">\n'


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        gridtwin.read(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("before", [BOMB, FETCH, OUTSIDE, "<!-- " + "x" * 20_000 + " -->" + BOMB])
def test_document_types_are_refused_before_anything_is_parsed(tmp_path: Path, before: str) -> None:
    path = write(tmp_path, document(*FEEDER, before=before))
    assert "declares a document type" in refused(path)


def test_a_document_type_in_another_encoding_is_refused_too(tmp_path: Path) -> None:
    text = document(*FEEDER, before=BOMB).replace('encoding="utf-8"', 'encoding="utf-16"')
    assert "declares a document type" in refused(write(tmp_path, text.encode("utf-16")))
    text = document(*FEEDER).replace('encoding="utf-8"', 'encoding="utf-16"')
    assert len(gridtwin.read(write(tmp_path, text.encode("utf-16"))).equipment) == 2


def test_a_file_that_is_cut_off_names_the_last_object(tmp_path: Path) -> None:
    text = document(*FEEDER)
    path = write(tmp_path, text[: text.index('"#_L.1"') + 20])
    assert "model.xml: broken or cut off after ACLineSegment L" in refused(path)


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"", "empty or cut off"), (b"   ", "empty or cut off"), (b"no xml", "no XML"),
     (b"<kml></kml>", "begins with <kml>"), (b"\x00\x01\xff", "no XML"),
     (b'<?xml version="1.0" encoding="klingon"?><a/>', "no XML"),
     (document().encode(), "nothing in it joins two nodes")],
)  # fmt: skip
def test_what_is_no_cim(tmp_path: Path, data: bytes, why: str) -> None:
    assert why in refused(write(tmp_path, data))


@pytest.mark.parametrize("kind", ["DifferenceModel", "DifferenceSet", "InstanceSet"])
def test_differences_are_refused_in_words(tmp_path: Path, kind: str) -> None:
    assert "whole model" in refused(write(tmp_path, document(thing(kind, "d"), *FEEDER)))


def test_broken_and_empty_archives(tmp_path: Path) -> None:
    whole = pack(tmp_path / "m.zip", {"eq.xml": document(*FEEDER)}).read_bytes()
    assert "m.zip" in refused(write(tmp_path, whole[: len(whole) // 2], "m.zip"))
    assert "no .xml file" in refused(pack(tmp_path / "none.zip", {"a.txt": "x"}))
    inner = pack(tmp_path / "inner.zip", {"eq.xml": document(*FEEDER)}).read_bytes()
    for _ in range(3):
        inner = pack(tmp_path / "inner.zip", {"inner.zip": inner}).read_bytes()
    assert "more than 3 deep" in refused(tmp_path / "inner.zip")
    data = bytearray(whole)
    data[60:90] = b"\xff" * 30  # the compressed bytes no longer are what the checksum says
    assert "m.zip" in refused(write(tmp_path, bytes(data), "m.zip"))
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("inner.zip", b"PK no zip")
    assert "bad.zip/inner.zip" in refused(tmp_path / "bad.zip")


@pytest.mark.parametrize("nested", [False, True])
def test_a_zip_that_is_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nested: bool
) -> None:
    monkeypatch.setattr(cim_files, "BOMB_BYTES", 1_000_000)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("eq.xml", " " * 2_000_000)
    if nested:
        bomb = pack(tmp_path / "outer.zip", {"inner.zip": bomb.read_bytes()})
    assert "are a bomb" in refused(bomb)
    monkeypatch.setattr(cim_files, "BOMB_RATIO", 100_000)
    assert "are a bomb" not in refused(bomb)


def test_a_folder_without_cim(tmp_path: Path) -> None:
    assert ".xml of a CIM model" in refused(tmp_path)


def test_the_profile_that_holds_the_equipment_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, document(thing("Breaker", "B", Switch__open="true")))
    assert "EQ profile" in refused(path)


def test_an_id_names_one_object(tmp_path: Path) -> None:
    text = document(*FEEDER, thing("Fuse", "B"))
    assert "B is a Fuse here and a Breaker elsewhere" in refused(write(tmp_path, text))
    text = document(*FEEDER, thing("Fuse", "X")).replace("#_X", "")
    assert "a Fuse has an empty identifier" in refused(write(tmp_path, text))


def test_an_object_that_is_there_twice_is_told(tmp_path: Path) -> None:
    network = read(tmp_path, *FEEDER, thing("ACLineSegment", "L", IdentifiedObject__name="other"))
    assert told(network, "duplicate_id")[0].endswith("ACLineSegment L is there twice: taken as one")
    assert "name 'other', elsewhere 'L'" in told(network, "conflicting_value")[0]
    assert rows(network, "name")["L"] == "L"
    with pytest.raises(SourceError, match="duplicate_id"):
        gridtwin.read(tmp_path / "model.xml", strict=True)


def test_references_to_nothing_are_told(tmp_path: Path) -> None:
    network = read(
        tmp_path, *FEEDER,
        thing("Terminal", "stray", Terminal__ConductingEquipment="#gone",
              Terminal__ConnectivityNode="#n1"),
        thing("EnergyConsumer", "V"), thing("EnergySource", "T"), thing("Terminal", "bare"),
        equipment("PowerTransformer", "X", "n2 n3"),
        thing("PowerTransformerEnd", "X_1", PowerTransformerEnd__PowerTransformer="#X",
              TransformerEnd__Terminal="#gone"),
    )  # fmt: skip
    said = told(network, "dangling_reference")
    assert "terminal stray of equipment gone belongs to no equipment of the files: left out" in said
    assert (
        "terminal bare of equipment (none) belongs to no equipment of the files: left out" in said
    )
    assert "PowerTransformerEnd X_1 of PowerTransformer X names no terminal" in said[-1]
    assert told(network, "no_terminal") == [
        "EnergyConsumer V has no terminal: left out", "EnergySource T has no terminal: left out",
    ]  # fmt: skip
    assert rows(network, "node_b")["X"] == "n3"


@pytest.mark.parametrize(
    ("changed", "why"),
    [(thing("Breaker", "B", Switch__normalOpen="perhaps"), "normalOpen 'perhaps' is neither"),
     (thing("ACLineSegment", "L", Conductor__length="-5"), "length '-5' is below zero"),
     (thing("ACLineSegment", "L", Conductor__length="far"), "length 'far' is no number"),
     (thing("Terminal", "L.1", Terminal__phases="~PhaseCode.QQ"), "'QQ' is no phase")],
)  # fmt: skip
def test_odd_values_are_told_once(tmp_path: Path, changed: str, why: str) -> None:
    feeder = [
        part.replace("<cim:Switch.normalOpen>false</cim:Switch.normalOpen>", "").replace(
            "<cim:Conductor.length>100</cim:Conductor.length>", ""
        )
        for part in FEEDER
    ]
    said = told(read(tmp_path, *feeder, changed), "odd_value")
    assert len(said) == 1
    assert why in said[0]
