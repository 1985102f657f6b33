"""Fold the words of a question: endings off, slips of the pen mended, synonyms made one."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from gridtwin.semantic.verified_questions import read_questions, read_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

WORD = re.compile(r"<[a-z]+>|[a-z][a-z0-9]*(?:[-.'_][a-z0-9]+)*|\d+(?:\.\d+)?")
LETTERS = re.compile(r"(?<![\w<-])[a-z]{5,}(?![\w>-])")
ELEMENT = r"(<(?:element|feeder|substation|meter|device)>)"
FEEDING = re.compile(
    rf"{ELEMENT} +(?:feed|serve|supply|supplie|power)s?\b(?! *(?:from|by|off|through))"
)
FED = re.compile(
    rf"{ELEMENT},? +(?:is |are |being |get |gets )?"
    r"(?:fed|served|supplied|powered|hooked up|connected) "
    r"(?:by|from|off|out of|through)(?: of)?(?= *(?:[?.!,]|$|what|which|who|whom))"
)
BACK_WHEN = re.compile(
    rf"(\b(?:when|until|till|how long|how soon|what time)\b[^<]*{ELEMENT}) +"
    r"(?:(?:it'?s?|is) +)?back\b(?! +to\b)"
)
SLOT_NAME = re.compile(r"\{(\w+)\}")
SHORTEST_MENDED = 5  # letters of a word in which slips are looked for
IDLE_WORD = "the"  # stands for any word of no meaning
LONG_WORD = 8  # letters from which on two slips are forgiven
MOST_BETWEEN = 2  # words that say nothing between two of a phrase
SAYS_NOTHING = 2  # letters of a word that is not known, up to which it is a slip
SIBILANTS = ("x", "ch", "sh", "ss")
# Quotes and dashes as typesetters write them, by what a keyboard has.
QUOTES = str.maketrans("\u2018\u2019\u201c\u201d\u2013\u2014\u2212", "''\"\"---")


def split_words(text: str) -> list[str]:
    """Return the words of a text, without their endings; slots stay as they are."""
    return [cut_ending(word) for word in WORD.findall(text.lower().translate(QUOTES))]


def cut_ending(word: str) -> str:
    """
    Return a word without the endings of number and tense.

    Examples
    --------
    >>> [cut_ending(each) for each in ("outages", "tripped", "losing", "lose", "batteries")]
    ['outag', 'trip', 'los', 'los', 'battery']
    """
    if word.startswith("<") or not word[0].isalpha():
        return word
    word = word.removesuffix("'s").removesuffix("'")
    if len(word) > 4 and word.endswith("ies"):
        word = f"{word[:-3]}y"
    elif len(word) > 4 and word.endswith(tuple(f"{end}es" for end in SIBILANTS)):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if len(word) > len(ending) + 2 and word.endswith(ending) and word[-3] != "e":
            stem = word[: -len(ending)]
            if any(each in "aeiouy" for each in stem):
                doubled = stem[-1] == stem[-2] and stem[-1] not in "lse"
                word = stem[:-1] if doubled else stem
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def say_direction(text: str) -> str:
    """
    Return a text that says what small words ask of an element: a side of it, or its return.

    Examples
    --------
    >>> say_direction("what does <device> feed"), say_direction("what is <meter> fed by")
    ('what does <device> downstream', 'what is <meter> upstream')
    >>> say_direction("when is <meter> back")
    'when is <meter> be back'
    """
    text = BACK_WHEN.sub(r"\1 be back", text)
    return FED.sub(r"\1 upstream", FEEDING.sub(r"\1 downstream", text))


@dataclass(frozen=True, slots=True)
class PhraseTable:
    """Phrases of several words, each with the word it stands for."""

    by_first: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]  # the longest first

    @classmethod
    def from_words(cls, meanings: Mapping[str, Iterable[str]]) -> PhraseTable:
        """Return the table of what phrases mean."""
        found: dict[str, dict[tuple[str, ...], str]] = defaultdict(dict)
        for meaning, phrases in meanings.items():
            for phrase in phrases:
                words = tuple(split_words(phrase))
                found[words[0]].setdefault(words, meaning)
        return cls(
            {
                first: tuple(sorted(held.items(), key=lambda each: -len(each[0])))
                for first, held in found.items()
            }
        )

    def fold_words(self, words: Sequence[str]) -> list[str]:
        """
        Return words with every phrase replaced by ``=`` and what it means, the longest first.

        Words that fill may stand within a phrase: "lost all their power" is "lost power".
        """
        folded, at = [], 0
        while at < len(words):
            for phrase, meaning in self.by_first.get(words[at], ()):
                if end := _find_end(words, at, phrase):
                    folded.append(f"={meaning}")
                    at = end
                    break
            else:
                folded.append(words[at])
                at += 1
        return folded

    def find_phrases(self, words: Sequence[str]) -> list[str]:
        """Return what the phrases in some words mean, in their order."""
        return [each[1:] for each in self.fold_words(words) if each.startswith("=")]


def _find_end(words: Sequence[str], at: int, phrase: tuple[str, ...]) -> int:
    """Return where a phrase that begins at a word ends; 0 where it does not stand there."""
    if tuple(words[at : at + len(phrase)]) == phrase:
        return at + len(phrase)
    filling = list_filling_words()
    at += 1
    for wanted in phrase[1:]:
        for _ in range(MOST_BETWEEN):
            if at < len(words) and words[at] != wanted and words[at] in filling:
                at += 1
        if at >= len(words) or words[at] != wanted:
            return 0
        at += 1
    return at if len(phrase) > 1 else 0


@cache
def lay_out_synonyms() -> PhraseTable:
    """Return the synonyms of the field."""
    return PhraseTable.from_words(read_words().synonyms)


@cache
def list_field_words() -> frozenset[str]:
    """Return the words of the field: those that slips of the pen are mended to."""
    words = read_words()
    texts: list[str] = []
    for part in (words.synonyms, words.sites, words.kinds, words.levels, words.severities):
        texts += [phrase for phrases in part.values() for phrase in phrases]
    texts += [SLOT_NAME.sub("", ask) for each in read_questions() for ask in each.asks]
    return frozenset(word for text in texts for word in split_words(text))


@cache
def list_known_words() -> frozenset[str]:
    """Return every word that means something here, if only that nothing is known of it."""
    words = read_words()
    texts: list[str] = [*words.plain, *words.filling, *words.turns, *words.orders, *words.foreign]
    texts += [phrase for each in words.not_held for phrase in each.words]
    return list_field_words() | {word for text in texts for word in split_words(text)}


@cache
def list_plain_words() -> frozenset[str]:
    """Return the words that say nothing of what is asked."""
    return frozenset(word for text in read_words().plain for word in split_words(text))


@cache
def list_filling_words() -> frozenset[str]:
    """Return the words that may stand within a phrase."""
    return frozenset(word for text in read_words().filling for word in split_words(text))


@cache
def list_turning_words() -> frozenset[str]:
    """Return the words that turn what is asked into something else."""
    return frozenset(word for text in read_words().turns for word in split_words(text))


def find_turns(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words among some that turn what is asked; "not energized" is a word of its own."""
    turning = list_turning_words()
    return tuple(word for word in lay_out_synonyms().fold_words(words) if word in turning)


