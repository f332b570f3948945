"""Freed memory is kept where the system's allocator lets us say so, and nothing happens elsewhere."""

import ctypes
import sys

import pytest

from repz_core.memory import keep_freed_memory


class Library:
    """A C library that writes down what it is told."""

    def __init__(self):
        self.told = {}

    def mallopt(self, parameter, value):
        self.told[parameter] = value


def test_glibc_is_told_its_own_names_for_it(monkeypatch):
    library = Library()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    keep_freed_memory()
    assert library.told == {-3: 32 << 20, -1: 256 << 20}


@pytest.mark.parametrize(("platform", "library"), [("darwin", None), ("linux", object())])
def test_others_are_left_alone(platform, library, monkeypatch):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    keep_freed_memory()
