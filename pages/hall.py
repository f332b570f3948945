"""`make hall`: checks the machine, makes a presenter's code, prints the way in, and serves the lab to a hall."""

import argparse
import io
import os
import secrets
import sys

from pages import lan, preflight
from pages.access import LEAST_CODE
from repz_core.locale import _

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
# browser.serverAddress spares Streamlit the question for an external address, which would go out to the net.
STREAMLIT = ("-m", "streamlit", "run", "streamlit_app.py", "--server.headless=true", "--server.address=0.0.0.0")


def main(arguments: list[str] | None = None) -> int:
    """Start the server in this process's place; exit code 2, and a sentence, where it cannot be."""
    parser = argparse.ArgumentParser(prog="make hall", description=__doc__)
    parser.add_argument("--port", type=int, default=8501)
    port = parser.parse_args(arguments).port
    code = os.environ.get("REPZ_CODE", "").strip() or new_code()
    if fault := preflight.taken(port) or too_short(code):
        print(fault, file=sys.stderr)
        return 2
    address = lan.address()
    for finding in preflight.findings(port, address):
        print(finding.line(), flush=True)
    print(welcome(f"http://{address}:{port}/", code), flush=True)
    command = [sys.executable, *STREAMLIT, f"--server.port={port}", f"--browser.serverAddress={address}"]
    os.execve(sys.executable, command, os.environ | {"REPZ_CODE": code})


def too_short(code: str) -> str:
    """Why the code that was given makes no presenter; "" where it does."""
    if len(code) >= LEAST_CODE:
        return ""
    words = _("REPZ_CODE must have {least} letters at the least, got {count}: give a longer one, or none.")
    return words.format(least=LEAST_CODE, count=len(code))


def new_code() -> str:
    """A code to present by, short enough to type: one of 31^8."""
    letters = "".join(secrets.choice(LETTERS) for _place in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def welcome(link: str, code: str) -> str:
    """The way in, and how to present, for the terminal."""
    square = io.StringIO()
    lan.code(link).terminal(square, compact=True)
    words = _("Viewers open {link}\nWho presents opens the same, and gives the code {code}")
    lines = square.getvalue().splitlines()
    if sys.stdout.isatty():  # white on black, whatever the terminal's colours: readers want dark on light
        lines = [f"\033[97;40m{line}\033[0m" for line in lines]
    return "\n".join([*lines, "", words.format(link=link, code=code)])


if __name__ == "__main__":
    sys.exit(main())
