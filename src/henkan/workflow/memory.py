"""How much memory is free, and how much of it a pass through the model takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

MEMINFO, CGROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")
REFUSALS = ("not enough memory", "can't allocate memory", "out of memory", "cannot allocate")


def free_memory(device: torch.device) -> int | None:
    """The bytes that this process could still take on ``device``; None where the system does not say."""
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + unused
    if device.type != "cpu":
        return None
    rooms = [room for room in (_of_machine(), _of_container()) if room is not None]
    return min(rooms, default=None)


def _of_machine() -> int | None:
    try:
        lines = MEMINFO.read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)


def _of_container() -> int | None:
    """What the control group still allows: less than the machine has, in most containers."""
    try:
        limit, used = ((CGROUP / f"memory.{name}").read_text().strip() for name in ("max", "current"))
        cached = dict(line.split() for line in (CGROUP / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return None
    return None if limit == "max" else int(limit) - int(used) + int(cached.get("inactive_file", 0))


class Kept:
    """How many bytes a forward pass keeps for the way back."""

    def __init__(self) -> None:
        self.storages: dict[int, int] = {}

    @property
    def bytes(self) -> int:
        return sum(self.storages.values())

    def note(self, tensor: Tensor) -> Tensor:
        if not isinstance(tensor, torch.nn.Parameter):
            storage = tensor.untyped_storage()
            self.storages[storage.data_ptr()] = storage.nbytes()
        return tensor


@contextmanager
def keeping() -> Iterator[Kept]:
    """Counts what the passes inside keep, parameters left out. Each byte once, however many operations keep it."""
    kept = Kept()
    with torch.autograd.graph.saved_tensors_hooks(kept.note, lambda tensor: tensor):
        yield kept


def is_memory_error(error: Exception) -> bool:
    """Whether an error says that there is no memory left: PyTorch has no class of its own for it on the CPU."""
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or any(
        words in str(error).lower() for words in REFUSALS
    )
