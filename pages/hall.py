"""`make hall`: start the lab for a lecture hall. Finds the address, makes a presenter's code, checks, prints the way in."""

import argparse
import os
import secrets
import socket
import sys
from collections.abc import Iterator

import segno

from repz_core import preflight
from repz_core.config import RepzError
from repz_core.locale import _

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look like another
NOWHERE = ("192.0.2.1", 9)  # kept free for examples: asked for a way there, the system names our address and sends nothing


def address() -> str:
    """This machine's address on its local network; 127.0.0.1 where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(NOWHERE)
            return str(probe.getsockname()[0])
        except OSError:  # no way out of here: the address that the name stands for
            pass
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        found = []
    outward = [str(place[0]) for *_rest, place in found if not str(place[0]).startswith("127.")]
    return next(iter(outward), "127.0.0.1")
