"""The runs page's logic, without a browser: queries, notes, deleting with undo; viewers change nothing."""

import pytest
from streamlit.testing.v1 import AppTest

from pages import access
from pages.access import Hall
from repz_core import labels, listing, recipes, sweep, trash
from repz_core.config import RepzError
from repz_core.run import write_json
from repz_core.runs import RunStore


def script() -> None:
    from pages import runs

    runs.page()


def chosen_script() -> None:
    """The pane for the runs whose ids the session names, as if the table had them chosen."""
    import streamlit as st

    from pages import chosen_runs, runs
    from repz_core import listing
    from repz_core.runs import RunStore

    runs._undo()
    chosen_runs.chosen_runs([row for row in listing.rows(RunStore()) if row.id in st.session_state["ids"]])


@pytest.fixture
def three(home, tiny):
    """Three runs of the user's own, which wait."""
    return [RunStore().submit(tiny(seed=seed, **{"model.beta": 1.0 + seed})) for seed in range(3)]


@pytest.fixture
def pane(three):
    """pane(*places): the pane beside the table, these of the three chosen."""

    def make(*places: int) -> AppTest:
        page = AppTest.from_function(chosen_script, default_timeout=30)
        page.session_state["ids"] = [three[place].id for place in places]
        return page.run()

    return make


def table(page: AppTest):
    assert not page.exception
    return page.dataframe[0].value


def test_all_runs_are_there_and_a_query_chooses(three):
    page = AppTest.from_function(script, default_timeout=30).run()
    everything = table(page)
    assert set(everything["id"]) == {row.id for row in listing.rows(RunStore())}
    page.text_input(key="q").set_value("shipped:no beta>=2 sort:beta").run()
    found = table(page)
    assert list(found["id"]) == [three[1].id, three[2].id]
    assert list(found["beta"]) == [2.0, 3.0]
    assert set(found["state"]) == {"queued"}
    page.text_input(key="q").set_value("betta>1").run()
    assert "such as" in page.warning[0].value
    assert len(table(page)) == len(everything), "what cannot be read hides nothing"
    page.text_input(key="q").set_value("note:nothing").run()
    assert len(table(page)) == 0


@pytest.mark.parametrize("asked", ["beta>=2 shipped:no", "<b>x", "x" * 5000, "\0", "sort:", "[a](javascript:b)"])
def test_the_url_holds_the_query(three, asked):
    page = AppTest.from_function(script, default_timeout=30)
    page.query_params["q"] = asked
    page.run()
    assert not page.exception
    if asked.startswith("beta"):
        assert len(table(page)) == 2


def test_what_the_query_names_comes_first(three):
    page = AppTest.from_function(script, default_timeout=30).run()
    page.text_input(key="q").set_value("shipped:yes vae sort:width active_units>=0").run()
    heads = list(table(page).columns)
    assert heads[5] == "width"
    assert "active units" in heads
    page.text_input(key="q").set_value("shipped:yes vae").run()
    assert list(table(page).columns)[5] == "k"


def test_nothing_chosen_is_a_designed_state(pane):
    page = pane()
    assert [heading.value for heading in page.subheader] == ["What is this run?"]
    assert not page.button


def test_notes_tags_and_pin(pane, three):
    page, root = pane(0), RunStore().root
    page.multiselect[0].set_value(["lecture", "new"]).run()
    page.text_area[0].set_value("what a curve").run()
    page.toggle[0].set_value(True).run()
    assert not page.exception
    assert labels.of(root, three[0].id) == labels.Label(tags=("lecture", "new"), note="what a curve")
    assert three[0].pinned
    labels.write(root, three[0].id, ["elsewhere"], "what a curve")  # by another session
    page.run()
    assert labels.of(root, three[0].id).tags == ("elsewhere",)
    assert page.multiselect[0].value == ["elsewhere"]
    page.multiselect[0].set_value([]).run()
    assert labels.of(root, three[0].id).tags == ()


