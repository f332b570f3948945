"""What must hold before a lecture: cores, disk, port, address, shipped runs. Each fault is one sentence, and what to do."""

import gzip
import os
import shutil
import socket
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from repz_core import recipes
from repz_core.config import Recipe, RepzError
from repz_core.locale import _
from repz_core.run import Run
from repz_core.runs import RunStore, run_id

LEAST_CORES = 2  # one trains, one serves
LEAST_FREE, ENOUGH_FREE = 200, 2000  # megabytes: below the one nothing can be trained, below the other not for long
PATIENCE = 2.0  # seconds


class Fault(NamedTuple):
    """What is wrong and what to do about it; a fatal one keeps the lab from starting."""

    sentence: str
    fatal: bool = False


def faults(port: int, address: str) -> list[Fault]:
    """All there are, the fatal ones first."""
    found = [*of_cores(), *of_disk(), *of_port(port, address), *of_shipped_runs()]
    return sorted(found, key=lambda fault: not fault.fatal)


def of_cores() -> Iterator[Fault]:
    """Whether a core is left to serve while one trains."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores < LEAST_CORES:
        yield Fault(
            _("Only {count} core is to be had, and pages will stutter while a run trains: show recorded runs.").format(
                count=cores
            )
        )


def of_disk() -> Iterator[Fault]:
    """Whether there is room for runs where they go."""
    folder = RunStore().root
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free // 1_000_000
    except OSError as error:
        words = _("The folder of runs {folder} cannot be used ({reason}): set REPZ_HOME to one that can.")
        yield Fault(words.format(folder=folder, reason=error.strerror), fatal=True)
        return
    if not os.access(folder, os.W_OK):
        words = _("The folder of runs {folder} cannot be written to: set REPZ_HOME to one that can.")
        yield Fault(words.format(folder=folder), fatal=True)
    if free < ENOUGH_FREE:
        words = _("Only {free} MB are free in {folder}, and a run takes up to 10: make room, or set REPZ_HOME elsewhere.")
        yield Fault(words.format(free=free, folder=folder), fatal=free < LEAST_FREE)


def of_port(port: int, address: str) -> Iterator[Fault]:
    """Whether the port is ours to take, and this machine answers there under the address that viewers will use."""
    if address.startswith("127."):
        yield Fault(_("This machine has no network address: join the hall's network, or nobody else gets in."))
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("0.0.0.0", port))
            server.listen()
        except (OSError, OverflowError):
            words = _("Port {port} is taken or not allowed: end what holds it, or choose another, as in make hall PORT=8600.")
            yield Fault(words.format(port=port), fatal=True)
            return
        try:
            socket.create_connection((address, port), PATIENCE).close()
        except OSError:
            words = _("Nothing gets through to {address}:{port}, from this machine itself: open the port in its firewall.")
            yield Fault(words.format(address=address, port=port))


def of_shipped_runs() -> Iterator[Fault]:
    """Whether every run that came with the lab is there, and whole."""
    store = RunStore()
    wanted = {run_id(recipe): recipe for method in recipes.names() for recipe in _shipped(method)}
    damaged = [id for id, recipe in wanted.items() if not is_whole(Run(store.shipped / id), recipe)]
    if damaged:
        words = _("{count} of {all} shipped runs are missing or damaged, {id} among them: make checkpoints trains them anew.")
        yield Fault(words.format(count=len(damaged), all=len(wanted), id=damaged[0]))


def _shipped(method: str) -> list[Recipe]:
    family = recipes.family(method)
    presets = [recipes.preset(method, name) for name in family.PRESETS]
    return presets + [recipe for name in family.FAMILIES for recipe in recipes.family_of_runs(method, name)]


def is_whole(run: Run, recipe: Recipe) -> bool:
    """Whether a finished run can be read to its last byte: its log, its frames (gzip knows their sums), its weights."""
    try:
        frames = run.frames()
        for step in frames:
            with gzip.open(run.snapshot_file(step)) as file:
                file.read()
        weights = run.weights()[1]
        return run.recipe == recipe and run.status.state == "done" and bool(frames) and bool(weights)
    except (RepzError, OSError, EOFError, zlib.error):
        return False
