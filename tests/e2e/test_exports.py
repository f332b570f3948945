"""What can be saved, made in the browser: a figure's picture, drawing and numbers, and what it does over time."""

import base64
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import Browser, Page, expect

from pages.parts.assets import VERSION
from repz_core import recipes
from repz_core.player import player
from repz_core.run import SHIPPED, Run
from repz_core.runs import run_id
from repz_core.script import script
from tests.e2e.conftest import Lab, visitor
from tests.e2e.test_lab import shown

pytestmark = pytest.mark.e2e
RUN = Run(SHIPPED / run_id(recipes.preset("vae", "2-D map of digits")))
LAST = RUN.frames()[-1]
MENU = "Save this figure"
PARTS = [".samples", ".plane", ".live_chart"]


@pytest.fixture(scope="module")
def visited(browser: Browser, lab: Lab) -> Iterator[Page]:
    """The VAE page with its three panels, for all tests here."""
    with visitor(browser) as page:
        page.goto(f"{lab.url}/vae?run={RUN.id}")
        expect(page.locator(".live_chart .watched")).to_have_attribute("data-points", re.compile(r"\d"), timeout=60_000)
        yield page


@pytest.fixture
def maps(visited: Page) -> Page:
    """It, with the newest frame in view."""
    visited.locator(".run_bar input[type=range]").fill(str(len(RUN.frames()) - 1))
    shown(visited, step=LAST)
    return visited


def saved(page: Page, part: str, item: str) -> tuple[str, bytes]:
    """Name and content of what an item of the menu of the part saves."""
    menu = page.locator(f".repz_menu[data-part={part.removeprefix('.')}]").first
    menu.get_by_role("button", name=MENU).click()
    with page.expect_download(timeout=60_000) as download:
        menu.get_by_role("menuitem", name=item).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def on_screen(page: Page, canvas: str) -> np.ndarray:
    """A canvas's colours as they are seen: what is clear shows the black behind it."""
    url = page.locator(canvas).evaluate("canvas => canvas.toDataURL()")
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA")
    return np.array(Image.alpha_composite(Image.new("RGBA", image.size, "black"), image).convert("RGB"))


@pytest.mark.parametrize("part", PARTS)
def test_a_figure_is_saved_as_a_picture_twice_as_fine(maps: Page, part: str) -> None:
    node = maps.locator(f"{part} canvas, {part} .watched").first
    size = node.evaluate("node => [node.clientWidth, node.clientHeight]")
    name, content = saved(maps, part, "Picture")
    assert re.fullmatch(rf"{RUN.id}-[a-z-]+-step-{LAST}\.png", name)
    image = Image.open(io.BytesIO(content))
    assert image.size == (2 * size[0], 2 * size[1])
    assert len(image.convert("RGB").getcolors(10**7)) > 20


