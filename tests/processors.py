"""What the processor that runs the tests can do."""

import platform
from pathlib import Path


def multiplies_bytes_exactly() -> bool:
    """Whether products of 8-bit numbers lose nothing here: x86 needs VNNI instructions, or AMX, for that."""
    flags = _flags()
    return flags is None or any(flag.endswith("_vnni") or flag == "amx_int8" for flag in flags)


def multiplies_bfloat16() -> bool:
    """Whether it has instructions for products in bfloat16; without them one takes a hundred times as long."""
    flags = _flags()
    return flags is None or not flags.isdisjoint({"avx512_bf16", "amx_bf16"})


def _flags() -> frozenset[str] | None:
    """What an x86 processor on Linux says of itself; nothing elsewhere, where what is wrong should be seen."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return None
    try:
        return frozenset(Path("/proc/cpuinfo").read_text("utf-8").split())
    except OSError:
        return None
