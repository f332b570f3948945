"""The compare page in a real browser: a table that sorts, one lasso for all maps, two runs under one scrubber."""

import re
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from repz_core import recipes
from repz_core.comparison import COLUMNS, Ask, Cell, Row, Table, cell, write
from repz_core.runs import run_id
from tests.e2e.conftest import Lab

pytestmark = pytest.mark.e2e
RECON = {"pixels": 0.0, "pca": 9.0, "vae": 7.0}


def written(lab: Lab) -> str:
    """A comparison of two clouds: in `pixels` they lie left and right, in `pca` as in pixels, in `vae` all over."""
    none = {name: Cell(why="no_density") for name in COLUMNS}
    rows = [
        Row(name=name, cells=none | {"recon": cell([error, error + 1]), "l0": cell([8.0])})
        for name, error in RECON.items()
    ]
    rows.append(Row(name="simclr", cells=none | {"recon": Cell(why="no_decoder"), "l0": cell([8.0])}))
    noise, labels = np.random.default_rng(0), np.repeat([0, 1], 50)
    apart = np.stack([np.where(labels == 0, -1.0, 1.0), np.zeros(100)], 1) + noise.normal(0, 0.05, (100, 2))
    images = np.full((4, 1, 8, 8), 128, np.uint8)
    arrays = {
        "inputs": images, "reconstructions_pca": images, "reconstructions_vae": images, "walk_pixels": images,
        "points": np.zeros((100, 1, 8, 8), np.uint8), "labels": labels.astype(np.int32),
        "map_pixels": apart.astype(np.float16), "map_pca": apart.astype(np.float16),
        "map_vae": noise.normal(0, 1, (100, 2)).astype(np.float16), "map_simclr": apart.astype(np.float16),
    }  # fmt: skip
    ask = Ask(dataset="digits@47012e1a", size=8, seeds=2, steps=7)
    return write(Table(ask=ask, rows=tuple(rows), pair=(0, 1), train=10, test=100), arrays, lab.home).id


def test_the_table_sorts_with_what_has_no_number_last(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/compare?comparison={written(lab)}&show=table")
    rows, head = page.locator(".standings tbody tr"), page.locator(".standings button[data-column=recon]")
    expect(rows).to_have_count(4)
    head.click()
    expect(page.locator(".standings th[aria-sort=ascending]")).to_have_count(1)
    order = [rows.nth(i).get_attribute("data-row") for i in range(4)]
    assert order == ["pixels", "vae", "pca", "simclr"]
    page.keyboard.press("Enter")  # it keeps the focus
    expect(page.locator(".standings th[aria-sort=descending]")).to_have_count(1)
    assert [rows.nth(i).get_attribute("data-row") for i in range(4)] == ["pca", "vae", "pixels", "simclr"]
    expect(page.locator("tr[data-row=pca] td[data-column=recon]")).to_have_text(re.compile(r"^9\.50 ± 6\.35$"))
    expect(page.locator("tr[data-row=simclr] td[data-column=recon]")).to_contain_text("—")
    expect(page.locator(".standings .notes")).to_contain_text("It has no decoder")


def test_a_line_around_points_of_one_map_chooses_them_in_all(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/compare?comparison={written(lab)}&show=maps")
    canvases = page.locator(".maps figure canvas")
    expect(canvases).to_have_count(4)
    expect(page.locator(".maps .bar button").first).to_be_enabled()
    blank = canvases.nth(2).evaluate("(canvas) => canvas.toDataURL()")
    box = canvases.first.bounding_box()
    assert box
    left, top, half, low = box["x"] + 2, box["y"] + 2, box["x"] + box["width"] / 2, box["y"] + box["height"] - 2
    corners = [(left, top), (half, top), (half, low), (left, low), (left, top)]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for _start, end in pairwise(corners):
        page.mouse.move(*end, steps=4)
    page.mouse.up()
    for i in range(4):
        expect(canvases.nth(i)).to_have_attribute("data-chosen", "50")
    expect(page.locator(".maps .said")).to_have_text("50 of 100 test images chosen · 0: 50")
    assert canvases.nth(2).evaluate("(canvas) => canvas.toDataURL()") != blank
    page.get_by_role("button", name="1", exact=True).press("Enter")  # with keys: another class
    expect(page.locator(".maps .said")).to_contain_text("100 of 100")
    page.get_by_role("button", name="0", exact=True).press("Enter")
    expect(page.locator(".maps .said")).to_have_text("50 of 100 test images chosen · 1: 50")
    page.keyboard.press("Escape")
    expect(canvases.first).to_have_attribute("data-chosen", "0")
    canvases.first.focus()
    while (canvases.first.get_attribute("data-chosen") or "0") == "0":  # the ring comes to some points
        page.keyboard.press("ArrowLeft")
    expect(canvases.nth(3)).to_have_attribute("data-chosen", re.compile("[1-9]"))


def test_rows_without_pictures_say_why(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/compare?comparison={written(lab)}&show=copies")
    canvas = page.locator(".strips canvas")
    expect(canvas).to_have_attribute("data-rows", "3")  # the images, PCA and the VAE; not SimCLR
    page.get_by_text("Interpolations").click()
    expect(page.locator(".strips canvas")).to_have_attribute("data-rows", "1")


def test_one_scrubber_moves_two_runs_by_share_or_by_step(page: Page, lab: Lab) -> None:
    long, short = (recipes.preset(*name) for name in (("vae", "16 dimensions"), ("sparse_coding", "Strokes of digits")))
    page.goto(f"{lab.url}/compare?show=runs&run={run_id(long)}&with={run_id(short)}")
    sheets = page.locator(".samples canvas")
    expect(sheets).to_have_count(2, timeout=60_000)
    expect(sheets.nth(0)).to_have_attribute("data-step", f"{long.training.steps}")
    expect(sheets.nth(1)).to_have_attribute("data-step", f"{short.training.steps}")
    slider = page.locator(".run_bar input[type=range]")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    step = sorted(long.training.frame_steps())[-2]
    expect(sheets.nth(0)).to_have_attribute("data-step", f"{step}")
    share = round(step * (short.training.steps / long.training.steps))
    expect(sheets.nth(1)).to_have_attribute("data-step", f"{share}")
    page.get_by_text("by step").click()
    expect(sheets.nth(1)).to_have_attribute("data-step", f"{step}")
    expect(page.get_by_text("What is different in their recipes?")).to_be_visible()
    address = page.get_by_role("link", name="Both as a page that plays").get_attribute("href")
    player = page.request.get(f"{lab.url}{address}")
    assert "attachment" in player.headers["content-disposition"]
    assert all(f'"id":"{run_id(recipe)}"' in player.text() for recipe in (long, short))
