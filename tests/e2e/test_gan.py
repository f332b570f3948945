"""The GAN page in a real browser: the game by hand and slowly, pairs, the phase portrait, painting, what diverges."""

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from pages.parts.assets import VERSION
from repz_core import recipes
from repz_core.config import Recipe
from repz_core.methods.gan import GAN
from repz_core.recipes import gan as recipe_gan
from repz_core.run import SHIPPED, Run
from repz_core.runs import run_id
from tests.e2e.conftest import Lab
from tests.e2e.test_lab import BAR, colours, state

pytestmark = pytest.mark.e2e
ARENA = ".arena canvas"


def preset(name: str) -> Run:
    return Run(SHIPPED / run_id(recipes.preset("gan", name)))


def quick(seed: int, steps: int = 300, dataset: str = "ring8", **changes: object) -> Recipe:
    """A run of a moment."""
    plain = {"seed": seed, "training.steps": steps, "training.num_frames": 6, "model.width": 16}
    return recipes.parse(recipes.default("gan", dataset).replace(**(plain | changes)).plain())


def picture(page: Page, nth: int = 0) -> bytes:
    return page.locator(ARENA).nth(nth).screenshot()


def test_the_recorded_game_is_on_stage_at_once(page: Page, lab: Lab) -> None:
    run = preset("Ring of 8")
    page.goto(f"{lab.url}/gan?run={run.id}")
    for nth in (0, 1):
        expect(page.locator(ARENA).nth(nth)).to_have_attribute("data-step", str(run.status.step))
    expect(page.locator(BAR)).to_contain_text("modes 8")
    assert colours(page, ARENA) > 100
    before = picture(page)
    for layer in ("judge", "real", "fake", "pulls", "latent grid"):
        page.get_by_role("button", name=layer, exact=True).first.click()
        after = picture(page)
        assert after != before, layer
        before = after
    box = page.locator(ARENA).first.bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.5 * box["height"])
    page.wait_for_timeout(200)
    assert picture(page) != before, "the lens"


def test_the_game_by_hand_a_turn_at_a_time(page: Page, lab: Lab) -> None:
    asked = quick(61, steps=200)
    run = lab.store.create(asked, lab.store.root / run_id(asked))
    run.steer(desired="pause")
    lab.store.wake()
    page.goto(f"{lab.url}/gan?run={run.id}")
    state(page, "paused")
    d, g = (page.get_by_role("button", name=f"Next turn: {who}") for who in "DG")
    expect(d).to_be_enabled()
    expect(g).to_be_disabled()
    d.click()
    expect(page.locator(BAR)).to_contain_text("step 0 + 1 of 2 turns")
    expect(page.locator(ARENA).first).to_have_attribute("data-step", "1")
    after_d = picture(page)
    expect(g).to_be_enabled()
    expect(d).to_be_disabled()
    g.click()
    expect(page.locator(BAR)).to_have_attribute("data-step", "1")
    page.wait_for_timeout(500)
    assert picture(page) != after_d
    assert (run.status.step, run.status.turn) == (1, 0)
    page.get_by_role("button", name="Go on").click()
    state(page, "done")
    undisturbed = lab.store.submit(quick(61, steps=200))
    assert undisturbed.id == run.id, "a run by hand is the same run"


def test_slow_motion_shows_every_turn_and_full_speed_ends_it(page: Page, lab: Lab) -> None:
    asked = quick(62, steps=400)
    run = lab.store.create(asked, lab.store.root / run_id(asked))
    run.steer(pace=0.3)
    lab.store.wake()
    page.goto(f"{lab.url}/gan?run={run.id}")
    state(page, "running")
    expect(page.locator(BAR)).to_contain_text("+ 1 of 2 turns")
    expect(page.locator(BAR)).to_contain_text(re.compile(r"[12]\d\d s left"))  # 400 steps of 0.6 s
    assert 0 < run.status.step < 100
    page.get_by_role("button", name="Full speed").click()
    state(page, "done")


def test_a_trouble_and_its_cure_follow_one_scrubber(page: Page, lab: Lab) -> None:
    broken, cure = recipe_gan.TROUBLES["collapse"][0]
    page.goto(f"{lab.url}/gan?show=troubles&trouble=collapse")
    canvases = page.locator(ARENA)
    expect(canvases).to_have_count(2)
    steps = str(preset(broken).status.step)
    for nth, name in enumerate((broken, cure)):
        expect(canvases.nth(nth)).to_have_attribute("data-run", preset(name).id)
        expect(canvases.nth(nth)).to_have_attribute("data-step", steps)
    slider = page.get_by_role("slider", name="Time")
    slider.focus()
    slider.press("Home")
    for nth in (0, 1):
        expect(canvases.nth(nth)).to_have_attribute("data-step", "0")


