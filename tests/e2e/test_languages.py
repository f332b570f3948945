"""Two languages in a real browser: whose choice it is, that it stays, that words and letters fit."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Lab, visitor

pytestmark = pytest.mark.e2e
NAV = "[data-testid='stTopNavLink']"
# Texts that their own box cuts off, in all shadow roots; and what sticks out of the page.
CUT = """() => {
  const cut = [], other = "svg, .katex, [data-testid='stIconMaterial'], a[href^='#']", look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) look(node.shadowRoot);
      const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
      const style = own && node.checkVisibility() && getComputedStyle(node);
      if (!style || !node.clientWidth || node.closest(other)) continue;
      const open = style.overflowX === "visible" && style.display !== "inline-block";
      const fits = open || node.scrollWidth <= node.clientWidth + 2;
      const box = node.getBoundingClientRect();
      const inside = box.bottom < 0 || box.width < 2 || (box.right <= innerWidth + 1 && box.left >= -1);
      if (!fits || !inside) cut.push(`${node.tagName} ${node.textContent.trim().slice(0, 60)}`);
    }
  };
  look(document);
  return cut;
}"""


@pytest.fixture
def chinese(browser: Browser) -> Iterator[Page]:
    """A visitor whose browser asks for Chinese."""
    with visitor(browser, locale="zh-CN") as page:
        yield page


def test_the_browser_is_asked(chinese: Page, lab: Lab) -> None:
    chinese.goto(lab.url)
    expect(chinese.locator(NAV).first).to_contain_text("首页")
    expect(chinese.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(chinese.locator(".language button")).to_have_text("EN")
    chinese.wait_for_function("[...document.fonts].some((face) => face.family.includes('repz SC'))")
    found = chinese.evaluate("document.fonts.load('16px \"repz SC\"', '学').then((faces) => faces.length)")
    assert found == 2, "letters for whoever has none: the lab's own words', and all others"


def test_the_switch_holds_on_the_next_page_and_after_a_reload(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/vae")
    expect(page.get_by_role("heading", name="What does latent space look like?")).to_be_visible()
    loaded = "[...document.fonts].some((face) => face.family.includes('repz SC') && face.status !== 'unloaded')"
    assert not page.evaluate(loaded), "an English page needs no Chinese letters"
    page.locator(".language button").click()
    expect(page.get_by_role("heading", name="隐空间是什么样子？")).to_be_visible()
    page.locator(NAV, has_text="GAN").click()
    expect(page.get_by_role("heading", name="鉴别器怎么说？")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="鉴别器怎么说？")).to_be_visible()
    expect(page.locator(".run_bar .where")).to_contain_text("步")
    page.locator(".language button").click()
    expect(page.get_by_role("heading", name="What does the discriminator say?")).to_be_visible()


def test_the_url_wins(chinese: Page, lab: Lab) -> None:
    chinese.goto(f"{lab.url}/simclr?lang=en")
    expect(chinese.get_by_role("heading", name="How does it learn without labels?")).to_be_visible()
    chinese.locator(NAV, has_text="VAE").click()
    expect(chinese.get_by_role("heading", name="What does latent space look like?")).to_be_visible()


def test_a_workers_words_are_told_in_chinese(page: Page, lab: Lab) -> None:
    answer = page.request.get(f"{lab.url}/repz/said/zh_CN", params={"text": "queued, number 2 of 5"})
    assert answer.text() == "排队中，第 2 个，共 5 个"
    assert page.request.get(f"{lab.url}/repz/said/tlh", params={"text": "queued"}).text() == "queued"


@pytest.mark.parametrize("where", ["vae", "gan?show=game", "sparse?show=codes", "linear"])
def test_words_fit_their_boxes_in_both_languages(where: str, page: Page, lab: Lab) -> None:
    for code, word in (("en", "Home"), ("zh", "首页")):
        page.goto(f"{lab.url}/{where}{'&' if '?' in where else '?'}lang={code}")
        expect(page.locator(NAV).first).to_contain_text(word)
        expect(page.locator(".run_bar[data-loaded]")).to_be_visible()
        page.evaluate("document.fonts.ready")
        page.wait_for_timeout(500)
        assert page.evaluate(CUT) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        last, corner = page.locator(NAV).last.bounding_box(), page.locator(".st-key-corner").bounding_box()
        assert last
        assert corner
        assert last["x"] + last["width"] <= corner["x"], "the corner leaves the navigation free"
