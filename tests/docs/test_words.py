"""Statements of claims stand alone, and numbers have their zero."""

import re
from pathlib import Path

import pytest
from workspace import ROOT

from reprise.specs.load import Config, load_claims, load_paper, paper_keys

NO_ZERO = re.compile(r"(?<![\w.\]/)`])\.\d")
LEANING = re.compile(r"^(It|They|The same|So|As before)\b|\(the (least|most)\)|\(1: holds\)")
"""What says nothing without the claim before."""
GENERATED = re.compile(r"<!-- (\w+):begin -->.*?<!-- \1:end -->", re.DOTALL)
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("src/papers/*/README.md")]


@pytest.mark.parametrize("key", paper_keys())
def test_a_statement_stands_alone(key: str) -> None:
    claims = load_claims(load_paper(key, Config()))
    said = [one.statement for one in (*claims.claims.values(), *claims.gates.values())]
    assert [text for text in said if LEANING.search(text)] == []


@pytest.mark.parametrize("key", paper_keys())
def test_numbers_of_statements_and_captions_have_their_zero(key: str) -> None:
    paper = load_paper(key, Config())
    claims = load_claims(paper)
    said = [one.statement for one in (*claims.claims.values(), *claims.gates.values())]
    said += [text for figure in paper.figures.values() for text in (figure.title, figure.caption)]
    assert [text for text in said if NO_ZERO.search(text)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_numbers_of_a_page_have_their_zero(page: Path) -> None:
    assert NO_ZERO.findall(GENERATED.sub("", page.read_text(encoding="utf-8"))) == []
