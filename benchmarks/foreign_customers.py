"""
Invent customers in another way than the package does, to measure how well matching carries over.

Written without its code: other names, other numbers, another country's addresses, families that
move from home to home over years, and a portal that people fill in once a move.
"""

from __future__ import annotations

import random
import string

import pandas as pd

SYLLABLES = [
    "ba",
    "be",
    "bo",
    "da",
    "de",
    "do",
    "fa",
    "ga",
    "go",
    "ha",
    "ka",
    "ke",
    "la",
    "le",
    "lo",
    "ma",
    "me",
    "mi",
    "na",
    "ne",
    "no",
    "pa",
    "ra",
    "re",
    "ri",
    "sa",
    "se",
    "ta",
    "to",
    "va",
]
GIVEN = [
    "Aiden",
    "Amelia",
    "Arthur",
    "Beatrice",
    "Callum",
    "Caroline",
    "Charles",
    "Chloe",
    "Clive",
    "Daniel",
    "Daphne",
    "Edgar",
    "Edith",
    "Edmund",
    "Eleanor",
    "Elizabeth",
    "Emily",
    "Felix",
    "Fiona",
    "Francis",
    "Freya",
    "George",
    "Georgina",
    "Gillian",
    "Graham",
    "Harriet",
    "Harry",
    "Helen",
    "Hugh",
    "Imogen",
    "Isaac",
    "Ivy",
    "James",
    "Jane",
    "Joanna",
    "Joseph",
    "Josephine",
    "Katherine",
    "Laura",
    "Leonard",
    "Louisa",
    "Lucy",
    "Malcolm",
    "Margaret",
    "Martin",
    "Matilda",
    "Maurice",
    "Nigel",
    "Nora",
    "Olive",
    "Oliver",
    "Oscar",
    "Patricia",
    "Penelope",
    "Philip",
    "Philippa",
    "Ralph",
    "Rebecca",
    "Robert",
    "Roger",
    "Rose",
    "Rupert",
    "Ruth",
    "Samuel",
    "Sarah",
    "Simon",
    "Sophie",
    "Stanley",
    "Stella",
    "Susan",
    "Theodore",
    "Thomas",
    "Toby",
    "Timothy",
    "Victoria",
    "Vincent",
    "Walter",
    "Wendy",
    "William",
    "Winifred",
    "Yasmin",
    "Zoe",
    "Mohammed",
    "Aaliyah",
    "Anika",
    "Ravi",
]
SHORT = {
    "Elizabeth": "Liz",
    "Katherine": "Kate", "Margaret": "Maggie", "Robert": "Bob", "William": "Bill",
    "Thomas": "Tom", "Samuel": "Sam", "Timothy": "Tim", "Patricia": "Pat", "Rebecca": "Becky",
    "James": "Jim", "Joseph": "Joe", "Daniel": "Dan", "Edmund": "Ed", "Theodore": "Ted",
    "Philippa": "Pippa",
    "Penelope": "Penny", "Susan": "Sue", "Victoria": "Vicky", "Josephine": "Jo",
}  # fmt: skip
ROADS = ["Street", "Road", "Lane", "Avenue", "Close", "Way", "Drive", "Terrace"]
TRADERS = [
    "Builders",
    "Dental Care",
    "Motors",
    "Stores",
    "Fisheries",
    "Salon",
    "Foundry",
    "Kennels",
]


def _make_word(rng: random.Random, least: int = 2, most: int = 3) -> str:
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(least, most))).title()


def _blur_word(text: str, rng: random.Random) -> str:
    if len(text) < 4:
        return text
    at = rng.randrange(1, len(text) - 1)
    return rng.choice(
        [
            text[:at] + text[at + 1 :],
            text[:at] + rng.choice(string.ascii_lowercase) + text[at + 1 :],
            text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :],
        ]
    )


class _Person:
    def __init__(self, number: int, surname: str, rng: random.Random) -> None:
        self.party = f"H{number}"
        self.given = rng.choice(GIVEN)
        self.surname = surname
        self.birth = f"{rng.randint(1938, 2004)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        self.phone = f"{rng.randint(201, 989)}{rng.randint(2_000_000, 9_999_999)}"
        style = rng.choice(["{0}.{1}", "{1}{0}", "{0}{1}", "{0}_{1}"])
        word = style.format(self.given.lower(), surname.lower())
        self.email = f"{word}{number}@{rng.choice(['letters', 'quill', 'envelope'])}.example"


