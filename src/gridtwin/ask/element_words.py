"""Find the elements and outages a question names, misspelt ones too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rapidfuzz.distance import DamerauLevenshtein

from gridtwin.analysis.state.identity import find_kind
from gridtwin.ask.word_folding import cut_ending, list_known_words
from gridtwin.model.element_names import mrid_of
from gridtwin.semantic.verified_questions import read_words

if TYPE_CHECKING:
    from gridtwin.analysis.state.name_index import NameHit
    from gridtwin.tools.shared_twin import SharedTwin

NAMED_FEEDER = "feeder"
NAMED_SUBSTATION = "substation"
NAMED_METER = "meter"
NAMED_DEVICE = "device"
NAMED_OUTAGE = "outage"
TABLE_CLASSES = {
    "feeders": NAMED_FEEDER,
    "substations": NAMED_SUBSTATION,
    "usage_points": NAMED_METER,
}
CANDIDATES = 3
QUOTED = re.compile(r"\"([^\"]{1,120})\"")
ELEMENT_CODE = re.compile(
    r"(?<![\w<.,-])([a-z]{1,12}[-_ #]{0,2}\d{1,12}(?:[-_]\w{1,12})*)(?![\w.,]*\d)"
)
BARE = re.compile(
    r"(?<![\w.,<$-])(\d{2,10})(?![\w.,%]*\d)(?! ?(?:%|percent|kva|kv|mwh|customer|crew))"
)
SORT_WORDS = {
    **dict.fromkeys(("meter", "mtr", "premise", "customer", "account"), NAMED_METER),
    **dict.fromkeys(("feeder", "circuit", "fdr"), NAMED_FEEDER),
    **dict.fromkeys(("substation", "sub"), NAMED_SUBSTATION),
    **dict.fromkeys(("outage", "incident"), NAMED_OUTAGE),
}


@dataclass(frozen=True, slots=True)
class NamedElement:
    """An element or outage that a question names."""

    mrid: str
    sort: str  # feeder, substation, meter, device or outage
    words: str  # as it was written
    sure: bool = True  # whether it is written so that no other can be meant
    others: tuple[tuple[str, str], ...] = ()  # what else may be, with what sort of element it is


def take_elements(text: str, shared: SharedTwin) -> tuple[str, list[NamedElement], list[str]]:
    """
    Return a question with its elements replaced by slots, those elements, and ids not known.

    Parameters
    ----------
    text
        The question, in lower case.
    shared
        The twin whose elements are named.
    """
    found: list[NamedElement] = []
    unknown: list[str] = []
    text = _take_names(text, shared, found)
    outages = {each.id.lower(): each.id for each in shared.twin.outages.all()}
    text = _take_outages(text, outages, found)
    for pattern in (ELEMENT_CODE, BARE):
        place = 0
        while match := pattern.search(text, place):
            word = pattern is ELEMENT_CODE and _is_word(match[1])
            if word and not _is_written_so(match[1], shared):
                place = match.start() + len(_split_code(match[1])[0])
                continue
            named = _resolve_code(match[1], shared)
            if named is None:
                if pattern is ELEMENT_CODE and _looks_like_id(match[1]):
                    unknown.append(match[1])
                    text = f"{text[: match.start()]} <unknown> {text[match.end() :]}"
                    place = match.start() + 9
                else:
                    place = match.end()
                continue
            slot = f" <{named.sort}> "
            found.append(named)
            text = f"{text[: match.start()]}{slot}{text[match.end() :]}"
            place = match.start() + len(slot)
    return text, _order_by_place(text, found), unknown


def _order_by_place(text: str, found: list[NamedElement]) -> list[NamedElement]:
    """Return elements in the order in which they stand in the question."""
    slots = re.findall(r"<(feeder|substation|meter|device|outage)>", text)
    rest, ordered = list(found), []
    for slot in slots:
        each = next((each for each in rest if each.sort == slot), None)
        if each is not None:
            rest.remove(each)
            ordered.append(each)
    return ordered


def _take_outages(text: str, outages: dict[str, str], found: list[NamedElement]) -> str:
    for word in sorted(set(re.findall(r"[\w.:-]+", text)), key=text.index):
        bare = word.strip(".:-")
        if bare in outages:
            found.append(NamedElement(outages[bare], NAMED_OUTAGE, bare))
            text = re.sub(rf"(?<![\w-]){re.escape(bare)}(?![\w-])", " <outage> ", text, count=1)
    return text


def _take_names(text: str, shared: SharedTwin, found: list[NamedElement]) -> str:
    """Take names between quotes, and those of substations and feeders as they stand."""
    while match := QUOTED.search(text):
        hits = [hit for hit in shared.names.find_names(match[1], CANDIDATES) if hit.rank == 0]
        if hits:
            found.append(_name_hit(shared, hits[0], match[1]))
        slot = f"<{found[-1].sort}>" if hits else match[1]
        text = f"{text[: match.start()]} {slot} {text[match.end() :]}"
    data = shared.network.data
    for table in ("feeders", "substations"):
        rows = getattr(data, table)
        for row in range(len(rows.mrid)):
            name = bytes(rows.name[row]).decode().lower()
            at = text.find(name) if len(name) > 3 else -1
            if at < 0 or text[at - 1 : at].isalnum() or text[at + len(name) :][:1].isalnum():
                continue
            sort = TABLE_CLASSES[table]
            found.append(NamedElement(bytes(rows.mrid[row]).decode(), sort, name))
            text = f"{text[:at]} <{sort}> {text[at + len(name) :]}"
    return text


def _resolve_code(words: str, shared: SharedTwin) -> NamedElement | None:
    """Return what an id or a word and a number name; None where nothing is near enough."""
    letters, digits = _split_code(words)
    wanted = _sort_of(letters)
    if not letters or wanted == NAMED_FEEDER:
        if (feeder := _find_feeder(digits, shared)) is not None:
            return NamedElement(feeder, NAMED_FEEDER, words)
        if not letters:
            return None
    hits = _rank_hits(shared, words, letters, digits)
    if not hits:
        return None
    best = hits[0]
    own_letters, own_digits = _split_code(best.mrid.lower())
    sure = own_digits == digits and (
        wanted == best.sort or _is_near(letters, own_letters) or _is_kind(letters, best.kind)
    )
    if not sure and not _is_near(f"{letters}{digits}", f"{own_letters}{own_digits}"):
        return None
    others = () if sure else tuple((each.mrid, each.sort) for each in hits[1:])
    return NamedElement(best.mrid, best.sort, words, sure, others)


def _is_word(words: str) -> bool:
    """Return whether what stands before a number is a word, and none of an id."""
    letters = _split_code(words)[0]
    kinds = {each for phrases in read_words().kinds.values() for each in phrases}
    known = cut_ending(letters) in list_known_words() and f"{letters}-" not in words
    return len(letters) < 2 or (known and letters not in SORT_WORDS and letters not in kinds)


def _is_written_so(words: str, shared: SharedTwin) -> bool:
    """Return whether an id has these letters and this number, as in "tie 2"."""
    letters, digits = _split_code(words)
    return len(letters) > 1 and any(
        _split_code(each.mrid.lower()) == (letters, digits)
        for each in _rank_hits(shared, words, letters, digits)
    )


@dataclass(frozen=True, slots=True)
class _Candidate:
    mrid: str
    sort: str
    kind: str


def _rank_hits(shared: SharedTwin, words: str, letters: str, digits: str) -> list[_Candidate]:
    hits = [
        _describe_hit(shared, hit)
        for text in dict.fromkeys((words, f"{letters}-{digits}"))
        for hit in shared.names.find_names(text, 12)
    ]
    wanted = _sort_of(letters)
    if wanted == NAMED_METER:  # "meter 123": by its number, whatever its ids begin with
        hits += [_describe_hit(shared, hit) for hit in shared.names.find_names(digits, 12)]

    def rank(each: _Candidate) -> tuple[bool, bool, int]:
        own_letters, own_digits = _split_code(each.mrid.lower())
        named = each.sort == wanted or _is_kind(letters, each.kind) or own_letters == letters
        slips = DamerauLevenshtein.distance(f"{letters}{digits}", f"{own_letters}{own_digits}")
        return not (named and own_digits == digits), own_digits != digits, slips

    unique = list(dict.fromkeys(hits))
    return sorted(unique, key=rank)[:CANDIDATES]


def _describe_hit(shared: SharedTwin, hit: NameHit) -> _Candidate:
    table = hit.element.table
    data = shared.network.data
    mrid = shared.network.ids.write_id(table, mrid_of(data, hit.element))
    return _Candidate(mrid, TABLE_CLASSES.get(table, NAMED_DEVICE), find_kind(data, hit.element))


def _name_hit(shared: SharedTwin, hit: NameHit, words: str) -> NamedElement:
    found = _describe_hit(shared, hit)
    return NamedElement(found.mrid, found.sort, words)


def _find_feeder(digits: str, shared: SharedTwin) -> str | None:
    """Return the one feeder whose id or name ends with a number."""
    rows = shared.network.data.feeders
    ends = re.compile(rf"(?:^|\D)0*{re.escape(digits)}$")
    found = {
        bytes(mrid).decode()
        for mrid, name in zip(rows.mrid, rows.name, strict=True)
        if ends.search(bytes(mrid).decode()) or ends.search(bytes(name).decode())
    }
    return found.pop() if len(found) == 1 else None


def _split_code(words: str) -> tuple[str, str]:
    """Return the letters and the digits of an id, without dashes and leading zeros."""
    letters = "".join(re.findall(r"[a-z]+", words))
    return letters, "".join(re.findall(r"\d+", words)).lstrip("0")


def _looks_like_id(words: str) -> bool:
    return bool(re.search(r"[a-z][-_]?\d{3,}|[a-z]+-\d+", words))


def _sort_of(letters: str) -> str:
    return SORT_WORDS.get(letters, "")


def _is_kind(letters: str, kind: str) -> bool:
    return letters in {each.replace(" ", "") for each in read_words().kinds.get(kind, ())}


def _is_near(one: str, other: str) -> bool:
    most = 1 if len(one) < 8 else 2
    return len(one) > 1 and DamerauLevenshtein.distance(one, other) <= most
