"""Memory that is freed stays with the process, for the next tensor of that size."""

import ctypes
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # mallopt's names for them (malloc.h)
LARGEST = 32 << 20  # bytes; glibc takes no more for the second


def keep_freed_memory() -> None:
    """Tell glibc not to give freed blocks back at once; nothing on other systems.

    A step's tensors of a megabyte are freed and asked for again, and each time the kernel has to map and clear their
    pages: a third of the time of importance sampling, 3 % of a training step (docs/architecture.md).
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # not in musl
        if mallopt:
            mallopt(MMAP_THRESHOLD, LARGEST)
            mallopt(TRIM_THRESHOLD, 8 * LARGEST)
