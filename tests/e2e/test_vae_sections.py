"""The VAE page's sections in a real browser: forks, twins, families and the derivation, with the runs' own numbers."""

import re

import pytest
from playwright.sync_api import Page, expect

from repz_core import recipes
from repz_core.run import SHIPPED, Run
from repz_core.runs import run_id
from tests.e2e.conftest import Lab
from tests.e2e.test_lab import BAR, colours, quick, shown, state

pytestmark = pytest.mark.e2e
MAP = recipes.preset("vae", "2-D map of digits")
SIXTEEN = recipes.preset("vae", "16 dimensions")
SECTIONS = {
    "Map": ".samples canvas",
    "Drag": ".pad .map",
    "Draw": ".sketch .paper",
    "Between images": ".interpolation",
    "Dimensions": ".traversal",
    "Size": ".family",
    "Rate": ".family",
    "No prior": ".plane canvas",
    "Reparameterise": ".graphs",
    "Derivation": ".numbers",
}


def recorded(recipe) -> Run:
    return Run(SHIPPED / run_id(recipe))


def test_the_buttons_lead_to_every_section_and_the_url_keeps_it(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/vae?run={run_id(MAP)}")
    shown(page, step=4000)
    for title, selector in SECTIONS.items():
        page.get_by_role("button", name=title, exact=True).or_(
            page.get_by_role("radio", name=title, exact=True)
        ).click()
        expect(page.locator(selector).first).to_be_visible()
    expect(page).to_have_url(re.compile("show=derivation"))
    page.reload()
    expect(page.locator(".numbers").first).to_be_visible()


def test_a_fork_goes_on_from_the_step_in_view_with_its_parent_in_grey(page: Page, lab: Lab) -> None:
    parent = lab.store.submit(quick(41, steps=600))
    page.goto(f"{lab.url}/vae?run={parent.id}")
    state(page, "done")
    shown(page, step=600)
    slider = page.get_by_role("slider", name="Time")
    slider.focus()
    for _press in range(12):
        slider.press("ArrowLeft")
    frames = parent.frames()
    step = frames[len(frames) - 1 - 12]
    assert 0 < step < 600
    shown(page, step=step)
    page.get_by_role("slider", name="beta").press("ArrowRight")
    expect(page.get_by_text("beta 1.1 (was 1.0)")).to_be_visible()
    page.get_by_role("button", name="Fork here").click()
    expect(page).to_have_url(re.compile(f"run=vae-(?!{parent.id[4:]})"))
    state(page, "done")
    shown(page, step=600)
    child = lab.store.open(re.search(r"run=(vae-\w+)", page.url)[1])
    assert child.recipe.parent.step == step == child.frames()[0]
    assert child.recipe.model.beta == 1.1
    grey = page.evaluate(
        """() => [...document.querySelectorAll("*")].map((n) => n.shadowRoot ?? n)
            .map((n) => n.querySelector?.(".js-plotly-plot")).find(Boolean).data
            .filter((trace) => trace.line.color === "#999999").map((trace) => Math.max(...trace.x))"""
    )
    assert grey
    assert max(grey) == 600, "the parent's curve goes on to its own end"
    slider.focus()
    slider.press("Home")
    shown(page, step=0)  # the parent's frames come first
    before = [s for s in parent.frames() if s < step]
    expect(slider).to_have_attribute("max", str(len(before) + len(child.frames()) - 1))


def test_a_fork_that_cannot_be_is_one_sentence(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/vae?run={run_id(MAP)}")
    shown(page, step=4000)
    slider = page.get_by_role("slider", name="Time")
    slider.focus()
    slider.press("ArrowLeft")
    page.locator(".st-key-vae-model-k input[type=range]").press("ArrowRight")
    expect(page.get_by_text("k 3 (was 2)")).to_be_visible()
    page.get_by_role("button", name="Fork here").click()
    expect(page.get_by_text("so model.k stays 2; got 3")).to_be_visible()
    shown(page)


def test_both_twins_follow_one_scrubber(page: Page, lab: Lab) -> None:
    first = recipes.preset("vae", "2-D map of MNIST")
    page.goto(f"{lab.url}/vae?run={run_id(first)}&show=twin")
    canvases = page.locator(".plane canvas, .samples canvas")
    expect(canvases).to_have_count(4)
    for i in range(4):
        expect(canvases.nth(i)).to_have_attribute("data-step", "4000")
    runs = {canvases.nth(i).get_attribute("data-run") for i in range(4)}
    assert runs == {run_id(first), run_id(recipes.preset("vae", "2-D map without the prior: an autoencoder"))}
    slider = page.get_by_role("slider", name="Time")
    slider.focus()
    slider.press("Home")
    for i in range(4):
        expect(canvases.nth(i)).to_have_attribute("data-step", "0")


def test_a_family_s_slider_swaps_trained_runs(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/vae?run={run_id(SIXTEEN)}&show=size")
    family = page.locator(".family")
    expect(family).to_have_attribute("data-shown", run_id(SIXTEEN))
    assert colours(page, ".family .row:last-child canvas") > 20
    slider = page.get_by_role("slider", name="k", exact=True).last
    slider.focus()
    slider.press("Home")
    smallest = recipes.family_of_runs("vae", "k")[0]
    expect(family).to_have_attribute("data-shown", run_id(smallest))
    nll = recorded(smallest).status.metrics["nll"]
    expect(family).to_contain_text(f"nll {nll:.1f}")


def test_a_point_of_the_rate_distortion_plane_opens_its_run(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/vae?run={run_id(SIXTEEN)}&show=rate")
    expect(page.locator(".live_chart .watched")).to_have_attribute("data-points", re.compile(r"^[1-9]"))
    place = page.evaluate(
        """() => {
            const plot = [...document.querySelectorAll("*")].map((n) => n.shadowRoot ?? n)
              .map((n) => n.querySelector?.(".js-plotly-plot")).find(Boolean);
            const trace = plot._fullData.find((trace) => trace.customdata), { xaxis, yaxis } = plot._fullLayout;
            const i = trace.text.indexOf("β 4"), box = plot.getBoundingClientRect();
            return { x: box.x + xaxis._offset + xaxis.d2p(trace.x[i]), y: box.y + yaxis._offset + yaxis.d2p(trace.y[i]),
                     run: trace.customdata[i] };
        }"""
    )
    page.mouse.move(place["x"], place["y"])
    page.mouse.click(place["x"], place["y"])
    expect(page).to_have_url(re.compile(f"run={place['run']}"))
    expect(page.locator(BAR)).to_contain_text("β = 4")


def test_the_derivation_has_the_run_s_numbers_at_the_step_in_view(page: Page, lab: Lab) -> None:
    run = recorded(MAP)
    page.goto(f"{lab.url}/vae?run={run.id}&show=derivation")
    numbers = page.locator(".numbers b")
    expect(page.locator(".katex").first).to_be_visible()
    for step, key in [(run.frames()[-1], "End"), (run.frames()[0], "Home")]:
        slider = page.get_by_role("slider", name="Time")
        slider.focus()
        slider.press(key)
        row = next(row for row in run.events() if row["step"] == step)
        recon, kl = row["val_recon"], row["val_kl"]
        entropy = float(run.snapshot(0).arrays["entropy"][0])
        expect(page.locator(".numbers span").nth(1)).to_have_attribute("data-step", str(step))
        shown_numbers = [float(text.replace("\u2212", "-")) for text in numbers.all_inner_texts()]
        expected = [
            kl + row["val_log_prior"],
            -recon,
            row["val_log_prior"],
            recon,
            kl,
            recon + kl - entropy,
            recon,
            kl,
            -recon - kl,
        ]
        assert shown_numbers[: len(expected)] == pytest.approx(expected, abs=0.006)


def test_many_dimensions_can_be_seen_in_pairs_and_on_principal_axes(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/vae?run={run_id(SIXTEEN)}")
    shown(page, step=4000)
    picture = lambda: page.locator(".plane canvas").screenshot()  # noqa: E731
    pictures = [picture()]
    plane = page.locator(".plane")
    plane.get_by_role("combobox").first.select_option(label="z₅")
    page.wait_for_timeout(200)
    pictures.append(picture())
    for name in ("posteriors", "their sum", "prior", "PCA"):
        plane.get_by_role("button", name=name).click()
        page.wait_for_timeout(200)
        pictures.append(picture())
    assert len(set(pictures)) == len(pictures)
