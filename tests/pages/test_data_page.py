"""The data page's logic, without a browser: looks, an upload on its way, faults, removal, and who may."""

import io

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages import access
from pages.parts import upload
from repz_core import __main__ as cli
from repz_core.config import RepzError
from repz_core.datasets import catalogue, shelf
from repz_core.recipes import default
from repz_core.runs import RunStore
from tests.datasets.uploads import classes, images, npz


def script() -> None:
    from pages import data

    data.page()


@pytest.fixture
def page(home) -> AppTest:
    return AppTest.from_function(script, default_timeout=60)


@pytest.fixture
def leaves(home, tmp_path, capsys):
    """A data set that was added by the command."""
    cli.main(["data", "add", str(npz(tmp_path / "leaves.npz", x=images(), y=classes()))])
    return "leaves"


class File(io.BytesIO):
    """What Streamlit hands over for an uploaded file."""

    def __init__(self, name, content):
        super().__init__(content)
        self.name, self.file_id = name, str(hash(content))


@pytest.fixture
def drop(monkeypatch):
    """drop(*files): what the uploader holds from now on, until it is emptied by a new key."""
    held = {}
    monkeypatch.setattr(upload.st, "file_uploader", lambda *_a, key, **_o: held.get(key, []))

    def put(*files, turn=0):
        held[f"upload-{turn}"] = list(files)

    return put


def packed(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def button(page, label):
    return next(button for button in page.button if button.label == label)


def said(page):
    return " ".join(element.value for element in [*page.caption, *page.markdown, *page.subheader])


@pytest.mark.parametrize("name", [name for name in catalogue.CARDS if name not in ("drawn", "dirac")])
def test_every_data_set_is_shown_as_far_as_it_is_here(name, page):
    page.query_params["dataset"] = name
    page.run()
    assert not page.exception
    assert page.selectbox(key="dataset").value == name
    card = catalogue.CARDS[name]
    assert f"{card.size:,} examples" in said(page).replace("\\", "")
    assert bool(page.info) == card.network


def test_ones_own_is_shown_and_trained_on(leaves, page):
    page.query_params["dataset"] = leaves
    page.run()
    assert "40 examples · 12 × 12 pixels · 2 classes" in said(page).replace("\\", "")
    assert "Variational autoencoder" in said(page)

    def vae() -> None:
        from pages import vae

        vae.page()

    other = AppTest.from_function(vae, default_timeout=60).run()
    other.selectbox(key="vae.dataset").set_value(leaves).run()
    assert not other.exception
    assert leaves in other.selectbox(key="vae.dataset").options


def test_an_unknown_one_is_a_word(page):
    page.query_params["dataset"] = "<b>cats"
    page.run()
    assert not page.exception
    assert "There is no data set" in page.warning[0].value


def test_an_upload_is_looked_at_then_added(page, drop):
    drop(File("My pets.npz", packed(x=images(60, 16, 3), y=classes(60, 3))))
    page.run()
    assert not page.exception
    assert "60 examples · 16 × 16 pixels, colour · 3 classes" in said(page).replace("\\", "")
    assert "not added yet" in said(page)
    assert not shelf.cards()
    page.selectbox(key="upload-side").set_value(8).run()
    page.toggle(key="upload-grey").set_value(True).run()
    assert "8 × 8 pixels" in said(page).replace("\\", "")
    assert "colour" not in said(page).replace("\\", "").partition("not added")[0]
    [name] = page.text_input
    assert name.value == "My-pets"
    name.set_value("pets").run()
    button(page, "Add data set").click().run()
    assert not page.exception
    assert shelf.cards()["pets"].shape == (1, 8, 8)
    assert page.selectbox(key="dataset").value == "pets"
    assert "not added yet" not in said(page)


def test_a_fault_is_a_sentence_and_nothing_is_lost(page, drop, leaves):
    drop(File("../../bad.npz", packed(x=np.full((40, 12, 12), np.nan))))
    page.run()
    assert not page.exception
    assert "no numbers (NaN)" in page.error[0].value.replace("\\", "")
    assert not [each for each in page.button if each.label == "Add data set"]
    page.slider(key="upload-train").set_value(85).run()
    page.slider(key="upload-validation").set_value(45).run()
    assert "may take 95 percent" in page.error[0].value
    drop(File("leaves.npz", packed(x=images(seed=1), y=classes())))
    page.slider(key="upload-validation").set_value(5).run()
    assert not page.error
    button(page, "Add data set").click().run()
    assert "There is another data set leaves already" in page.error[0].value
    assert list(shelf.cards()) == ["leaves"]
    assert "not added yet" in said(page)  # still there, to be named otherwise


@pytest.mark.parametrize("name", ["..", "", "a" * 400 + ".npz", "é\0\n" * 90 + ".npz", "C:\\x\\a.npz", "-rf.npz"])
def test_any_name_of_a_file_will_do(name, page, drop):
    drop(File(name, packed(x=images())))
    page.run()
    assert not page.exception
    assert bool(page.error) == (not name.endswith(".npz"))
    assert "not added yet" in said(page) or "cannot be taken as data" in page.error[0].value


def test_removal(page, leaves):
    run = RunStore().submit(default("vae", leaves))
    page.query_params["dataset"] = leaves
    page.run()
    button(page, "Remove leaves").click().run()
    assert "delete those first" in page.error[0].value
    assert list(shelf.cards()) == [leaves]
    RunStore().delete(run)
    button(page, "Remove leaves").click().run()
    assert not page.error
    assert shelf.cards() == {}


def test_viewers_look_and_change_nothing(page, leaves, monkeypatch):
    monkeypatch.setattr(access, "hosted", lambda: True)
    page.query_params["dataset"] = leaves
    page.run()
    assert not page.exception
    assert "the presenter adds data" in said(page)
    assert not page.button
    with pytest.raises(RepzError, match="the presenter adds data"):
        access.add_data(shelf.folder() / "leaves.safetensors", "other")
    with pytest.raises(RepzError, match="the presenter removes data"):
        access.remove_data(leaves)
    assert list(shelf.cards()) == [leaves]
