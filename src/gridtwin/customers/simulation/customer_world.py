"""The world behind the records: homes, who lives there, firms, and landlords."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridtwin.customers.simulation.invented_names import (
    CITIES,
    GIVEN_NAMES,
    INVENTED_LEGAL_FORMS,
    TRADES,
    draw_common,
    list_streets,
    list_surnames,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

APARTMENT_SHARE = 0.35
UNITS_A_BUILDING = (6, 60)  # of a building
HOUSEHOLD_SIZES = (0.34, 0.36, 0.16, 0.14)  # shares of homes of 1, 2, 3 and 4 adults
ONE_SURNAME = 0.84  # of the members of a household
SAME_NAME_AS_PARENT = 0.02
BUSINESS_SHARE = 0.06
LANDLORD_SHARE = 0.03  # of homes whose account is a landlord's
FIRST_BIRTH, LAST_BIRTH = np.datetime64("1935-01-01"), np.datetime64("2005-12-31")
PREMISES_A_ZIP = 5_000
AREA_CODES = np.array([713, 832, 281, 346, 512, 737, 214, 469])
MAIL_HOSTS = ["mail.example", "post.example", "inbox.example", "home.example", "web.example"]


@dataclass(frozen=True)
class CustomerWorld:
    """
    Everything that is true.

    Attributes
    ----------
    premises
        ``premise``, ``esi_id``, ``usage_point``, ``number``, ``street``, ``unit``, ``city``,
        ``zip``, ``kind`` (home or business).
    people
        Who lives or lived in a home, one row each: ``party``, ``home`` (row of its premise),
        ``given``, ``surname``, ``maiden``, ``suffix``, ``birth``, ``phone``, ``email``.
    firms
        ``party``, ``site`` (row of its premise), ``name``, ``trading_as``, ``form``, ``phone``,
        ``email``.
    """

    premises: pd.DataFrame
    people: pd.DataFrame
    firms: pd.DataFrame


def build_world(
    premises: int, rng: np.random.Generator, usage_points: Sequence[str] | None = None
) -> CustomerWorld:
    """Invent homes and who lives in them."""
    homes = _make_premises(premises, rng)
    homes["usage_point"] = list(usage_points) if usage_points is not None else ""
    is_home = homes["kind"].to_numpy() == "home"
    people = _make_people(np.flatnonzero(is_home), rng)
    firms = _make_firms(np.flatnonzero(~is_home), rng)
    return CustomerWorld(homes, people, firms)


def draw_phones(count: int, rng: np.random.Generator) -> NDArray[np.object_]:
    """Return phone numbers of ten digits, each once."""
    lines = rng.choice(8_000_000, count, replace=False) + 2_000_000
    return np.char.add(rng.choice(AREA_CODES, count).astype(str), lines.astype(str)).astype(object)


def _make_premises(count: int, rng: np.random.Generator) -> pd.DataFrame:
    streets = list_streets()
    zips = np.arange(max(1, count // PREMISES_A_ZIP)) * 3 + 77_002
    spans: list[tuple[int, int]] = []  # a house, or the units of a building
    made = 0
    while made < count:
        building = rng.random() < APARTMENT_SHARE / np.mean(UNITS_A_BUILDING)
        units = int(rng.integers(*UNITS_A_BUILDING)) if building else 1
        spans.append((made, min(units, count - made)))
        made += units
    sizes = np.array([size for _, size in spans])
    place = np.repeat(np.arange(len(spans)), sizes)
    street = rng.integers(0, len(streets), len(spans))
    number = rng.integers(1, 9_000, len(spans)) * 2 + 99
    zip_row = rng.integers(0, len(zips), len(spans))
    within = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    floors = (within // 8 + 1).astype(str)
    unit = np.where(
        np.repeat(sizes, sizes) > 1,
        np.char.add(np.char.add(floors, "0"), (within % 8 + 1).astype(str)),
        "",
    )
    return pd.DataFrame(
        {
            "premise": np.char.add("P", np.arange(1, count + 1).astype(str)),
            "esi_id": [f"10443720{row:09d}" for row in rng.permutation(count * 3)[:count]],
            "number": number[place].astype(str),
            "street": streets[street[place]],
            "unit": unit,
            "city": np.array(CITIES, dtype=object)[zip_row[place] % len(CITIES)],
            "zip": zips[zip_row[place]].astype(str),
            "kind": np.where(rng.random(count) < BUSINESS_SHARE, "business", "home"),
        }
    )


def _make_people(homes: NDArray[np.int64], rng: np.random.Generator) -> pd.DataFrame:
    sizes = rng.choice(4, len(homes), p=HOUSEHOLD_SIZES) + 1
    home = np.repeat(homes, sizes)
    count = len(home)
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)  # row of the first of the household
    member = np.arange(count) - first
    given = draw_common(np.array(GIVEN_NAMES, dtype=object), count, rng)
    family = draw_common(list_surnames(), count, rng)
    surname = np.where(rng.random(count) < ONE_SURNAME, family[first], family)
    maiden = np.where(rng.random(count) < 0.15, draw_common(list_surnames(), count, rng), "")
    birth = FIRST_BIRTH + rng.integers(0, int((LAST_BIRTH - FIRST_BIRTH).astype(int)), count)
    junior = (member >= 1) & (rng.random(count) < SAME_NAME_AS_PARENT)
    suffix = np.where(junior, "Jr", "")
    given[junior], surname[junior] = given[first[junior]], surname[first[junior]]
    birth[junior] = birth[first[junior]] + rng.integers(20 * 365, 35 * 365, int(junior.sum()))
    phones = draw_phones(count, rng)
    phone = np.where(rng.random(count) < 0.15, phones[first], phones)
    number = np.char.add(".", rng.permutation(count).astype(str))
    host = np.array(MAIL_HOSTS)[rng.integers(0, len(MAIL_HOSTS), count)]
    own = [
        f"{name[0].lower()}{last.lower()}{more}@{where}"
        for name, last, more, where in zip(given, surname, number, host, strict=True)
    ]
    emails = np.array(own, dtype=object)
    return pd.DataFrame(
        {
            "party": np.char.add("T", np.arange(1, count + 1).astype(str)),
            "home": home,
            "given": given,
            "surname": surname,
            "maiden": maiden,
            "suffix": suffix,
            "birth": birth.astype(str),
            "phone": phone,
            "email": np.where(rng.random(count) < 0.10, emails[first], emails),
        }
    )


def _make_firms(sites: NDArray[np.int64], rng: np.random.Generator) -> pd.DataFrame:
    """Invent firms; a third of the sites are of chains."""
    count = len(sites)
    firm = np.where(rng.random(count) < 0.33, rng.integers(0, max(1, count // 30), count), -1)
    alone = firm < 0
    firm[alone] = max(1, count // 30) + np.arange(int(alone.sum()))
    most = int(firm.max(initial=0)) + 1
    family = draw_common(list_surnames(), most, rng)
    trade = np.array(TRADES, dtype=object)[rng.integers(0, len(TRADES), most)]
    head = draw_common(list_streets(), most, rng)
    by_owner = rng.random(most) < 0.5
    words = [street.rsplit(" ", 1)[0] for street in head]
    name = [
        f"{f if o else w} {t}" for f, w, t, o in zip(family, words, trade, by_owner, strict=True)
    ]
    trading_as = [f"{w} {t}" for w, t in zip(words, trade, strict=True)]
    form = np.array(INVENTED_LEGAL_FORMS, dtype=object)[
        rng.integers(0, len(INVENTED_LEGAL_FORMS), most)
    ]
    phones = draw_phones(most, rng)
    return pd.DataFrame(
        {
            "party": np.char.add("F", (firm + 1).astype(str)),
            "site": sites,
            "name": np.array(name, dtype=object)[firm],
            "trading_as": np.array(trading_as, dtype=object)[firm],
            "form": form[firm],
            "phone": phones[firm],
            "email": [f"office{each}@firm{each}.example" for each in firm],
        }
    )
