"""What the processor that runs the tests can do."""

import platform
from pathlib import Path


def multiplies_bytes_exactly() -> bool:
    """Whether products of 8-bit numbers lose nothing here: x86 needs VNNI instructions, or AMX, for that."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return True
    try:
        flags = Path("/proc/cpuinfo").read_text("utf-8").split()
    except OSError:  # not Linux: what is wrong there should be seen
        return True
    return any(flag.endswith("_vnni") or flag == "amx_int8" for flag in flags)
