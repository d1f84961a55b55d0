import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprise.report import text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (0.973, "0.973"),
        (0.97349, "0.9735"),
        (62.1, "62.1"),
        (50000, "50,000"),
        (3600.4, "3,600"),
        (1.34e-6, "1.34e-6"),
        (2e6, "2e6"),
        (-0.5, "−0.5"),
        (math.nan, "–"),
        (math.inf, "inf"),
        (-math.inf, "−inf"),
    ],
)
def test_number(value, shown):
    assert text.number(value) == shown


@given(st.floats(-1e12, 1e12))
def test_number_keeps_three_digits(value):
    plain = text.number(value).replace(",", "").replace("−", "-")
    assert float(plain) == pytest.approx(value, rel=0.005, abs=1e-300)


def test_interval_is_empty_where_an_end_is_missing():
    assert text.interval(0.9, 0.95) == "0.9 to 0.95"
    assert text.interval(math.nan, 0.95) == ""


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (">= 0.9", "≥ 0.9"),
        ("<= 1e-05", "≤ 1e-5"),
        ("1e-10 to 1e+06", "1e-10 to 1e6"),
        (">= -0.1", "≥ −0.1"),
        ("<= 4000", "≤ 4,000"),
        ("500000 to 2e+06", "500,000 to 2e6"),
        ("", ""),
    ],
)
def test_threshold(written, shown):
    assert text.threshold(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("500.0", "500"),
        ("1440000.0", "1.44e6"),
        ("2e-07", "2e-7"),
        ("0.1150 at n = 60", "0.1150 at n = 60"),
        ("", "–"),
    ],
)
def test_published_values_look_like_ours(written, shown):
    assert text.published(written) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "–"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3599.7, "1 h 00 min"),
        (3725, "1 h 02 min"),
        (90_000, "25 h 00 min"),
        (359_000, "99 h 43 min"),
        (86400 * 1234, "1,234 days"),
    ],
)
def test_duration(seconds, shown):
    assert text.duration(seconds) == shown


@given(st.text())
def test_anchor_is_a_plain_fragment(part):
    allowed = set(string.ascii_letters + string.digits + "_.-")
    assert set(text.anchor("figure", part)) <= allowed


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "//x.org", "https://a b", "http://x\n"]
)
def test_other_links_are_not_clickable(link):
    assert text.web_link(link) == ""


def test_web_links_are_clickable():
    assert text.web_link("https://example.org/a?b=c") == "https://example.org/a?b=c"
