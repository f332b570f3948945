"""On stage: one key takes the chrome away, a clicker steps through a lecture, curtains hide what is to be predicted."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from pages import lecture
from repz_core import recipes
from repz_core.runs import run_id
from tests.e2e.conftest import Lab, listening

pytestmark = pytest.mark.e2e
expect.set_options(timeout=20_000)
MAP = run_id(recipes.preset("vae", "2-D map of MNIST"))
SCENES = lecture.load(lecture.FIRST).scenes
CURTAIN, BAR, KNOBS = "[data-curtain]", ".run_bar", ".st-key-knobs"


def at_scene(page: Page, place: int) -> None:
    """Wait until the page of a scene is there, with its run."""
    scene = SCENES[place - 1]
    expect(page).to_have_url(re.compile(rf"/{scene.page}\?.*scene={place}\b"))
    expect(page.locator(".run_bar .what")).to_be_visible()
    listening(page)
    assert f"run={lecture.run_of(scene.run)}" in page.url
    expect(page.locator(CURTAIN)).to_have_count(len(scene.covered))


def test_one_key_takes_the_chrome_away_and_the_url_keeps_it(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/vae?run={MAP}")
    expect(page.locator(".plane canvas")).to_have_attribute("data-step", "4000")
    expect(page.locator(KNOBS)).to_be_visible()
    listening(page)
    page.keyboard.press("s")
    for hidden in (KNOBS, ".stAppHeader", ".st-key-show", ".run_bar .state", ".stage [data-act=keys]"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.get_by_text("Decoded from 36 fixed draws")).to_be_hidden()
    expect(page).to_have_url(re.compile("stage=1"))
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") >= 24
    for selector in (BAR, ".samples canvas", ".plane canvas", ".live_chart .watched"):
        box = page.locator(selector).bounding_box()
        assert 0 <= box["x"] <= 1280 - box["width"], selector
        assert 0 <= box["y"] <= 720 - box["height"], selector
    ticks = page.locator(".live_chart .xtick text").first
    expect(ticks).to_have_css("font-size", re.compile(r"^(1[89]|[2-9]\d)(\.\d+)?px$"))
    page.keyboard.press("h")
    expect(page.locator(KNOBS)).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_text("Decoded from 36 fixed draws")).to_be_visible()
    page.keyboard.press("h")
    page.reload()
    expect(page.locator(".plane canvas")).to_have_attribute("data-step", "4000")
    expect(page.locator(KNOBS)).to_be_hidden()
    listening(page)
    page.keyboard.press("s")
    expect(page.locator(KNOBS)).to_be_visible()
    expect(page).not_to_have_url(re.compile("stage=1"))


def test_a_clicker_steps_through_the_lecture(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    expect(page.locator(".stage [data-act=keys]")).to_be_visible()  # a link followed before that is a new page
    page.get_by_role("link", name="Homework 7, question by question").click()
    at_scene(page, 1)
    expect(page.locator(".run_bar .frame")).to_have_text("at step 0")
    expect(page.locator(KNOBS)).to_be_hidden()
    with page.expect_popup() as opened:
        page.keyboard.press("n")
    notes = opened.value
    expect(notes.locator("h1")).to_have_text(SCENES[0].title)
    page.get_by_role("slider", name="Time").focus()
    page.keyboard.press("ArrowRight")  # the time line's, not the lecture's
    expect(page.locator(".run_bar .frame")).not_to_have_text("at step 0")
    page.keyboard.press("PageDown")
    at_scene(page, 2)
    expect(notes.locator("p")).to_have_text(SCENES[1].notes)
    for left in (1, 0):  # its curtains first
        page.keyboard.press("PageDown")
        expect(page.locator(CURTAIN)).to_have_count(left)
    page.wait_for_timeout(1000)  # as one looks at what was lifted
    page.keyboard.press("PageDown")
    at_scene(page, 3)
    notes.keyboard.press("PageDown")  # from the notes' window, to another page
    at_scene(page, 4)
    page.keyboard.press("PageUp")
    at_scene(page, 3)
    page.reload()
    at_scene(page, 3)
    page.keyboard.press("s")
    page.get_by_role("link", name="GAN").click()  # to look around does not lose the place
    expect(page.locator(".run_bar .what")).to_contain_text("GAN")
    listening(page)
    page.keyboard.press("PageDown")
    at_scene(page, 4)
    notes.close()


def test_a_covered_panel_asks_first_and_is_lifted_by_a_click_or_a_key(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/vae?run={MAP}")
    expect(page.locator(".plane canvas")).to_have_attribute("data-step", "4000")
    listening(page)
    page.keyboard.press("v")
    expect(page.locator(CURTAIN)).to_have_count(3)
    for hidden in (".samples canvas", ".plane canvas", ".live_chart .watched"):
        expect(page.locator(hidden)).to_be_hidden()
    page.get_by_role("button", name="What does latent space look like?").click()
    expect(page.locator(".plane canvas")).to_be_visible()
    page.get_by_role("button", name="What does it generate?").press("Enter")
    expect(page.locator(".samples canvas")).to_be_visible()
    expect(page.locator(CURTAIN)).to_have_count(1)
    page.get_by_role("slider", name="beta").press("ArrowRight")  # a rerun of the script leaves it as it is
    expect(page.get_by_text("beta 1.1 (was 1.0)")).to_be_visible()
    expect(page.locator(CURTAIN)).to_have_count(1)
    page.get_by_role("radio", name="Dimensions").click()
    expect(page.locator(".traversal canvas")).to_be_visible()
    expect(page.locator(CURTAIN)).to_have_count(0)


def test_keys_of_the_page_are_listed(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/vae?run={MAP}")
    expect(page.locator(".run_bar .what")).to_be_visible()
    listening(page)
    page.keyboard.press("s")
    page.keyboard.press("?")
    for words in ("stage mode", "lift a curtain", "your notes", "cover all panels"):
        expect(page.get_by_text(words)).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".plane .layers button").nth(2).click()
    expect(page).to_have_url(re.compile("look="))
    page.keyboard.press("a")
    expect(page.get_by_text("Scene 1 of your own lecture")).to_be_visible()
    [scene] = lecture.parse((lab.home / "lectures" / "mine.json").read_bytes()).scenes
    assert (scene.page, scene.run, scene.stage) == ("vae", "vae/2-D map of MNIST", True)
    assert json.loads(scene.query["look"]) == {"plane-": {"ellipses": True}}
