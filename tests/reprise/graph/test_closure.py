"""The closure follows what an entry can reach, sees every change of it, and nothing else."""

import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import reprise
from reprise.graph.closure import closure, definition_digests

SOURCE = Path(reprise.__file__).resolve().parents[1]

NEWER = ("python3.12", "python3.13")

Reach = Callable[..., dict[str, str]]


@pytest.fixture
def reach(tmp_path: Path) -> Reach:
    """Closure of entries in a package made of ``files`` (module below the package -> text)."""

    numbers = itertools.count()

    def reach(files: Mapping[str, str], *entries: str) -> dict[str, str]:
        root = tmp_path / str(next(numbers))
        for name, text in {"__init__": "", **files}.items():
            path = root / "reprise" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return closure(entries or ["reprise.main:start"], root)

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
    assert set(found) == {"reprise.lib:X", "reprise.lib:f", "reprise.lib:C"}


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


def test_specs_are_left_out(reach: Reach) -> None:
    files = {
        "main": "from reprise.specs.runs import Run\ndef start(run: Run):\n    return run\n",
        "specs/__init__": "",
        "specs/runs": "class Run:\n    x = 1\n",
    }
    assert set(reach(files)) == {"reprise.main:start"}


def test_circular_imports_end(reach: Reach) -> None:
    files = {
        "main": "from reprise import lib\ndef start():\n    return lib.back()\n",
        "lib": "from reprise import main\ndef back():\n    return main.start()\n",
    }
    assert set(reach(files)) == {"reprise.main:start", "reprise.lib:back"}


@pytest.mark.parametrize("entry", ["reprise.absent:start", "reprise.main:absent", "reprise.absent"])
def test_an_entry_that_does_not_exist_is_named(reach: Reach, entry: str) -> None:
    with pytest.raises(LookupError, match="absent"):
        reach({"main": "def start(): pass\n"}, entry)


def test_digests_on_disk_are_read_again(reach: Reach, tmp_path: Path) -> None:
    found = reach(PROGRAM)
    package = tmp_path / "package"
    assert definition_digests(found, package) == found
    (package / "lib.py").write_text("def helper(*a):\n    return 7\n")
    changed = definition_digests(found, package)
    assert {name for name in found if changed.get(name) != found[name]} == {"reprise.lib:helper"}
    (package / "lib.py").unlink()
    assert "reprise.lib:helper" not in definition_digests(found, package)


def works(python: str) -> bool:
    found = shutil.which(python)
    return bool(found) and subprocess.run([found, "--version"], capture_output=True).returncode == 0


def test_every_python_gives_the_same_digests() -> None:
    """3.12 adds fields to the syntax tree; a result made there is current here."""
    other = next(filter(works, NEWER), None)
    if other is None:
        pytest.skip(f"needs one of {', '.join(NEWER)}")
    entries = ["reprise.training.loop:train", "reprise.plotting.render:render", "reprise.results"]
    program = (
        "import json, sys; from reprise.graph.closure import closure; "
        f"print(json.dumps(closure({entries!r}, __import__('pathlib').Path({str(SOURCE)!r}))))"
    )
    result = subprocess.run(
        [other, "-c", program],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(result.stdout) == closure(entries, SOURCE)


def test_what_a_caller_does_to_a_closure_stays_with_it() -> None:
    before = closure(["reprise.project:Project"])
    closure(["reprise.project:Project"]).clear()
    assert closure(["reprise.project:Project"]) == before
    assert before


def test_several_entries_reach_what_each_reaches() -> None:
    entries = ["reprise.results:Inputs", "reprise.storage.frames:csv_bytes"]
    apart = [closure([entry]) for entry in entries]
    assert closure(entries) == dict(sorted((apart[0] | apart[1]).items()))
