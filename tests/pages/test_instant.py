"""The instant slider's logic, without a browser: which runs it has, and what it may start."""

from pathlib import Path
from typing import Any

import pytest

from pages import access
from pages.parts import instant
from pages.parts.view import recorded
from repz_core import recipes
from repz_core.run import SHIPPED, Run
from repz_core.runs import RunStore, run_id

LOSSES = ["minimax", "non saturating", "least squares", "hinge", "wasserstein"]


class Asked(Exception):
    """Streamlit's st.rerun(), which ends a script."""


@pytest.fixture
def slid(home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """slid(run, wish): what the browser part is given where its user wished that."""
    seen: dict[str, Any] = {}
    wishes: list[Any] = []

    def part(*, key: str, data: dict[str, Any], **_more: Any) -> Any:
        seen.update(data)
        return type("Result", (), {"wish": wishes.pop() if wishes else None})

    def rerun() -> None:
        raise Asked

    monkeypatch.setattr(instant, "_instant", part)
    monkeypatch.setattr(instant.st, "rerun", rerun)
    monkeypatch.setattr(instant.st, "query_params", {})

    def slide(run: Run, wish: Any = None) -> dict[str, Any]:
        wishes[:] = [wish] if wish else []
        seen.clear()
        instant.instant(run, "X")
        return seen

    return slide


def shipped(method: str, preset: str) -> Run:
    return Run(SHIPPED / run_id(recipes.preset(method, preset)))


@pytest.mark.parametrize(
    ("method", "preset", "knob", "labels", "start"),
    [
        ("vae", "2-D map of MNIST", "beta", ["0", "1", "4"], 1),
        ("linear_ae", "MNIST in 16 numbers", "k", ["1", "2", "4", "8", "16"], 4),
        ("sparse_ae", "ReLU and L1", "l1", ["0.05", "0.1", "0.2", "0.5"], 2),
        ("simclr", "Digits, h of 32 numbers", "temperature", ["0.05", "0.1", "0.2", "0.5", "1"], 2),
        ("gan", "Non-saturating loss", "loss", LOSSES, 1),
    ],
)  # fmt: skip
def test_a_run_of_a_family_stands_at_its_stop(slid, method, preset, knob, labels, start):
    data = slid(shipped(method, preset))
    assert (data["knob"], data["start"], data["borrowed"]) == (knob, start, False)
    assert [stop["label"] for stop in data["stops"]] == labels
    assert data["stops"][start]["run"]["id"] == shipped(method, preset).id
    assert all(stop["words"]["recorded"] for stop in data["stops"])


def test_a_run_of_no_family_borrows_one_on_data_of_its_kind(slid):
    data = slid(shipped("gan", "Ring of 8"))
    assert (data["knob"], data["borrowed"], data["start"]) == ("loss", True, 1)
    assert slid(shipped("gan", "Digits of MNIST, 32 pixels"))["knob"] == "size"
    assert slid(shipped("linear_ae", "A line through an arc")) == {}
    assert slid(shipped("sparse_coding", "Strokes of digits")) == {}


def test_exactly_what_was_asked_is_trained_or_shown(slid):
    run = shipped("simclr", "Digits, h of 32 numbers")
    with pytest.raises(Asked):
        slid(run, {"train": 0.37})
    [mine] = [found for found in RunStore().list() if not recorded(found)]
    assert mine.recipe.model.temperature == 0.37
    assert recipes.alike(mine.recipe, run.recipe, "model.temperature")
    data = slid(mine)
    assert [stop["label"] for stop in data["stops"]] == ["0.05", "0.1", "0.2", "0.37", "0.5", "1"]
    assert data["start"] == 3
    with pytest.raises(Asked):
        slid(run, {"train": 0.2})
    assert instant.st.query_params["run"] == run.id
    assert len([found for found in RunStore().list() if not recorded(found)]) == 1


@pytest.mark.parametrize(
    "wish", [{"train": 1e9}, {"train": "many"}, {"train": None}, {"train": [1]}, {"knob": "seed"}, 3]
)
def test_a_forged_message_starts_nothing(slid, wish):
    slid(shipped("simclr", "Digits, h of 32 numbers"), wish)
    assert all(recorded(found) for found in RunStore().list())
    assert "knob" not in instant.st.query_params


def test_a_viewer_slides_and_starts_nothing(slid, monkeypatch):
    monkeypatch.setattr(access, "presenting", lambda: False)
    data = slid(shipped("simclr", "Digits, h of 32 numbers"), {"train": 0.37})
    assert data["starts"] is False
    assert "presenter" in data["text"]["why"]
    assert all(recorded(found) for found in RunStore().list())
