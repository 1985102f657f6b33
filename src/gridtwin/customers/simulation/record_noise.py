"""How records go wrong: slips of the finger, names heard, units written in five ways."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Texts = NDArray[np.object_]

BESIDE = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok",
    "o": "ipl", "p": "ol", "a": "qsz", "s": "awd", "d": "sef", "f": "drg", "g": "fth", "h": "gyj",
    "j": "huk", "k": "jil", "l": "kop", "z": "ax", "x": "zsc", "c": "xdv", "v": "cfb", "b": "vgn",
    "n": "bhm", "m": "nj",
}  # fmt: skip
SOUNDS = (
    ("ph", "f"), ("ck", "k"), ("y", "ie"), ("ei", "ie"), ("ee", "ea"), ("c", "k"), ("z", "s"),
    ("th", "t"), ("gh", ""), ("ll", "l"), ("nn", "n"), ("tt", "t"), ("en", "an"), ("er", "ar"),
    ("son", "sen"), ("o", "au"),
)  # fmt: skip
UNIT_WORDS = ("Apt {}", "Apt. {}", "#{}", "Unit {}", "apartment {}", "Ste {}")
SHORT_TYPES = {
    "Street": "St", "Avenue": "Ave", "Drive": "Dr", "Lane": "Ln", "Court": "Ct", "Road": "Rd",
    "Way": "Way", "Place": "Pl", "Circle": "Cir",
}  # fmt: skip
PHONE_FORMS = ("({0}) {1}-{2}", "{0}-{1}-{2}", "{0}.{1}.{2}", "+1 {0} {1} {2}", "{0}{1}{2}")


def slip_finger(text: str, rng: np.random.Generator) -> str:
    """Return a text with one slip: a key beside it, two swapped, one lost or doubled."""
    if len(text) < 3:
        return text
    at = int(rng.integers(1, len(text) - 1))
    kind = int(rng.integers(0, 4))
    if kind == 0:
        near = BESIDE.get(text[at].lower(), text[at])
        return text[:at] + near[int(rng.integers(0, len(near)))] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + text[at + 1 :] if kind == 2 else text[:at] + text[at] + text[at:]


def mishear_name(text: str, rng: np.random.Generator) -> str:
    """Return a name as somebody wrote who only heard it."""
    possible = [(old, new) for old, new in SOUNDS if old in text[1:].lower()]
    if not possible:
        return slip_finger(text, rng)
    old, new = possible[int(rng.integers(0, len(possible)))]
    at = text.lower().index(old, 1)
    return text[:at] + new + text[at + len(old) :]


def change_some(
    texts: Texts,
    share: float,
    change: Callable[[str, np.random.Generator], str],
    rng: np.random.Generator,
) -> Texts:
    """Return the texts, a share of them changed."""
    changed = texts.copy()
    for row in np.flatnonzero(rng.random(len(texts)) < share):
        changed[row] = change(texts[row], rng)
    return changed


@cache
def list_nicknames() -> dict[str, tuple[str, ...]]:
    """Return the nicknames of each name, in small letters; of the package nicknames."""
    from nicknames import NickNamer

    return {name: tuple(sorted(short)) for name, short in NickNamer.default_lookup().items()}


def take_nickname(name: str, rng: np.random.Generator) -> str:
    """Return a nickname of somebody; the name itself where there is none."""
    short = list_nicknames().get(name.lower(), ())
    return short[int(rng.integers(0, len(short)))].title() if short else name


def cut_initial(name: str, _rng: np.random.Generator) -> str:
    """Return the initial of a name."""
    return f"{name[:1]}."


def slip_date(text: str, rng: np.random.Generator) -> str:
    """Return a date with day and month swapped, or one digit wrong."""
    year, month, day = text.split("-")
    if int(day) <= 12 and rng.random() < 0.5:
        return f"{year}-{day}-{month}"
    at = int(rng.integers(0, 2))
    wrong = str((int(day[at]) + 1) % 3) if at == 0 else str((int(day[at]) + 1) % 10)
    return f"{year}-{month}-{(wrong + day[1]) if at == 0 else day[0] + wrong}"


def write_phone(digits: str, rng: np.random.Generator) -> str:
    """Return a phone number in one of the ways that people write it."""
    form = PHONE_FORMS[int(rng.integers(0, len(PHONE_FORMS)))]
    return form.format(digits[:3], digits[3:6], digits[6:]) if digits else ""


def write_address(number: str, street: str, unit: str, rng: np.random.Generator) -> str:
    """Return an address in one line, its street type long or short, its unit in some way."""
    name, kind = street.rsplit(" ", 1)
    written = f"{name} {SHORT_TYPES[kind] if rng.random() < 0.7 else kind}"
    text = f"{number} {written}"
    if unit:
        text += " " + UNIT_WORDS[int(rng.integers(0, len(UNIT_WORDS)))].format(unit)
    return text.upper() if rng.random() < 0.4 else text
