"""Understand times as people say them: "yesterday", "last July", "between 6 pm and 10 pm"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo

MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
COUNT_WORDS = {
    word: at + 1
    for at, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    )
} | {"twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "a": 1, "an": 1, "couple of": 2}
COUNT_WORD = rf"(?:\d{{1,4}}|{'|'.join(COUNT_WORDS)})"
SHORT_MONTHS = "|".join(f"{each[:3]}(?:{each[3:]})?" for each in MONTHS if each != "may")
MONTH = rf"(?:{SHORT_MONTHS}|may|sept)"
WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)})"
PART = r"(?:morning|afternoon|evening|night)"
ISO_DAY = r"\d{4}-\d\d-\d\d"
ISO_MOMENT = rf"{ISO_DAY}[t ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:z|[+-]\d\d:?\d\d)?"
CLOCK = r"(?:\d{1,2}(?::\d\d)?\s?(?:am|pm|a\.m\.|p\.m\.|o'?clock)|\d{1,2}:\d\d|noon|midnight)"
UNIT = r"(?:minutes?|mins?|hours?|hrs?|h|days?|d|weeks?|months?|years?)"
DAY = (
    rf"(?:day before yesterday|yesterday(?: {PART})?|today|tonight|overnight|last night|"
    rf"this {PART}|{ISO_DAY}|\d{{1,2}}/\d{{1,2}}/\d{{4}}|"
    rf"(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTH}\b(?:,? \d{{4}})?|"
    rf"{MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?|"
    rf"(?:last |this )?{MONTH}\b(?: (?:of )?\d{{4}})?|(?:last |this )?{WEEKDAY}(?: {PART})?|"
    rf"(?:the )?(?:last|past|previous) {COUNT_WORD} ?{UNIT}\b|"
    r"(?:the )?past (?:hour|day|week|month|year)|"
    r"(?:the )?(?:last|this|previous) (?:hour|week|weekend|month|quarter|year)|"
    r"year to date|ytd|month to date|mtd|in (?:19|20)\d\d(?!\d|-))"
)
TIME_POINT = rf"(?:{ISO_MOMENT}|(?:at )?{CLOCK},?(?: (?:on )?{DAY})?|{DAY},? (?:at )?{CLOCK}|{DAY})"
RANGE = re.compile(
    rf"\b(?:from|between) ({TIME_POINT}) (?:to|and|until|till|through|-) ({TIME_POINT})(?= |$|\W)"
)
SINCE = re.compile(rf"\b(?:since|from|starting) ({TIME_POINT})(?: on| onwards?)?(?= |$|\W)")
AGO = re.compile(rf"\b({COUNT_WORD}) ({UNIT}) ago\b")
MOMENT = re.compile(
    rf"\b({ISO_MOMENT}|(?:at )?{CLOCK},?(?: (?:on )?{DAY})?|{DAY},? (?:at )?{CLOCK})(?= |$|\W)"
)
PERIOD = re.compile(rf"\b({DAY})('s)?(?= |$|\W)")
LAST_OF = re.compile(rf"(?:the )?(?:last|past|previous) ({COUNT_WORD}) ?({UNIT})")
UNIT_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
PART_HOURS = {"morning": (0, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (18, 30)}


@dataclass(frozen=True, slots=True)
class SaidTime:
    """A time that a question names: a period, or a moment where both ends are one."""

    start: datetime  # UTC
    end: datetime
    words: str
    open_end: bool = False  # said as "since": its end is now

    @property
    def is_moment(self) -> bool:
        """Whether it is one moment."""
        return self.start == self.end


def take_time(text: str, now: datetime, zone: tzinfo) -> tuple[str, SaidTime | None]:
    """
    Return a text with the time it names replaced by a slot, and the time.

    Parameters
    ----------
    text
        In lower case.
    now
        What the clock says.
    zone
        Whose days are meant.
    """
    clock = _Clock(now.astimezone(zone), zone)
    for pattern, read in (
        (RANGE, clock.read_range),
        (SINCE, clock.read_since),
        (AGO, clock.read_ago),
        (MOMENT, clock.read_at),
        (PERIOD, clock.read_period),
    ):
        for match in pattern.finditer(text):
            try:
                said = read(match)
            except (ValueError, OverflowError):  # such as 31 June
                continue
            if said is not None:
                slot = "<moment>" if said.is_moment else "<since>" if said.open_end else "<period>"
                return f"{text[: match.start()]} {slot} {text[match.end() :]}", said
    return text, None


@dataclass(frozen=True, slots=True)
class _Clock:
    """What the clock says, and whose it is."""

    now: datetime  # in the zone
    zone: tzinfo

    def read_range(self, match: re.Match[str]) -> SaidTime | None:
        first, last = match[1], match[2]
        if re.fullmatch(rf"(?:at )?{CLOCK}", first) and (day := re.search(DAY, last)):
            first = f"{first} {day[0]}"  # between 6 pm and 10 pm yesterday
        start, end = self._read_point(first)[0], self._read_point(last)[1]
        return SaidTime(start, end, match[0]) if start < end else None

    def read_since(self, match: re.Match[str]) -> SaidTime | None:
        start, end = self._read_point(match[1])[0], self.now.astimezone(UTC)
        return SaidTime(start, end, match[0], open_end=True) if start < end else None

    def read_ago(self, match: re.Match[str]) -> SaidTime:
        at = (self.now - _read_span(match[1], match[2])).astimezone(UTC)
        return SaidTime(at, at, match[0])

    def read_at(self, match: re.Match[str]) -> SaidTime:
        at = self._read_point(match[1])[0]
        return SaidTime(at, at, match[0])

    def read_period(self, match: re.Match[str]) -> SaidTime | None:
        start, end = self._read_day(match[1])
        return SaidTime(start, end, match[0]) if start < end else None

    def _read_point(self, words: str) -> tuple[datetime, datetime]:
        if re.fullmatch(ISO_MOMENT, words):
            at = datetime.fromisoformat(words.upper())
            at = (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)
            return at, at
        clock = re.search(CLOCK, words)
        if clock is None:
            return self._read_day(words)
        day = re.search(DAY, words.replace(clock[0], " ", 1).replace("  ", " "))
        hour, minute = _read_clock(clock[0])
        if day is None:
            at = self._place_clock(self.now, hour, minute)
            if at > self.now:
                at = self._place_clock(self.now - timedelta(days=1), hour, minute)
        else:
            start = self._read_day(day[0])[0].astimezone(self.zone)
            if day[0] in {"last night", "overnight"} and hour < 12:
                start += timedelta(days=1)
            at = self._place_clock(start, hour, minute)
        at = at.astimezone(UTC)
        return at, at

    def _place_clock(self, day: datetime, hour: int, minute: int) -> datetime:
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)

    def _read_day(self, words: str) -> tuple[datetime, datetime]:
        """Return a period in UTC; ValueError where the words name none."""
        words = words.removeprefix("the ").removeprefix("in ")
        if match := LAST_OF.fullmatch(words):
            end = self.now.astimezone(UTC)
            return end - _read_span(match[1], match[2]), end
        start, end = self._read_calendar(words)
        return start.astimezone(UTC), end.astimezone(UTC)

    def _read_calendar(self, words: str) -> tuple[datetime, datetime]:
        for read in (self._read_near, self._read_span_word, self._read_weekday, self._read_date):
            found = read(words)
            if found is not None:
                return found
        raise ValueError(words)

    def _start_day(self, day: datetime, shift: int = 0) -> datetime:
        day = day.replace(tzinfo=None) + timedelta(days=shift)
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)

    def _take_part(self, day: datetime, part: str) -> tuple[datetime, datetime]:
        first, last = PART_HOURS[part]
        naive = self._start_day(day).replace(tzinfo=None)
        ends = (naive + timedelta(hours=each) for each in (first, last))
        start, end = (each.replace(tzinfo=self.zone) for each in ends)
        if part == "night":
            end += timedelta(hours=0)
        return start, min(end, max(self.now, start))

    def _read_near(self, words: str) -> tuple[datetime, datetime] | None:
        today = self._start_day(self.now)
        if words in {"last night", "overnight"}:
            return self._take_part(self._start_day(today, -1), "night")
        if words in {"today", "tonight"}:
            return today, self.now
        if words == "day before yesterday":
            return self._start_day(today, -2), self._start_day(today, -1)
        if words.startswith("yesterday"):
            day = self._start_day(today, -1)
            part = words.removeprefix("yesterday").strip()
            return self._take_part(day, part) if part else (day, today)
        part = words.removeprefix("this ")
        return self._take_part(today, part) if part in PART_HOURS else None

    def _read_span_word(self, words: str) -> tuple[datetime, datetime] | None:
        now, today = self.now, self._start_day(self.now)
        which, _, unit = words.partition(" ")
        if words in {"year to date", "ytd"}:
            which, unit = "this", "year"
        if words in {"month to date", "mtd"}:
            which, unit = "this", "month"
        if which == "past" or unit == "hour":
            return (now.astimezone(UTC) - _read_span("1", unit)), now
        week = self._start_day(today, -today.weekday())
        month = today.replace(day=1)
        quarter = month.replace(month=(today.month - 1) // 3 * 3 + 1)
        begins = {
            "week": (week, self._start_day(week, -7)),
            "weekend": (self._start_day(week, 5), self._start_day(week, -2)),
            "month": (month, self._shift_months(month, -1)),
            "quarter": (quarter, self._shift_months(quarter, -3)),
            "year": (month.replace(month=1), month.replace(month=1, year=today.year - 1)),
        }
        if unit not in begins or which not in {"last", "this", "previous"}:
            return None
        this, before = begins[unit]
        if which == "this":
            return this, now
        return before, week if unit == "weekend" else this

    def _read_weekday(self, words: str) -> tuple[datetime, datetime] | None:
        parts = words.removeprefix("last ").removeprefix("this ").split()
        if parts[0] not in WEEKDAYS:
            return None
        back = (self.now.weekday() - WEEKDAYS.index(parts[0])) % 7
        back = 7 if back == 0 and words.startswith("last") else back
        day = self._start_day(self.now, -back)
        if len(parts) > 1:
            return self._take_part(day, parts[1])
        return day, min(self._start_day(day, 1), max(self.now, day))

    def _read_date(self, words: str) -> tuple[datetime, datetime] | None:
        if re.fullmatch(ISO_DAY, words):
            day = datetime.fromisoformat(words).replace(tzinfo=self.zone)
            return day, self._start_day(day, 1)
        if re.fullmatch(r"\d{4}", words):
            year = datetime(int(words), 1, 1, tzinfo=self.zone)
            return year, year.replace(year=year.year + 1)
        if "/" in words:
            month, date, whole = (int(each) for each in words.split("/"))
            day = datetime(whole, month, date, tzinfo=self.zone)
            return day, self._start_day(day, 1)
        return self._read_month(words)

    def _read_month(self, words: str) -> tuple[datetime, datetime] | None:
        named = re.search(MONTH, words)
        if named is None:
            return None
        month = [each[:3] for each in MONTHS].index(named[0][:3]) + 1
        years = re.findall(r"\d{4}", words)
        dates = re.findall(r"\b\d{1,2}(?=\D|$)", re.sub(r"\d{4}", "", words))
        year = int(years[0]) if years else self.now.year
        if dates:
            day = datetime(year, month, int(dates[0]), tzinfo=self.zone)
            if not years and day > self.now:
                day = day.replace(year=year - 1)
            return day, self._start_day(day, 1)
        start = datetime(year, month, 1, tzinfo=self.zone)
        whole = words.startswith("last ")
        if not years and (start > self.now or (whole and month == self.now.month)):
            start = start.replace(year=year - 1)
        end = self._shift_months(start, 1)
        return start, end if years else min(end, self.now)

    def _shift_months(self, start: datetime, by: int) -> datetime:
        months = start.year * 12 + start.month - 1 + by
        return start.replace(year=months // 12, month=months % 12 + 1)


def read_number(word: str) -> int:
    """Return a number that is written in digits or as a word."""
    return COUNT_WORDS[word] if word in COUNT_WORDS else int(word)


def _read_span(number: str, unit: str) -> timedelta:
    count, first = read_number(number), unit[:2]
    if first in {"mo", "ye"}:
        return timedelta(days=count * (30 if first == "mo" else 365))
    return timedelta(seconds=count * UNIT_SECONDS[unit[0]])


def _read_clock(words: str) -> tuple[int, int]:
    if words in {"noon", "midnight"}:
        return (12 if words == "noon" else 0), 0
    digits = re.findall(r"\d+", words)
    hour, minute = int(digits[0]), int(digits[1]) if len(digits) > 1 else 0
    if "p" in words and hour < 12:
        hour += 12
    elif re.search(r"a\.?m", words) and hour == 12:
        hour = 0
    return hour, minute
