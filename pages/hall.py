"""`make hall`: the lab for a lecture hall. Checks the machine, makes a presenter's code, prints the way in, and serves."""

import argparse
import os
import secrets
import sys

from pages import lan, preflight
from repz_core.locale import _

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
STREAMLIT = ("-m", "streamlit", "run", "streamlit_app.py", "--server.headless=true", "--server.address=0.0.0.0")


def main(arguments: list[str] | None = None) -> int:
    """Start the server in this process's place; exit code 2 where it cannot be."""
    parser = argparse.ArgumentParser(prog="make hall", description=__doc__)
    parser.add_argument("--port", type=int, default=8501)
    port = parser.parse_args(arguments).port
    address = lan.address()
    faults = preflight.faults(port, address)
    for fault in faults:
        print(f"{_('!!') if fault.fatal else '! '} {fault.sentence}", file=sys.stderr)
    if any(fault.fatal for fault in faults):
        return 2
    code = os.environ.get("REPZ_CODE") or new_code()
    print(welcome(f"http://{address}:{port}/", code), flush=True)
    os.execve(
        sys.executable, [sys.executable, *STREAMLIT, f"--server.port={port}"], os.environ | {"REPZ_CODE": code}
    )  # fmt: skip


def new_code() -> str:
    """A code to present by, short enough to type: one of 31^8."""
    letters = "".join(secrets.choice(LETTERS) for _place in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def welcome(link: str, code: str) -> str:
    """The way in, and how to present, for the terminal."""
    import io

    square = io.StringIO()
    lan.code(link).terminal(square, compact=True)
    return "\n".join([
        square.getvalue(),
        _("Viewers open      {link}").format(link=link),
        _("The presenter's code is {code}").format(code=code),
    ])


if __name__ == "__main__":
    sys.exit(main())
