"""Every page and section in Chinese: no English is left but names; and which language a visitor gets."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages import gan, linear, simclr, sparse, vae
from pages.parts import languages, run_bar, scene, stage_bar
from repz_core import recipes
from repz_core.datasets.catalogue import CARDS
from repz_core.runs import run_id

# Names, units and code, which stay as they are.
KNOWN = """
PCA VAE GAN SimCLR Dirac Dirac-GAN PacGAN WGAN-GP MNIST Fashion-MNIST CIFAR-10 OpenML UCI SimSiam VICReg NT-Xent ReLU
TopK BatchTopK Adam SGD EMA ELBO AuxK FISTA ISTA MAP MLP IWAE UMAP FID kNN nll Laplace Bernoulli Wasserstein Fréchet
Jensen-Shannon Kullback-Leibler softmax sigmoid logit lasso hinge lerp slerp rate iwae log exp sin max min sign
free bits Streamlit secrets HTML Python PNG SVG CSV GIF JSON PgDn PgUp
"""
NAMES = {*CARDS, *KNOWN.split()}
WORD = re.compile(r"[A-Za-zé][A-Za-zé0-9]{2,}(?:[-_][A-Za-zé0-9]+)*|[A-Z]{2}-[A-Z][a-z]+")
# Markdown's marks, formulas, links, what is filled in by the browser, tags.
MARKS = re.compile(r"\]\([^)]*\)|:material/\w+:|:[a-z-]+\[|\$[^$]*\$|https?://\S+|%?\{[^}]*\}|<[^>]*>|\bmake hall\b")
SHOWN = {"label", "body", "help", "placeholder", "options", "content", "caption", "text"}  # of Streamlit's messages
SAYS = {"text", "title", "name", "names", "label", "hovertemplate", "ticktext"}  # of a part's data

# A page, the preset in view, the sections that it has.
VIEWS = [
    (vae, "vae", "2-D map of MNIST", vae.SECTIONS),
    (gan, "gan", "Ring of 8", gan.PLANE),
    (gan, "gan", "Dirac-GAN, R1", gan.LINE),
    (gan, "gan", "Digits of MNIST, 32 pixels", gan.IMAGES),
    (linear, "linear_ae", "MNIST in 16 numbers", linear.IMAGES),
    (linear, "linear_ae", "A line through an arc", linear.PLANE),
    (sparse, "sparse_ae", "18 of 256 units on average", sparse.AUTOENCODER),
    (sparse, "sparse_coding", "Strokes of digits", sparse.CODING),
    (simclr, "simclr", "Sprites with colour jitter", simclr.COLOUR),
]
CASES = [(module.__name__, method, preset, name) for module, method, preset, found in VIEWS for name in found]


def page_script(name: str) -> None:
    from importlib import import_module

    import_module(name).page()


def english(text: str) -> list[str]:
    """The words of `text` that are neither names nor code."""
    return [word for word in WORD.findall(MARKS.sub(" ", text)) if word not in NAMES]


def strings(data: Any, keys: set[str], inside: bool = False) -> Iterator[str]:
    """All strings at or below one of `keys`."""
    if isinstance(data, str) and inside:
        yield data
    elif isinstance(data, dict):
        code = {"name"} if {"title", "label", "showarrow"} & set(data) else set()  # what the program calls it
        for key, value in data.items():
            yield from strings(value, keys, key not in code and (inside or key in keys))
    elif isinstance(data, list | tuple):
        for value in data:
            yield from strings(value, keys, inside)


def of_element(message: Any) -> Iterator[str]:
    """What Streamlit's message for an element shows."""
    for field, value in message.ListFields():
        repeated = not isinstance(value, str | bytes) and hasattr(value, "__len__")
        for one in list(value) if repeated else [value]:
            if hasattr(one, "ListFields"):
                yield from of_element(one)
            elif isinstance(one, str) and field.name == "spec":  # a plotly figure
                yield from strings(json.loads(one or "{}"), SAYS)
            elif isinstance(one, str) and field.name in SHOWN:
                yield one


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What browser parts and panels are given."""
    told: list[Any] = []
    monkeypatch.setattr(scene, "note", lambda *made: told.append(made))
    monkeypatch.setattr(
        run_bar, "_bar", lambda **how: told.append(("run_bar", how["data"])) or type("R", (), {"wish": None})
    )
    return told


def shown(page: AppTest, given: list[Any]) -> Iterator[str]:
    for element in page.main:
        if element.type != "latex" and getattr(element, "proto", None) is not None:
            yield from of_element(element.proto)
    for made in given:
        if len(made) == 2 and isinstance(made[1], dict):
            yield from strings(json.loads(json.dumps(made[1], default=str)), SAYS)
        elif len(made) == 4:  # a panel: title, hint, provenance, run
            yield from made[:3]


def in_chinese(page: AppTest) -> AppTest:
    page.session_state["lang"] = "zh"
    return page.run()


@pytest.mark.parametrize(("module", "method", "preset", "section"), CASES)
def test_no_english_is_left(module: str, method: str, preset: str, section: str, home: Any, given: list[Any]) -> None:
    page = AppTest.from_function(page_script, kwargs={"name": module}, default_timeout=60)
    page.query_params |= {"run": run_id(recipes.preset(method, preset)), "show": section}
    in_chinese(page)
    assert not page.exception
    texts = list(shown(page, given))
    assert sum(bool(re.search("[一-鿿]", text)) for text in texts) > 40, "it does speak Chinese"
    assert not {text: left for text in texts if (left := english(text))}


def test_nor_on_the_home_page_and_the_bar(home: Any, given: list[Any]) -> None:
    page = in_chinese(AppTest.from_function(page_script, kwargs={"name": "pages.home"}, default_timeout=60))
    assert not page.exception
    assert not {text: left for text in shown(page, given) if (left := english(text))}

    def texts() -> None:
        import streamlit as st

        from pages.parts.stage_bar import _texts

        st.session_state["texts"] = _texts()

    bar = in_chinese(AppTest.from_function(texts)).session_state["texts"]
    assert bar["keys"] == "按键"
    assert not {text: left for text in strings(bar, set(bar)) if (left := english(text))}


def test_the_check_itself_finds_english() -> None:
    assert english("看 the picture of $\\mathrm{loss}$ :gray-badge[recorded] {count}") == ["the", "picture", "recorded"]
    assert list(strings({"figure": {"layout": {"title": {"text": "loss"}}, "kind": "steps"}}, SAYS)) == ["loss"]
    assert stage_bar._bar is not None


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("de-DE,de;q=0.9,zh;q=0.7,en;q=0.6", "zh"),
        ("fr", "en"),
        ("en;q=0.3, zh-Hans;q=0.4", "zh"),
        ("zh;q=0,en;q=0.1", "en"),
        ("zh;q=much, *;q=0.5", "en"),
        (";;,,=", "en"),
    ],
)
def test_the_browser_is_asked(accepted: str, code: str) -> None:
    assert languages.preferred(accepted) == code


def test_what_was_chosen_comes_before_what_the_browser_asks() -> None:
    assert languages.asked_by({languages.COOKIE: "en"}, "zh-CN") == "en"
    assert languages.asked_by({languages.COOKIE: "tlh"}, "zh-CN") == "zh"


def speaks() -> None:
    import streamlit as st

    from pages.parts import languages
    from repz_core.locale import _

    languages.choose()
    st.write(_("Start"))


def test_the_url_wins_and_is_kept() -> None:
    page = AppTest.from_function(speaks)
    assert page.run().markdown[0].value == "Start"
    page.query_params["lang"] = "zh"
    assert page.run().markdown[0].value == "开始"
    del page.query_params["lang"]
    assert page.run().markdown[0].value == "开始", "moving on, the choice is kept"
    page.query_params["lang"] = "tlh"
    assert page.run().markdown[0].value == "开始", "a language that is not spoken changes nothing"
    page.query_params["lang"] = "en"
    assert page.run().markdown[0].value == "Start"