def test_the_picture_is_drawn_finer_and_not_blown_up(maps: Page) -> None:
    _name, content = saved(maps, ".plane", "Picture")
    fine = np.array(Image.open(io.BytesIO(content)).convert("RGB"))
    blocks = fine[: len(fine) // 2 * 2, : fine.shape[1] // 2 * 2].reshape(len(fine) // 2, 2, -1, 2, 3)
    assert np.ptp(blocks, axis=(1, 3)).max() > 50
    expect(maps.locator(".plane canvas")).to_have_js_property(
        "width", maps.locator(".plane canvas").evaluate("c => c.clientWidth")
    )


@pytest.mark.parametrize(("part", "inside"), [(".samples", "image"), (".live_chart", "path")])
def test_a_figure_is_saved_as_a_drawing(maps: Page, part: str, inside: str) -> None:
    name, content = saved(maps, part, "Drawing")
    assert name.endswith(".svg")
    root = ElementTree.fromstring(content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.findall(f".//{{http://www.w3.org/2000/svg}}{inside}")


def test_a_figure_s_numbers_are_saved(maps: Page) -> None:
    arrays = RUN.snapshot(0).arrays | RUN.snapshot(LAST).arrays
    name, content = saved(maps, ".plane", "Numbers")
    assert name.endswith(".csv")
    found = rows(content)
    codes = [[float(row["codes 1"]), float(row["codes 2"])] for row in found]
    np.testing.assert_allclose(codes, arrays["codes"].astype(float), rtol=1e-6)
    assert [int(row["labels"]) for row in found] == arrays["labels"].tolist()
    _name, content = saved(maps, ".samples", "Numbers")
    pixels = [[int(value) for value in list(row.values())[1:]] for row in rows(content)]
    np.testing.assert_array_equal(pixels, arrays["samples"].reshape(len(pixels), -1))
    _name, content = saved(maps, ".live_chart", "Numbers")
    curves = {(row["curve"], row["x"]): float(row["y"]) for row in rows(content)}
    last = RUN.events()[-1]
    assert curves["KL", str(last["step"])] == pytest.approx(last["kl"])


def test_a_part_without_arrays_gives_the_numbers_it_tells(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/vae?run={RUN.id}&show=gradients")
    expect(page.locator(".graphs")).to_have_class(re.compile("ready"), timeout=60_000)
    found = {row["name"]: row["value"] for row in rows(saved(page, ".graphs", "Numbers")[1])}
    assert found["run"] == RUN.id
    assert any(name.startswith("shown.") for name in found)
    _name, content = saved(page, ".graphs", "Picture")
    assert len(Image.open(io.BytesIO(content)).convert("RGB").getcolors(10**7)) > 20


def test_the_menu_needs_no_mouse(maps: Page) -> None:
    button = maps.get_by_role("button", name=MENU).first
    expect(button).to_have_attribute("aria-haspopup", "menu")
    button.focus()
    maps.keyboard.press("Enter")
    items = maps.get_by_role("menuitem")
    expect(items.first).to_be_focused()
    maps.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    maps.keyboard.press("ArrowDown")
    expect(items.first).to_be_focused()
    maps.keyboard.press("Escape")
    expect(items).to_have_count(0)
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")


def test_samples_over_time_are_a_gif(maps: Page) -> None:
    name, content = saved(maps, ".samples", "GIF")
    assert name.endswith(".gif")
    image = Image.open(io.BytesIO(content))
    frames = [(frame.convert("RGB"), frame.info["duration"]) for frame in ImageSequence.Iterator(image)]
    assert [delay for _frame, delay in frames] == [80] * (len(RUN.frames()) - 1) + [1500]
    np.testing.assert_array_equal(np.array(frames[-1][0]), on_screen(maps, ".samples canvas"))
    maps.locator(".run_bar input[type=range]").fill("3")
    expect(maps.locator(".samples canvas")).to_have_attribute("data-step", str(RUN.frames()[3]))
    np.testing.assert_array_equal(np.array(frames[3][0]), on_screen(maps, ".samples canvas"))


def test_a_gif_of_many_colours_is_near_to_them(maps: Page) -> None:
    _name, content = saved(maps, ".plane", "GIF")
    image = Image.open(io.BytesIO(content))
    image.seek(image.n_frames - 1)
    found, meant = np.array(image.convert("RGB")).astype(int), on_screen(maps, ".plane canvas")
    away = np.abs(found - meant)[np.all(meant > 0, axis=2)]  # what is clear shows the page
    assert away.mean() < 20
    assert away.max() <= 26


def test_the_encoder_loses_nothing(page: Page, lab: Lab) -> None:
    """Noise of 256 greys fills the table of codes again and again; a flat picture has one code after the other."""
    page.goto(lab.bare)
    noise = np.random.default_rng(0).integers(0, 256, (2, 70, 300), dtype=np.uint8)
    frames = np.stack([*noise, np.full((70, 300), 7, dtype=np.uint8)])
    found = page.evaluate(
        """async ({ module, frames, width, height }) => {
          const { Gif } = await import(module), gif = new Gif(width, height);
          const rgba = (greys) => Uint8ClampedArray.from(greys.flatMap((grey) => [grey, grey, grey, 255]));
          for (const greys of frames) gif.add(rgba(greys), 40);
          return [...gif.bytes()];
        }""",
        {
            "module": f"/repz/assets/{VERSION}/shared/gif.js",
            "frames": [frame.ravel().tolist() for frame in frames],
            "width": 300,
            "height": 70,
        },
    )
    image = Image.open(io.BytesIO(bytes(found)))
    back = [np.array(frame.convert("L")) for frame in ImageSequence.Iterator(image)]
    np.testing.assert_array_equal(back, frames)


def test_samples_over_time_are_a_video(maps: Page, browser: Browser) -> None:
    name, content = saved(maps, ".samples", "video")
    kind = name.rpartition(".")[2]
    assert (content[4:8] == b"ftyp") if kind == "mp4" else (kind == "webm" and content[:4] == b"\x1aE\xdf\xa3")
    other = browser.new_page()
    source = f"data:video/{kind};base64,{base64.b64encode(content).decode()}"
    found = other.evaluate(
        """(source) => new Promise((resolve, reject) => {
          const video = Object.assign(document.createElement("video"), { src: source, muted: true });
          video.onerror = () => reject(video.error.message);
          video.onended = () => resolve([video.videoWidth, video.currentTime]);
          video.oncanplay = () => video.play();
        })""",
        source,
    )
    other.close()
    assert found[0] == pytest.approx(maps.locator(".samples canvas").evaluate("c => c.clientWidth"), abs=1)
    assert found[1] > (len(RUN.frames()) - 1) / 12


def test_a_run_is_saved_as_its_script_and_as_a_page(maps: Page) -> None:
    for item, extension in [("Python", "py"), ("HTML", "html")]:
        maps.get_by_role("button", name="Save this run").click()
        with maps.expect_download() as download:
            maps.get_by_role("menuitem", name=item).click()
        assert download.value.suggested_filename == f"{RUN.id}.{extension}"
        text = Path(download.value.path()).read_text()
        assert text == script(RUN.recipe) if extension == "py" else text == player([RUN])


@pytest.fixture
def alone(browser: Browser) -> Iterator[Page]:
    """A page without a network; what it asks for but its own file is a fault."""
    context = browser.new_context(offline=True)
    page, asked, faults = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert not faults
    assert [url for url in asked if not url.startswith("file://")] == []
    assert len(asked) == 1


def picture(page: Page) -> str:
    return page.locator(".picture").first.evaluate("canvas => canvas.toDataURL()")


@pytest.mark.parametrize("preset", [("vae", "2-D map of digits"), ("gan", "Ring of 8")])
def test_a_player_plays_from_a_file_without_a_network(alone: Page, tmp_path: Path, preset: tuple[str, str]) -> None:
    run = Run(SHIPPED / run_id(recipes.preset(*preset)))
    path = tmp_path / "player.html"
    path.write_text(player([run]))
    alone.goto(path.as_uri())
    frames = run.frames()
    expect(alone.locator(".picture")).to_have_attribute("data-step", str(frames[-1]))
    last = picture(alone)
    slider = alone.get_by_role("slider", name="Time")
    slider.fill("0")
    expect(alone.locator(".picture")).to_have_attribute("data-step", "0")
    first = picture(alone)
    assert first != last
    slider.press("ArrowRight")
    expect(alone.locator(".picture")).to_have_attribute("data-step", str(frames[1]))
    slider.fill(str(len(frames) - 5))
    alone.get_by_role("button", name="Play").click()
    expect(alone.locator(".picture")).to_have_attribute("data-step", str(frames[-1]), timeout=30_000)
    assert picture(alone) == last
    for name in alone.get_by_label("picture", exact=True).locator("option").all():
        alone.get_by_label("picture", exact=True).select_option(name.get_attribute("value"))
        pixels = alone.locator(".picture").evaluate(
            "c => new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size"
        )
        assert pixels > 2
