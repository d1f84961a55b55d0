"""The closure follows what an entry can reach, sees every change of it, and nothing else."""

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reprise.graph import closure as subject
from reprise.graph.closure import REFERENCES, closure, definition_digests

Reach = Callable[..., dict[str, str]]


@pytest.fixture
def reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reach:
    """Closure of entries in a package made of ``files`` (module below the package -> text)."""

    numbers = itertools.count()

    def reach(files: Mapping[str, str], *entries: str) -> dict[str, str]:
        root = tmp_path / str(next(numbers))
        for name, text in {"__init__": "", **files}.items():
            path = root / "reprise" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(subject, "source_root", lambda: root)
        return closure(entries or ["reprise.main:start"])

    return reach


def sees(reach: Reach, files: Mapping[str, str], module: str, old: str, new: str) -> bool:
    """Whether the closure of ``reprise.main:start`` notices one edit."""
    assert files[module].count(old) == 1
    before = reach(files)
    return reach({**files, module: files[module].replace(old, new)}) != before


@pytest.mark.parametrize(
    ("way", "call"),
    [
        ("from reprise.lib import helper", "helper()"),
        ("from reprise.lib import helper as h", "h()"),
        ("from reprise import lib", "lib.helper()"),
        ("from reprise import lib as l", "l.helper()"),
        ("import reprise.lib", "reprise.lib.helper()"),
        ("import reprise.lib as l", "l.helper()"),
        ("import reprise.other, reprise.lib, reprise.main", "reprise.lib.helper()"),
        ("import reprise", "reprise.lib.helper()"),
        ("from reprise import lib", "getattr(lib, 'helper')()"),
        ("from reprise import lib", "[lib][0].helper()"),
        ("from reprise.lib import helper", "list(map(helper, [1]))"),
        ("from reprise.lib import helper\nTABLE = {'h': helper}", "TABLE['h']()"),
        ("from reprise.lib import helper\nTABLE = {}\nTABLE['h'] = helper", "TABLE['h']()"),
        ("try:\n    from reprise.lib import helper\nexcept ImportError:\n    pass", "helper()"),
        ("if True:\n    from reprise import lib", "lib.helper()"),
        ("from reprise.lib import helper\n@helper\ndef inner(): pass", "inner()"),
        ("from reprise.lib import Base\nclass Inner(Base): pass", "Inner()"),
        ("from reprise.lib import helper\nclass Inner:\n    x = helper()", "Inner.x"),
        ("from reprise.lib import helper\nclass Inner:\n    def f(self): helper()", "Inner().f()"),
        ("from reprise.lib import helper\ndef inner(x=helper()): pass", "inner()"),
        ("from reprise.lib import helper\nX, Y = 1, helper()", "Y"),
        ("from reprise.lib import helper\nX: int = helper()", "X"),
        ("from reprise.lib import helper\nprint(helper())", "1"),
        ("from reprise.hub import helper", "helper()"),
        ("from reprise import hub", "hub.helper()"),
        ("from reprise.deep import inside", "inside.helper()"),
        ("from reprise import deep", "deep.inside.helper()"),
    ],
)  # fmt: skip
def test_follows_a_name_however_it_gets_here(reach: Reach, way: str, call: str) -> None:
    files = {
        "main": f"{way}\ndef start():\n    return {call}\n",
        "lib": "VALUE = 1\ndef helper(*a):\n    return VALUE\nclass Base:\n    x = VALUE\n",
        "other": "def helper():\n    return 5\n",
        "hub": "from reprise.lib import helper\n",
        "deep/__init__": "",
        "deep/inside": "from reprise.lib import helper\n",
    }
    assert sees(reach, files, "lib", "VALUE = 1", "VALUE = 2")


def test_follows_an_import_inside_a_function(reach: Reach) -> None:
    files = {
        "main": "def start():\n    from reprise.lib import helper\n    return helper()\n",
        "lib": "def helper():\n    return 1\n",
    }
    assert sees(reach, files, "lib", "return 1", "return 2")


