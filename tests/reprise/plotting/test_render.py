"""Rendered bytes depend on the figure and its footer alone."""

import hashlib
import os
import re
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.image import imread

from reprise.plotting import theme
from reprise.plotting.render import PNG_DPI, render

FOOTER = "scale smoke · seeds 0-3 · exact, float32"

IN_ANOTHER_PROCESS = """
import hashlib
from test_render import FOOTER, drawn, render
print(*(hashlib.sha256(data).hexdigest() for data in render(drawn(), FOOTER).values()))
"""


def drawn():
    """A figure with everything that could carry an id: clips, markers, bands, rasters, labels."""
    with theme.apply():
        figure, (left, right) = theme.figure("wide", 2.5, ncols=2)
        x = np.linspace(0, 50_000, 40)
        (line,) = left.plot(x, np.tanh(x / 1e4), color=theme.TRAIN, marker="o", label="train")
        theme.band(left, x, np.tanh(x / 1e4) - 0.1, np.tanh(x / 1e4) + 0.1, theme.TRAIN)
        left.scatter(x, x / 5e4, c=x, hatch="//")
        theme.step_axis(left)
        theme.label_ends(left, {"train": line})
        mesh = theme.weight_heatmap(right, np.sin(np.arange(24 * 67.0)).reshape(24, 67), 1)
        theme.colorbar(mesh, right, "weight")
    return figure


@pytest.fixture(scope="module")
def files():
    return render(drawn(), FOOTER)


def test_same_figure_twice_gives_the_same_bytes():
    figure = drawn()
    assert render(figure, FOOTER) == render(figure, FOOTER)
    assert not figure.texts


def test_figures_drawn_anew_give_the_same_bytes(files):
    assert render(drawn(), FOOTER) == files


def test_another_process_gives_the_same_bytes(files, tmp_path):
    ours = [hashlib.sha256(data).hexdigest() for data in files.values()]
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    surroundings = {
        "PYTHONPATH": path,
        "PYTHONHASHSEED": "1",
        "SOURCE_DATE_EPOCH": "1",
        "TZ": "Asia/Tokyo",
        "LC_ALL": "C",
    }
    result = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS],
        cwd=tmp_path,
        env={**os.environ, **surroundings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == ours


def test_settings_of_the_user_do_not_show(files):
    with matplotlib.rc_context({"svg.hashsalt": None, "svg.fonttype": "none", "font.size": 20}):
        assert render(drawn(), FOOTER) == files


def test_no_date_and_no_version_is_written(files):
    svg = files["svg"].decode()
    assert not re.search(r"<dc:date>|<dc:creator>|Matplotlib v", svg)
    assert matplotlib.__version__ not in svg
    kinds = [kind for kind, _ in chunks(files["png"])]
    assert set(kinds) <= {b"IHDR", b"pHYs", b"IDAT", b"IEND"}


def chunks(png: bytes):
    """(kind, data) of each chunk of a PNG file."""
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def test_png_has_the_promised_resolution_and_room_for_the_footer(files, tmp_path):
    size = dict(chunks(files["png"]))[b"IHDR"]
    width, height = struct.unpack(">II", size[:8])
    assert width == round(7.2 * PNG_DPI)
    assert 2.5 * PNG_DPI + 15 < height < 2.5 * PNG_DPI + 100
    (tmp_path / "figure.png").write_bytes(files["png"])
    below = imread(tmp_path / "figure.png")[int(2.5 * PNG_DPI) :, :, :3]
    assert below.min() < 0.6, "the footer is not there"
    assert below[-3:].min() == 1, "the footer is cut off"


def test_svg_is_well_formed_small_and_without_scripts(files):
    root = ElementTree.fromstring(files["svg"])
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert "image" in tags, "the heatmap is not rasterized"
    assert not tags & {"script", "foreignObject", "a", "text"}
    assert len(files["svg"]) < 300_000


def test_footer_is_part_of_the_picture(files):
    other = render(drawn(), FOOTER.replace("smoke", "cpu"))
    assert other["svg"] != files["svg"]
    assert other["png"] != files["png"]


def test_footer_is_plain_text():
    assert render(drawn(), r"seeds $\undefined{ and <b>&")["svg"]


def test_long_footer_takes_more_lines():
    def height(footer):
        return struct.unpack(">I", dict(chunks(render(drawn(), footer)["png"]))[b"IHDR"][4:8])[0]

    assert height(FOOTER * 10) > height(FOOTER) + 30


@pytest.mark.parametrize("footer", ["", "  \n"])
def test_figure_without_footer_is_refused(footer):
    with pytest.raises(ValueError, match="footer"):
        render(drawn(), footer)
