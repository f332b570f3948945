"""Who may do what.

On its own machine the lab is its one user's. Hosted, presenters hold a code or sign in; the others watch, scrub and
move sliders over what is recorded, and start runs only while a presenter lets them, within a limit. Pages submit and
steer runs through here alone, so that a forged message of a browser gets no further than a click.
"""

import hmac
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import streamlit as st

from repz_core import bundle, labels, sweep
from repz_core.config import Recipe, RepzError
from repz_core.datasets import catalogue, command
from repz_core.locale import _
from repz_core.run import Run
from repz_core.runs import RunStore
from repz_core.status import ENDED
from repz_core.sweep import Sweep

LEAST_CODE = 6  # letters of a code; a shorter one is as good as none
UNDER_WAY, IN_ALL, TOGETHER = 2, 10, 8  # runs of a viewer at a time and in all, and of all viewers at a time
FREE_TRIES, LONGEST_WAIT = 3, 60.0  # wrong codes of an address before it has to wait, and seconds it waits at the most
TRIES_A_MINUTE = 60  # wrong codes of everybody; then all wait

COOKIE = "repz_pass"  # brings a presenter's pass back when the page is loaded anew
_PASS, _STARTED = "access-pass", "access-started"


class Pass:
    """Lies in the session state of one who gave the code; nothing that a browser can send becomes one."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)


class Waits:
    """After wrong codes an address waits, twice as long each time; after many from anywhere, everybody does."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.lock = threading.Lock()
        self.wrong: dict[str, list[float]] = {}

    def take(self, who: str) -> float:
        """Begin a try of `who`: seconds it has to wait first, 0 if none; then it counts as wrong until `clear`."""
        with self.lock:
            now = self.clock()
            self.wrong = {name: times for name, times in self.wrong.items() if now - times[-1] < 10 * LONGEST_WAIT}
            mine = self.wrong.get(who, [])
            wait = min(LONGEST_WAIT, 2.0 ** (len(mine) - FREE_TRIES)) if len(mine) >= FREE_TRIES else 0.0
            left = mine[-1] + wait - now if mine else 0.0
            lately = sorted(then for times in self.wrong.values() for then in times if now - then < 60)
            if len(lately) >= TRIES_A_MINUTE:
                left = max(left, lately[-TRIES_A_MINUTE] + 60 - now)
            if left > 0:
                return left
            self.wrong[who] = [*mine, now][-100:]
            return 0.0

    def clear(self, who: str) -> None:
        """That try was right."""
        with self.lock:
            self.wrong.pop(who, None)


class Hall:
    """What all sessions of this server share: may viewers start runs, those they started, presenters' passes."""

    def __init__(self) -> None:
        self.viewers_start = False
        self.started: list[str] = []
        self.passes: dict[str, Pass] = {}
        self.lock = threading.Lock()


waits, hall = Waits(), Hall()


def loopback(address: str | None) -> bool:
    """Whether nobody but this machine reaches a server at `address`; None stands for all addresses."""
    if address and address.lower() == "localhost":
        return True
    try:
        return ip_address((address or "").strip("[]")).is_loopback
    except ValueError:
        return False


def hosted() -> bool:
    """Whether others reach this lab: it listens on more than loopback, or, behind a proxy, REPZ_HOSTED says so."""
    return os.environ.get("REPZ_HOSTED", "0") not in ("", "0") or not loopback(st.get_option("server.address"))


def presenting() -> bool:
    """Whether this session may steer and present."""
    return not hosted() or held_pass() is not None or signed_in()


def held_pass() -> Pass | None:
    """The pass of one who gave the code, now or before the page was loaded anew; None where there is none."""
    held = st.session_state.get(_PASS)
    token = held.token if isinstance(held, Pass) else st.context.cookies.get(COOKIE, "")
    return hall.passes.get(token)


def may_start() -> bool:
    """Whether this session may start a run now."""
    return not why_not()


def why_not() -> str:
    """Why this session may start no run now, in a few words; nothing where it may."""
    if presenting():
        return ""
    if not hall.viewers_start:
        return _("You are watching: the presenter starts runs.")
    mine = st.session_state.get(_STARTED, [])
    if len(mine) >= IN_ALL:
        return _("You have started {count} runs, which is all a viewer may.").format(count=IN_ALL)
    if len(_under_way(mine)) >= UNDER_WAY:
        return _("{count} of your runs are under way; wait for one to end.").format(count=UNDER_WAY)
    if len(_under_way(hall.started)) >= TOGETHER:
        return _("Many viewers' runs are under way; wait for one to end.")
    return ""


def submit(recipe: Recipe) -> Run:
    """The run of `recipe`, started if need be. Raises RepzError where this session may not."""
    store = RunStore()
    if presenting():
        return store.submit(recipe)
    if (known := store.find(recipe)) and known.status.state not in ("stopped", "failed"):
        return known
    with hall.lock:  # two clicks at a time are two runs
        if refusal := why_not():
            raise RepzError(refusal)
        run = store.submit(recipe)
        hall.started = [*_under_way(hall.started), run.id]
        st.session_state[_STARTED] = [*st.session_state.get(_STARTED, []), run.id]
    return run


