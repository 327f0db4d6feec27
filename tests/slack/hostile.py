"""Words that Slack never sends, or that nobody should."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.hostile import ANYWHERE, things

NASTY = (
    *ANYWHERE,
    "<!channel> <!here> <!everyone>",
    "<@U0TANDEM" * 3_000,
    "<@U0BEN>" * 5_000,
    "<" * 40_000,
    "<!" * 20_000,
    "<https://" * 4_000,
    "<@U" + "A" * 39_000,
    "<!subteam^" * 4_000,
    "<#C0|" + "a" * 39_000,
    "&amp;" * 8_000,
)
SHORT = tuple(text for text in NASTY if len(text) < 100)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(NASTY)
)
SMALL = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.sampled_from(SHORT)
THINGS = things(LEAVES)
