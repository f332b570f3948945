"""A run as one HTML file: all that it needs is in it, and it is small."""

import base64
import gzip
import json
import re

import numpy as np
import pytest

from repz_core import player as players
from repz_core import recipes
from repz_core.config import RepzError
from repz_core.player import player
from repz_core.run import SHIPPED, Run
from repz_core.runs import run_id


def shipped(method, name):
    return Run(SHIPPED / run_id(recipes.preset(method, name)))


def told(page):
    """What the page knows of its runs."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1])["runs"]


def frames(view, dtype):
    packed = gzip.decompress(base64.b64decode(view["frames"]))
    return np.frombuffer(packed, dtype).reshape(-1, *view["shape"])


def test_a_player_has_the_run_in_it():
    run = shipped("vae", "2-D map of digits")
    (about,) = told(player([run]))
    assert about["recipe"] == run.recipe.plain()
    assert about["rows"] == run.events()
    assert about["steps"] == run.frames()
    assert about["metrics"] == {name: run.status.metrics[name] for name in about["metrics"]} != {}
    views = {view["name"]: view for view in about["views"]}
    assert {"samples", "reconstructions", "manifold", "codes"} <= views.keys()
    shown = list(run.snapshots())
    np.testing.assert_array_equal(frames(views["samples"], np.uint8), [s.arrays["samples"] for s in shown])
    np.testing.assert_array_equal(frames(views["codes"], np.float32), [s.arrays["codes"] for s in shown])
    above = frames(views["reconstructions"], np.uint8)[3]
    np.testing.assert_array_equal(above[:10], shown[0].arrays["inputs"][:10])


@pytest.mark.parametrize("run", sorted(path.parent for path in SHIPPED.glob("*/recipe.json")), ids=lambda run: run.name)
def test_every_shipped_run_plays_from_a_small_file_that_asks_for_nothing(run):
    page = player([Run(run)])
    assert len(page.encode()) < 10_000_000
    assert not re.search(
        r"""(src|href|action)\s*=|url\(|@import|fetch\(|XMLHttpRequest|import\(""", page.split('id="data"')[0]
    )
    code = page.rpartition("<script>")[2]
    assert not re.search(r"https?://|fetch\(|XMLHttpRequest|import\(", code)


def test_several_runs_side_by_side(tiny):
    runs = [shipped("vae", "2-D map of digits"), shipped("gan", "Ring of 8")]
    assert [about["id"] for about in told(player(runs))] == [run.id for run in runs]
    with pytest.raises(RepzError, match="at most 4 runs; got 5"):
        player(runs[:1] * 5)


def test_a_long_run_has_fewer_frames(monkeypatch):
    run = shipped("vae", "2-D map of digits")
    whole = player([run])
    monkeypatch.setattr(players, "MOST_BYTES", len(whole) // 2)
    page = player([run])
    assert len(page) <= len(whole) // 2
    (about,) = told(page)
    assert (about["steps"][0], about["steps"][-1]) == (0, run.frames()[-1])
    assert 2 <= len(about["steps"]) < len(run.frames())


def test_a_run_without_frames_is_one_sentence(tiny, store):
    run = store.create(tiny(), store.root / run_id(tiny()))
    with pytest.raises(RepzError, match="has no pictures yet"):
        player([run])


def test_nothing_of_a_run_becomes_a_tag(monkeypatch):
    monkeypatch.setattr("repz_core.recipes.vae.TITLE", "</script><script>alert(1)</script>")
    page = player([shipped("vae", "2-D map of digits")])
    assert "<script>alert" not in page
    assert told(page)[0]["title"].startswith("</script>")
