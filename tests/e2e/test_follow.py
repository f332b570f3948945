"""Follow me: a presenter and a viewer, each in a browser of their own, on a hosted lab."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from pages import lecture
from repz_core import recipes
from repz_core.executors.work import work
from repz_core.run import Run
from repz_core.runs import run_id
from tests.e2e.conftest import Lab, visitor

pytestmark = pytest.mark.e2e
expect.set_options(timeout=20_000)
CODE = "correct horse"
SAMPLES, PLANE, CHIP, LEAD = ".samples canvas", ".plane canvas", ".stage .chip", ".stage [data-act=lead]"


class Hall:
    """A presenter and a viewer, and two runs of one layout."""

    def __init__(self, lab: Lab, runs: list[Run], presenter: Page, viewer: Page) -> None:
        self.lab, self.runs, self.presenter, self.viewer = lab, runs, presenter, viewer
        self.sent: list[object] = []  # what the viewer's browser asked of the page's script
        viewer.on("websocket", lambda socket: socket.on("framesent", lambda said: self.sent.append(said)))

    def enter(self) -> None:
        """The presenter gives the code."""
        self.open(self.runs[0])
        self.presenter.get_by_role("button", name="Present").first.click()
        self.presenter.get_by_label("Presenter's code").fill(CODE)
        self.presenter.get_by_label("Presenter's code").press("Enter")
        expect(self.presenter.locator(LEAD)).to_be_visible()
        self.presenter.wait_for_function("document.cookie.includes('repz_pass=')")  # what a page loaded anew brings

    def open(self, run: Run) -> None:
        """The presenter loads the page of a run anew, and leads on if leading."""
        self.presenter.goto(f"{self.lab.url}/vae?run={run.id}")
        expect(self.presenter.locator(PLANE)).to_have_attribute("data-run", run.id)
        expect(self.presenter.locator(SAMPLES)).to_have_attribute("data-step", re.compile(r"\d"))

    def lead(self) -> None:
        """The presenter leads from the first run's last step."""
        self.open(self.runs[0])
        if self.presenter.locator(LEAD).get_attribute("aria-pressed") != "true":
            self.presenter.locator(LEAD).click()
        expect(self.presenter.locator(LEAD)).to_have_attribute("aria-pressed", "true")

    def join(self) -> None:
        """The viewer takes the short link, and is where the presenter is."""
        self.viewer.goto(self.lab.url)
        self.viewer.evaluate("sessionStorage.clear()")
        self.viewer.goto(self.lab.url)
        expect(self.viewer.locator(SAMPLES)).to_have_attribute("data-step", re.compile(r"\d"))
        expect(self.viewer.locator(CHIP)).to_contain_text("Following the lecturer")
        self.viewer.wait_for_timeout(300)  # until the page has asked all that it asks at first
        self.sent.clear()

    def scrub(self, page: Page, key: str) -> None:
        page.get_by_role("slider", name="Time").press(key)

    def at(self, page: Page, step: int) -> None:
        expect(page.locator(SAMPLES)).to_have_attribute("data-step", str(step))
        expect(page.locator(PLANE)).to_have_attribute("data-step", str(step))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("hall"), REPZ_HOSTED="1", REPZ_CODE=CODE, REPZ_WORKERS="1")
    lab.start()
    yield lab
    lab.end()


@pytest.fixture(scope="module")
def runs(lab: Lab) -> list[Run]:
    """Two that differ in a number only, and so in nothing that their pages are made of; and one of another shape."""
    recipe = recipes.preset("vae", "2-D map of digits").replace(**{"training.steps": 60, "training.num_frames": 8})
    made = []
    for beta, k in ((1.0, 2), (4.0, 2), (1.0, 5)):
        asked = recipe.replace(**{"model.beta": beta, "model.k": k})
        made.append(lab.store.create(asked, lab.home / run_id(asked)))
        assert work(made[-1]).state == "done"
    return made


@pytest.fixture(scope="module")
def open_hall(browser: Browser, lab: Lab, runs: list[Run]) -> Iterator[Hall]:
    with visitor(browser) as presenter, visitor(browser) as viewer:
        hall = Hall(lab, runs, presenter, viewer)
        hall.enter()
        yield hall


@pytest.fixture
def hall(open_hall: Hall) -> Hall:
    open_hall.lead()
    return open_hall


