"""What people see and touch: the home page and the VAE page in a real browser, on a real server."""

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from repz_core import recipes
from repz_core.config import Recipe
from repz_core.run import Run
from repz_core.runs import run_id
from tests.e2e.conftest import Lab

pytestmark = pytest.mark.e2e
BAR = ".run_bar"
SHIPPED = recipes.preset("vae", "2-D map of MNIST")


def quick(seed: int, steps: int = 150) -> Recipe:
    """A run of a moment."""
    return recipes.preset("vae", "2-D map of digits").replace(**{"seed": seed, "training.steps": steps})


def shown(page: Page, run: Run | None = None, step: int | None = None) -> None:
    """Wait until both canvases show a frame (of `step`) and the chart has points."""
    at = re.compile(r"^\d+$" if step is None else f"^{step}$")
    expect(page.locator(".samples canvas")).to_have_attribute("data-step", at)
    expect(page.locator(".plane canvas")).to_have_attribute("data-step", at)
    expect(page.locator(".live_chart .watched")).to_have_attribute("data-points", re.compile(r"^[1-9]\d*$"))
    if run:
        assert f"run={run.id}" in page.url


def state(page: Page, *names: str) -> None:
    """Wait until the run bar tells one of these states."""
    expect(page.locator(BAR)).to_have_attribute("data-state", re.compile("|".join(names)), timeout=60_000)


def colours(page: Page, selector: str) -> int:
    """How many different colours a canvas shows: 1 is an empty one."""
    return page.evaluate(
        """(selector) => {
            const canvas = document.querySelector(selector) ?? [...document.querySelectorAll("*")]
              .map((node) => node.shadowRoot?.querySelector(selector)).find(Boolean);
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(data.buffer)).size;
        }""",
        selector,
    )


