"""Who may do what, without a browser: every gate holds against a message that no honest page would send."""

from types import SimpleNamespace

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest

from pages import access
from pages.access import FREE_TRIES, LONGEST_WAIT, TRIES_A_MINUTE, Hall, Waits, loopback
from pages.parts import run_bar, view
from repz_core import recipes
from repz_core.config import RepzError
from repz_core.run import write_json
from repz_core.runs import RunStore, run_id

CODE = "correct horse"
PRESET = recipes.preset("vae", "2-D map of digits")


def vae_page() -> None:
    from pages import vae

    vae.page()


@pytest.fixture
def hosted(home, monkeypatch) -> None:
    """A lab that others reach, just started."""
    monkeypatch.setenv("REPZ_HOSTED", "1")
    monkeypatch.setenv("REPZ_CODE", CODE)
    monkeypatch.setattr(access, "hall", Hall())
    monkeypatch.setattr(access, "waits", Waits())


@pytest.fixture
def viewer(hosted, monkeypatch):
    """This test is a viewer's session: `access` finds its state in the dictionary that is returned."""
    state: dict = {}
    monkeypatch.setattr(access.st, "session_state", state)
    monkeypatch.setattr(type(access.st.context), "cookies", {})
    monkeypatch.setattr(type(access.st.context), "ip_address", "10.0.0.7")
    return state


def recipe(seed):
    return PRESET.replace(seed=seed)


def end(run, state="done"):
    write_json(run.folder / "status.json", run.status.replace(state=state).model_dump())


@pytest.mark.parametrize("address", ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1", "[::1]"])
def test_loopback(address):
    assert loopback(address)


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.5", "lab.example.org", "localhost.evil.org",
                                     "127.0.0.1.evil.org", "unix:///run/lab", "2130706433"])  # fmt: skip
def test_no_loopback(address):
    assert not loopback(address)


def test_a_lab_of_ones_own_is_open(home, monkeypatch):
    monkeypatch.delenv("REPZ_HOSTED", raising=False)
    assert not access.hosted()
    assert access.presenting()
    assert access.may_start()
    monkeypatch.setattr(access.st, "get_option", {"server.address": "0.0.0.0"}.get)
    assert access.hosted()
    monkeypatch.setattr(access.st, "get_option", {"server.address": "localhost"}.get)
    assert not access.hosted()
    monkeypatch.setenv("REPZ_HOSTED", "1")
    assert access.hosted()


def test_a_viewer_neither_starts_nor_steers_nor_opens(viewer):
    run = RunStore().submit(recipe(1))
    for act in (
        lambda: access.submit(recipe(2)),
        lambda: access.steer(run, desired="stop"),
        lambda: access.open_to_all(True),
    ):
        with pytest.raises(RepzError, match=r"^You are watching: the presenter [^\n]*\.$"):
            act()
    assert run.control.desired == "run"
    assert [found.id for found in RunStore(shipped=RunStore().root).list()] == [run.id, run.id]  # and no other
    assert access.submit(PRESET).id == run_id(PRESET)  # recorded: to see it starts nothing
    assert access.submit(recipe(1)).id == run.id


def test_the_code_makes_a_presenter(viewer):
    for wrong in ("", "x", CODE[:-1], CODE.upper(), "é" * 20):
        access.waits.wrong.clear()
        with pytest.raises(RepzError, match="not the presenter's code"):
            access.enter(wrong)
        assert not access.presenting()
    access.waits.wrong.clear()
    access.enter(f" {CODE}\n")
    assert access.presenting()
    access.steer(RunStore().submit(recipe(1)), desired="stop")
    token = access.held_pass().token
    access.leave()
    assert not access.presenting()
    viewer.clear()
    access.st.context.cookies[access.COOKIE] = token
    assert not access.presenting(), "a pass that was given back is none"


def test_a_page_loaded_anew_still_has_the_pass(viewer):
    access.enter(CODE)
    token = access.held_pass().token
    viewer.clear()
    assert not access.presenting()
    access.st.context.cookies[access.COOKIE] = token
    assert access.presenting()
    access.st.context.cookies[access.COOKIE] = token[:-1]
    assert not access.presenting()


