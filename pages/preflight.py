"""What must hold before a lecture: the doctor's checks, and those that matter to a hall alone."""

import os
import socket
from collections.abc import Iterator

from repz_core import doctor
from repz_core.doctor import Finding
from repz_core.locale import _

LEAST_CORES = 2  # one trains, one serves
PATIENCE = 2.0  # seconds


def findings(port: int, address: str) -> Iterator[Finding]:
    """All, each as soon as it is known. What the doctor says of a port is not of this one."""
    yield from doctor.examine([check for check in doctor.CHECKS if check is not doctor.check_port])
    yield from check_spare_core("spare core")
    yield from check_way_in("way in", port, address)


def check_spare_core(name: str) -> Iterator[Finding]:
    """Whether a core is left to serve while one trains."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    remedy = _("Pages will stutter while a run trains: show recorded runs, or take a larger machine.")
    yield Finding(name, _("{count} usable cores").format(count=cores), "" if cores >= LEAST_CORES else remedy)


def check_way_in(name: str, port: int, address: str) -> Iterator[Finding]:
    """Whether this machine answers under the address that viewers will use, on a port that is ours to take."""
    if address.startswith("127."):
        remedy = _("Join the hall's network: nobody else gets in.")
        yield Finding(name, _("this machine has no network address"), remedy)
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("0.0.0.0", port))
            server.listen()
            socket.create_connection((address, port), PATIENCE).close()
        except OSError:
            found = _("nothing gets through to {address}:{port}")
            remedy = _("Open port {port} in this machine's firewall.").format(port=port)
        else:
            found, remedy = _("{address}:{port} answers this machine"), ""
    yield Finding(name, found.format(address=address, port=port), remedy)


def taken(port: int) -> str:
    """Why the lab cannot listen on a port, and what to do; "" where it can."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("0.0.0.0", port))
            server.listen()
        except (OSError, OverflowError):
            return _(
                "Port {port} is taken or not allowed: end what holds it, or choose another, as in make hall PORT=8600."
            ).format(port=port)
    return ""
