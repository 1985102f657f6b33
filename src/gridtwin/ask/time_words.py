"""Understand times as people say them: "yesterday", "last July", "between 6 pm and 10 pm"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gridtwin.ask.time_patterns import (
    AGO,
    CLOCK,
    CLOCKS,
    COUNT_WORDS,
    DAY,
    DAYS,
    DAYS_AGO,
    ISO_DAY,
    ISO_MOMENT,
    LAST_OF,
    MOMENT,
    MONTH,
    MONTHS,
    ORDINALS,
    PERIOD,
    RANGE,
    SINCE,
    WEEKDAYS,
    write_out_times,
)
from gridtwin.errors import InputError
from gridtwin.model.moments import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from datetime import tzinfo

UNIT_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
PART_HOURS = {"morning": (0, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (18, 30)}


@dataclass(frozen=True, slots=True)
class SaidTime:
    """A time that a question names: a period, or a moment where both ends are one."""

    start: datetime  # UTC
    end: datetime
    words: str
    open_end: bool = False  # said as "since": its end is now

    def __post_init__(self) -> None:
        """Refuse years that no network has seen, and some clocks cannot show."""
        if not FIRST_YEAR <= self.start.year <= self.end.year <= LAST_YEAR:
            msg = f"{self.words!r} is no time between {FIRST_YEAR} and {LAST_YEAR}: say another"
            raise InputError(msg)

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
    text = write_out_times(text)
    clock = _Clock(now.astimezone(zone), zone)
    for pattern, read in (
        (RANGE, clock.read_range),
        (CLOCKS, clock.read_range),
        (DAYS, clock.read_range),
        (SINCE, clock.read_since),
        (AGO, clock.read_ago),
        (MOMENT, clock.read_at),
        (PERIOD, clock.read_period),
    ):
        for match in pattern.finditer(text):
            try:
                said = read(match)
            except (InputError, ValueError, OverflowError):  # such as 31 June
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
        if end <= start and last.startswith("midnight"):  # that at which the day ends
            end += timedelta(days=1)
        return SaidTime(start, end, match[0]) if start < end else None

    def read_since(self, match: re.Match[str]) -> SaidTime | None:
        said = next(each for each in match.groups() if each)
        start, end = self._read_point(said)[0], self.now.astimezone(UTC)
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
        words = re.sub(r"^(?:the |in |for |during |of |calendar |year )+(?!to )", "", words)
        if match := LAST_OF.fullmatch(words):
            end = self.now.astimezone(UTC)
            return end - _read_span(match[1], match[2]), end
        start, end = self._read_calendar(words)
        return start.astimezone(UTC), end.astimezone(UTC)

    def _read_calendar(self, words: str) -> tuple[datetime, datetime]:
        for read in (
            self._read_near,
            self._read_span_word,
            self._read_weekday,
            self._read_part_of_year,
            self._read_date,
        ):
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
        return start, min(end, max(self.now, start))

    def _read_near(self, words: str) -> tuple[datetime, datetime] | None:
        today = self._start_day(self.now)
        if words.endswith("today") or words == "tonight":
            return today, self.now
        if match := DAYS_AGO.fullmatch(words):
            day, part = self._start_day(today, -read_number(match[1])), match[2]
        elif words == "day before yesterday":
            day, part = self._start_day(today, -2), ""
        elif words == "overnight" or words.startswith(("yesterday", "last night", "last evening")):
            day, part = self._start_day(today, -1), words.partition(" ")[2]
            part = "night" if words == "overnight" else part
        else:
            day, part = today, words.removeprefix("this ")
            if part not in PART_HOURS:
                return None
        return self._take_part(day, part) if part in PART_HOURS else (day, self._start_day(day, 1))

    def _read_span_word(self, words: str) -> tuple[datetime, datetime] | None:
        now, today = self.now, self._start_day(self.now)
        which, _, unit = words.partition(" ")
        if words in {"year to date", "ytd"}:
            which, unit = "this", "year"
        if words in {"month to date", "mtd"}:
            which, unit = "this", "month"
        if words == "weekend":
            which, unit = "last", "weekend"
        which = "past" if words.startswith("this past") else which
        unit = unit.removeprefix("past ")
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
            start, end = self._take_part(day, parts[1])
            return (
                (start, end)
                if start < self.now
                else self._take_part(self._start_day(day, -7), parts[1])
            )
        return day, min(self._start_day(day, 1), max(self.now, day))

    def _read_part_of_year(self, words: str) -> tuple[datetime, datetime] | None:
        """Return a quarter or a half; of no year, the last that has begun."""
        named = re.match(r"(?:([qh])([1-4])|(\w+) (quarter|half))\b", words)
        if named is None:
            return None
        quarter = (named[1] or named[4])[0] == "q"
        number = int(named[2]) if named[2] else ORDINALS[named[3]]
        months = 3 if quarter else 6
        if number * months > 12:
            return None
        years = re.findall(r"\d{4}", words)
        year = int(years[0]) if years else self.now.year
        start = datetime(year, (number - 1) * months + 1, 1, tzinfo=self.zone)
        if not years and start > self.now:
            start = start.replace(year=year - 1)
        end = self._shift_months(start, months)
        return start, end if years else min(end, self.now)

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


def read_zone(name: str) -> tzinfo:
    """
    Return a time zone by its name, as in ``America/Chicago``.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"{name!r} is no time zone: give one such as America/Chicago"
        raise InputError(msg) from error
