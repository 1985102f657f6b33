"""Tell an order from a question: "open it", "I want it closed", "could you send a crew"."""

from __future__ import annotations

import re

from gridtwin.ask.word_folding import cut_ending
from gridtwin.semantic.verified_questions import read_words

SUPPOSED = re.compile(
    r"\b(?:if|would|suppose|supposing|simulate|simulating|were|hypothetical\w*|opening|closing|"
    r"could i|could we|should (?:i|we)|dry run|what about|"
    r"how (?:do|can|could|to)|where do|what happens?)\b"
)
ASKS_YOU = re.compile(
    r"\b(?:(?:would|could|can|will) you|would like|would be (?:good|great|nice))\b"
)
CLAUSE = re.compile(r"[.;:!?\n]+|,|\b(?:and then|and also|and|then)\b")
POLITE = re.compile(
    r"^(?:\s|please|pls|plz|now|kindly|just|also|you|hey|hi|hello|ok|okay|can|could|would|will|must|should|"
    r"go ahead and|i want you to|i need you to|i want to|i need to|let's|let us|to|immediately|"
    r"i would like (?:you )?to|i'd like (?:you )?to|be so kind as to|be so kind and|mind|try to|"
    r"we (?:need|have|ought) to|you (?:need|have|ought) to|we should|we must|make sure (?:to|you)|"
    r"do not forget to|don't forget to|help me|go|start by|quickly|urgent|urgently|asap)*\b"
)
DESCRIBES = re.compile(
    r"^(?:open|closed?|set|log|trip|drop|text|call|change|switch|record|report|update|note|clear|"
    r"restore|repair|install|message|schedule|dispatch)\w*\s+"
    r"(?:outages?\b|incidents?|tickets?|jobs?\b|points?|of\b|the log|operations?|in\b|"
    r"on (?:the )?(?!line)|"
    r"about|regarding|history|status|times?\b|orders?\b|lists?\b|steps?\b|plans?\b|"
    r"switches (?:there|on|are)|ties?\b)"
    r"|^log (?:of|for|since|from|<)|^(?:open|close|switch|isolate|restore) (?:what|which|where)\b"
    r"|^switch(?:ing)? (?:plan|operation|sequence)|^restore plan"
    r"|^trim(?:ming)? (?:priorit|list|rank|plan|first)|^confirm (?:whether|if|that|for me)"
    r"|^report (?!an? |new |this |it\b|<)|^record (?:high|low|peak|load|demand)"
    r"|^(?:set|switch|close|open|trip|call)s\b|^fire (?:stations?|dep|halls?|houses?)"
)
SET_SO = re.compile(  # "put it back on", "I want it opened": an order by the state it asks for
    r"^(?:i |we |i'd |we'd )?(?P<verb>put|bring|take|make|have|get|want|need|like|love|leave|pull|"
    r"rack|keep|push|force|hold|power|run)\b[^<]{0,20}"
    r"<(?P<sort>feeder|substation|meter|device|outage)>\s*(?:to be |be |is )?"
    r"(?P<set>back|down|up|open|opened|closed?|off|on|out|in|restored|dead|hot|energi[sz]ed|as|an?|"
    r"isolated|tripped)\b"
)
SETTING = {"outage": "gridtwin outage restore ID", **dict.fromkeys(
    ("open", "opened", "off", "out", "down", "dead", "isolated", "tripped"),
    "gridtwin switch open ID",
)}  # fmt: skip
PERSONS = (
    r"(?:customers?|crews?|callers?|people|everyone|everybody|mayor|media|press|residents?|him|her|"
    r"them|someone|somebody|trucks?|linem[ae]n|team|troubleman|guys?)"
)
SENDS = re.compile(  # "get a crew out to it", "let the customers know"
    rf"^(?P<verb>get|have|let|tell|give|ask|inform|put|leave)\s+(?!me\b|us\b)"
    rf"(?:\w+ ){{0,2}}{PERSONS}\b"
    r"(?! (?:count|number|list|out\b(?! to)|without|affected|by|on|is\b|are\b|have|has))"
)
CREW = (  # "two crews" is a slot by now
    r"(?:<crews>|crews?|trucks?|linem[ae]n|troublem[ae]n|someone|somebody|technicians?)"
)
CREWS_GO = re.compile(  # "get two crews out to it", "I need a truck at", "crew to"
    rf"^(?:(?P<verb>get|have|put|line up|give|take|(?:i |we )?(?:need|want))\s+"
    rf"(?:(?!back|customers|people|every)\w+ ){{0,2}}?{CREW}\s+"
    rf"(?:\w+\s+){{0,3}}?(?:to|over|out|onto|at|on|near|towards?)\b|{CREW}\s+(?:out |over )?to\b)"
    r"(?=[^<]*<(?:feeder|substation|meter|device|outage)>)"
    r"(?!.*\b(?:plan|steps?|switching|sequence|how|who|which|what|been|got|gone|yet|already)\b)"
)
KNOW = re.compile(r"^(?P<verb>let)\s+(?!me\b|us\b).*\bknow\b")  # "let everybody on it know"
AHEAD = re.compile(r"^(?:go )?(?P<verb>ahead)\s+(?:with|w)\b")
FILES = re.compile(  # "put in a ticket for it"
    r"^(?P<verb>put (?:in|up|down)|write up)\s+(?:an? |the )?(?:new )?"
    r"(?:ticket|note|order|report|request|case|complaint)\b"
)
RUNS = re.compile(  # "power it down", "run the plan"; "power off at it" tells how it stands
    r"^(?P<verb>power (?:up|down|off|on)(?!\s+(?:at|in|for|on|since|around|near|again)\b|\s*$)|"
    r"run (?:the )?(?:restoration|switching|plan|steps))\b"
)
STATEMENT = re.compile(
    r"\b(?:select|insert|update|delete|drop|alter|truncate|grant)\b.*\b(?:from|table|into|set|all|on)\b"
)
ASKS_AFTER = re.compile(
    r"[,;:?.!-]\s*(?:and |so )?"
    r"(?:which|what|who|whom|how (?:many|much|long|bad|do)|where|would|does)\b"
)
OPERATES = "gridtwin switch"  # what is asked of such an order's consequences is no order


