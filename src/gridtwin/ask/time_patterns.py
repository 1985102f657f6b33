"""Patterns of times as people write them, and the plain form of those said by half."""

from __future__ import annotations

import re

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
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
         "twelve"]
    )
} | {
    "fourteen": 14, "fifteen": 15, "twenty-four": 24, "twenty": 20, "thirty": 30,
    "forty-eight": 48, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100,
    "an": 1, "a": 1, "couple of": 2, "couple": 2, "few": 3,
}  # fmt: skip
COUNT_WORD = rf"(?:\d{{1,4}}|{'|'.join(COUNT_WORDS)})"
# How times are written in haste.
HASTY = {"nite": "night", "tonite": "tonight", "yest": "yesterday", "yday": "yesterday",
         "ystrday": "yesterday", "2day": "today", "wk": "week", "wks": "weeks", "mth": "month",
         "mths": "months", "yr": "year", "yrs": "years", "wkend": "weekend", "wknd": "weekend",
         "mon": "monday", "tue": "tuesday", "tues": "tuesday", "wed": "wednesday",
         "thu": "thursday", "thur": "thursday", "thurs": "thursday", "fri": "friday",
         "midday": "noon"}  # fmt: skip
HASTY_WORD = re.compile(rf"\b({'|'.join(HASTY)})\b")
NOT_MONTH = r"(?! (?:i|we|you|he|she|it|they|one|be|have|not|also|still|need|want|the|this|that)\b)"
SHORT_MONTHS = "|".join(f"{each[:3]}(?:{each[3:]})?" for each in MONTHS if each != "may")
MONTH = rf"(?:{SHORT_MONTHS}|may{NOT_MONTH}|sept)"
WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)})"
PART = r"(?:morning|afternoon|evening|night)"
ISO_DAY = r"\d{4}-\d\d-\d\d"
ISO_MOMENT = rf"{ISO_DAY}[t ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:z|[+-]\d\d:?\d\d)?"
CLOCK = (
    r"(?:\d{1,2}(?::\d\d)?\s?(?:am|pm|a\.m\.|p\.m\.|o'?clock)|\d{1,2}:\d\d|"
    r"noon|midnight)"
)
UNIT = r"(?:minutes?|mins?|hours?|hrs?|h|days?|d|weeks?|months?|years?)"
BACK = r"(?:last|past|previous|trailing|rolling|preceding|prior|most recent)"
ORDINALS = {
    "first": 1,
    "1st": 1,
    "second": 2,
    "2nd": 2,
    "third": 3,
    "3rd": 3,
    "fourth": 4,
    "4th": 4,
}
ORDINAL = rf"(?:{'|'.join(ORDINALS)})"
OF_YEAR = r"(?:,? (?:of )?(?:the |this )?(?:year\b|20\d\d))?"
PART_OF_YEAR = rf"(?:(?:the )?{ORDINAL} (?:quarter|half)\b{OF_YEAR}|[qh][1-4]\b{OF_YEAR})"
# No year: 2025 customers, feeder 2025.
YEAR = (
    r"(?:(?:in|for|during|of|year|calendar year) (?:19|20)\d\d|"
    r"(?<!feeder )(?<!circuit )(?<!substation )(?<!station )(?<!than )20[1-3]\d"
    r"(?=\s*(?:$|[?!;)]|[.,](?!\d))))(?!\d|-)"
)
DAY = (
    rf"(?:day before yesterday|yesterday(?: {PART})?|(?:earlier |so far )?today|tonight|overnight|"
    rf"last (?:night|evening)|this {PART}|{ISO_DAY}|\d{{1,2}}/\d{{1,2}}/\d{{4}}|"
    rf"(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTH}\b(?:,? \d{{4}})?|"
    rf"{MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?|"
    rf"(?:last |this )?{MONTH}\b(?:,? (?:of )?\d{{4}})?|(?:last |this )?{WEEKDAY}(?: {PART})?|"
    rf"(?:the )?{BACK} {COUNT_WORD} ?{UNIT}\b|{COUNT_WORD} (?:days?|nights?) ago|"
    r"(?:the |this )?past (?:hour|day|week|month|year)|"
    r"(?:the )?(?:last|this|previous) (?:hour|week|weekend|month|quarter|year)|"
    rf"the weekend|year to date|ytd|month to date|mtd|{PART_OF_YEAR}|{YEAR})"
)
TIME_POINT = rf"(?:{ISO_MOMENT}|(?:at )?{CLOCK},?(?: (?:on )?{DAY})?|{DAY},? (?:at )?{CLOCK}|{DAY})"
RANGE = re.compile(
    rf"\b(?:from|between) ({TIME_POINT}) ?(?:to|and|until|till|through|thru|-) ?({TIME_POINT})"
    r"(?= |$|\W)"
)
CLOCKS = re.compile(
    rf"\b({CLOCK}) ?(?:-|to|till|until|through) ?({CLOCK}(?:,? (?:on )?{DAY})?)(?= |$|\W)"
)
DAYS = re.compile(rf"\b({DAY}) ?(?:-|to|till|until|through|thru) ?({DAY})(?= |$|\W)")
SINCE = re.compile(
    rf"\b(?:(?:since|starting|beginning|ever since) ({TIME_POINT})"
    rf"|from ({TIME_POINT}) (?:on|onwards?|until now|till now|to now|to date)\b"
    rf"|from ({CLOCK}(?: {DAY})?)|after ({CLOCK}(?: {DAY})?))(?= |$|\W)"
)
AGO = re.compile(rf"\b({COUNT_WORD}) (minutes?|mins?|hours?|hrs?|h|weeks?|months?|years?) ago\b")
MOMENT = re.compile(
    rf"\b({ISO_MOMENT}|(?:at )?{CLOCK},?(?: (?:on )?{DAY})?|{DAY},? (?:at )?{CLOCK})(?= |$|\W)"
)
PERIOD = re.compile(rf"\b({DAY})('s)?(?= |$|\W)")
LAST_OF = re.compile(rf"(?:the )?{BACK} ({COUNT_WORD}) ?({UNIT})")
DAYS_AGO = re.compile(rf"({COUNT_WORD}) (day|night)s? ago")
SPOKEN_CLOCK = re.compile(
    rf"\b(\d{{1,2}}(?::\d\d)?)(?: o'?clock)? (?:(in the|at)|(this|last|yesterday)) ({PART})\b"
)
WATCH_CLOCK = re.compile(r"\b([01]\d|2[0-3])([0-5]\d) ?(?:hours|hrs|h)\b")  # 1830 hrs
PAST_DAY = re.compile(rf"\b(?:this past|the past|this last) (?=weekend|{WEEKDAY})")
TIME_WORDS = frozenset(
    [*MONTHS, *WEEKDAYS, "yesterday", "today", "tonight", "morning", "afternoon", "evening",
     "night", "weekend", "months", "weeks", "hours", "minutes", "quarter", "since", "between",
     "previous", "midnight", "overnight", "until"]
) - {"march"}  # fmt: skip
NIGHT_ENDS = 5  # the hour to which "in the night" is of the morning


def write_out_times(text: str) -> str:
    """
    Return a text with times that are said in haste, or by half, in their plain form.

    Examples
    --------
    >>> write_out_times("log from 7 this morning, and yday")
    'log from 7 am today, and yesterday'
    """
    text = re.sub(r"\b(last|this|past) weak\b", r"\1 week", text)
    text = HASTY_WORD.sub(lambda match: HASTY[match[1]], text)
    text = PAST_DAY.sub("last ", WATCH_CLOCK.sub(r"\1:\2", text))
    return SPOKEN_CLOCK.sub(_write_clock, text)


def _write_clock(match: re.Match[str]) -> str:
    hour, part = int(match[1].split(":")[0]), match[4]
    early = part == "morning" or (part == "night" and (hour <= NIGHT_ENDS or hour == 12))
    half = "am" if early else "pm"
    days = {"last": "last night", "yesterday": "yesterday", "this": "today"}
    return f"{match[1]} {half} {days.get(match[3], '')}".rstrip()