def test_takes_along_what_is_registered_with_a_reached_definition(reach: Reach) -> None:
    files = {
        "main": (
            "from functools import singledispatch\n"
            "@singledispatch\ndef start(x):\n    return 1\n"
            "@start.register\ndef _(x: int):\n    return 2\n"
            "@start.register\ndef _(x: str):\n    return 3\n"
        )
    }
    assert sees(reach, files, "main", "return 2", "return 4")
    assert sees(reach, files, "main", "return 3", "return 4")


def test_a_module_used_as_a_value_counts_in_full(reach: Reach) -> None:
    files = {
        "main": "from reprise import lib\ndef start():\n    return vars(lib)\n",
        "lib": "def used():\n    return 1\ndef unused():\n    return 2\n",
    }
    assert sees(reach, files, "lib", "return 2", "return 3")


def test_an_entry_without_a_name_counts_in_full(reach: Reach) -> None:
    found = reach({"lib": "X = 1\ndef f(): pass\nclass C: pass\n"}, "reprise.lib")
    assert set(found) == {"reprise.lib:X", "reprise.lib:f", "reprise.lib:C", REFERENCES}


PROGRAM = {
    "main": (
        '"""A module."""\n'
        "from reprise.lib import helper\n"
        "def start(x):\n"
        '    """Start."""\n'
        "    return [helper('a', f'{x!r}'), x]\n"
        "def idle():\n    return helper()\n"
    ),
    "lib": "def helper(*a):\n    return 1\ndef idle():\n    return 2\n",
}


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("main", "def start", "# why\ndef start"),
        ("main", '"""A module."""', '"""Another."""'),
        ("main", '    """Start."""\n', "    '''Something\n\n    longer.\n    '''\n"),
        ("main", '    """Start."""\n', ""),
        ("main", "'a'", '"a"'),
        ("main", "'a'", "('a')"),
        ("main", "'{x!r}'), x]", "'{x!r}'),\n        x,\n    ]"),
        ("main", "    return helper()", "    return helper() + 1"),
        ("main", "def idle", "def idler"),
        ("lib", "return 2", "return 3"),
        ("lib", "def idle():\n    return 2\n", ""),
    ],
)
def test_layout_comments_docstrings_and_unused_code_do_not_count(
    reach: Reach, module: str, old: str, new: str
) -> None:
    assert not sees(reach, PROGRAM, module, old, new)


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("main", "'a'", "'b'"),
        ("main", "'a'", "b'a'"),
        ("main", "!r", "!s"),
        ("main", "def start(x)", "def start(x, y=1)"),
        ("main", ", x]", ", -x]"),
        ("lib", "return 1", "return 1.0"),
        ("lib", "return 1", "return True"),
        ("lib", "def helper", "@print\ndef helper"),
        ("lib", "def idle", "print(1)\ndef idle"),
    ],
)
def test_a_change_of_meaning_counts(reach: Reach, module: str, old: str, new: str) -> None:
    assert sees(reach, PROGRAM, module, old, new)


SPEC = {
    "main": (
        "from reprise.spec import Mixture, SLOTS\n"
        "def start(task: Mixture):\n"
        "    return task.shares, SLOTS\n"
    ),
    "spec": (
        "SLOTS = {'plain': ('current',)}\n"
        "class Base:\n"
        "    clip: float = 1.0\n"
        "class Mixture(Base):\n"
        "    noise: float = 0.0\n"
        "    @property\n"
        "    def shares(self):\n"
        "        return self.given\n"
        "    def check(self):\n"
        "        if self.noise < 0:\n"
        "            raise ValueError(f'noise must be at least 0, got {self.noise}')\n"
        "        return self\n"
    ),
}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("return self.given", "return self.given[::-1]", "Mixture.shares"),
        ("'current'", "'previous'", "SLOTS"),
        ("self.noise < 0", "self.noise <= 0", "Mixture.check"),
        ("noise: float = 0.0", "noise: float = 0.1", "Mixture"),
        ("clip: float = 1.0", "clip: float = 2.0", "Base"),
    ],
)
def test_the_logic_of_parameters_counts_and_is_named(
    reach: Reach, old: str, new: str, named: str
) -> None:
    before = reach(SPEC)
    after = reach({**SPEC, "spec": SPEC["spec"].replace(old, new)})
    differing = {name for name in before if before[name] != after.get(name)}
    assert differing == {f"reprise.spec:{named}", REFERENCES}


