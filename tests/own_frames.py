"""Networks whose frames have columns of their owner's, of every kind."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
VALUES = st.one_of(
    st.lists(st.none() | TEXT, min_size=3, max_size=3),
    st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
    st.lists(st.none() | st.integers(-(2**53), 2**53), min_size=3, max_size=3),
    st.lists(st.none() | st.booleans(), min_size=3, max_size=3),
    st.lists(st.none() | st.dates(dt.date(1000, 1, 1)), min_size=3, max_size=3),
)