@pytest.mark.parametrize("code", ["", "   ", "12345", None])
def test_without_a_code_nobody_presents(code, viewer, monkeypatch):
    monkeypatch.delenv("REPZ_CODE") if code is None else monkeypatch.setenv("REPZ_CODE", code)
    for given_ in ("", code or "", "None"):
        with pytest.raises(
            RepzError, match=r"^Nobody presents: start the lab with REPZ_CODE, [^\n]* at least 6 letters\.$"
        ):
            access.enter(given_)
    assert not access.presenting()


def test_viewers_have_a_limit_each_and_one_together(viewer):
    access.hall.viewers_start = True
    runs = [access.submit(recipe(seed)) for seed in (1, 2)]
    with pytest.raises(RepzError, match="2 of your runs are under way"):
        access.submit(recipe(3))
    assert access.submit(recipe(1)).id == runs[0].id  # known: no start
    for seed in range(3, 11):
        end(runs[-1])
        runs.append(access.submit(recipe(seed)))
    end(runs[-1])
    with pytest.raises(RepzError, match="You have started 10 runs"):
        access.submit(recipe(11))
    end(runs[0], "stopped")
    with pytest.raises(RepzError, match="You have started 10 runs"):
        access.submit(recipe(1))  # to go on with it is a start
    viewer.clear()  # other viewers
    for seed in range(20, 20 + access.TOGETHER):
        viewer.clear()
        access.submit(recipe(seed))
    viewer.clear()
    with pytest.raises(RepzError, match="Many viewers' runs are under way"):
        access.submit(recipe(40))
    access.enter(CODE)
    assert access.submit(recipe(40)).status.state == "queued"


def test_waits_grow_and_end():
    clock = SimpleNamespace(now=1000.0)
    waits = Waits(lambda: clock.now)
    for _try in range(FREE_TRIES):
        assert waits.take("a") == 0
    assert waits.take("a") == pytest.approx(1)
    assert waits.take("b") == 0, "another address need not wait"
    found = []
    for _try in range(8):
        left = waits.take("a")
        found.append(left)
        clock.now += left + 1e-6
        assert waits.take("a") == 0
    assert found == pytest.approx([1, 2, 4, 8, 16, 32, LONGEST_WAIT, LONGEST_WAIT])
    waits.clear("a")
    assert waits.take("a") == 0


def test_many_addresses_wait_together():
    clock = SimpleNamespace(now=1000.0)
    waits = Waits(lambda: clock.now)
    assert [waits.take(f"{i}") for i in range(TRIES_A_MINUTE)] == [0] * TRIES_A_MINUTE
    assert 0 < waits.take("one more") <= 60
    clock.now += 61
    assert waits.take("one more") == 0


def test_to_look_at_a_page_trains_nothing(viewer, monkeypatch):
    """Where nothing is recorded a viewer gets a sentence, even one who may start runs; a presenter gets the run."""
    access.hall.viewers_start = True
    store = RunStore(shipped=RunStore().root / "none")
    monkeypatch.setattr(access, "RunStore", lambda: store)
    monkeypatch.setattr(view, "RunStore", lambda: store)
    for ask in (view.usual_run, lambda method: view.usual_preset(method, "2-D map of digits")):
        with pytest.raises(RepzError, match="not recorded here"):
            ask("vae")
    assert store.list() == []
    mine = store.submit(recipe(1))
    assert view.usual_run("vae").id == mine.id
    access.enter(CODE)
    assert view.usual_preset("vae", "2-D map of digits").status.state == "queued"


@pytest.mark.parametrize("wish", ["pause", "stop", "run", "slow", "fast", "step", "turn"])
def test_a_forged_wish_steers_nothing(wish, hosted, monkeypatch):
    run = RunStore().submit(recipe(1))
    before = run.control
    asked = SimpleNamespace(wish={"wish": wish, "step": 3, "turn": 1})
    monkeypatch.setattr(run_bar, "_bar", lambda **_options: asked)
    page = AppTest.from_function(vae_page, default_timeout=30)
    page.query_params["run"] = run.id
    page.run()
    assert not page.exception
    assert page.error[0].value == "You are watching: the presenter steers runs."
    assert run.control == before