def test_the_wording_of_an_error_does_not_count(reach: Reach) -> None:
    assert not sees(reach, SPEC, "spec", "noise must be at least 0", "noise: 0 or more")


MOVED: list[Mapping[str, str]] = [
    {
        "main": "from reprise.lib import waves\ndef start():\n    return waves(2)\n",
        "lib": "import numpy as np\nHALF = 0.5\ndef waves(x):\n    return np.sin(HALF * x)\n",
    },
    {
        "main": "from reprise import renamed\ndef start():\n    return renamed.waves(2)\n",
        "renamed": "import numpy as np\nHALF = 0.5\ndef waves(x):\n    return np.sin(HALF * x)\n",
    },
    {
        "main": "def start():\n    from reprise.deep.lib import waves as w\n    return w(2)\n",
        "deep/__init__": "",
        "deep/lib": "import numpy\nfrom reprise.half import HALF\ndef waves(x):\n"
        "    return numpy.sin(HALF * x)\n",
        "half": "HALF = 0.5\n",
    },
    {
        "main": "from numpy import sin\nHALF = 0.5\ndef waves(x):\n    return sin(HALF * x)\n"
        "def start():\n    return waves(2)\n",
    },
    {
        "main": "from reprise.hub import waves\ndef start():\n    return waves(2)\n",
        "hub": "from reprise.lib import waves\n",
        "lib": "import numpy as np\nHALF = 0.5\ndef waves(x):\n    return np.sin(HALF * x)\n",
    },
]


@pytest.mark.parametrize("files", MOVED[1:])
def test_where_a_definition_stands_does_not_count(reach: Reach, files: Mapping[str, str]) -> None:
    assert set(reach(files).values()) == set(reach(MOVED[0]).values())


def test_what_other_packages_a_name_comes_from_counts(reach: Reach) -> None:
    assert sees(reach, MOVED[0], "lib", "import numpy as np", "import jax.numpy as np")


def test_which_of_two_definitions_a_name_stands_for_counts(reach: Reach) -> None:
    files = {
        "main": (
            "from reprise.one import f\nfrom reprise.two import f as g\n"
            "def start(x):\n    return f(x) - g(x)\n"
        ),
        "one": "def f(x):\n    return x\n",
        "two": "def f(x):\n    return 2 * x\n",
    }
    swapped = "from reprise.two import f\nfrom reprise.one import f as g\n"
    lines = files["main"].partition("def ")
    assert set(reach({**files, "main": f"{swapped}def {lines[2]}"}).values()) != set(
        reach(files).values()
    )


def test_methods_that_swap_their_classes_count(reach: Reach) -> None:
    one, two = "    def f(self):\n        return 1\n", "    def f(self):\n        return 2\n"
    main = "class A:\n{}class B:\n{}def start():\n    return A().f(), B().f()\n"
    before, after = (reach({"main": main.format(*pair)}) for pair in ((one, two), (two, one)))
    assert set(before.values()) != set(after.values())


@pytest.mark.parametrize("way", ["from reprise.lib import *", "from .lib import f"])
def test_an_import_that_cannot_be_followed_is_named(reach: Reach, way: str) -> None:
    with pytest.raises(LookupError, match=r"reprise\.main.* not followed"):
        reach({"main": f"{way}\ndef start():\n    return f()\n", "lib": "def f(): pass\n"})


def test_circular_imports_end(reach: Reach) -> None:
    files = {
        "main": "from reprise import lib\ndef start():\n    return lib.back()\n",
        "lib": "from reprise import main\ndef back():\n    return main.start()\n",
    }
    assert set(reach(files)) == {"reprise.main:start", "reprise.lib:back", REFERENCES}