def steer(run: Run, **wishes: Any) -> None:
    """Change what is desired of `run`. Raises RepzError where this session may not."""
    if not presenting():
        raise RepzError(_("You are watching: the presenter steers runs."))
    run.steer(**wishes)


def submit_sweep(asked: Sweep) -> list[str]:
    """The ids of a sweep's runs, started if need be; viewers never start that many. Raises RepzError."""
    _check_presenting()
    return sweep.submit(RunStore(), asked)


def label(runs: Iterable[Run], tags: Mapping[str, Iterable[str]], note: str | None = None) -> None:
    """Note tags (by run id), and of all of them the same `note` where one is given. Raises RepzError."""
    _check_presenting()
    root = RunStore().root
    for run in runs:
        labels.write(root, run.id, tags[run.id], labels.of(root, run.id).note if note is None else note)


def pin(run: Run, on: bool) -> None:
    """Keep a run from being offered for deletion, or no longer. Raises RepzError."""
    _check_presenting()
    RunStore().pin(run, on)


def delete(runs: Iterable[Run]) -> list[str]:
    """Move runs to the trash; the ids of those that are there now. Raises RepzError where none could be moved."""
    _check_presenting()
    store, gone, faults = RunStore(), [], []
    for run in runs:
        try:
            store.delete(run)
            gone.append(run.id)
        except RepzError as error:
            faults.append(str(error))
    if faults and not gone:
        raise RepzError(faults[0])
    return gone


def restore(ids: Iterable[str]) -> None:
    """Undo the deletion of runs. Raises RepzError where one is gone for good."""
    _check_presenting()
    for id in ids:
        RunStore().restore(id)


def import_(content: bytes) -> list[Run]:
    """The runs of an exported file, in the store. Raises RepzError."""
    _check_presenting()
    return bundle.import_(content, RunStore())


def _check_presenting() -> None:
    if not presenting():
        raise RepzError(_("You are watching: the presenter keeps the runs in order."))


def may_add_data() -> bool:
    """Whether this session may add data sets, and remove them."""
    return presenting()


def add_data(file: Path, name: str) -> catalogue.Card:
    """Keep the data set of a file under that name. Raises RepzError where this session may not."""
    if not may_add_data():
        raise RepzError(_("You are watching: the presenter adds data."))
    return catalogue.adopt(file, name)


def remove_data(name: str) -> None:
    """Delete a data set of one's own that no run needs. Raises RepzError where this session may not."""
    if not may_add_data():
        raise RepzError(_("You are watching: the presenter removes data."))
    command.forget(name)


def open_to_all(on: bool) -> None:
    """Let viewers start runs, or no longer. Raises RepzError where this session may not say so."""
    if not presenting():
        raise RepzError(_("You are watching: the presenter says who starts runs."))
    hall.viewers_start = on


def enter(given: str) -> None:
    """Make this session a presenter's by the code. Raises RepzError for a wrong one, or one too soon after others."""
    code = presenter_code()
    if not code:
        raise RepzError(how_to_set_a_code())
    who = st.context.ip_address or ""
    if (left := waits.take(who)) > 0:
        raise RepzError(_("Too many wrong codes; try again in {seconds:.0f} s.").format(seconds=left + 0.5))
    if not hmac.compare_digest(given.strip().encode(), code.encode()):
        raise RepzError(_("That is not the presenter's code."))
    waits.clear(who)
    held = st.session_state[_PASS] = Pass()
    hall.passes[held.token] = held


def leave() -> None:
    """Be a viewer again, in all tabs that hold the same pass."""
    if held := held_pass():
        hall.passes.pop(held.token, None)


def presenter_code() -> str:
    """The code that makes a presenter, from REPZ_CODE or the secrets; nothing where none is set, or too short a one."""
    code = os.environ.get("REPZ_CODE", "") or _secret("presenter_code", "")
    code = str(code).strip()
    return code if len(code) >= LEAST_CODE else ""


def how_to_set_a_code() -> str:
    """What to do where nobody can present."""
    return _(
        "Nobody presents: start the lab with REPZ_CODE, or presenter_code in Streamlit's secrets, set to a code of at "
        "least {count} letters."
    ).format(count=LEAST_CODE)


def providers() -> list[str | None]:
    """Whom one may sign in with, as st.login names them, if presenters are listed; None is the only one of [auth]."""
    auth = _secret("auth", {})
    if not _secret("presenters", []):
        return []
    named = [name for name, found in auth.items() if isinstance(found, Mapping)]
    return [None] * ("client_id" in auth) + named


def signed_in() -> bool:
    """Whether the one who signed in is among the presenters of the secrets."""
    if not providers() or not st.user.get("is_logged_in") or st.user.get("email_verified") is False:
        return False
    email = str(st.user.get("email") or "").casefold()
    return email in {str(name).casefold() for name in _secret("presenters", [])}


def _secret(name: str, otherwise: Any) -> Any:
    """A value of Streamlit's secrets; `otherwise` where there are none."""
    return st.secrets.get(name, otherwise) if st.secrets.load_if_toml_exists() else otherwise


def _under_way(ids: list[str]) -> list[str]:
    """Those of the runs that have not ended."""
    store, found = RunStore(), []
    for id in ids:
        try:
            found += [id] if store.open(id).status.state not in ENDED else []
        except RepzError:  # deleted
            continue
    return found
