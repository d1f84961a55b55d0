"""A title says what is drawn; what came of it is told by the verdicts beside it."""

import re

import pytest

from reprise.specs.load import Config, load_paper, paper_keys

VERBS = (
    "am is are was were be has have had do does did can cannot will would must may "
    "becomes? turns? lies? forms? falls? rises? grows? shrinks? fails? works? gives? holds? "
    "looks? learns? learned memorises? generali[sz]es? groks? blends? beats? equals? match(es)? "
    "reach(es)? predicts? improves? worsens? lowers? raises? hugs? tells? spreads? votes? stays? "
    "shows? proves? explains? causes? implements? approximates?"
).split()
ASSERTS = re.compile(rf"\b({'|'.join(VERBS)})\b", re.IGNORECASE)
ASKS = re.compile(r"\b(how|what|where|which|when|whether)\b.*", re.IGNORECASE)


def asserted(title: str) -> list[str]:
    """The verbs of the main clause: "What is left of the similarity" has none."""
    return [found[0] for found in ASSERTS.finditer(ASKS.sub("", title))]


@pytest.mark.parametrize("paper", paper_keys())
def test_no_title_asserts_a_result(paper):
    figures = load_paper(paper, Config(scale="cpu")).figures
    told = {name: asserted(figure.title) for name, figure in figures.items()}
    assert {name: verbs for name, verbs in told.items() if verbs} == {}


@pytest.mark.parametrize(
    ("title", "verbs"),
    [
        ("The weights turn from noise into stripes", ["turn"]),
        ("Generalising, memorising, generalising", []),
        ("A mixture equals its specialists", ["equals"]),
        ("How much of what finetuning corrects is right in context", []),
        ("Both verdicts, and what exact Bayes says", []),
    ],
)
def test_verbs_are_found_in_the_main_clause_alone(title, verbs):
    assert asserted(title) == verbs
