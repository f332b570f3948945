"""What sessions of many viewers cost: how threads share memory. (What 500 of them take: `make bench-full`.)"""

import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from pages import sessions
if sys.argv[1:]:
    sessions.one_heap()
together = Barrier(4)
def take(_turn):
    together.wait()
    return [bytes(1000) for _i in range(1000)]
with ThreadPoolExecutor(4) as threads:
    kept = list(threads.map(take, range(4)))
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's heaps")
@pytest.mark.parametrize("asked", [False, True])
def test_threads_share_one_heap(asked):
    command = [sys.executable, "-c", PROGRAM, *["one heap"] * asked]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    arenas = told.count("\nArena ") + told.startswith("Arena ")
    assert arenas == 1 if asked else arenas > 1
