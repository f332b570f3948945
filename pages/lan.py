"""The way in: this machine's address on its local network, as a link and as a QR code."""

import socket
from functools import cache

import segno

# Kept free for examples: asked for the way there, the system names our own address, and sends nothing.
NOWHERE = ("192.0.2.1", 9)


def address() -> str:
    """This machine's address on its local network; 127.0.0.1 where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(NOWHERE)
            return str(probe.getsockname()[0])
        except OSError:  # no way out of here: then the address that the machine's name stands for
            pass
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        found = []
    outward = [str(place[0]) for *_rest, place in found if not str(place[0]).startswith("127.")]
    return next(iter(outward), "127.0.0.1")


def code(link: str) -> segno.QRCode:
    """The link as a QR code that stands 15 % of it unreadable."""
    return segno.make(link, error="m", micro=False)


@cache
def svg(link: str) -> str:
    """The QR code as SVG without a size, in the quiet zone that readers need."""
    return code(link).svg_inline(border=4, dark="#000", light="#fff", omitsize=True)