def test_time_run_and_knobs_are_followed_without_a_rerun(hall: Hall) -> None:
    first, second, _wide = hall.runs
    hall.scrub(hall.presenter, "Home")
    hall.join()  # a late joiner is at the presenter's step at once
    hall.at(hall.viewer, 0)
    for _press in range(3):
        hall.scrub(hall.presenter, "ArrowRight")
    hall.at(hall.viewer, first.frames()[3])
    hall.presenter.get_by_role("slider", name="beta").press("ArrowRight")
    expect(hall.viewer.locator(CHIP)).to_contain_text("beta 1.1")
    hall.open(second)  # loaded anew, and leading still
    expect(hall.viewer.locator(PLANE)).to_have_attribute("data-run", second.id)
    hall.at(hall.viewer, 60)
    expect(hall.viewer.locator(".run_bar .what")).to_contain_text("β = 4")
    expect(hall.viewer).to_have_url(re.compile(second.id))
    expect(hall.viewer.locator(".st-key-knobs")).to_have_attribute("inert", "")
    hall.scrub(hall.presenter, "Home")
    hall.at(hall.viewer, 0)
    assert hall.sent == []
    hall.viewer.reload()
    hall.at(hall.viewer, 0)
    expect(hall.viewer.locator(PLANE)).to_have_attribute("data-run", second.id)


def test_a_tab_that_nobody_looks_at_gives_its_stream_back_and_misses_nothing(hall: Hall) -> None:
    hall.join()
    look = "(hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
    look += " document.dispatchEvent(new Event('visibilitychange')); }"
    hall.viewer.evaluate(look, True)
    hall.scrub(hall.presenter, "Home")
    hall.at(hall.presenter, 0)
    hall.viewer.wait_for_timeout(500)
    hall.at(hall.viewer, 60)
    hall.viewer.evaluate(look, False)
    hall.at(hall.viewer, 0)


def test_section_and_page_are_followed_by_one_rerun_each(hall: Hall) -> None:
    hall.join()
    hall.presenter.get_by_role("radio", name="Dimensions").click()
    expect(hall.viewer.locator(".traversal canvas")).to_be_visible()
    assert len(hall.sent) == 1
    hall.presenter.get_by_role("link", name="GAN").click()
    expect(hall.viewer.locator(".arena canvas").first).to_have_attribute("data-step", re.compile(r"\d"))
    assert len(hall.sent) == 2
    expect(hall.viewer.locator(".run_bar .what")).to_contain_text("GAN")


def test_a_run_of_another_layout_takes_one_rerun(hall: Hall) -> None:
    hall.join()
    hall.open(hall.runs[2])
    expect(hall.viewer.get_by_text("in two of 5 latent dimensions")).to_be_visible()
    hall.at(hall.viewer, 60)
    assert len(hall.sent) == 1