def test_a_forged_fork_starts_nothing(hosted, monkeypatch):
    monkeypatch.setattr(run_bar, "_bar", lambda **_options: SimpleNamespace(wish={"wish": "fork", "step": 3}))
    page = AppTest.from_function(vae_page, default_timeout=30)
    page.run()
    assert not page.exception
    assert page.error[0].value == "You are watching: the presenter starts runs."
    assert list(RunStore().root.iterdir()) == []


def test_a_viewers_page_has_no_start_and_says_why(hosted):
    page = AppTest.from_function(vae_page, default_timeout=30).run()
    page.slider(key="vae.model.k").set_value(3).run()
    assert not page.exception
    assert not [button for button in page.button if "Start" in button.label]
    assert any("the presenter starts runs" in caption.value for caption in page.caption)


def test_the_corner_gives_a_pass_to_the_code_alone(hosted, monkeypatch):
    page = AppTest.from_function(corner_page, default_timeout=30).run()
    assert page.session_state["may"] == (False, False)
    for given_, may in (("wrong", False), (CODE, True)):
        page.text_input[0].set_value(given_)
        page.button[0].click().run()
        assert page.session_state["may"] == (may, may)
        assert bool(page.error) is not may
    page.toggle[0].set_value(True).run()
    assert access.hall.viewers_start
    page.button[0].click().run()
    assert page.session_state["may"] == (False, True), "a viewer again, and viewers may start runs"


def corner_page() -> None:
    import streamlit as st

    from pages import access
    from pages.parts import presenter

    presenter.corner()
    st.session_state["may"] = access.presenting(), access.may_start()


def who() -> None:
    import streamlit as st

    from pages import access

    st.session_state["may"] = access.presenting(), access.may_start()


@pytest.mark.parametrize("value", [True, 1, "1", '{"token": "1"}'])
def test_no_widget_message_is_a_pass(value, hosted):
    """A browser may send any value under any name."""
    page = AppTest.from_function(who, default_timeout=30)
    forged = WidgetStates()
    kind = {str: "string_value", bool: "bool_value", int: "int_value"}[type(value)]
    for name in (access._PASS, access._STARTED, "viewers-start"):
        setattr(forged.widgets.add(id=name), kind, value)
    page._run(forged)
    assert not page.exception
    assert page.session_state["may"] == (False, False)
    assert not access.hall.viewers_start


def test_sign_in_is_for_the_listed_alone(hosted):
    secrets = {"auth": {"client_id": "x"}, "presenters": ["Ada@example.org"]}
    for user, may in (
        ({"is_logged_in": True, "email": "ada@EXAMPLE.org"}, True),
        ({"is_logged_in": True, "email": "ada@example.org", "email_verified": False}, False),
        ({"is_logged_in": False, "email": "ada@example.org"}, False),
        ({"is_logged_in": True, "email": "eve@example.org"}, False),
        ({"is_logged_in": True}, False),
    ):
        page = AppTest.from_function(corner_page, default_timeout=30)
        for name, found in secrets.items():
            page.secrets[name] = found
        page.user = user
        page.run()
        assert not page.exception
        assert page.session_state["may"] == (may, may), user
        offered = [button.label for button in page.button if "Sign" in button.label]
        assert offered == ([] if may else ["Sign in"])


def test_providers(monkeypatch):
    def found(**secrets):
        monkeypatch.setattr(access, "_secret", secrets.get)
        return access.providers()

    named = {"redirect_uri": "x", "google": {"client_id": "1"}, "house": {"client_id": "2"}}
    assert found(auth=named, presenters=["a@b.c"]) == ["google", "house"]
    assert found(auth={"client_id": "1"}, presenters=["a@b.c"]) == [None]
    assert found(auth=named, presenters=[]) == found(auth={}, presenters=["a@b.c"]) == []


def test_a_sign_in_that_is_not_set_up_is_a_sentence(hosted):
    page = AppTest.from_function(corner_page, default_timeout=30)
    page.secrets["auth"], page.secrets["presenters"] = {"client_id": "x"}, ["ada@example.org"]
    page.run()
    [button] = [button for button in page.button if button.label == "Sign in"]
    button.click().run()
    assert not page.exception
    assert page.toast[0].value.startswith("Signing in does not work here")
