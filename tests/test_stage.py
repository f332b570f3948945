"""The stage: what is told reaches all who follow, at once those who come late; forged wishes change nothing."""

import asyncio
import json
import threading
from types import SimpleNamespace

import pytest
import streamlit as st

from pages.parts import scene, stage_bar
from pages.stage import Stage
from repz_core import recipes
from repz_core.runs import RunStore
from tests.conftest import run_async

ME = "0123456789abcdef"
TOLD = {"page": "vae", "query": "show=map", "run": {"id": "vae-00000000000000aa", "parent": None}}


def heard(message: bytes) -> dict:
    """The data of a server-sent event, whose id is its serial."""
    id, data = message.decode().strip().split("\n")
    found = json.loads(data.removeprefix("data: "))
    assert id == f"id: {found['serial']}"
    return found


async def next_of(stream) -> dict:
    return heard(await asyncio.wait_for(anext(stream), 10))


def test_a_late_joiner_gets_what_is_shown_and_all_get_what_comes() -> None:
    async def hall() -> None:
        stage = Stage()
        early = stage.follow()
        assert (await next_of(early))["by"] == ""
        waiting = asyncio.create_task(next_of(early))
        await asyncio.sleep(0)
        teller = threading.Thread(target=stage.tell, kwargs={"by": ME, "step": 5, **TOLD})
        teller.start()
        first = await waiting
        teller.join()
        late = stage.follow()
        assert await next_of(late) == first
        assert (first["run"], first["step"]) == (TOLD["run"], 5)
        for step in range(6, 9):  # who is slow gets the last
            stage.tell(step=step)
        assert (await next_of(early))["step"] == (await next_of(late))["step"] == 8
        again = asyncio.create_task(next_of(early))
        await asyncio.sleep(0.05)
        stage.tell(step=8)  # nothing new
        await asyncio.sleep(0.05)
        assert not again.done()
        stage.tell(step=9)
        assert (await again)["step"] == 9
        await early.aclose()
        await late.aclose()

    run_async(hall())


def test_another_run_comes_with_its_newest_frame() -> None:
    stage = Stage()
    stage.tell(by=ME, step=7, **TOLD)
    stage.tell(**TOLD, knobs="k 3")
    assert stage.shown["step"] == 7
    stage.tell(**TOLD | {"run": {"id": "vae-00000000000000bb", "parent": None}})
    assert stage.shown["step"] is None


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A session with a stage of its own; `may` says whether it may present."""
    desk = SimpleNamespace(may=True, stage=Stage(), session={})
    monkeypatch.setattr(stage_bar, "stage", desk.stage)
    monkeypatch.setattr(stage_bar.access, "presenting", lambda: desk.may)
    monkeypatch.setattr(st, "session_state", desk.session)
    return desk


def test_who_presents_leads_and_tells_its_step(desk: SimpleNamespace) -> None:
    stage_bar._obey({"act": "lead", "me": ME, "run": TOLD["run"]["id"], "step": 3}, TOLD)
    assert desk.stage.shown["by"] == ME
    stage_bar._obey({"act": "at", "me": ME, "run": TOLD["run"]["id"], "step": 4}, TOLD)
    assert desk.stage.shown["step"] == 4
    stage_bar._obey({"act": "at", "me": ME, "run": "vae-00000000000000bb", "step": 9}, TOLD)  # of a page since left
    assert desk.stage.shown["step"] == 4
    stage_bar._obey({"act": "end", "me": ME}, TOLD)
    assert desk.stage.shown["by"] == ""


@pytest.mark.parametrize(
    "wish",
    [
        None,
        "lead",
        {"act": "lead"},
        {"act": "lead", "me": "<script>"},
        {"act": "at", "me": ME, "run": TOLD["run"]["id"], "step": 4},
        {"act": "end", "me": ME},
    ],
)
def test_a_wish_that_makes_no_sense_changes_nothing(desk: SimpleNamespace, wish: object) -> None:
    stage_bar._obey(wish, TOLD)
    assert desk.stage.shown == {"serial": 0, "by": ""}


@pytest.mark.parametrize("step", [-1, 1e9, "5", True, [1]])
def test_a_step_that_is_none_is_not_told(desk: SimpleNamespace, step: object) -> None:
    stage_bar._obey({"act": "lead", "me": ME, "run": TOLD["run"]["id"], "step": 3}, TOLD)
    stage_bar._obey({"act": "at", "me": ME, "run": TOLD["run"]["id"], "step": step}, TOLD)
    assert desk.stage.shown["step"] == 3


def test_a_viewer_cannot_lead_nor_go_on_leading(desk: SimpleNamespace) -> None:
    desk.may = False
    stage_bar._obey({"act": "lead", "me": ME, "step": None}, TOLD)
    assert desk.stage.shown["by"] == ""
    desk.may = True
    stage_bar._obey({"act": "lead", "me": ME, "run": TOLD["run"]["id"], "step": 3}, TOLD)
    desk.may = False
    stage_bar._obey({"act": "at", "me": ME, "run": TOLD["run"]["id"], "step": 4}, TOLD)
    assert desk.stage.shown["step"] == 3
    desk.session.clear()  # another presenter's session, which knows the public name of the first
    desk.may = True
    stage_bar._obey({"act": "end", "me": ME}, TOLD)
    assert desk.stage.shown["by"] == ME


def layout_of(run, data: dict, hint: str = "hint") -> str:
    here = scene.begin("vae")
    scene.in_view(run, "VAE")
    scene.note("plane", data | {"run": scene.reference(run), "steps": run.recipe.training.steps})
    scene.note("title", hint, "", run.id)
    return here._layout(run)


def test_scenes_are_of_one_layout_where_only_the_run_differs() -> None:
    store = RunStore()
    runs = [store.find(recipes.preset("vae", name)) for name in ("2-D map of MNIST", "2-D map of digits")]
    assert None not in runs
    one, two = runs
    assert layout_of(one, {"on": ["points"]}) == layout_of(two, {"on": ["points"]})
    assert layout_of(one, {"on": ["points"]}) != layout_of(two, {"on": ["prior"]})
    assert layout_of(one, {}, "k is 2") != layout_of(two, {}, "k is 5")


def test_which_panels_are_covered_comes_with_the_step(desk: SimpleNamespace) -> None:
    at = {"act": "at", "me": ME, "run": TOLD["run"]["id"], "step": 4}
    stage_bar._obey(at | {"act": "lead", "covered": [0, 2]}, TOLD)
    assert desk.stage.shown["covered"] == [0, 2]
    for forged in (None, "all", [-1], [99], [True], {"0": 1}, ["title"]):
        stage_bar._obey(at | {"covered": forged}, TOLD)
        assert desk.stage.shown["covered"] == [0, 2]
    stage_bar._obey(at | {"covered": []}, TOLD)
    assert desk.stage.shown["covered"] == []


def test_a_new_scene_begins_covered_for_all_who_follow(desk: SimpleNamespace) -> None:
    prompt = {"name": "homework7", "place": 2, "covered": ["How far from the optimum?"]}
    assert len(stage_bar._curtains(prompt)["covered"]) == stage_bar.MOST_PANELS
    assert stage_bar._curtains(prompt) == {}, "a rerun within the scene leaves it to the presenter's browser"
    assert stage_bar._curtains(prompt | {"place": 3, "covered": []}) == {"covered": []}
    assert stage_bar._curtains(None) == {}
