"""The URL is the state: whoever opens it in a browser of their own sees the same."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from repz_core import recipes
from repz_core.run import SHIPPED, Run
from repz_core.runs import run_id
from tests.e2e.conftest import Lab, visitor

pytestmark = pytest.mark.e2e
expect.set_options(timeout=20_000)
MAP, SIXTEEN = recipes.preset("vae", "2-D map of digits"), recipes.preset("vae", "16 dimensions")
VANISHING, CURED = recipes.preset("gan", "Vanishing gradient"), recipes.preset("gan", "Non-saturating loss")


@pytest.fixture
def other(browser: Browser) -> Iterator[Page]:
    """Somebody else's browser, which knows nothing of the first one."""
    with visitor(browser) as page:
        yield page


def test_section_run_step_and_knobs(page: Page, other: Page, lab: Lab) -> None:
    frames = Run(SHIPPED / run_id(MAP)).frames()
    page.goto(f"{lab.url}/vae")
    page.get_by_role("radio", name="Dimensions").click()
    expect(page.locator(".traversal canvas")).to_be_visible()
    page.goto(f"{lab.url}/vae?run={run_id(MAP)}")
    time = page.get_by_role("slider", name="Time")
    expect(time).to_have_attribute("max", str(len(frames) - 1))
    page.get_by_role("radio", name="Dimensions").click()
    expect(page.locator(".traversal canvas")).to_be_visible()
    time.press("Home")
    for _press in range(5):
        time.press("ArrowRight")
    page.get_by_role("slider", name="beta").press("ArrowRight")
    expect(page).to_have_url(re.compile(f"at={frames[5]}"))
    expect(page).to_have_url(re.compile("knobs=.*beta"))
    page.get_by_role("button", name="more").click()
    page.get_by_role("spinbutton", name="seed").fill("7")
    page.get_by_role("spinbutton", name="seed").press("Enter")
    expect(page).to_have_url(re.compile("knobs=.*seed"))
    other.goto(page.url)
    expect(other.locator(".traversal canvas")).to_be_visible()
    expect(other.locator(".run_bar .frame")).to_have_text(re.compile(f" {frames[5]}$"))
    expect(other.get_by_text("beta 1.1 (was 1.0) · seed 7 (was 0)", exact=True)).to_be_visible()
    assert f"run={run_id(MAP)}" in other.url
    other.get_by_role("button", name="newest").click()
    expect(other).not_to_have_url(re.compile("at="))
    other.get_by_role("slider", name="beta").press("ArrowLeft")
    expect(other).not_to_have_url(re.compile("beta"))


def pad(page: Page) -> Locator:
    root = page.locator(".pad")
    expect(root).to_have_attribute("data-step", re.compile(r"\d+"), timeout=30_000)
    expect(root).to_have_attribute("data-whole", "true")
    return root


def test_the_pads_marks(page: Page, other: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/vae?run={run_id(SIXTEEN)}&show=pad")
    root = pad(page)
    root.locator(".map").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    root.get_by_role("button", name="image for end B").click()
    root.locator(".picker button").nth(13).click()
    root.get_by_label("dimension across").select_option("3")
    root.get_by_role("button", name="great circle").click()
    expect(root).to_have_attribute("data-from", "- 2 13")
    expect(page).to_have_url(re.compile("look=.*round"))
    other.goto(page.url)
    mine = pad(other)
    expect(mine).to_have_attribute("data-from", "- 2 13")
    expect(mine).to_have_attribute("data-plane", str(root.get_attribute("data-plane")))
    point = [[float(value) for value in str(side.get_attribute("data-point")).split()] for side in (root, mine)]
    assert point[1] == pytest.approx(point[0], abs=1e-3)
    expect(mine.get_by_role("button", name="great circle")).to_have_attribute("aria-pressed", "true")


def test_the_run_beside(page: Page, other: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/gan?run={run_id(VANISHING)}&show=pairs&with={run_id(CURED)}")
    for visit in (page, other):
        visit.goto(page.url)
        for run in (VANISHING, CURED):
            expect(visit.locator(f"canvas[data-run={run_id(run)}]").first).to_be_visible()


@pytest.mark.parametrize(
    "asked", ["at=-1", "at=x", "knobs=[]", "knobs={", 'look={"pad":{"P":[1],"plane":[0,9]}}', "look=~", "ask=x&knob=no"]
)
def test_nonsense_in_the_url_is_nothing(page: Page, lab: Lab, asked: str) -> None:
    page.goto(f"{lab.url}/vae?run={run_id(MAP)}&show=pad&{asked}")
    assert pad(page).get_attribute("data-from") == "0 2 7"
    expect(page.locator(".run_bar .frame")).to_have_text("at step 4,000")


def test_a_link_of_the_home_page_stays_in_its_tab(page: Page, lab: Lab) -> None:
    """Also one that is clicked before the parts of the page are loaded."""
    idle = {"content_type": "text/javascript", "body": "export default () => {};"}
    page.route(re.compile("/stage/stage.js"), lambda route: route.fulfill(**idle))
    page.goto(lab.url)
    tabs = len(page.context.pages)
    page.get_by_role("link", name="2-D map of digits", exact=True).click()
    expect(page).to_have_url(re.compile(f"/vae\\?run={run_id(MAP)}"))
    assert len(page.context.pages) == tabs