def test_home_shows_what_there_is_and_leads_there(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    expect(page.get_by_role("heading", name="Look inside")).to_be_visible()
    shipped = own = 0
    for method in recipes.names():
        presets = recipes.family(method).PRESETS
        for name in presets:
            expect(page.get_by_role("link", name=name, exact=True).first).to_be_visible()
        mine = [run for run in lab.store.list() if run.folder.parent == lab.store.root and run.recipe.method == method]
        shipped, own = shipped + len(presets), own + min(8, len(mine))
    expect(page.get_by_text("trained here", exact=True)).to_have_count(own)
    assert 4 + shipped <= page.locator("img").count() <= 4 + shipped + own  # a run without a frame has no picture yet
    assert page.locator("img").first.evaluate("image => image.complete && image.naturalWidth") > 100
    for number in range(1, 5):  # the four questions are on the first screen
        box = page.locator(f".st-key-question-{number}").bounding_box()
        assert box["y"] + box["height"] <= 720
    page.get_by_role("link", name="2-D map of MNIST", exact=True).click()
    shown(page, step=4000)


def test_the_shipped_run_is_there_at_once(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/vae")
    shown(page, step=SHIPPED.training.steps)
    state(page, "done")
    expect(page.locator(BAR)).to_contain_text("recorded")
    expect(page.locator(BAR)).to_contain_text("4,000 / 4,000")
    expect(page.locator(BAR)).to_contain_text("ELBO −1")
    assert colours(page, ".samples canvas") > 20
    assert colours(page, ".plane canvas") > 50
    expect(page.get_by_text("recorded", exact=True).nth(1)).to_be_visible()


def test_scrubbing_asks_nothing_of_the_server(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/vae?run={run_id(SHIPPED)}")
    shown(page, step=4000)
    expect(page.locator(BAR)).to_have_attribute("data-loaded", str(len(lab.store.open(run_id(SHIPPED)).frames())))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    slider = page.get_by_role("slider", name="Time")
    slider.focus()
    slider.press("Home")
    shown(page, step=0)
    before = colours(page, ".samples canvas")
    for _press in range(5):
        slider.press("ArrowRight")
    expect(page.locator(".samples canvas")).not_to_have_attribute("data-step", "0")
    page.get_by_role("button", name="newest").click()
    shown(page, step=4000)
    assert colours(page, ".samples canvas") != before
    page.get_by_role("button", name="Play").click()
    shown(page, step=4000)
    assert asked == []


def test_start_trains_a_new_run_that_a_reload_and_another_browser_see(page: Page, lab: Lab, browser: Browser) -> None:
    page.goto(f"{lab.url}/vae?run={run_id(SHIPPED)}")
    shown(page, step=4000)
    page.get_by_role("slider", name="beta").press("ArrowRight")
    expect(page.get_by_text("beta 1.1 (was 1.0)")).to_be_visible()
    page.get_by_role("button", name=re.compile("Start")).click()
    state(page, "running")
    expect(page).to_have_url(re.compile("run=vae-(?!" + run_id(SHIPPED)[4:] + ")"))
    shown(page)
    expect(page.locator(BAR)).to_contain_text(re.compile(r"step [\d,]+ / 4,000 · \d+ s left"))
    page.reload()
    state(page, "running", "done")
    shown(page)
    other = browser.new_page()
    other.goto(page.url)
    shown(other)
    other.get_by_role("button", name="Stop").click()
    state(page, "stopped", "done")  # what one does, the other sees
    other.close()
    expect(page.get_by_role("button", name=re.compile("Go on from step|Start"))).to_be_visible()


def test_one_knob_moves_alone(page: Page, lab: Lab) -> None:
    """Widgets of a closed popover are mounted late; they must not start at their minimum then."""
    page.goto(f"{lab.url}/vae?run={run_id(SHIPPED)}")
    shown(page, step=4000)
    page.locator(".st-key-vae-model-k input[type=range]").press("ArrowRight")
    expect(page.get_by_text("k 3 (was 2)")).to_be_visible()
    page.get_by_role("button", name="more").click()
    steps = page.get_by_role("spinbutton", name="steps")
    steps.fill("800")
    steps.press("Enter")
    expect(page.get_by_text("k 3 (was 2) · steps 800 (was 4000)", exact=True)).to_be_visible()


def test_pause_step_resume_stop(page: Page, lab: Lab) -> None:
    run = lab.store.submit(quick(11, steps=100_000))
    page.goto(f"{lab.url}/vae?run={run.id}")
    state(page, "running")
    page.get_by_role("button", name="Pause").click()
    state(page, "paused")
    before = run.status.step
    every = run.recipe.training.row_every
    page.get_by_role("button", name=re.compile(f"^{every} steps?$")).click()
    expect(page.locator(BAR)).to_have_attribute("data-step", str(before + every))
    page.get_by_role("button", name=re.compile(f"^{every} steps?$")).click()
    expect(page.locator(BAR)).to_have_attribute("data-step", str(before + 2 * every))
    page.get_by_role("button", name="Go on", exact=True).click()
    state(page, "running")
    page.get_by_role("button", name="Stop").click()
    state(page, "stopped")
    assert run.status.state == "stopped"


def test_training_survives_the_web_server(page: Page, lab: Lab) -> None:
    run = lab.store.submit(quick(12, steps=6000))
    page.goto(f"{lab.url}/vae?run={run.id}")
    state(page, "running")
    shown(page)
    before = run.status.step
    lab.kill()
    lab.start()
    page.reload()
    state(page, "running", "done")
    shown(page)
    state(page, "done")
    assert run.status.step == 6000 > before
    rows = [row["step"] for row in run.events()]
    assert rows == sorted(set(rows))
    expect(page.locator(".live_chart .watched")).to_have_attribute("data-points", str(len(rows)))


def test_a_run_of_many_dimensions(page: Page, lab: Lab) -> None:
    run = lab.store.submit(quick(13).replace(**{"model.k": 5}))
    page.goto(f"{lab.url}/vae?run={run.id}")
    state(page, "done")
    shown(page, step=150)
    expect(page.get_by_text("in two of 5 latent dimensions")).to_be_visible()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("nonsense", "is no run id"),
        ("vae-00000000000000ff", "There is no run vae-00000000000000ff here"),
        ("../../etc/passwd", "is no run id"),
    ],
)
def test_a_bad_run_in_the_url_is_one_sentence_and_the_page_goes_on(
    page: Page, lab: Lab, asked: str, sentence: str
) -> None:
    page.goto(f"{lab.url}/vae?run={asked}")
    expect(page.get_by_text(sentence)).to_be_visible()
    shown(page)


def test_a_damaged_and_a_deleted_run_are_one_sentence(page: Page, lab: Lab) -> None:
    run = lab.store.submit(quick(14))
    page.goto(f"{lab.url}/vae?run={run.id}")
    state(page, "done")
    (run.folder / "recipe.json").write_text('{"method": "vae", "model"')
    page.reload()
    expect(page.get_by_text(f"Run {run.id} cannot be read")).to_be_visible()
    shown(page)
    (run.folder / "recipe.json").write_text(json.dumps(quick(14).model_dump()))
    page.goto(f"{lab.url}/vae?run={run.id}")
    shown(page)
    lab.store.delete(lab.store.open(run.id))
    state(page, "gone")
    page.reload()
    expect(page.get_by_text(f"There is no run {run.id} here")).to_be_visible()
    shown(page)


def test_a_data_set_that_cannot_be_had_fails_in_one_sentence(page: Page, lab: Lab, monkeypatch) -> None:
    page.goto(f"{lab.url}/vae")
    shown(page)
    page.get_by_role("combobox", name="data set").click()
    page.get_by_role("option", name="Fashion-MNIST").click()
    page.get_by_role("button", name=re.compile("Start")).click()
    state(page, "failed")
    expect(page.locator(BAR)).to_contain_text("fashion")
    expect(page.get_by_role("button", name="Try again")).to_be_enabled()
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", name="Look inside")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
def test_knobs_and_pictures_are_on_one_screen(browser: Browser, lab: Lab, scheme: str, width: int, height: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(f"{lab.url}/vae?run={run_id(SHIPPED)}")
    shown(page, step=4000)
    for selector in (BAR, ".samples canvas", ".plane canvas", ".live_chart .watched"):
        box = page.locator(selector).bounding_box()
        assert 0 <= box["x"] <= width - box["width"]
        assert 0 <= box["y"] <= height - box["height"]
    start = page.get_by_role("button", name=re.compile("Start")).bounding_box()
    assert start["y"] + start["height"] <= height
    page.close()