@pytest.mark.parametrize("entry", ["reprise.absent:start", "reprise.main:absent", "reprise.absent"])
def test_an_entry_that_does_not_exist_is_named(reach: Reach, entry: str) -> None:
    with pytest.raises(LookupError, match="absent"):
        reach({"main": "def start(): pass\n"}, entry)


def test_digests_on_disk_are_read_again(reach: Reach, tmp_path: Path) -> None:
    found = reach(PROGRAM)
    found.pop(REFERENCES)
    (root,) = tmp_path.iterdir()
    assert definition_digests(found) == found
    (root / "reprise" / "lib.py").write_text("def helper(*a):\n    return 7\n")
    changed = definition_digests(found)
    assert {name for name in found if changed.get(name) != found[name]} == {"reprise.lib:helper"}
    (root / "reprise" / "lib.py").unlink()
    assert "reprise.lib:helper" not in definition_digests(found)


def test_what_a_caller_does_to_a_closure_stays_with_it() -> None:
    before = closure(["reprise.project:Project"])
    closure(["reprise.project:Project"]).clear()
    assert closure(["reprise.project:Project"]) == before
    assert before


def test_several_entries_reach_what_each_reaches() -> None:
    entries = ["reprise.results:Inputs", "reprise.results:csv_bytes"]
    apart = [closure([entry]) for entry in entries]
    assert closure(entries).keys() == apart[0].keys() | apart[1].keys()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sources of a small project."""
    source = tmp_path / "src" / "reprise"
    source.mkdir(parents=True)
    (source / "__init__.py").touch()
    (source / "one.py").write_text("def f():\n    return g()\n\n\ndef g():\n    return 1\n")
    monkeypatch.setattr(subject, "source_root", lambda: source.parent)
    return source


def asked_again(file: Path, own: Path, text: str | None = None) -> tuple[int, dict[str, str]]:
    """How often another process parses a module, and what it finds."""
    for forgotten in (subject._memory, subject._visit, subject._text, subject.parse):
        forgotten.cache_clear()
    if text:
        (own / "one.py").write_text(text)
    before = subject.parse.cache_info().misses
    with subject.remembering(file):
        found = closure(["reprise.one:f"])
    return subject.parse.cache_info().misses - before, found


def test_what_was_worked_out_is_not_worked_out_again(tmp_path: Path, own: Path) -> None:
    file = tmp_path / "closures.json"
    parsed, first = asked_again(file, own)
    assert parsed > 0
    assert asked_again(file, own) == (0, first)


def test_any_change_of_the_sources_is_seen(tmp_path: Path, own: Path) -> None:
    file = tmp_path / "closures.json"
    _, before = asked_again(file, own)
    text = (own / "one.py").read_text()
    _, after = asked_again(file, own, text.replace("return 1", "return 2"))
    assert after["reprise.one:f"] == before["reprise.one:f"]
    assert after["reprise.one:g"] != before["reprise.one:g"]
    assert asked_again(file, own, text)[1] == before


def test_an_entry_that_is_passed_on_has_the_digest_of_its_definition(own: Path) -> None:
    (own / "hub.py").write_text("from reprise.one import f\n")
    found = subject.entry_digest("reprise.hub:f")
    assert found == closure(["reprise.one:f"])["reprise.one:f"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff"])
def test_a_damaged_memory_is_none(tmp_path: Path, own: Path, content: bytes) -> None:
    file = tmp_path / "closures.json"
    _, first = asked_again(file, own)
    file.write_bytes(content)
    parsed, second = asked_again(file, own)
    assert parsed > 0
    assert second == first


def test_sources_edited_meanwhile_are_not_remembered(tmp_path: Path, own: Path) -> None:
    subject._memory.cache_clear()
    with subject.remembering(tmp_path / "closures.json"):
        closure(["reprise.one:f"])
        (own / "one.py").write_text("def f():\n    return 3\n")
    assert not (tmp_path / "closures.json").exists()
