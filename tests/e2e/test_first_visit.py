"""What the first visit of a page brings over the wire, and its contrast in the dark."""

from collections import Counter
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import Lab
from tests.e2e.test_everyone import faults
from tests.e2e.tour import FIRST, Stop, enter

pytestmark = pytest.mark.e2e
MOST = 1_500_000  # bytes, beside Streamlit's own files and plotly's
OTHERS = ("/static/", "/repz/plotly/")  # whose files are not counted
ALL_FRAMES = """count => [...document.querySelectorAll("*")].flatMap((node) => node.shadowRoot ?? [])
  .some((root) => root.querySelector(".run_bar")?.dataset.loaded >= count)"""


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
@pytest.mark.parametrize("stop", FIRST, ids=lambda stop: stop.name)
def test_a_first_visit_is_light(
    browser: Browser, lab: Lab, stop: Stop, locale: str, report: Callable[[str], None]
) -> None:
    dark = locale == "en-US"
    size = {"width": 1280, "height": 720}
    context = browser.new_context(viewport=size, locale=locale, color_scheme="dark" if dark else "light")
    page = context.new_page()
    urls: dict[str, str] = {}
    brought: Counter[str] = Counter()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.requestWillBeSent", lambda said: urls.update({said["requestId"]: said["request"]["url"]}))
    # An event stream is told of by its pieces alone, as they are once unpacked.
    size_of = lambda said: said["encodedDataLength"] or said["dataLength"] * ("/events" in urls[said["requestId"]])  # noqa: E731
    wire.on("Network.dataReceived", lambda said: brought.update({urls[said["requestId"]]: size_of(said)}))
    wire.on("Network.webSocketFrameReceived", lambda said: brought.update(socket=len(said["response"]["payloadData"])))
    enter(page, lab, stop)
    if stop.run:
        page.wait_for_function(ALL_FRAMES, arg=len(lab.store.open(stop.run).frames()))
    counted = {url: count for url, count in brought.items() if not any(other in url for other in OTHERS)}
    total = sum(counted.values())
    report(f"first visit of {stop.name}, {locale}: {total / 1000:.0f} kB")
    assert len(counted) > 10
    assert total < MOST, Counter(counted).most_common(8)
    assert not (dark and any("repz-sc" in url and "woff2" in url for url in counted))
    assert not (dark and faults(page, colours=True))
    context.close()
