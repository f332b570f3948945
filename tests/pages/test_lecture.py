"""Lectures: the shipped one leads to what is there, faults are one sentence, what is kept comes back as it was."""

import json
import re
from html import escape
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from pages import access, lecture
from pages.parts import prompter
from pages.questions import QUESTIONS
from repz_core import recipes
from repz_core.config import RepzError
from repz_core.locale import use_language
from repz_core.runs import RunStore

SHIPPED = lecture.load(lecture.FIRST)
PLACES = list(enumerate(SHIPPED.scenes, 1))
TRIES = [each for question in QUESTIONS for each in question.tries]


def page_script(name: str) -> None:
    from importlib import import_module

    import_module(f"pages.{name}").page()


def opened(address: str) -> AppTest:
    """The page at a URL of the lab, as its script leaves it: no fault, and the run and section that were asked for."""
    url = urlsplit(address)
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    page = AppTest.from_function(page_script, kwargs={"name": url.path[1:] or "home"}, default_timeout=60)
    for name, value in asked.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    assert not page.error
    assert not page.warning
    assert {name: page.query_params[name] for name in asked} == asked
    assert page.session_state["show"] == asked["show"], "a section that there is not would be the first"
    return page


@pytest.mark.parametrize(("place", "scene"), PLACES, ids=[f"{place}" for place, _scene in PLACES])
def test_every_scene_of_the_shipped_lecture_is_there(place, scene, home):
    page = opened(lecture.address(lecture.FIRST, place, scene))
    run = RunStore().open(lecture.run_of(scene.run))
    assert run.folder.parent == RunStore().shipped
    assert scene.step <= run.recipe.training.steps
    titles = [heading.value for heading in page.subheader]
    assert set(scene.covered) <= set(titles), titles
    assert len(scene.title) <= 45
    assert 40 <= len(scene.notes) <= 500


def test_the_shipped_lecture_follows_the_sheet_in_both_languages():
    assert [scene.question for scene in SHIPPED.scenes] == sorted(scene.question for scene in SHIPPED.scenes)
    assert {scene.question for scene in SHIPPED.scenes} == {1, 2, 3, 4}
    assert 15 <= len(SHIPPED.scenes) <= 20
    assert {scene.page for scene in SHIPPED.scenes} == {"linear", "sparse", "vae", "gan", "simclr"}
    for each in (SHIPPED, *SHIPPED.scenes):
        assert re.search("[一-鿿]", each.zh_CN.title)
        assert bool(each.zh_CN.notes) == bool(each.notes)
    use_language("zh_CN")
    assert lecture.words(SHIPPED) is SHIPPED.zh_CN
    use_language("en")
    assert lecture.words(SHIPPED) is SHIPPED


@pytest.mark.parametrize("each", TRIES, ids=[each.words for each in TRIES])
def test_what_to_try_first_is_there(each, home):
    page = opened(each.address())
    assert len(page.subheader) >= 1
    if each.words in (
        "Which atoms does it learn?",
        "What does latent space look like?",
        "Which views belong together?",
    ):
        assert each.words in [heading.value for heading in page.subheader]


def test_home_shows_the_four_questions_with_pictures_and_scenes(home):
    page = AppTest.from_function(page_script, kwargs={"name": "home"}, default_timeout=60).run()
    assert not page.exception
    text = "\n".join(block.value for block in page.markdown)
    for number, question in enumerate(QUESTIONS, 1):
        assert f"## {number} · {question.title}" in text
    for place, scene in PLACES:
        link = f'href="{escape(lecture.address(lecture.FIRST, place, scene))}" target="_self"'
        assert text.count(link) >= 2  # of its question, of its lecture
    assert all(f'href="{escape(each.address())}" target="_self"' in text for each in TRIES)
    presets = sum(len(recipes.family(method).PRESETS) for method in recipes.names())
    assert len(page.get("image")) == 4 + presets
    assert page.caption[0].value == QUESTIONS[0].picture


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"no", "That is no JSON file"),
        (b"[" * 5000, "That is no JSON file"),
        (b"\xff\xfe", "That is no JSON file"),
        (b"[]", "A lecture is a JSON object"),
        (b" " * 500_000, "at most 400,000 bytes"),
        ({"scenes": []}, "1 to 200 scenes; got 0"),
        ({"scenes": [{"page": "vae"}] * 201}, "got 201"),
        ({"scenes": [{"page": "cats"}]}, "scenes.0.page must be one of home"),
        ({"scenes": [{"page": "vae", "step": -2}]}, "scenes.0.step must be a whole number"),
        ({"scenes": [{"page": "vae", "colour": 1}]}, "There is no setting 'scenes.0.colour'"),
        ({"scenes": [{"page": "vae", "run": "gan/Ring of 8"}]}, "Scene 1 asks page vae for the run 'gan/Ring of 8'"),
        ({"scenes": [{"page": "vae", "run": "vae/Cats"}]}, "vae has no preset 'Cats'"),
        ({"scenes": [{"page": "vae", "run": "vae-12"}]}, "is no run id"),
        ({"scenes": [{"page": "home", "run": "vae/Cats"}]}, "its runs are of: none"),
        ({"scenes": [{"page": "vae", "query": {"run": "x"}}]}, "Scene 1 must not set run"),
        ({"scenes": [{"page": "vae", "query": {"stage": "1"}}]}, "Scene 1 must not set stage"),
    ],
)
def test_a_fault_is_one_sentence(text, sentence):
    with pytest.raises(RepzError) as fault:
        lecture.parse(text if isinstance(text, bytes) else json.dumps(text).encode())
    assert sentence in str(fault.value)
    assert "\n" not in str(fault.value)


