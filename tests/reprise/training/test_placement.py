"""Members spread over four devices train as on one: where the state is, and what changes by it.

Each device has fewer members side by side than one device has, and a product of matrices that is
as wide may add in another order: bits are equal where that does not happen, else the last digits
differ. In float64, so that nothing else shows, the bound is 1e-12 of an array's largest value.
"""

import json
import subprocess
import sys
from typing import Any

import pytest
from training_jobs import PARITY, Nowhere, job
from workspace import ROOT

from reprise.training.placement import place

TOLERANCE = 1e-12

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What ``tests/four_devices.py`` prints."""
    process = subprocess.run(
        [sys.executable, ROOT / "tests" / "four_devices.py", tmp_path_factory.mktemp("four")],
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


@pytest.mark.parametrize(("name", "devices"), [("float64", 4), ("fresh", 4), ("six", 3)])
def test_the_state_stays_on_all_devices_in_equal_parts(
    found: dict[str, Any], name: str, devices: int
) -> None:
    members = 6 if name == "six" else 8
    assert found[name]["alone"] == {"devices": [1], "shards": [members], "donated": True}
    assert found[name]["seen"] == {
        "devices": [devices],
        "shards": [members // devices],
        "donated": True,
    }
    assert found[name]["sharded_over"] == devices


def test_the_record_says_why_a_device_is_not_used(found: dict[str, Any]) -> None:
    assert "sharding_note" not in found["fresh"]
    assert found["six"]["sharding_note"] == "6 members on 4 devices: 3 divide them"


def test_members_that_train_one_after_the_other_stay_on_one_device(found: dict[str, Any]) -> None:
    assert found["mapped"]["seen"] == found["mapped"]["alone"]
    assert "batching: map" in found["mapped"]["sharding_note"]
    assert found["mapped"]["same_bits"]


def test_several_devices_give_the_numbers_of_one(found: dict[str, Any]) -> None:
    assert found["float64"]["worst"] < TOLERANCE
    for name in ("fresh", "six"):
        assert found[name]["worst"] < 1e-5, "float32"


def test_stopped_and_resumed_on_another_number_of_devices(found: dict[str, Any]) -> None:
    """From four to one, from one to four, from four to two."""
    assert [r["seen"]["devices"] for r in found["resumed"]] == [[1], [4], [2]]
    for resumed in found["resumed"]:
        assert resumed["from"] > 0
        assert resumed["worst"] < TOLERANCE


def test_one_device_takes_the_states_as_they_are() -> None:
    store, made = Nowhere(), job(PARITY)
    placement = place(made, 1)
    assert placement.store(made, store) is store
    assert placement.recorded == {"sharded_over": 1}
