"""The page script: navigation on top, one function a page."""

from pathlib import Path

import streamlit as st

from pages import compare, data, gan, home, linear, runs, simclr, sparse, vae
from pages.parts import languages, presenter, scene
from pages.parts.stage_bar import stage_bar
from repz_core.locale import _

HERE = Path(__file__).parent

languages.choose()
st.set_page_config(page_title="repz", page_icon=str(HERE / "icon.png"), layout="wide")
st.html(HERE / "shell.css")
st.html(HERE / "on_stage.css")
st.html(languages.FONT)
start = st.Page(home.page, title=_("Home"), icon=":material/home:", default=True)
sparse_page = st.Page(sparse.page, title=_("Sparse"), url_path="sparse", icon=":material/grain:")
families = {
    "linear_ae": st.Page(linear.page, title=_("Linear"), url_path="linear", icon=":material/straighten:"),
    "sparse_coding": sparse_page,
    "sparse_ae": sparse_page,
    "vae": st.Page(vae.page, title=_("VAE"), url_path="vae", icon=":material/scatter_plot:"),
    "gan": st.Page(gan.page, title=_("GAN"), url_path="gan", icon=":material/swords:"),
    "simclr": st.Page(simclr.page, title=_("SimCLR"), url_path="simclr", icon=":material/join_inner:"),
}
compare_page = st.Page(compare.page, title=_("Compare"), url_path="compare", icon=":material/compare:")
st.session_state["pages"] = families  # so that the home page can lead to them
runs_page = st.Page(runs.page, title=_("Runs"), url_path="runs", icon=":material/table_rows:")
data_page = st.Page(data.page, title=_("Data"), url_path="data", icon=":material/database:")
page = st.navigation([start, *dict.fromkeys(families.values()), compare_page, data_page, runs_page], position="top")
with st.container(key="corner", horizontal=True):
    top = st.container(width="content")
    presenter.corner()
    languages.switch()
here = scene.begin(page.url_path)
page.run()
with top:
    stage_bar(here)
