from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from papers.dai2022.texts.examples import (
    HELD_OUT,
    Example,
    balanced,
    divided,
    essence,
    held_out,
    one_line,
)


@given(st.text())
def test_a_line_has_no_line_ends_and_loses_no_word(text: str) -> None:
    line = one_line(text)
    assert line.split() == text.split()
    assert line == line.strip()
    assert len(line.splitlines()) <= 1


def test_the_held_out_share_is_as_stated() -> None:
    share = sum(held_out(f"film {i}") for i in range(20_000)) / 20_000
    assert abs(share - HELD_OUT) < 4 * (HELD_OUT * (1 - HELD_OUT) / 20_000) ** 0.5


def test_equal_texts_count_once_and_disputed_ones_not_at_all() -> None:
    pairs = [
        ("a", Example(("Good film!",), 1)),
        ("b", Example(("good  FILM",), 1)),
        ("c", Example(("Dull.",), 0)),
        ("d", Example(("dull",), 1)),
        ("e", Example(("dull",), 0)),
    ]
    pools = divided(pairs)
    assert [*pools.train, *pools.queries] == [Example(("Good film!",), 1)]


def test_everything_under_one_key_goes_to_one_side() -> None:
    pools = divided((f"film {i % 50}", Example((f"text {i}",), i % 2)) for i in range(500))
    films = [{int(e.parts[0].split()[1]) % 50 for e in pool} for pool in pools]
    assert films[0] and films[1]
    assert not films[0] & films[1]
    assert len(films[0] | films[1]) == 50


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(0, 2)), max_size=40))
def test_balanced_keeps_order_and_equal_counts(pairs: list[tuple[str, int]]) -> None:
    pool = [Example((text,), label) for text, label in pairs]
    kept = balanced(pool)
    counts = Counter(e.label for e in pool)
    assert Counter(e.label for e in kept) == dict.fromkeys(counts, min(counts.values(), default=0))
    rest = iter(pool)
    assert all(example in rest for example in kept)


def test_the_essence_of_a_text_is_its_letters_and_digits() -> None:
    assert essence("It's 5 o'clock – Über ALL.") == "its5oclocküberall"