def test_the_phase_portrait_shows_both_ways_of_the_dirac_gan(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/gan?show=troubles&trouble=oscillation")
    expect(page.locator(".live_chart .watched").first).to_have_attribute("data-points", re.compile(r"^[1-9]"))
    expect(page.get_by_text("Does the game come to rest?")).to_be_visible()
    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot').length >= 2")
    ways = page.evaluate(
        """() => document.querySelector(".js-plotly-plot").data.filter((trace) => trace.meta?.who !== undefined)
            .map(({ x, y }) => Math.hypot(x.at(-1), y.at(-1)) / Math.hypot(x[0], y[0]))"""
    )
    at_once, in_turns = ways
    assert at_once > 1.5
    assert 0.6 < in_turns < 1.4


def test_a_painted_density_is_learned(page: Page, lab: Lab) -> None:
    run = lab.store.submit(quick(63))
    page.goto(f"{lab.url}/gan?run={run.id}&show=draw")
    state(page, "done")
    canvas = page.locator(".drawing canvas")
    page.get_by_role("button", name="clear").click()
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.3 * box["height"], steps=5)
    page.mouse.up()
    page.get_by_role("button", name="Train on this").click()
    expect(page).to_have_url(re.compile(f"run=gan-(?!{run.id[4:]})"))
    state(page, "done")
    drawn = lab.store.open(re.search(r"run=(gan-\w+)", page.url)[1])
    levels = np.array([int(digit, 16) for digit in drawn.recipe.dataset.partition("@")[2]]).reshape(32, 32)
    assert levels[9:11, 9:20].min() > 0, "no gap where the pointer was fast"
    assert levels[:6].max() == levels[14:].max() == 0


def test_an_empty_drawing_is_one_sentence(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/gan?run={preset('Ring of 8').id}&show=draw")
    page.get_by_role("button", name="clear").click()
    page.get_by_role("button", name="Train on this").click()
    expect(page.get_by_text("The drawn density is empty: paint at least one cell, then start.")).to_be_visible()
    expect(page.locator(ARENA)).to_be_visible()


def test_a_run_that_diverges_says_so_and_keeps_what_it_had(page: Page, lab: Lab) -> None:
    wild = {"model.loss": "wasserstein", "training.optimiser": "sgd", "training.lr_d": 0.1, "training.lr": 0.1}
    wild |= {"model.r1": 0.0, "model.octaves": 0, "model.instance_noise": 0.0, "model.width": 64, "model.depth": 3}
    run = lab.store.submit(quick(64, steps=3000, **wild))
    page.goto(f"{lab.url}/gan?run={run.id}")
    state(page, "failed")
    expect(page.locator(BAR)).to_contain_text("Training diverged at step")
    expect(page.locator(BAR)).to_contain_text("clipping")
    assert run.frames()
    assert colours(page, ARENA) > 20


def test_images_and_what_lies_between_them(page: Page, lab: Lab) -> None:
    run = preset("Digits of MNIST, 32 pixels")
    page.goto(f"{lab.url}/gan?run={run.id}&show=neighbours")
    expect(page.locator(".samples canvas")).to_have_count(3)
    for nth in range(3):
        expect(page.locator(".samples canvas").nth(nth)).to_have_attribute("data-step", str(run.status.step))
    page.goto(f"{lab.url}/gan?run={run.id}&show=between")
    expect(page.locator(".interpolation canvas")).to_have_attribute("data-step", str(run.status.step))
    assert colours(page, ".interpolation canvas") > 50


def test_the_generator_in_the_browser_is_torch_s(page: Page, lab: Lab) -> None:
    page.goto(lab.bare)
    run = preset("Digits of MNIST, 32 pixels")
    gan = run.model()
    assert isinstance(gan, GAN)
    found = page.evaluate(
        """async ({ assets, weights, model, z }) => {
          const { gan } = await import(`${assets}/shared/net.js`);
          const { parse } = await import(`${assets}/shared/safetensors.js`);
          const machine = gan(model, parse(await (await fetch(weights)).arrayBuffer()));
          return z.map((code) => [...machine.decode(Float32Array.from(code))]);
        }""",
        {
            "assets": f"/repz/assets/{VERSION}",
            "weights": f"/repz/runs/{run.id}/weights",
            "model": {"layers": recipe_gan.layers(gan.config, gan.shape), "k": gan.config.k},
            "z": gan.prior_draws[:3].tolist(),
        },
    )
    with torch.inference_mode():
        expected = gan.decode(gan.prior_draws[:3])
    np.testing.assert_allclose(found, expected, atol=1e-4)
