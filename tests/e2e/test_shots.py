"""Every page looks as it looked: in both themes and languages, beside pictures of how it is meant to be.

`make shots` takes the pictures anew; look at them before they are committed.
"""

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import Lab
from tests.e2e.tour import FIRST, OTHERS, Stop, enter

pytestmark = pytest.mark.e2e
SHOTS = Path(__file__).parent / "shots"
RENEW = os.environ.get("REPZ_SHOTS") == "renew"
KEPT = (640, 360)  # pixels of a picture that is kept
BLOCKS = (64, 36)  # greys that are compared: the way letters are drawn changes them by little
LOOKS = 5  # at a page that looks another, a second apart
MEAN, MOST = 1.5, 30.0  # of 255, over all blocks and of the one that differs most
SECTIONS = {"vae": "dimensions", "simclr": "map", "sparse": "codes", "gan-images": "game", "linear-plane": "line"}
WAYS = [(theme, locale) for theme in ("light", "dark") for locale in ("en", "zh")]


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab of its own, where nobody has trained anything: shipped runs alone."""
    lab = Lab(tmp_path_factory.mktemp("still"))
    lab.start()
    yield lab
    lab.end()


@pytest.mark.parametrize(("theme", "locale"), WAYS)
def test_pages_look_as_they_looked(browser: Browser, still: Lab, theme: str, locale: str) -> None:
    page = visit(browser, theme, locale)
    shown = [(stop, "") for stop in FIRST]
    if (theme, locale) == WAYS[0]:
        shown += [(stop, SECTIONS[stop.name]) for stop in FIRST + OTHERS if stop.name in SECTIONS]
    changed = []
    for stop, section in shown:
        name = "-".join(filter(None, (stop.name, section, theme, locale)))
        arrive(page, still, stop, section)
        changed += compared(name, page)
    page.context.close()
    assert not changed, "look at them; if they are as they shall be, run make shots"


def test_what_is_kept_is_small_and_nothing_else(still: Lab) -> None:
    names = {f"{stop.name}-{theme}-{locale}" for stop in FIRST for theme, locale in WAYS}
    names |= {f"{name}-{section}-light-en" for name, section in SECTIONS.items()}
    assert {path.stem for path in SHOTS.iterdir()} == names
    assert sum(path.stat().st_size for path in SHOTS.iterdir()) < 1_500_000


def test_a_panel_that_is_gone_is_seen_and_softer_letters_are_not(browser: Browser, still: Lab) -> None:
    page = visit(browser, "light", "en")
    [vae] = [stop for stop in FIRST if stop.name == "vae"]
    arrive(page, still, vae)
    before = taken(page)
    page.add_style_tag(content=".st-key-plane- { visibility: hidden; }")
    gone = taken(page)
    page.context.close()
    assert is_another(before, gone)
    assert not is_another(before, before.filter(ImageFilter.GaussianBlur(1)))
    assert is_another(before, Image.eval(before, lambda value: 255 - value))


def visit(browser: Browser, theme: str, locale: str) -> Page:
    """A page without motion in that theme and language."""
    size = {"width": 1280, "height": 720}
    language = {"en": "en-US", "zh": "zh-CN"}[locale]
    return browser.new_context(viewport=size, locale=language, color_scheme=theme, reduced_motion="reduce").new_page()


def arrive(page: Page, lab: Lab, stop: Stop, section: str = "") -> None:
    """Go there, with the mouse out of the way."""
    enter(page, lab, stop, section)
    page.mouse.move(0, 719)


def taken(page: Page) -> Image.Image:
    """The window as it is."""
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


def compared(name: str, page: Page) -> list[str]:
    """What to say of a page that does not come to look as it did; when renewing, nothing, and it is kept."""
    path, found = SHOTS / f"{name}.webp", taken(page)
    if RENEW:
        SHOTS.mkdir(exist_ok=True)
        found.resize(KEPT, Image.Resampling.LANCZOS).save(path, quality=60, method=6)
    if not path.exists():
        return [f"{name}: there is no picture of it yet"]
    kept = Image.open(path)
    for _ in range(LOOKS):
        if not is_another(kept, found):
            return []
        page.wait_for_timeout(1000)  # a machine that is busy elsewhere may still be drawing
        found = taken(page)
    found.save(new := Path(os.environ["REPZ_HOME"]) / f"{name}.png")
    mean, most = difference(kept, found)
    return [f"{name}: differs by {mean:.1f} in the mean and by {most:.0f} at most, see {new}"]


def is_another(one: Image.Image, other: Image.Image) -> bool:
    """Whether two pictures differ by more than the way letters are drawn."""
    mean, most = difference(one, other)
    return mean > MEAN or most > MOST


def difference(one: Image.Image, other: Image.Image) -> tuple[float, float]:
    """How far the greys of two pictures' blocks are apart, in the mean and at most."""
    apart = np.abs(_greys(one) - _greys(other))
    return float(apart.mean()), float(apart.max())


def _greys(picture: Image.Image) -> NDArray[np.float64]:
    return np.asarray(picture.convert("L").resize(BLOCKS, Image.Resampling.BOX), np.float64)
