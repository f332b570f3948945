"""Figures: rows and arrays in, plotly Figure out; no torch, no Streamlit."""

import pkgutil
from importlib import import_module


def load() -> None:
    """Import all figures, and with them plotly: half a second that a server's first visitor need not wait for."""
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
