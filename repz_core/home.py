"""Where things are kept: the run root, with your own data beside the runs, and the cache of what can be made again."""

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """The run root: $REPZ_HOME, else the user's data folder. Moved as a whole, it takes runs and their data along."""
    return Path(os.environ.get("REPZ_HOME") or platformdirs.user_data_dir("repz")).expanduser().absolute()


def cache_folder() -> Path:
    """Where built data sets, downloads and files put by hand are: $REPZ_CACHE, else datasets in the user's cache."""
    given = os.environ.get("REPZ_CACHE")
    return Path(given) if given else Path(platformdirs.user_cache_dir("repz")) / "datasets"
