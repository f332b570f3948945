"""The browser of the end-to-end tests: find one, or install one with `python tests/browser.py --install`.

Tried in this order: $REPZ_BROWSER, an installed Chromium or Chrome, Playwright's own download, Debian's package.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW = "Install Chromium or Chrome, or set REPZ_BROWSER to one's path, then run `make browser` again."


class NoBrowserError(RuntimeError):
    """There is no browser that starts; the message says what was tried and what to do."""


def find_browser() -> str:
    """The path of the first browser here that starts."""
    chosen = os.environ.get("REPZ_BROWSER")
    if chosen:
        if not _starts(chosen):
            raise NoBrowserError(f"REPZ_BROWSER is set to {chosen}, which does not start. {HOW}")
        return chosen
    for path in _candidates():
        if _starts(path):
            return path
    raise NoBrowserError(f"No browser starts here: tried {', '.join(NAMES)} and Playwright's own. {HOW}")


def install_browser() -> str:
    """The path of a browser that starts, installed first where there is none."""
    try:
        return find_browser()
    except NoBrowserError:
        if os.environ.get("REPZ_BROWSER"):
            raise
    tried = []
    for name, install in (("Playwright's download", _install_playwright), ("Debian's package", _install_debian)):
        print(f"Installing a browser: {name}...", file=sys.stderr, flush=True)
        fault = install()
        if fault is None:
            try:
                return find_browser()
            except NoBrowserError:
                fault = "installed, but does not start"
        tried.append(f"{name} ({fault})")
    raise NoBrowserError(f"No browser could be installed: tried {' and '.join(tried)}. {HOW}")


def _candidates() -> Iterator[str]:
    """Paths where a browser may be, the likeliest first."""
    yield from filter(None, map(shutil.which, NAMES))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    yield path


def _starts(path: str) -> bool:
    """Whether the program at `path` runs at all: a download may lack the system's libraries."""
    return _fault([path, "--version"], seconds=60) is None


def _install_playwright() -> str | None:
    """Download Playwright's Chromium; what went wrong, or None."""
    return _fault([sys.executable, "-m", "playwright", "install", "chromium"], seconds=600)


def _install_debian() -> str | None:
    """Install Debian's chromium package where we may; what went wrong, or None."""
    if not shutil.which("apt-get"):
        return "no apt-get here"
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if root and _fault([*root, "true"], seconds=10) is not None:
        return "needs root, and sudo asks for a password"
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    return _fault([*apt, "update"], seconds=300) or _fault([*apt, "install", "-y", "chromium"], seconds=900)


def _fault(command: list[str], seconds: float) -> str | None:
    """Run `command` quietly; the first error it named if it failed, or None."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"no end after {seconds:.0f} s"
    except OSError as error:
        return error.strerror or "cannot be run"
    if done.returncode == 0:
        return None
    said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    errors = [line for line in said if "error" in line.lower()]
    return (errors or said[-1:] or [f"exit code {done.returncode}"])[0]


def main(arguments: list[str]) -> int:
    """Print the browser's path, after `--install`ing one if need be; 1 and one sentence if there is none."""
    try:
        print(install_browser() if "--install" in arguments else find_browser())
    except NoBrowserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
