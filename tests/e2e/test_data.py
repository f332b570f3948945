"""Your own data in a browser: dropped, looked at, added, trained on; and what that takes."""

import re
import threading
import time
from contextlib import contextmanager, suppress

import numpy as np
import psutil
import pytest
from playwright.sync_api import Page, expect

from repz_core.datasets import load
from tests.datasets.uploads import classes, images, npz, pictures, write_idx, zipped
from tests.e2e.conftest import Lab

pytestmark = pytest.mark.e2e
SLOW = 30_000  # ms that a page may take on a busy machine


@pytest.fixture(autouse=True)
def same_home(lab, monkeypatch):
    """This process reads runs whose data set is on the lab's shelf."""
    monkeypatch.setenv("REPZ_HOME", str(lab.home))


@contextmanager
def watched(process):
    """[bytes]: the most that a process and its children, but no supervisor of runs, take together meanwhile."""
    most, over = [0], threading.Event()
    server = psutil.Process(process.pid)
    before = set(server.children(recursive=True))

    def look():
        while not over.wait(0.02):
            with suppress(psutil.Error):
                members = [server, *(set(server.children(recursive=True)) - before)]
                most[0] = max(most[0], sum(member.memory_info().rss for member in members))

    thread = threading.Thread(target=look)
    thread.start()
    yield most
    over.set()
    thread.join()


def drop(page: Page, *paths) -> None:
    page.locator("input[type=file]").set_input_files([str(path) for path in paths])


def open_page(page: Page, lab: Lab, dataset: str = "mnist5k") -> None:
    page.goto(f"{lab.url}/data?dataset={dataset}")
    expect(page.get_by_role("heading", name="What is in it?")).to_be_visible(timeout=SLOW)
    expect(page.locator("input[type=file]")).to_be_attached(timeout=SLOW)


def stop_once_it_learns(lab: Lab, page: Page) -> None:
    """Wait until the run in view has a frame after its first, then have it stopped."""
    run = lab.store.open(re.search(r"run=(\w+-[0-9a-f]{16})", page.url)[1])
    end = time.monotonic() + 90
    while len(run.frames()) < 2 and time.monotonic() < end:
        assert run.status.state != "failed", run.status.message
        page.wait_for_timeout(100)
    assert len(run.frames()) >= 2
    run.steer(desired="stop")


def test_ten_thousand_images(page, lab, tmp_path, report):
    """MNIST's own format: from the drop to a data set, in seconds and in memory of the server and its helper."""
    digits = load("mnist5k")
    x = np.rint(np.concatenate([digits.x, digits.x[::-1]]) * 255).astype(np.uint8).reshape(-1, 28, 28)
    paths = write_idx(tmp_path, x, np.concatenate([digits.y, digits.y[::-1]]))
    open_page(page, lab)
    with watched(lab.process) as most:
        start = time.perf_counter()
        drop(page, *paths)
        add = page.get_by_role("button", name="Add data set")
        expect(add).to_be_visible(timeout=SLOW)
        looked = time.perf_counter() - start
        page.get_by_label("name", exact=True).fill("ten-thousand")
        page.get_by_label("name", exact=True).press("Tab")
        add.click()
        expect(page).to_have_url(re.compile("dataset=ten-thousand"), timeout=SLOW)
        expect(page.get_by_text("10,000 examples")).to_be_visible(timeout=SLOW)
        seconds = time.perf_counter() - start
    report(f"10,000 images as IDX: looked at after {looked:.1f} s, kept after {seconds:.1f} s, {most[0] / 1e6:.0f} MB")
    assert (lab.home / "data" / "ten-thousand.safetensors").exists()
    assert most[0] < 600e6
    assert seconds < 30


def test_an_upload_is_trained_on(page, lab, tmp_path):
    open_page(page, lab)
    drop(page, zipped(tmp_path / "pets.zip", pictures(200, 12)))
    expect(page.get_by_text("200 examples · 12 × 12 pixels, colour · 2 classes")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("not added yet").first).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Add data set").click()
    expect(page.get_by_text("yours", exact=True).first).to_be_visible(timeout=SLOW)
    page.goto(f"{lab.url}/linear")
    page.get_by_label("data set").click()
    page.get_by_role("option", name="pets").click()
    page.get_by_role("button", name=re.compile("Start")).click()
    expect(page).to_have_url(re.compile("run=linear_ae-"), timeout=SLOW)
    expect(page.get_by_text(re.compile("Linear · .*pets")).first).to_be_visible(timeout=SLOW)
    stop_once_it_learns(lab, page)
    open_page(page, lab, "pets")
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove pets").click()
    expect(page.get_by_text("delete those first")).to_be_visible(timeout=SLOW)


def test_images_without_classes_are_drawn_without_them(page, lab, tmp_path):
    """A map of codes has no names on it, and no fault."""
    open_page(page, lab)
    drop(page, npz(tmp_path / "bare.npz", x=images(120, 8)))
    expect(page.get_by_text("no labels").first).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Add data set").click()
    expect(page).to_have_url(re.compile("dataset=bare"), timeout=SLOW)
    page.goto(f"{lab.url}/vae")
    page.get_by_label("data set").click()
    page.get_by_role("option", name="bare").click()
    page.get_by_role("button", name=re.compile("Start")).click()
    expect(page).to_have_url(re.compile("run=vae-"), timeout=SLOW)
    expect(page.get_by_text(re.compile("VAE · .*bare")).first).to_be_visible(timeout=SLOW)
    plane = page.locator("canvas[data-step]").first
    expect(plane).to_have_attribute("data-step", re.compile(r"\d+"), timeout=SLOW)
    stop_once_it_learns(lab, page)


def test_a_bad_file_is_one_sentence_and_leaves_all_as_it_was(page, lab, tmp_path):
    open_page(page, lab)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04" + bytes(100))
    drop(page, broken)
    expect(page.get_by_text("broken.zip cannot be taken as data: File is not a zip file.")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("button", name="Add data set")).to_have_count(0)
    drop(page, npz(tmp_path / "fine.npz", x=images(), y=classes()))  # beside it
    expect(page.get_by_text("fine.npz", exact=True)).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Remove broken.zip").click()
    expect(page.get_by_role("button", name="Add data set")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("40 examples")).to_be_visible(timeout=SLOW)
