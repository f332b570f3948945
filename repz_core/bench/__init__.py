"""Side-by-side measurements against peers: `python -m repz_core.bench`. A new one is one file in tasks/."""
