"""The runs page in a real browser: find a run, note something, delete it and undo; a sweep from form to pictures."""

import re
import zipfile

import pytest
from playwright.sync_api import Locator, Page, expect

from repz_core import labels, recipes, sweep
from repz_core.config import Recipe
from tests.e2e.conftest import Lab
from tests.e2e.tour import settle
from tests.test_supervisor import until

pytestmark = pytest.mark.e2e
ROW, HEAD, CHECK = 35, 36, 20  # pixels: a row's and the head's height, and where a row's box is


def short_recipe(seed: int) -> Recipe:
    return recipes.preset("vae", "2-D map of digits").replace(**{"training.steps": 20, "seed": seed})


def pick(page: Page, row: int) -> None:
    """Choose a row of the table, whose body is drawn on a canvas."""
    canvas = page.get_by_test_id("stDataFrame").locator("canvas").first
    canvas.click(position={"x": CHECK, "y": HEAD + ROW * row + ROW // 2}, force=True)  # a scroller lies upon it


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=re.compile(f"{name}$"))


def ask(page: Page, query: str) -> None:
    box = page.get_by_role("textbox", name="search")
    box.fill(query)
    box.press("Enter")


def test_find_note_save_delete_and_undo(lab: Lab, page: Page, tmp_path) -> None:
    run = lab.store.submit(short_recipe(71))
    page.goto(f"{lab.url}/vae?run={run.id}")
    expect(page.locator(".run_bar")).to_have_attribute("data-state", "done", timeout=60_000)
    page.goto(f"{lab.url}/runs")
    ask(page, "seed:71 shipped:no")
    expect(page.get_by_text(re.compile(r"^1 of \d+ runs"))).to_be_visible()
    assert "q=seed" in page.url
    pick(page, 0)
    link = page.get_by_role("link", name="Open on its page")
    expect(link).to_have_attribute("href", re.compile(f"/vae.run={run.id}"))
    page.get_by_role("textbox", name="note").fill("twenty steps")
    page.get_by_role("textbox", name="note").press("Control+Enter")
    until(lambda: labels.of(lab.store.root, run.id).note == "twenty steps", "the note is kept")
    settle(page)  # a file that is asked for while the script runs is not there any more
    for name, inside in (("Export", "recipe.json"), ("TensorBoard", "tfevents")):
        with page.expect_download() as saved:
            button(page, name).click()
        saved.value.save_as(tmp_path / name)
        names = zipfile.ZipFile(tmp_path / name).namelist()
        assert all(found.startswith(f"{run.id}/") for found in names)
        assert any(inside in found for found in names)
    button(page, "Delete").click()
    expect(page.get_by_text(f"Deleted: {run.id}")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^0 of \d+ runs"))).to_be_visible()
    assert not run.folder.exists()
    button(page, "Undo").click()
    expect(page.get_by_text(re.compile(r"^1 of \d+ runs"))).to_be_visible()
    assert lab.store.open(run.id).status.state == "done"
    lab.store.delete(lab.store.open(run.id))
    button(page, "Import").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "run.zip", "mimeType": "application/zip", "buffer": (tmp_path / "Export").read_bytes()}
    )
    expect(page.get_by_text(f"Imported: {run.id}")).to_be_visible()
    assert lab.store.open(run.id).status.state == "done"
    ask(page, "betta>1")
    expect(page.get_by_text(re.compile("No run has 'betta'"))).to_be_visible()


def test_a_sweep_from_the_form_to_its_pictures(lab: Lab, page: Page) -> None:
    page.goto(f"{lab.url}/runs?show=sweeps")
    expect(page.get_by_text("What is to be varied?")).to_be_visible()
    page.get_by_role("combobox", name="start from").fill("2-D map of digits")
    page.get_by_role("combobox", name="start from").press("Enter")
    knob = page.get_by_role("combobox", name="knob").first
    knob.fill("beta")
    knob.press("Enter")
    values = page.get_by_role("textbox", name="values").first
    expect(values).to_be_enabled()
    values.fill("0.5,3")
    values.press("Enter")
    steps = page.get_by_role("spinbutton", name="steps")
    steps.fill("20")
    steps.press("Enter")
    expect(page.get_by_text(re.compile("^2 runs"))).to_be_visible()
    button(page, "Start").click()
    expect(page.get_by_text("2 of 2 runs have ended")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Which knob matters?")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    expect(page.locator(".js-plotly-plot").first.get_by_text("beta", exact=True)).to_be_visible()
    [name] = [found for found in sweep.names(lab.store.root) if found in page.url]
    page.get_by_role("link", name="its runs").click()
    expect(page.get_by_text(re.compile(r"^2 of \d+ runs"))).to_be_visible()
    members = sweep.members(sweep.load(lab.store.root, name))
    assert [recipe.model.beta for recipe in members] == [0.5, 3.0]
