from papers.dai2022.texts.entailment import Kinds, questions
from papers.dai2022.texts.wordnet import Synset

GLOSS = "something that is asked about here"


def hierarchy(*edges: str, **glosses: str) -> dict[str, Synset]:
    """Synsets from ``kind<broader,broader``."""
    found = {}
    for edge in edges:
        name, _, ups = edge.partition("<")
        above = tuple(f"{up}-n" for up in ups.split(",") if up)
        found[f"{name}-n"] = Synset(f"{name}-n", (name,), glosses.get(name, GLOSS), above)
    return found


TREE = hierarchy(
    "animal",
    "mammal<animal",
    "bird<animal",
    "dog<mammal",
    "cat<mammal",
    "pet<mammal",
    "poodle<dog,pet",
    "tabby<cat",
    "robin<bird",
    "idea",
    "plan<idea",
)
COMMON = frozenset(name.removesuffix("-n") for name in TREE)


def test_options_are_broader_parallel_without_overlap_and_narrower() -> None:
    kinds = Kinds(TREE, COMMON)
    assert kinds.options("dog-n") == (["mammal-n"], ["cat-n"], ["poodle-n"])
    assert kinds.options("cat-n") == (["mammal-n"], ["dog-n", "pet-n"], ["tabby-n"])


def test_roots_abstract_and_unusual_kinds_are_not_used() -> None:
    assert "animal-n" not in Kinds(TREE, COMMON).usable
    assert "plan-n" not in Kinds(TREE, COMMON).usable
    assert "dog-n" in Kinds(TREE, COMMON).usable
    assert "dog-n" not in Kinds(TREE, COMMON - {"dog"}).usable


def test_words_of_many_meanings_are_not_used() -> None:
    others = {f"{i}-n": Synset(f"{i}-n", ("other", "dog"), GLOSS, ()) for i in range(4)}
    assert "dog-n" not in Kinds(TREE | others, COMMON).usable
    del others["0-n"]
    assert "dog-n" in Kinds(TREE | others, COMMON).usable


def test_kinds_that_share_a_word_are_not_opposed() -> None:
    tree = TREE | {"cat-n": Synset("cat-n", ("cat", "house dog"), GLOSS, ("mammal-n",))}
    assert Kinds(tree, COMMON).options("cat-n")[1] == ["pet-n"]


def test_every_kind_is_asked_about_once_with_its_relation() -> None:
    names = [f"k{i}" for i in range(60)]
    edges = [edge for n in names for edge in (f"{n}<group", f"sub{n}<{n}")]
    tree = hierarchy("animal", "group<animal", *edges)
    kinds = Kinds(tree, frozenset(name.removesuffix("-n") for name in tree))
    found = list(questions(kinds))
    assert sorted(key for key, _ in found) == sorted(f"{n}-n" for n in names)
    assert [sum(e.label == c for _, e in found) for c in range(3)] == [20, 20, 20]
    for key, example in found:
        premise, hypothesis = example.parts
        name, other = key.removesuffix("-n"), hypothesis.removeprefix("This is a kind of ")
        assert premise == f"This is a kind of {name}: {GLOSS}."
        relation = {"group": 0, f"sub{name}": 2}.get(other, 1)
        assert example.label == relation
        assert other != name


def test_kinds_of_which_too_little_is_said_are_left_out() -> None:
    tree = hierarchy("animal", "mammal<animal", "dog<mammal", "cat<mammal", "pug<dog", dog="radio")
    assert list(questions(Kinds(tree, COMMON | {"pug"}))) == []
