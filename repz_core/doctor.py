"""What is wrong with this installation, and what to do about it: `python -m repz_core doctor`. Nothing is changed.

Each check looks at one thing and gives a Finding; one that breaks is a finding, too.
"""

import http.client
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from repz_core import datasets
from repz_core.config import RepzError
from repz_core.datasets.catalogue import CARDS
from repz_core.limits import Limits
from repz_core.locale import _
from repz_core.presence import code_version, held, supervisor_card
from repz_core.run import SHIPPED, Run
from repz_core.runs import RunStore, run_id

SOURCE = Path(__file__).resolve().parent.parent
PYTHONS = ((3, 11), (3, 13))  # the first and the last that the lab runs on
PORT = 8501
LEAST_DISK = 500  # MB; some runs of a lecture
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Finding(NamedTuple):
    """What was looked at and found; `remedy` says what to do where that is a fault, "" where all is well."""

    check: str
    found: str
    remedy: str = ""

    def line(self) -> str:
        """As a person reads it."""
        mark = _("FAULT") if self.remedy else _("ok")
        return f"{mark:6} {self.check:12} {self.found}" + (f"\n{'':20}{self.remedy}" if self.remedy else "")


Check = Callable[[str], Iterator[Finding]]


def examine(checks: Sequence[Check] | None = None) -> Iterator[Finding]:
    """What `checks` find, all of them unless said, each as soon as it is known."""
    for check in CHECKS if checks is None else checks:
        name = check.__name__.removeprefix("check_")
        try:
            yield from check(name)
        except Exception as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            yield Finding(name, _("cannot be looked at"), _("Mend what it says: {reason}").format(reason=reason))


def check_versions(name: str) -> Iterator[Finding]:
    """Python, and the packages that are pinned."""
    first, last = PYTHONS
    found = f"Python {platform.python_version()}, {platform.platform(terse=True)}"
    fits = first <= sys.version_info[:2] <= last
    allowed = _("The lab needs Python 3.{first} to 3.{last}: make run PYTHON=python3.{last}").format(
        first=first[1], last=last[1]
    )
    yield Finding(name, found, "" if fits else allowed)
    pins = re.findall(r"^([\w.-]+)==([\w.]+)(?! *[\w.]*;)", (SOURCE / "requirements.txt").read_text(), re.MULTILINE)
    wrong = [f"{package} {has} ({wanted})" for package, wanted in pins if (has := installed(package)) != wanted]
    if wrong:
        found = _("other than pinned: {packages}").format(packages=", ".join(wrong))
        yield Finding(name, found, _("Install what is pinned: make clean setup"))
    else:
        yield Finding(name, _("{count} packages, as pinned").format(count=len(pins)))


def installed(package: str) -> str:
    """Its version without the name of the build (2.13.0 of 2.13.0+cpu); "-" where it is missing."""
    with suppress(metadata.PackageNotFoundError):
        return metadata.version(package).partition("+")[0]
    return "-"