def test_what_is_kept_comes_back_as_it_was(home, monkeypatch):
    assert lecture.names() == [lecture.FIRST]
    assert lecture.keep("My Lecture (2)", SHIPPED) == "my-lecture-2"
    assert lecture.load("my-lecture-2") == SHIPPED
    assert lecture.keep(lecture.FIRST, SHIPPED) == f"my-{lecture.FIRST}"
    assert lecture.names() == [lecture.FIRST, f"my-{lecture.FIRST}", "my-lecture-2"]
    for name in ("../secret", "none", "", "x" * 300, "a\0b"):
        with pytest.raises(RepzError, match="There is no lecture"):
            lecture.load(name)
    assert not list(RunStore().list()) or all(run.folder.parent != RunStore().root for run in RunStore().list())
    monkeypatch.setattr(access, "presenting", lambda: False)
    with pytest.raises(RepzError, match="You are watching"):
        lecture.keep("other", SHIPPED)


def test_a_lecture_that_cannot_be_written_is_a_sentence(home):
    (home / "lectures").write_text("a file where the folder should be")
    with pytest.raises(RepzError, match="cannot be kept"):
        lecture.keep("mine", SHIPPED)
    assert lecture.names() == [lecture.FIRST]


def prompt_script() -> None:
    import streamlit as st

    from pages.parts import prompter, scene

    st.session_state["prompt"] = prompter.prompt()
    st.session_state["told"] = scene.begin("vae").told()


@pytest.mark.parametrize(
    ("name", "place", "works"),
    [
        (lecture.FIRST, "2", True), (lecture.FIRST, "0", False), (lecture.FIRST, "99", False), ("none", "1", False),
        (lecture.FIRST, "²", False), (lecture.FIRST, "9" * 5000, False), ("../..", "1", False),
    ],
)  # fmt: skip
def test_the_url_names_the_scene_and_who_follows_hears_nothing_of_it(name, place, works, home, monkeypatch):
    page = AppTest.from_function(prompt_script, default_timeout=30)
    for key, value in {"lecture": name, "scene": place, "stage": "1", "show": "map"}.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    assert page.session_state["told"]["query"] == "show=map"
    assert bool(page.session_state["prompt"]) is works
    assert bool(page.toast) is not works
    if works:
        assert page.session_state["prompt"]["notes"] == SHIPPED.scenes[1].notes
        assert len(page.session_state["prompt"]["urls"]) == len(SHIPPED.scenes)
        monkeypatch.setattr(access, "presenting", lambda: False)  # a viewer: no notes
        page.run()
        assert page.session_state["prompt"] is None


def test_a_scene_of_ones_own_names_its_preset(home, monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(prompter, "st", SimpleNamespace(toast=lambda words, **_how: said.append(words)))
    id = lecture.run_of("vae/2-D map of digits")
    told = {"page": "vae", "query": "show=map", "run": {"id": id}, "words": {"title": "VAE · k = 2"}}
    for step in (None, 40):
        prompter.add(told, {"step": step, "stage": True, "curtains": ["What does it generate?"]})
    prompter.add(told, {"step": 1, "stage": "perhaps", "curtains": 7})  # forged: a sentence, and nothing is kept
    one, two = lecture.load(prompter.OWN).scenes
    assert (one.run, one.step, two.step) == ("vae/2-D map of digits", -1, 40)
    assert (one.query, one.covered, one.stage) == ({"show": "map"}, ("What does it generate?",), True)
    assert len(said) == 3
    assert "must be" in said[2]
    assert not [path for path in Path(home / "lectures").iterdir() if path.suffix != ".json"]