def test_a_tag_that_is_none_is_one_sentence(pane):
    page = pane(0)
    page.multiselect[0].set_value(["two words"]).run()
    assert "each one word" in page.error[0].value


def test_several_share_tags_and_keep_their_own(pane, three):
    root = RunStore().root
    labels.write(root, three[0].id, ["own", "both"], "")
    labels.write(root, three[1].id, ["both"], "")
    page = pane(0, 1)
    assert page.multiselect[0].value == ["both"]
    page.multiselect[0].set_value(["both", "new"]).run()
    assert set(labels.of(root, three[0].id).tags) == {"own", "both", "new"}
    assert set(labels.of(root, three[1].id).tags) == {"both", "new"}
    assert any("/compare?runs=" in text.value for text in page.markdown)
    assert any("beta · seed" in caption.value for caption in page.caption)


def button(page, label):
    return next(button for button in page.button if button.label == label)


def test_delete_and_undo(pane, three):
    page = pane(1)
    button(page, "Delete").click().run()
    assert [run.id for run in RunStore().pending()] == [three[0].id, three[2].id]
    assert any(three[1].id in text.value for text in page.markdown)
    page.button(key="undo-button").click().run()
    assert not page.exception
    assert three[1].id in [run.id for run in RunStore().pending()]
    assert trash.discarded(RunStore().root) == []
    assert not [button for button in page.button if button.label == "Undo"]


def test_a_running_run_is_stopped_first(pane, three):
    with three[1].lock():
        page = pane(1)
        button(page, "Delete").click().run()
        assert "stop it before deleting" in page.error[0].value
        page = pane(0, 1)
        button(page, "Delete 2 runs").click().run()
    assert [run.id for run in RunStore().pending()] == [three[1].id, three[2].id]


def test_a_viewer_sees_and_changes_nothing(pane, three, monkeypatch):
    monkeypatch.setenv("REPZ_HOSTED", "1")
    monkeypatch.setattr(access, "hall", Hall())
    labels.write(RunStore().root, three[0].id, ["lecture"], "a [note](x)")
    page = pane(0)
    assert not page.exception
    assert [element.label for element in page.button] == []
    assert not page.multiselect
    assert not page.toggle
    assert any("`lecture`" in text.value and "[note](x)" not in text.value for text in page.markdown)
    whole = AppTest.from_function(script, default_timeout=30).run()
    assert {element.label for element in whole.button} == {"Look again"}


def test_the_gates_hold_by_themselves(three, monkeypatch, home):
    monkeypatch.setattr(access, "presenting", lambda: False)
    for act in (
        lambda: access.delete(three),
        lambda: access.restore([three[0].id]),
        lambda: access.label(three, {run.id: [] for run in three}),
        lambda: access.pin(three[0], True),
        lambda: access.import_(b""),
    ):
        with pytest.raises(RepzError, match=r"^[^\n]+\.$"):
            act()
    assert len(RunStore().pending()) == 3
    assert not (home / "labels").exists()


# --- sweeps ---


def sweeps_page() -> AppTest:
    page = AppTest.from_function(script, default_timeout=30)
    page.query_params["show"] = "sweeps"
    return page.run()


def ask(page: AppTest, knob: str, values: str) -> AppTest:
    page.selectbox(key="sweep-preset-vae").set_value("2-D map of digits").run()
    page.selectbox(key="sweep-knob-vae-0").set_value(knob).run()
    return page.text_input(key="sweep-values-0").set_value(values).run()


