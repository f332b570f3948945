"""A real server and a real browser. `lab` is one server for all tests, with a run root of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize, expect, sync_playwright

from repz_core.runs import RunStore
from tests.browser import find_browser

ROOT = Path(__file__).parent.parent.parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


class Lab:
    """`streamlit run streamlit_app.py` as its user starts it, on a free port; `settings` go into its environment."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home, self.store, self.settings = home, RunStore(home), settings
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.bare = f"{self.url}/_stcore/health"  # with nothing on it: for tests that ask the lab's modules alone

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
        command += ["--server.headless=true", f"--server.port={self.port}"]
        settings = os.environ | {"REPZ_HOME": str(self.home)} | self.settings
        with open(self.home / "server.log", "ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=settings)
        end = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2).close()
                return
            except OSError:
                assert time.monotonic() < end, self.log()
                assert self.process.poll() is None, self.log()
                time.sleep(0.1)

    def log(self) -> str:
        """What the server wrote."""
        return (self.home / "server.log").read_text()

    def kill(self) -> None:
        """End the server alone, at once; its supervisor and workers live on."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def end(self) -> None:
        """End the server, the supervisor and the workers."""
        self.kill()
        card = self.home / "supervisor.json"
        if card.exists() and psutil.pid_exists(pid := json.loads(card.read_text())["pid"]):
            chief = psutil.Process(pid)
            family = [*chief.children(recursive=True), chief]
            for member in family:
                with suppress(psutil.NoSuchProcess):  # it may end by itself meanwhile
                    member.kill()
            psutil.wait_procs(family, timeout=10)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("home"))
    lab.start()
    yield lab
    lab.end()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """For visitors whose browser has nothing in it."""
    browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def profile(playwright: Playwright, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser with a cache on disk, whose pages share a process that its first one keeps alive: scripts that are
    there, and compiled, take two thirds off a visit.
    """
    folder = tmp_path_factory.mktemp("profile")
    size: ViewportSize = {"width": 1280, "height": 720}
    flags = [*FLAGS, "--process-per-site"]
    context = playwright.chromium.launch_persistent_context(
        folder, executable_path=find_browser(), args=flags, viewport=size, locale="en-US"
    )
    context.pages[0].goto(f"{lab.url}/_stcore/health")
    yield context
    context.close()


@pytest.fixture
def page(profile: BrowserContext, lab: Lab) -> Iterator[Page]:
    """A visitor at 1280x720 who has only files of the lab from before. Afterwards: no fault on the console, no request
    left the machine, no traceback.
    """
    with watched(profile) as page:
        yield page
        forget = {"origin": lab.url, "storageTypes": "cookies,local_storage"}
        profile.new_cdp_session(page).send("Storage.clearDataForOrigin", forget)


@contextmanager
def visitor(browser: Browser, locale: str = "en-US") -> Iterator[Page]:
    """A browser with nothing in it, and what `page` promises of it."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale=locale)
    with watched(context) as page:
        yield page
    context.close()


@contextmanager
def watched(context: BrowserContext) -> Iterator[Page]:
    """A page of that browser; at its end it fails if something was not as it shall be."""
    page = context.new_page()
    page.set_default_timeout(30_000)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda request: faults.append(request.url) if not local(request.url) else None)
    yield page
    text = page.inner_text("body") if page.url.startswith("http") else ""
    page.close()
    assert not faults
    assert "Traceback" not in text


def listening(page: Page) -> None:
    """Wait until the page's own keys do what they do."""
    expect(page.locator(".stage [data-act=keys]")).to_be_attached()


def local(url: str) -> bool:
    """Whether a request stays on this machine."""
    return bool(re.match(r"(https?|wss?)://(localhost|127\.0\.0\.1)[:/]|data:|blob:", url))
