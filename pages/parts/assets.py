"""Browser parts: each is a folder of pages/components with NAME.js (and NAME.css), loaded as a module by URL.

What Streamlit gets is a loader of a few lines; the modules come from an immutable route, so browsers keep them and
parts share what they import (one event stream a page).
"""

import hashlib
from pathlib import Path
from typing import Any

import plotly
import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from pages.parts import scene
from repz_core.locale import _

COMPONENTS = Path(__file__).resolve().parent.parent / "components"


def _version() -> str:
    digest = hashlib.sha256()
    for path in sorted(COMPONENTS.rglob("*.*")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


VERSION = _version()
PLOTLY = f"/repz/plotly/{plotly.__version__}.js"

_LOADER = """
const module = import(new URL("{url}", document.baseURI));
export default function (component) {{
  let gone = false, cleanup;
  module.then((part) => {{ if (!gone) cleanup = part.default(component); }});
  return () => {{ gone = true; cleanup?.(); }};
}}
"""


def browser_part(name: str, *, isolate_styles: bool = True) -> ComponentRenderer:
    """A part of a page's scene: as `bare_part`; what it is given is noted, and it can be saved (shared/exports.js); its
    key is the place under which the URL has what a reader chose there (shared/look.js).
    """
    mount = bare_part(name, isolate_styles=isolate_styles)

    def noted(*, key: str, data: dict[str, Any], **more: Any) -> Any:
        scene.note(name, data)
        return mount(key=key, data=data | {"export": _exports(name), "place": key}, **more)

    return noted


def _exports(name: str) -> dict[str, str]:
    """The menu's words, and the part's name."""
    return {
        "part": name, "save": _("Save this figure"), "png": _("Picture (PNG)"), "svg": _("Drawing (SVG)"),
        "csv": _("Numbers (CSV)"), "gif": _("Over time (GIF)"), "video": _("Over time (video)"),
    }  # fmt: skip


def bare_part(name: str, *, isolate_styles: bool = True) -> ComponentRenderer:
    """Register the part pages/components/NAME and return its mounting command. Call it once, when a module loads.

    plotly puts its styles into the page's head, out of reach of an isolated part.
    """
    folder = COMPONENTS / name
    return st.components.v2.component(
        f"repz_{name}",
        html=f"<div class='{name}'></div>",
        css=(folder / f"{name}.css").read_text(),
        isolate_styles=isolate_styles,
        js=_LOADER.format(url=f"/repz/assets/{VERSION}/{name}/{name}.js"),
    )
