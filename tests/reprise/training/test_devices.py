"""Which devices there are, by variables and by the driver's files."""

from pathlib import Path

import pytest

from reprise.specs.errors import ConfigError
from reprise.training.devices import devices_per_job, visible_devices


def driver(root: Path, cards: int = 0, nodes: tuple[str, ...] = ()) -> Path:
    """A made-up file system with the driver's files."""
    for number in range(cards):
        (root / "proc" / "driver" / "nvidia" / "gpus" / f"0000:{number:02x}:00.0").mkdir(
            parents=True
        )
    (root / "dev").mkdir(parents=True)
    for name in nodes:
        (root / "dev" / name).touch()
    return root


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ("0", "1", "2")),
        ({"CUDA_VISIBLE_DEVICES": "1,2"}, ("1", "2")),
        ({"CUDA_VISIBLE_DEVICES": " GPU-5f , 0"}, ("GPU-5f", "0")),
        ({"CUDA_VISIBLE_DEVICES": "2,-1,0"}, ("2",)),
        ({"CUDA_VISIBLE_DEVICES": ""}, ()),
        ({"JAX_PLATFORMS": "cpu"}, ()),
        ({"JAX_PLATFORMS": "cuda,cpu"}, ("0", "1", "2")),
    ],
)
def test_variables_decide_before_the_driver(
    tmp_path: Path, environ: dict[str, str], expected: tuple[str, ...]
) -> None:
    assert visible_devices(environ, driver(tmp_path / "cards", cards=3)) == expected


def test_device_nodes_count_where_the_driver_lists_no_cards(tmp_path: Path) -> None:
    nodes = ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null")
    assert visible_devices({}, driver(tmp_path, nodes=nodes)) == ("0", "1")


def test_no_driver_no_device(tmp_path: Path) -> None:
    assert visible_devices({}, tmp_path) == visible_devices({}, driver(tmp_path / "x")) == ()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, 1),
        ({"SLURM_JOB_ID": "7"}, None),
        ({"REPRISE_DEVICES_PER_JOB": "all"}, None),
        ({"REPRISE_DEVICES_PER_JOB": "2", "SLURM_JOB_ID": "7"}, 2),
        ({"REPRISE_DEVICES_PER_JOB": ""}, 1),
    ],
)
def test_devices_per_job(environ: dict[str, str], expected: int | None) -> None:
    assert devices_per_job(environ) == expected


@pytest.mark.parametrize("value", ["0", "-1", "al", "1.5", "²"])
def test_a_wrong_number_of_devices_is_refused_by_name(value: str) -> None:
    with pytest.raises(ConfigError, match=r"REPRISE_DEVICES_PER_JOB.*'all'"):
        devices_per_job({"REPRISE_DEVICES_PER_JOB": value})