def test_a_sweep_is_started_and_in_view(home):
    page = sweeps_page()
    assert not page.exception
    assert "python -m repz_core sweep" in page.code[0].value
    ask(page, "model.beta", "0.5, 1,2")
    page.number_input(key="sweep-seeds").set_value(2).run()
    assert any(text.value.startswith(":small[6 runs") for text in page.markdown)
    page.button(key="sweep-start").click().run()
    assert not page.exception
    [name] = sweep.names(RunStore().root)
    assert page.query_params["sweep"] == name
    asked = [run.recipe for run in RunStore().pending()]
    known = {(1.0, 0)}  # the preset itself is recorded
    expected = {(beta, seed) for beta in (0.5, 1.0, 2.0) for seed in (0, 1)} - known
    assert {(recipe.model.beta, recipe.seed) for recipe in asked} == expected
    assert page.selectbox(key="sweep").value == name


def test_both_pictures_come_with_the_runs(home, tiny):
    base = tiny()
    asked = sweep.make(base, [sweep.axis(base, "beta=0.5,1,2,4")], name="betas")
    for place, id in enumerate(sweep.submit(RunStore(), asked)):
        status = {"state": "done", "step": 20, "seconds": 1.0, "metrics": {"recon": 80.0 + place, "kl": 9.0 - place}}
        write_json(RunStore().open(id).folder / "status.json", status)
    page = sweeps_page()
    assert not page.exception
    assert [heading.value for heading in page.subheader] == [
        "What is to be varied?", "Which knob matters?", "Which runs does no other beat?",
    ]  # fmt: skip
    assert len(page.get("plotly_chart")) == 2


@pytest.mark.parametrize("values", ["1,x", "log:0:1", "uniform:0:1:2", "99", "[a](b)", "1,,2"])
def test_values_that_cannot_be_are_one_sentence(home, values):
    page = ask(sweeps_page(), "model.beta", values)
    assert not page.exception
    assert page.error[0].value
    assert not [button for button in page.button if button.key == "sweep-start"]
    assert RunStore().pending() == []


def test_a_viewer_starts_no_sweep(home, monkeypatch, tiny):
    monkeypatch.setenv("REPZ_HOSTED", "1")
    hall = Hall()
    hall.viewers_start = True
    monkeypatch.setattr(access, "hall", hall)
    page = sweeps_page()
    assert not page.exception
    assert not page.number_input
    monkeypatch.setattr(access, "presenting", lambda: False)
    with pytest.raises(RepzError, match="You are watching"):
        access.submit_sweep(sweep.make(tiny(), [sweep.axis(tiny(), "beta=1,2")]))
    assert RunStore().pending() == []


@pytest.mark.parametrize("asked", ["none", "../../etc", "x" * 3000])
def test_a_sweep_that_there_is_not_is_the_newest(home, tiny, asked):
    sweep.submit(RunStore(), sweep.make(tiny(), [sweep.axis(tiny(), "beta=1,2")], name="here"))
    page = AppTest.from_function(script, default_timeout=30)
    page.query_params["show"], page.query_params["sweep"] = "sweeps", asked
    page.run()
    assert not page.exception
    assert page.selectbox(key="sweep").value == "here"


@pytest.mark.parametrize("content", ["", "[]", '{"name": "here", "base": {}, "axes": []}', '{"name": 1}'])
def test_a_damaged_sweep_is_one_sentence(home, content):
    (home / "sweeps").mkdir()
    (home / "sweeps" / "here.json").write_text(content)
    page = sweeps_page()
    assert not page.exception
    assert len(page.warning) == 1


def test_a_search_under_way_has_no_pictures_yet(home, tiny):
    base = tiny()
    sweep.save(home, sweep.make(base, [sweep.axis(base, "beta=1,2")], name="looking", goal="elbo"))
    page = sweeps_page()
    assert not page.exception
    assert not page.get("plotly_chart")
    assert any("comes with the first run" in caption.value for caption in page.caption)


@pytest.mark.parametrize("method", recipes.names())
def test_the_form_is_that_of_every_family(home, method):
    page = sweeps_page()
    page.selectbox(key="sweep-method").set_value(method).run()
    assert not page.exception
    page.number_input(key="sweep-seeds").set_value(3).run()
    assert not page.exception
    assert any(text.value.startswith(":small[3 runs") for text in page.markdown)
