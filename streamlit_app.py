"""The lab as an ASGI app: page script, read-only routes, lifespan. `streamlit run` and `uvicorn` both serve it."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pandas  # noqa: F401  (Streamlit asks of all that a browser part gets whether it is a DataFrame)
import streamlit as st
from starlette.middleware import Middleware

from pages import routes, sessions
from pages.security import Guard
from repz_core import figures, recipes, supervisor
from repz_core.runs import RunStore


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Have a supervisor as long as the server lives."""
    sessions.one_heap()
    sessions.leave_unwatched()
    with supervisor.ensure(RunStore().root):
        gc.collect()
        gc.freeze()  # what is loaded by now stays: collections after a rerun need not look at it
        yield


# What the pages will need, loaded before the first visitor has to wait for it.
figures.load()
for method in recipes.names():
    recipes.family(method)

app = st.App("pages/shell.py", lifespan=lifespan, routes=routes.ROUTES, middleware=[Middleware(Guard)])