def test_what_the_server_misses_is_told_again(hall: Hall) -> None:
    """As where a rerun of the page overtakes what the stage's bar said."""
    lost: list[str] = []

    def pass_on(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def hear(message: bytes | str) -> None:
            found = re.search('"act":"(lead|at)"', str(message))
            if found and found[1] not in lost:
                lost.append(found[1])
            else:
                server.send(message)

        socket.on_message(hear)

    hall.presenter.route_web_socket(re.compile("_stcore/stream"), pass_on)
    hall.open(hall.runs[1])  # its claim to lead on is lost
    hall.join()
    hall.scrub(hall.presenter, "Home")
    hall.at(hall.viewer, 0)
    assert lost == ["lead", "at"]


def test_who_lets_go_is_left_alone_until_following_again(hall: Hall) -> None:
    second = hall.runs[1]
    hall.join()
    hall.open(second)
    expect(hall.viewer.locator(PLANE)).to_have_attribute("data-run", second.id)
    hall.viewer.get_by_role("button", name="let go").click()
    expect(hall.viewer.get_by_role("slider", name="beta")).to_have_value("4")  # its own page now
    hall.scrub(hall.presenter, "Home")
    hall.presenter.get_by_role("radio", name="Dimensions").click()
    expect(hall.presenter.locator(".traversal canvas")).to_be_visible()
    hall.at(hall.viewer, 60)
    hall.viewer.reload()
    expect(hall.viewer.get_by_role("button", name="Follow the lecturer")).to_be_visible()
    hall.at(hall.viewer, 60)
    hall.viewer.get_by_role("button", name="Follow the lecturer").click()
    expect(hall.viewer.locator(".traversal canvas")).to_be_visible()
    expect(hall.viewer.locator(".run_bar .frame")).to_have_text("at step 0")


def test_moving_on_ones_own_is_letting_go(hall: Hall) -> None:
    hall.join()
    hall.scrub(hall.viewer, "Home")
    expect(hall.viewer.get_by_role("button", name="Follow the lecturer")).to_be_visible()
    hall.viewer.get_by_role("button", name="Follow the lecturer").click()
    hall.at(hall.viewer, 60)
    hall.viewer.get_by_role("radio", name="Size").click()
    expect(hall.viewer.get_by_role("button", name="Follow the lecturer")).to_be_visible()
    hall.presenter.locator(LEAD).click()
    expect(hall.viewer.locator(CHIP)).to_be_hidden()


def test_a_scene_and_its_curtains_are_followed_and_its_notes_are_not(hall: Hall) -> None:
    scenes = lecture.load(lecture.FIRST).scenes
    place = next(i for i, scene in enumerate(scenes, 1) if scene.query.get("show") == "map" and scene.covered)
    hall.join()
    hall.presenter.goto(f"{hall.lab.url}{lecture.address(lecture.FIRST, place, scenes[place - 1])}")
    curtains = hall.viewer.locator("[data-curtain]")
    expect(hall.viewer.locator(SAMPLES)).to_have_attribute("data-step", "0")
    expect(curtains).to_have_count(1)
    expect(hall.viewer.locator(PLANE)).to_be_hidden()
    hall.presenter.keyboard.press("PageDown")
    expect(hall.viewer.locator(PLANE)).to_be_visible()
    hall.presenter.keyboard.press("PageDown")
    expect(curtains).to_have_count(len(scenes[place].covered))
    assert not hall.viewer.locator(":root[data-stage]").count(), "a phone is no stage"
    assert "lecture" not in hall.viewer.url
    assert scenes[place].notes not in hall.viewer.content()
    hall.viewer.keyboard.press("n")
    assert len(hall.viewer.context.pages) == 1


def test_the_way_in_fills_the_screen_and_viewers_cannot_lead(hall: Hall) -> None:
    hall.join()
    hall.presenter.keyboard.press("q")
    square = hall.presenter.locator(".stage dialog.code svg")
    expect(square).to_be_visible()
    assert square.bounding_box()["height"] > 500
    assert re.fullmatch(rf"http://[\d.]+:{hall.lab.port}/", hall.presenter.locator(".stage .link").inner_text())
    hall.presenter.keyboard.press("q")
    expect(square).to_be_hidden()
    expect(hall.viewer.locator(LEAD)).to_be_hidden()
    hall.viewer.keyboard.press("p")
    hall.viewer.keyboard.press("q")
    expect(hall.viewer.locator(".stage dialog.code")).to_be_hidden()
    expect(hall.presenter.locator(LEAD)).to_have_attribute("aria-pressed", "true")


def test_keys_rescue_a_page_and_are_silent_while_one_types(hall: Hall) -> None:
    page, good = hall.presenter, run_id(recipes.preset("vae", next(iter(recipes.family("vae").PRESETS))))
    page.locator(LEAD).click()
    page.get_by_role("button", name="more").click()
    steps = page.get_by_role("spinbutton", name="steps")
    steps.press("x")
    page.keyboard.press("Escape")
    assert hall.runs[0].id in page.url
    page.keyboard.press("?")
    expect(page.get_by_text("show the last good recording at once")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("radio", name="Dimensions").click()
    expect(page.locator(".traversal canvas")).to_be_visible()
    page.keyboard.press("x")
    expect(page).to_have_url(f"{hall.lab.url}/vae?run={good}")
    hall.at(page, 4000)
    hall.scrub(page, "Home")
    page.get_by_role("slider", name="beta").press("ArrowRight")
    expect(page.get_by_text("beta 1.1 (was 1.0)")).to_be_visible()
    page.keyboard.press("0")
    hall.at(page, 4000)
    expect(page.get_by_text("beta 1.1 (was 1.0)")).to_have_count(0)
