"""A hosted lab in real browsers: who sees what, who may start and steer, and how one becomes a presenter."""

import http.client
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from repz_core import recipes
from repz_core.config import Recipe
from repz_core.runs import run_id
from tests.e2e.conftest import Lab, visitor

pytestmark = pytest.mark.e2e
CODE = "correct horse"
BAR = ".run_bar"
SHIPPED = run_id(recipes.preset("vae", "2-D map of digits"))


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("hosted"), REPZ_HOSTED="1", REPZ_CODE=CODE, REPZ_WORKERS="1")
    lab.start()
    yield lab
    lab.end()


@pytest.fixture
def viewer(browser: Browser, hosted: Lab) -> Iterator[Page]:
    with visitor(browser) as page:
        yield page


@pytest.fixture
def presenter(browser: Browser, hosted: Lab) -> Iterator[Page]:
    with visitor(browser) as page:
        yield page


def endless(seed: int) -> Recipe:
    """A run that is under way as long as the test is."""
    return recipes.preset("vae", "2-D map of digits").replace(**{"seed": seed, "training.steps": 200_000})


def present(page: Page, code: str) -> None:
    """Give a code."""
    page.get_by_role("button", name="Present").first.click()
    box = page.get_by_label("Presenter's code")
    box.fill(code)
    box.press("Enter")


def at(page: Page, lab: Lab, run: str) -> None:
    page.goto(f"{lab.url}/vae?run={run}")
    expect(page.locator(BAR)).to_have_attribute("data-state", re.compile("queued|running|paused|done|stopped"))


def start_button(page: Page) -> object:
    return page.get_by_role("button", name=re.compile("^(play_arrow )?Start"))


def moved(page: Page, times: int = 1) -> None:
    """Ask for something that is not recorded."""
    slider = page.get_by_role("slider", name="beta")
    before = slider.get_attribute("aria-valuenow")
    for _press in range(times):
        slider.press("ArrowRight")
    expect(slider).not_to_have_attribute("aria-valuenow", before or "")
    expect(page.get_by_text(re.compile("beta .* \\(was"))).to_be_visible()


def test_a_viewer_watches_and_scrubs_and_sees_no_control(hosted: Lab, viewer: Page) -> None:
    run = hosted.store.submit(endless(1))
    at(viewer, hosted, run.id)
    expect(viewer.locator(BAR)).to_have_attribute("data-state", "running", timeout=60_000)
    for name in ("Pause", "Stop", "Fork here"):
        expect(viewer.get_by_role("button", name=name)).to_have_count(0)
    moved(viewer)
    expect(viewer.get_by_text("the presenter starts runs")).to_be_visible()
    expect(start_button(viewer)).to_have_count(0)
    at(viewer, hosted, SHIPPED)
    slider = viewer.get_by_role("slider", name="Time")
    slider.press("Home")
    expect(viewer.locator(".samples canvas")).to_have_attribute("data-step", "0")
    run.steer(desired="stop")


def test_a_wrong_code_is_refused_and_the_right_one_gives_controls(hosted: Lab, presenter: Page) -> None:
    run = hosted.store.submit(endless(3))
    at(presenter, hosted, run.id)
    present(presenter, "battery staple")
    expect(presenter.get_by_text("not the presenter's code")).to_be_visible()
    expect(presenter.get_by_role("button", name="Pause")).to_have_count(0)
    presenter.keyboard.press("Escape")
    present(presenter, CODE)
    expect(presenter.get_by_role("button", name="Presenting")).to_be_visible()
    presenter.keyboard.press("Escape")
    presenter.get_by_role("button", name="Pause").click()
    expect(presenter.locator(BAR)).to_have_attribute("data-state", "paused", timeout=60_000)
    presenter.reload()  # needs no code
    presenter.get_by_role("button", name="Stop", exact=True).click()
    expect(presenter.locator(BAR)).to_have_attribute("data-state", "stopped", timeout=60_000)
    presenter.get_by_role("button", name="Presenting").click()
    presenter.get_by_role("button", name="Stop presenting").click()
    expect(presenter.get_by_text("the presenter starts runs")).to_be_visible()
    presenter.reload()
    expect(presenter.get_by_text("the presenter starts runs")).to_be_visible()


def run_of(url: str) -> str:
    """The run that a page's URL names."""
    return re.search("run=([a-z0-9_-]+)", url).group(1)


def test_viewers_start_runs_once_the_presenter_lets_them_up_to_a_limit(
    hosted: Lab, presenter: Page, viewer: Page
) -> None:
    at(presenter, hosted, SHIPPED)
    present(presenter, CODE)
    presenter.get_by_text("Viewers may start runs").click()
    busy = hosted.store.submit(endless(2))  # one worker: what viewers start stays queued
    started = []
    try:
        at(viewer, hosted, SHIPPED)
        for _run in range(2):
            before = run_of(viewer.url)
            moved(viewer, 3)
            start_button(viewer).click()
            viewer.wait_for_url(lambda url, before=before: run_of(url) != before)
            started.append(run_of(viewer.url))
        moved(viewer, 3)
        expect(viewer.get_by_text("2 of your runs are under way")).to_be_visible()
        expect(start_button(viewer)).to_have_count(0)
        expect(viewer.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
    finally:
        for id in (busy.id, *started):
            hosted.store.open(id).steer(desired="stop")
    assert len({SHIPPED, *started}) == 3
    presenter.get_by_text("Viewers may start runs").click()
    viewer.reload()
    expect(viewer.get_by_text("the presenter starts runs")).to_be_visible()


def test_a_page_of_another_site_is_refused(hosted: Lab) -> None:
    def asked(path: str, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("localhost", hosted.port, timeout=20)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        connection.close()
        return answer

    path = f"/repz/runs/{SHIPPED}/weights"
    assert asked(path).status == asked(path, Origin=f"http://localhost:{hosted.port}").status == 200
    assert asked(path, Origin="http://evil.example").status == asked(path, Sec_Fetch_Site="cross-site").status == 403
    shake = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13"}
    shake |= {"Sec_WebSocket_Key": "x3JJHMbDL1EzLkh9GBhXDw==", "Sec_WebSocket_Protocol": "streamlit"}
    assert asked("/_stcore/stream", Origin=f"http://localhost:{hosted.port}", **shake).status == 101
    assert asked("/_stcore/stream", Origin="http://evil.example", **shake).status == 403
