"""What a browser and a WebSocket see of a lab, and when.

    python -m tests.looks --port 8501 --pid SERVER --home RUN_ROOT --repeats 5

Prints one JSON object of figures: seconds to the first heading and picture of a page, cold (an empty cache) and warm (a
reload); seconds of a rerun and what it costs the server; milliseconds from a drag to the drawn frame; frames a second
while scrubbing. 127.0.0.1 alone; the runs are shipped ones.
"""

import argparse
import asyncio
import json
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from playwright.sync_api import Browser, Page, expect, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from repz_core import recipes
from repz_core.run import SHIPPED, Run
from repz_core.runs import run_id
from tests.browser import find_browser
from tests.gauges import DRAG, SCRUB

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
HOST = "127.0.0.1"
MAP = "2-D map of digits"
SCRUBBED = (
    ("scrub_vae_digits", "vae", "vae", MAP, "map"),
    ("scrub_vae_mnist5k", "vae", "vae", "2-D map of MNIST", "map"),
    ("scrub_linear", "linear", "linear_ae", "One direction after another", "pca"),
)


def shipped(method: str, preset: str) -> Run:
    """A run that came with the lab."""
    return Run(SHIPPED / run_id(recipes.preset(method, preset)))


async def reruns(port: int, pid: int, count: int) -> dict[str, float]:
    """Seconds of a rerun of the VAE page, from asking to the script's end, and processor seconds of the server."""
    server = psutil.Process(pid)
    async with connect(
        f"ws://{HOST}:{port}/_stcore/stream", subprotocols=[Subprotocol("streamlit")],
        origin=Origin(f"http://{HOST}:{port}"), compression=None, max_size=None, proxy=None,
    ) as socket:  # fmt: skip
        await rerun(socket)
        before = server.cpu_times()
        seconds = [await rerun(socket) for _rerun in range(count)]
        after = server.cpu_times()
    used = after.user + after.system - before.user - before.system
    return {"rerun": statistics.median(seconds), "rerun_server": used / count}


async def rerun(socket: ClientConnection) -> float:
    """Seconds of one."""
    ask = BackMsg()
    ask.rerun_script.query_string = f"run={shipped('vae', MAP).id}"
    ask.rerun_script.page_name = "vae"
    start = time.monotonic()
    await socket.send(ask.SerializeToString())
    while True:
        message = await socket.recv()
        assert isinstance(message, bytes)
        if ForwardMsg.FromString(message).WhichOneof("type") == "script_finished":
            return time.monotonic() - start


@contextmanager
def visitor(browser: Browser) -> Iterator[Page]:
    """A browser with nothing in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


def loads(browser: Browser, url: str, count: int) -> dict[str, float]:
    """Medians of cold and warm loads of the VAE page."""
    found: dict[str, list[float]] = {}
    address = f"{url}/vae?run={shipped('vae', MAP).id}"
    for _load in range(count):
        with visitor(browser) as page:
            for kind, load in (("cold", lambda: page.goto(address, wait_until="commit")), ("warm", page.reload)):
                start = time.monotonic()
                load()
                page.locator("h3").first.wait_for()
                found.setdefault(f"{kind}_heading", []).append(time.monotonic() - start)
                page.locator(".samples canvas[data-step]").first.wait_for()
                found.setdefault(f"{kind}_picture", []).append(time.monotonic() - start)
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def drags(browser: Browser, url: str) -> dict[str, float]:
    """Median and 95th percentile of a drag on the pad of 16 dimensions."""
    with visitor(browser) as page:
        page.goto(f"{url}/vae?run={shipped('vae', '16 dimensions').id}&show=pad")
        root = page.locator(".pad")
        expect(root).to_have_attribute("data-step", re.compile(r"\d+"), timeout=60_000)
        expect(root).to_have_attribute("data-whole", "true", timeout=60_000)
        found = root.evaluate(DRAG)
    return {"drag_p50": found[len(found) // 2], "drag_p95": found[int(0.95 * len(found))]}


def scrubs(browser: Browser, url: str, most: int) -> dict[str, float]:
    """Frames a second of some pages while the scrubber moves in each of them."""
    rates = {}
    for name, path, method, preset, show in SCRUBBED[:most]:
        with visitor(browser) as page:
            run = shipped(method, preset)
            page.goto(f"{url}/{path}?run={run.id}&show={show}")
            expect(page.locator(".run_bar")).to_have_attribute("data-loaded", str(len(run.frames())), timeout=60_000)
            expect(page.locator("[data-step]").last).to_be_visible()
            page.wait_for_timeout(500)
            rates[name] = page.get_by_role("slider", name="Time").evaluate(SCRUB)["rate"]
    return rates


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.looks")
    for name in ("port", "pid"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--home", help="the server's run root, which is not looked at")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    url = f"http://{HOST}:{options.port}"
    figures = asyncio.run(reruns(options.port, options.pid, 4 * options.repeats))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        figures |= loads(browser, url, options.repeats)
        figures |= drags(browser, url)
        figures |= scrubs(browser, url, 1 if options.repeats == 1 else len(SCRUBBED))
        browser.close()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
