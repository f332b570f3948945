"""What a reader chose in the parts of a page is in its URL: whoever opens that sees the same, whatever else it says."""

import json
import re
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Lab
from tests.e2e.tour import FIRST, Stop, enter, settle

pytestmark = pytest.mark.e2e
STOPS = {stop.name: stop for stop in FIRST}
PRESSED = "nodes => nodes.map((node) => node.ariaPressed ?? node.value ?? node.ariaSort).join()"


class Choice(NamedTuple):
    """In a section: what is pressed, by which key or a click, and where the page then says so."""

    section: str
    control: str
    key: str
    told: str
    name: str = ""  # of its data; what all nodes there are at, if there is none


CHOICES = {
    "linear": (
        Choice("freedom", ".mixing input >> nth=0", "ArrowRight", ".mixing canvas >> nth=0", "code"),
        Choice("between", ".interpolation [role=option] >> nth=4", "", ".interpolation canvas >> nth=0", "ends"),
        Choice("build", ".build [role=option] >> nth=3", "", ".build canvas >> nth=0", "chosen"),
    ),
    "sparse": (
        Choice("atoms", ".atoms .sheet", "ArrowRight", ".atoms .sheet", "chosen"),
        Choice("build", ".build .tools button >> nth=1", "", ".build canvas >> nth=0", "count"),
        Choice("shrink", ".shrinkage canvas", "ArrowLeft", ".shrinkage canvas", "shown"),
        Choice("shrink", ".shrinkage input", "ArrowRight", ".shrinkage canvas", "shown"),
        Choice("descent", ".descent .step", "", ".descent canvas", "shown"),
        Choice("descent", ".descent .weight input", "ArrowRight", ".descent canvas", "shown"),
        Choice("law", ".law .rate input", "ArrowRight", ".law canvas", "shown"),
        Choice("law", ".noise .variance input", "ArrowRight", ".noise canvas", "shown"),
    ),
    "vae": (
        Choice("map", ".plane .layers button >> nth=2", "", ".plane .layers button"),
        Choice("dimensions", ".traversal [role=option] >> nth=3", "", ".traversal canvas", "chosen"),
        Choice("gradients", ".graphs [data-act=next]", "", ".graphs .watched", "image"),
    ),
    "gan": (Choice("game", ".arena .layers button >> nth=0", "", ".arena .layers button"),),
    "simclr": (
        Choice("views", ".branches button >> nth=0", "", ".branches canvas", "image"),
        Choice("bench", ".bench input[type=checkbox] >> nth=0", " ", ".bench canvas", "by"),
        Choice("loss", ".similarity canvas", "ArrowUp", ".similarity canvas", "row"),
        Choice("loss", ".similarity .temperature input", "ArrowRight", ".similarity canvas", "temperature"),
        Choice("map", ".embedding .layers button >> nth=1", "", ".embedding .layers button"),
    ),
    "compare": (
        Choice("table", ".standings th button >> nth=2", "", ".standings thead th"),
        Choice("maps", ".maps .bar button >> nth=3", "", ".maps .bar button"),
    ),
}  # fmt: skip

NONSENSE = (
    "}", "[]", '"x"', '{"plane-":null}', '{"plane-":{"axes":[9,-4],"ellipses":"yes","principal":[]}}',
    '{"plane-":{"axes":[1e999,0.5]},"__proto__":{"x":1}}', '{"plane-":{"axes":' + "[" * 3000 + "]" * 3000 + "}}",
)  # fmt: skip


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_is_in_the_url(page: Page, lab: Lab, name: str) -> None:
    stop = STOPS[name]
    enter(page, lab, stop, CHOICES[name][0].section)
    said = {}
    for choice in CHOICES[name]:
        go(page, stop, choice.section)
        before = told(page, choice)
        control, url = page.locator(choice.control), page.url
        control.press(choice.key) if choice.key else control.click()
        page.wait_for_function("url => location.href !== url", arg=url)
        said[choice.told, choice.name] = told(page, choice)
        assert said[choice.told, choice.name] != before, choice
    page.reload()
    settle(page)
    for choice in CHOICES[name]:
        go(page, stop, choice.section)
        assert told(page, choice) == said[choice.told, choice.name], choice
    assert len(json.loads(parse_qs(urlsplit(page.url).query)["look"][0])) == len(parts(CHOICES[name]))


def test_what_is_chosen_back_is_no_longer_there(page: Page, lab: Lab) -> None:
    enter(page, lab, STOPS["vae"])
    layer = page.locator(".plane .layers button >> nth=2")
    layer.click()
    expect(page).to_have_url(re.compile("look="))
    layer.click()
    expect(page).not_to_have_url(re.compile("look="))


def test_a_link_within_a_page_sets_its_parts_as_it_says(page: Page, lab: Lab) -> None:
    """As from one scene of a lecture to the next, and by the browser's back button."""
    enter(page, lab, STOPS["vae"])
    buttons, links = page.locator(".plane .layers button"), {}
    for place in (2, 3):
        buttons.nth(place).click()
        page.wait_for_function("url => location.href !== url", arg=links.get(2, page.url))
        links[place] = page.url
    assert links[2] != links[3]
    for place, pressed in ((2, "false"), (3, "true"), (2, "false")):
        page.evaluate(
            "url => { history.pushState(null, '', url); dispatchEvent(new PopStateEvent('popstate')); }", links[place]
        )
        expect(buttons.nth(2)).to_have_attribute("aria-pressed", "true")
        expect(buttons.nth(3)).to_have_attribute("aria-pressed", pressed)
        settle(page)
        expect(page.locator(".plane canvas")).to_have_attribute("data-step", "4000")
        assert page.url == links[place]
    page.go_back()
    expect(buttons.nth(3)).to_have_attribute("aria-pressed", "true")


def test_what_makes_no_sense_counts_for_nothing(page: Page, lab: Lab) -> None:
    enter(page, lab, STOPS["vae"])
    usual = page.locator(".plane .layers button").evaluate_all(PRESSED)
    for look in NONSENSE:
        enter(page, lab, STOPS["vae"], look=quote(look))
        assert page.locator(".plane .layers button").evaluate_all(PRESSED) == usual, look
        expect(page.locator(".plane canvas")).to_have_attribute("data-step", "4000")


def go(page: Page, stop: Stop, section: str) -> None:
    """To a section by its button."""
    button = page.locator(".st-key-show").get_by_role("radio", name=stop.sections[section], exact=True)
    if button.get_attribute("aria-checked") != "true":
        button.click()
        expect(page).to_have_url(re.compile(rf"show={section}\b"))
    settle(page)


def told(page: Page, choice: Choice) -> str:
    """What the page says of it."""
    found = page.locator(choice.told)
    return found.get_attribute(f"data-{choice.name}") or "" if choice.name else str(found.evaluate_all(PRESSED))


def parts(choices: tuple[Choice, ...]) -> set[str]:
    """The parts that these are made in."""
    return {choice.control.split()[0] for choice in choices}
