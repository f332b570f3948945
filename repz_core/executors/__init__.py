"""Where a run executes: a worker process of this machine (local)."""