def check_cores(name: str) -> Iterator[Finding]:
    """Cores, what runs take of them, and variables that other libraries read."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limits = Limits.from_environment()
    threads = ", ".join(f"{key}={os.environ[key]}" for key in THREADS if key in os.environ) or _("none set")
    found = _("{cores} usable, load {load:.1f}; {workers} runs at once, a thread each; thread variables: {threads}")
    remedy = _("Runs wait for each other's cores: set REPZ_WORKERS to {cores} or less.").format(cores=cores)
    yield Finding(
        name,
        found.format(cores=cores, load=os.getloadavg()[0], workers=limits.workers, threads=threads),
        remedy if limits.workers > cores else "",
    )


def check_disk(name: str) -> Iterator[Finding]:
    """The run root: whether it takes something, what is free and what runs take."""
    store, limits = RunStore(), Limits.from_environment()
    there = next(folder for folder in (store.root, *store.root.parents) if folder.exists())
    free, used = shutil.disk_usage(there).free // 10**6, store.size() // 10**6
    found = _("{root}: {free:,} MB free; runs take {used:,} of {most:,} MB").format(
        root=store.root, free=free, used=used, most=limits.disk
    )
    offer = ", ".join(run.id for run in store.offered()[:3]) or "-"
    try:
        tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        remedy = _("It cannot be written ({reason}): make it writable, or name another folder in REPZ_HOME.")
        yield Finding(name, found, remedy.format(reason=error.strerror))
        return
    room = _("Delete runs, the oldest are {offer}; or allow more: free the disk, raise REPZ_DISK.").format(offer=offer)
    yield Finding(name, found, room if free < LEAST_DISK or used > limits.disk else "")


def check_cache(name: str) -> Iterator[Finding]:
    """The data sets that need no network."""
    local = [card.name for card in CARDS.values() if not card.network and card.kind != "points"]
    missing = [dataset for dataset in local if not datasets.cached(dataset)]
    found = _("{folder}: {count} of {all} data sets are ready").format(
        folder=datasets.cache_folder(), count=len(local) - len(missing), all=len(local)
    )
    remedy = _("Prepare {missing}: python -m repz_core datasets --prepare").format(missing=", ".join(missing))
    yield Finding(name, found, remedy if missing else "")


def check_port(name: str) -> Iterator[Finding]:
    """Who answers where the lab would."""
    number = int(os.environ.get("STREAMLIT_SERVER_PORT", PORT))
    connection = http.client.HTTPConnection("localhost", number, timeout=3)
    try:
        connection.request("GET", "/repz/runs/doctor/weights")
        is_lab = b"no run id" in connection.getresponse().read(500)
    except ConnectionRefusedError:
        yield Finding(name, _("{port} is free").format(port=number))
        return
    except (OSError, http.client.HTTPException):
        is_lab = False
    finally:
        connection.close()
    if is_lab:
        yield Finding(name, _("the lab answers on {port}").format(port=number))
    else:
        found = _("another program answers on {port}").format(port=number)
        yield Finding(name, found, _("End it, or take another: STREAMLIT_SERVER_PORT={port}").format(port=number + 1))


def check_supervisor(name: str) -> Iterator[Finding]:
    """Whether it lives where a server does, its code, its queue, and the runs it cannot go on with."""
    store = RunStore()
    card, pending = supervisor_card(store.root), store.pending()
    serving = (store.root / "servers.lock").exists() and held(store.root / "servers.lock")
    states = [run.status.state for run in pending]
    queue = _("{running} running, {paused} paused, {queued} queued").format(
        **{state: states.count(state) for state in ("running", "paused", "queued")}
    )
    if card is None:
        remedy = _("It should be there: read the end of {log}.").format(log=store.root / "supervisor.log")
        yield Finding(name, _("none, a server starts it; {queue}").format(queue=queue), remedy if serving else "")
        return
    remedy = _("Its code is not what lies here: restart the web server.") if card.get("code") != code_version() else ""
    yield Finding(name, _("process {pid}, code {code}; {queue}").format(**card, queue=queue), remedy)
    for id, why in card.get("blocked", {}).items():
        yield Finding(name, _("run {id} waits").format(id=id), why)


def check_shipped(name: str) -> Iterator[Finding]:
    """The runs that came with the lab: all there, and readable."""
    from repz_core.shipped import shipped_recipes  # torch, which takes seconds

    runs = [Run(SHIPPED / run_id(recipe)) for recipe in shipped_recipes()]
    faults = [fault for run in runs if (fault := fault_of(run))]
    found = _("{count} of {all} recordings are whole").format(count=len(runs) - len(faults), all=len(runs))
    remedy = _("Put them back (git checkout checkpoints), or make checkpoints. The first: {fault}")
    yield Finding(name, found, remedy.format(fault=faults[0]) if faults else "")


def fault_of(run: Run) -> str:
    """Why a finished run is not whole: its files are read to the last byte; "" where it is."""
    try:
        frames, status = run.frames(), run.status
        run.weights()
        if run.recipe.training.frame_steps() != set(frames) or status.state != "done":
            return _("Run {id} is not whole.").format(id=run.id)
        missing = [step for step in frames if not run.snapshot_file(step).exists()]
        if missing:
            return _("Run {id} lacks its frame at step {step}.").format(id=run.id, step=missing[0])
        for step in frames:
            run.snapshot(step)
        return ""
    except RepzError as error:
        return str(error)


CHECKS: tuple[Check, ...] = (
    check_versions,
    check_cores,
    check_disk,
    check_cache,
    check_port,
    check_supervisor,
    check_shipped,
)
