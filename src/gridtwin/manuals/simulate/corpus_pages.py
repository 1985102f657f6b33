"""Make what stands on the pages of an invented manual, and which facts these hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.random import Generator

PARTS_A_MANUAL = 15


@dataclass(frozen=True, slots=True)
class InventedFact:
    """
    One thing that a page says and no other page of the manual.

    Attributes
    ----------
    task
        What its page is about: `replace`, `inspect`, `test`, `install`, `adjust` or `order`, or a
        chapter that concerns the whole equipment.
    part
        Of which part; empty: of the whole.
    aspect
        What is said: `torque`, `interval` ...
    value
        As the page says it.
    """

    task: str
    part: str
    aspect: str
    value: str


@dataclass(frozen=True, slots=True)
class InventedPage:
    """
    A page before it is drawn; a line with two blanks in a row is a row of a table.

    Attributes
    ----------
    heading, lines
        What it says.
    facts
        That it holds.
    figure, photo, table
        What the captions say of a drawing, of an image and of the rows that follow each other;
        empty: it has none.
    """

    heading: str
    lines: tuple[str, ...]
    facts: tuple[InventedFact, ...] = ()
    figure: str = ""
    photo: str = ""
    table: str = ""


@dataclass(frozen=True, slots=True)
class InventedEquipment:
    """A series of a maker."""

    kind: str
    maker: str
    series: str
    models: tuple[str, ...]
    parts: tuple[str, ...]


@cache
def read_equipment() -> dict[str, Any]:
    """Return the words of invented equipment."""
    import yaml

    text = (files("gridtwin.manuals.simulate") / "invented_equipment.yaml").read_text("utf-8")
    words: dict[str, Any] = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - texts only
    for kind in words["kinds"].values():
        kind["parts"] = [" ".join(part.split()) for part in kind["parts"]]
    return words


def invent_equipment(number: int, random: Generator) -> InventedEquipment:
    """Return the equipment of a number; another number is another series."""
    words = read_equipment()
    kinds = list(words["kinds"])
    kind = kinds[number % len(kinds)]
    maker = words["makers"][int(random.integers(len(words["makers"])))]
    prefixes = words["kinds"][kind]["prefixes"]
    prefix = prefixes[number // len(kinds) % len(prefixes)]
    base = 100 + number // len(kinds) * 7
    series = f"{prefix}{base}"
    models = tuple(f"{prefix}-{base}{letter}" for letter in "ABC"[: int(random.integers(1, 4))])
    return InventedEquipment(kind, maker, series, models, tuple(words["kinds"][kind]["parts"]))


def make_pages(equipment: InventedEquipment, count: int, random: Generator) -> list[InventedPage]:
    """Return the pages of a manual, behind its title: chapters, then parts, then ratings."""
    pages = _make_chapters(equipment, random)
    for part in equipment.parts:
        made = [make(equipment, part, random) for make in PART_PAGES]
        pages += made
    catalog = [page for page in pages if "Spare" in page.heading]
    pages = [page for page in pages if "Spare" not in page.heading] + catalog
    number = 0
    while len(pages) < count:
        number += 1
        pages.append(_make_appendix(number, random))
    return pages[:count]


def _pick(random: Generator, values: list[Any]) -> Any:
    return values[int(random.integers(len(values)))]


def _talk(equipment: InventedEquipment, part: str, random: Generator) -> list[str]:
    """Return an opening and sentences that say nothing, and name other parts."""
    words = read_equipment()
    others = [each for each in equipment.parts if each != part]
    model = _pick(random, list(equipment.models))
    opening = _pick(random, words["openings"]).format(
        part=part, model=model, series=equipment.series
    )
    chosen = random.choice(len(words["fillers"]), size=6, replace=False)
    fillers = [words["fillers"][int(at)].format(other=_pick(random, others)) for at in chosen]
    return [opening, *fillers]


def _replace_page(equipment: InventedEquipment, part: str, random: Generator) -> InventedPage:
    torque = int(random.integers(4, 120))
    minutes = int(random.integers(5, 90))
    tool = _pick(random, read_equipment()["tools"])
    talk = _talk(equipment, part, random)
    lines = [
        *talk[:3],
        f"1. De-energize, isolate and ground it. Let it discharge for {minutes} minutes.",
        f"2. Loosen the fasteners of the {part} and take it off.",
        f"3. Set the new {part} in place and start all fasteners by hand.",
        f"4. Torque the fasteners to {torque} N·m ({round(torque * 0.7376)} ft-lb), crosswise.",
        *talk[3:],
        f"Required tool:  {tool}",
    ]
    facts = (
        InventedFact("replace", part, "torque", f"{torque} N·m"),
        InventedFact("replace", part, "discharge", f"{minutes} minutes"),
        InventedFact("replace", part, "tool", tool),
    )
    return InventedPage(f"Replacing the {part}", tuple(lines), facts)


def _inspect_page(equipment: InventedEquipment, part: str, random: Generator) -> InventedPage:
    months = int(_pick(random, [3, 6, 9, 12, 18, 24, 30, 36, 48, 60, 72]))
    wear = round(float(random.uniform(0.2, 6.0)), 1)
    talk = _talk(equipment, part, random)
    lines = [
        *talk[:4],
        f"Inspection interval:  {months} months",
        f"Acceptance limit:  wear of at most {wear} mm",
        f"Look for cracks, tracking, corrosion and discoloration of the {part}.",
        *talk[4:],
    ]
    facts = (
        InventedFact("inspect", part, "interval", f"{months} months"),
        InventedFact("inspect", part, "wear", f"{wear} mm"),
    )
    return InventedPage(f"Inspection of the {part}", tuple(lines), facts)


def _test_page(equipment: InventedEquipment, part: str, random: Generator) -> InventedPage:
    kilovolts = int(random.integers(2, 75))
    megohms = int(_pick(random, [100, 250, 500, 1_000, 2_000, 5_000]))
    talk = _talk(equipment, part, random)
    lines = [
        *talk[:2],
        f"Dielectric withstand:  {kilovolts} kV, power frequency, one minute",
        f"Insulation resistance:  at least {megohms} megohms",
        *talk[2:5],
        f"The {part} has passed if neither flashover nor puncture occurs.",
        *talk[5:],
    ]
    facts = (
        InventedFact("test", part, "withstand", f"{kilovolts} kV"),
        InventedFact("test", part, "resistance", f"{megohms} megohms"),
    )
    return InventedPage(f"Electrical test of the {part}", tuple(lines), facts)


def _install_page(equipment: InventedEquipment, part: str, random: Generator) -> InventedPage:
    clearance = int(random.integers(8, 120)) * 5
    mass = round(float(random.uniform(0.4, 45)), 1)
    talk = _talk(equipment, part, random)
    lines = [
        *talk[:3],
        f"Mass:  {mass} kg",
        f"Minimum clearance to grounded parts:  {clearance} mm",
        f"Align the {part} with its marks, then mount it with the hardware of the kit.",
        *talk[3:],
    ]
    facts = (
        InventedFact("install", part, "clearance", f"{clearance} mm"),
        InventedFact("install", part, "mass", f"{mass} kg"),
    )
    return InventedPage(
        f"Mounting the {part}", tuple(lines), facts, figure=f"Outline of the {part}"
    )


def _adjust_page(equipment: InventedEquipment, part: str, random: Generator) -> InventedPage:
    low, step = int(random.integers(1, 40)), int(random.integers(2, 12))
    gap = round(float(random.uniform(0.5, 12)), 1)
    talk = _talk(equipment, part, random)
    lines = [
        *talk[:3],
        f"Range of adjustment:  {low} to {low + 3 * step} mm, factory setting {low + step} mm",
        f"Play after adjustment:  {gap} mm",
        *talk[3:],
    ]
    facts = (
        InventedFact("adjust", part, "setting", f"{low + step} mm"),
        InventedFact("adjust", part, "play", f"{gap} mm"),
    )
    return InventedPage(f"Adjustment of the {part}", tuple(lines), facts)


def _spare_page(equipment: InventedEquipment, part: str, random: Generator) -> InventedPage:
    catalog = (
        f"{equipment.series}{int(random.integers(1_000, 9_999))}{_pick(random, list('HJKPTX'))}"
    )
    years = int(random.integers(2, 16))
    talk = _talk(equipment, part, random)
    lines = [
        talk[0],
        "Item  Catalog number  Pieces",
        f"{part}  {catalog}  {int(random.integers(1, 7))}",
        f"Shelf life of the {part}:  {years} years",
        *talk[1:5],
    ]
    facts = (
        InventedFact("order", part, "catalog", catalog),
        InventedFact("order", part, "shelf", f"{years} years"),
    )
    return InventedPage(f"Spare parts: {part}", tuple(lines), facts, table=f"Kit of the {part}")


PART_PAGES = (_replace_page, _inspect_page, _test_page, _install_page, _adjust_page, _spare_page)


def _make_chapters(equipment: InventedEquipment, random: Generator) -> list[InventedPage]:
    """Return the pages about the whole equipment."""
    approach, volume = int(random.integers(40, 160)) * 10, int(random.integers(12, 900))
    humidity, code = int(random.integers(45, 85)), int(random.integers(11, 99))
    mass, cold = int(random.integers(20, 1_900)), -5 * int(random.integers(3, 10))
    talk = _talk(equipment, "", random)
    rated = int(_pick(random, [200, 400, 560, 630, 800, 1_200]))
    made = [
        ("Safety", "safety", "approach", f"{approach} mm",
         f"Minimum approach distance without protective equipment:  {approach} mm"),
        ("Ratings", "ratings", "current", f"{rated} A", f"Rated continuous current:  {rated} A"),
        ("Lifting and transport", "lifting", "total mass", f"{mass} kg",
         f"Total mass with packing:  {mass} kg; use slings of equal length."),
        ("Insulating liquid", "liquid", "volume", f"{volume} l",
         f"Volume of insulating liquid:  {volume} l"),
        ("Storage", "storage", "humidity", f"{humidity} %",
         f"Relative humidity of the storage room:  at most {humidity} %"),
        ("Ambient conditions", "ambient", "coldest", f"{cold} °C",
         f"Lowest ambient temperature in service:  {cold} °C"),
        ("Fault codes", "codes", "code", f"E{code}",
         f"E{code}  supply of the drive lost  check the auxiliary supply and acknowledge"),
        ("Disposal", "disposal", "", "", "Hand liquids and electronics to licensed firms."),
    ]  # fmt: skip
    pages = []
    for heading, task, aspect, value, line in made:
        facts = (InventedFact(task, "", aspect, value),) if aspect else ()
        others = [talk[0], line, *_talk(equipment, "", random)[1:]]
        photo = f"Nameplate of the {equipment.series}" if task == "ratings" else ""
        pages.append(InventedPage(heading, tuple(others), facts, photo=photo))
    return pages


def _make_appendix(number: int, random: Generator) -> InventedPage:
    rows = [
        f"Curve {int(random.integers(101, 165))}  {int(random.integers(1, 90)) / 10} s"
        f"  {int(random.integers(100, 4_000))} A"
        for _ in range(25)
    ]
    table = f"Characteristics, part {number}"
    return InventedPage(f"Appendix {number}: characteristics", tuple(rows), table=table)