def mend_words(words: Iterable[str]) -> list[str]:
    """Return words with slips of the pen mended, where one known word is near enough."""
    known = list_known_words()
    return [
        word
        if word in known or word[0] in "<0123456789"
        else _find_plain(word)
        if len(word) < SHORTEST_MENDED
        else _find_form(word) or _find_near(word)
        for word in words
    ]


@cache
def _find_plain(word: str) -> str:
    """Return the short word of no meaning that a slip was made in: "teh", "wen", "wich"."""
    plain = list_plain_words()
    if len(word) <= SAYS_NOTHING:
        return IDLE_WORD
    slips = (
        each
        for each in sorted(plain)
        if each[0] == word[0]
        and (len(each) != len(word) or sorted(each) == sorted(word))
        and DamerauLevenshtein.distance(word, each) == 1
    )
    return next(slips, word)


def mend_toward(text: str, wanted: frozenset[str], kept: Callable[[str], bool]) -> str:
    """
    Return a text with slips in words that slots are found by mended.

    Parameters
    ----------
    text
        In lower case.
    wanted
        The words, as they are written.
    kept
        Whether a word stands as it is, such as one of a name.
    """
    known = list_known_words()

    def mend(match: re.Match[str]) -> str:
        word = match[0]
        if word in wanted or cut_ending(word) in known or kept(word):
            return word
        slips = 2 if len(word) >= LONG_WORD else 1
        score = DamerauLevenshtein.distance
        near = process.extractOne(word, wanted, scorer=score, score_cutoff=slips)
        return word if near is None or near[0][0] != word[0] else str(near[0])

    return LETTERS.sub(mend, text)


def _find_form(word: str) -> str:
    """Return the known word that another form is of: "lookin", "weakest"; empty for none."""
    forms = [cut_ending(f"{word}g")] if word.endswith("in") else []
    if word.endswith("est"):
        stem = word[:-3]
        forms += [stem, cut_ending(f"{stem}e"), f"{stem[:-1]}y", stem[:-1]]
    return next((form for form in forms if form in list_known_words()), "")


@cache
def _list_beginning(letter: str) -> tuple[str, ...]:
    known = (each for each in list_field_words() if len(each) >= SHORTEST_MENDED - 1)
    return tuple(sorted(each for each in known if each[0] == letter))


def _find_near(word: str) -> str:
    slips = 2 if len(word) >= LONG_WORD else 1
    near = process.extractOne(  # the first letter is seldom the wrong one
        word,
        _list_beginning(word[0]),
        scorer=DamerauLevenshtein.distance,
        score_cutoff=slips,
    )
    return word if near is None else str(near[0])


def fold_text(text: str) -> list[str]:
    """Return the words of a text that carry meaning, slips mended and synonyms made one."""
    return fold_words(mend_words(split_words(text)))


def fold_words(words: Sequence[str]) -> list[str]:
    """Return words with synonyms made one, without those that say nothing."""
    plain = list_plain_words()
    return [word for word in lay_out_synonyms().fold_words(words) if word not in plain]
