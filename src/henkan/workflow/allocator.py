"""Memory that stays with the process: what glibc would give back to the system after every step, and fetch again.

Each fetch is a page fault per 4 KiB, tens of thousands in a training step; see docs/decisions/0024-memory-kept.md.
"""

import ctypes
import os
import sys
from collections.abc import Mapping

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # the numbers that malloc.h gives them
TUNING = ("GLIBC_TUNABLES", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_TOP_PAD_")
HUGE_PAGES = "THP_MEM_ALLOC_ENABLE"  # torch's, which asks the system for pages of 2 MiB


def keep_freed_memory() -> bool:
    """Whether from now on this process keeps the memory that it frees, for its next tensors.

    It does on Linux with glibc, unless its environment sets ``HENKAN_ALLOCATOR=system`` or tunes glibc itself. Call it
    before torch makes its first tensor: large ones then lie in huge pages, too, where the system has them.
    """
    if not _is_glibc() or not is_wanted(os.environ):
        return False
    os.environ.setdefault(HUGE_PAGES, "1")
    mallopt = ctypes.CDLL(None).mallopt
    # No block is a mapping of its own, and the top of the heap is never given back.
    return bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, -1))


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Whether ``environment`` leaves the allocator to henkan; a ``ValueError`` for a choice that is none."""
    choice = environment.get("HENKAN_ALLOCATOR", "keep")
    if choice not in ("keep", "system"):
        raise ValueError(f"HENKAN_ALLOCATOR={choice!r} is unknown: set it to keep or system, or leave it out")
    return choice == "keep" and not any(name in environment for name in TUNING)


def _is_glibc() -> bool:
    try:
        return sys.platform == "linux" and (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (ValueError, OSError):  # another C library
        return False