def _write_person(person: _Person, rng: random.Random, clerk: float) -> dict[str, str]:
    given = person.given
    if rng.random() < 0.2:
        given = SHORT.get(given, given)
    if rng.random() < 0.04:
        given = given[0]
    surname = person.surname
    if rng.random() < clerk:
        given = _blur_word(given, rng)
    if rng.random() < clerk:
        surname = _blur_word(surname, rng)
    if rng.random() < 0.05:
        given, surname = given.upper(), surname.upper()
    return {
        "kind": "person",
        "given_name": given,
        "surname": surname,
        "birth_date": person.birth if rng.random() < 0.4 else "",
        "phone": person.phone if rng.random() < 0.75 else "",
        "email": person.email if rng.random() < 0.65 else "",
    }


def invent_foreign_records(homes: int, *, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return records of a billing system and of an app, and the truth."""
    rng = random.Random(seed)
    surnames = [_make_word(rng) for _ in range(max(50, homes // 12))]
    roads = [f"{_make_word(rng)} {rng.choice(ROADS)}" for _ in range(max(20, homes // 40))]
    places = [
        (rng.randint(1, 400), rng.choice(roads), str(20_000 + rng.randrange(max(1, homes // 800))))
        for _ in range(homes)
    ]
    records: list[dict[str, str]] = []
    number = 0
    for home in range(homes):
        if rng.random() < 0.05:
            number += 1
            records += _write_firm(number, home, places[home], rng)
            continue
        surname = rng.choice(surnames) if rng.random() < 0.7 else rng.choice(surnames[:40])
        family = []
        for _ in range(rng.choice([1, 1, 2, 2, 2, 3])):
            number += 1
            family.append(_Person(number, surname, rng))
        records += _write_family(family, home, places, rng)
    frame = pd.DataFrame(records).fillna("")
    counts = frame.groupby("source").cumcount().astype(str)
    frame.insert(0, "record", frame["source"] + ":" + counts)
    return frame.drop(columns=["party", "premise"]), frame[["record", "party", "premise"]]


def _write_family(
    family: list[_Person], home: int, places: list[tuple[int, str, str]], rng: random.Random
) -> list[dict[str, str]]:
    """Write the bill of a home, and what its people told the app, some from where they lived."""
    rows = [_place(_write_person(family[0], rng, 0.02), "bill", family[0].party, home, places, rng)]
    if rng.random() < 0.05:  # a second home, billed to the same person
        rows.append(
            _place(
                _write_person(family[0], rng, 0.02), "bill", family[0].party,
                rng.randrange(len(places)), places, rng,
            )
        )  # fmt: skip
    for person in family:
        if rng.random() < 0.55:
            where = home if rng.random() < 0.93 else rng.randrange(len(places))
            rows.append(
                _place(_write_person(person, rng, 0.03), "app", person.party, where, places, rng)
            )
    return rows


def _write_firm(
    number: int, home: int, place: tuple[int, str, str], rng: random.Random
) -> list[dict[str, str]]:
    name = f"{_make_word(rng)} {rng.choice(TRADERS)}"
    phone = f"{rng.randint(201, 989)}{rng.randint(2_000_000, 9_999_999)}"
    return [
        _place(
            {
                "kind": "organization",
                "organization": name + rng.choice(["", " Ltd", " Limited", " LLC"]),
                "phone": phone if rng.random() < 0.8 else "",
                "email": f"info@f{number}.example" if rng.random() < 0.6 else "",
            },
            source, f"F{number}", home, [place], rng, at=0,
        )
        for source in ("bill", "app")
    ]  # fmt: skip


def _place(
    row: dict[str, str],
    source: str,
    party: str,
    home: int,
    places: list[tuple[int, str, str]],
    rng: random.Random,
    *,
    at: int = -1,
) -> dict[str, str]:
    number, road, code = places[home if at < 0 else at]
    if source == "app" and rng.random() < 0.04:
        road = _blur_word(road.split(" ")[0], rng) + " " + road.split(" ")[1]
    meter = f"MP{home:09d}" if source == "bill" or rng.random() < 0.25 else ""
    return row | {
        "source": source,
        "address": f"{number} {road}",
        "zip": code,
        "esi_id": meter,
        "account": f"B{home}" if source == "bill" else "",
        "party": party,
        "premise": f"M{home}",
    }