def find_order(text: str) -> tuple[str | None, str]:
    """
    Return the verb by which a text orders something, and the command for it; None for no order.

    A clause that begins with such a verb is an order, unless what stands before it only supposes
    it, or what it would do is asked after it: "isolate LINE-1, which switches".

    Parameters
    ----------
    text
        The question, in lower case, with slots in the place of elements.
    """
    if said := STATEMENT.search(text):
        return said[0].split()[0], ""
    begin = 0
    for end, after in [*(match.span() for match in CLAUSE.finditer(text)), (len(text), len(text))]:
        clause, before = text[begin:end], ASKS_YOU.sub(" ", text[:begin])
        verb, command = _find_in_clause(clause)
        if verb is not None and not SUPPOSED.search(before):
            asks = command.startswith(OPERATES) and ASKS_AFTER.search(text, end)
            return (None, "") if asks else (verb, command)
        begin = after
    return None, ""


def _find_in_clause(clause: str) -> tuple[str | None, str]:
    orders = read_words().orders
    said = POLITE.sub("", " ".join(ASKS_YOU.sub(" ", clause).split()), count=1).strip()
    verb = said.split(" ", 1)[0]
    if " mind " in clause and verb.endswith("ing"):  # "would you mind opening it"
        verb = next((each for each in orders if cut_ending(each) == cut_ending(verb)), verb)
    if verb in orders and not DESCRIBES.match(said):
        return verb, orders[verb]
    if match := SET_SO.match(said):
        close = "gridtwin switch close ID"
        return match["verb"], SETTING.get(match["sort"], SETTING.get(match["set"], close))
    if match := CREWS_GO.match(said):
        return match["verb"] or "crew", ""
    for pattern in (SENDS, KNOW, AHEAD, FILES, RUNS):
        if match := pattern.match(said):
            return match["verb"], ""
    return None, ""
