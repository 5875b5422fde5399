"""The share of one process in work that many do without ever speaking to each other."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

RANK, WORLD_SIZE = "RANK", "WORLD_SIZE"  # of all processes, as torchrun tells each of them
LOCAL_RANK, LOCAL_WORLD_SIZE = "LOCAL_RANK", "LOCAL_WORLD_SIZE"  # of those on one machine
THREADS = "OMP_NUM_THREADS"


@dataclass(frozen=True)
class Share:
    """One of ``count`` shares of equal size, ``number`` counted from 0: every ``count``-th item from that one on.

    ``is_first`` is False for all processes that torchrun started on one machine but the first.
    """

    number: int
    count: int
    is_first: bool = True

    def has(self, item: int) -> bool:
        """Whether the item of this number, counted from 0, is of this share."""
        return item % self.count == self.number


def find_share(wish: str | None, environment: Mapping[str, str]) -> Share | None:
    """The share that ``wish`` asks for, such as "3/8", or else torchrun does; ``None`` if one process does it all."""
    shared = _from_environment(environment)
    if wish is None:
        return shared
    if shared is not None:
        raise ValueError(
            f"--shard {wish} and the environment ({RANK}={shared.number}, {WORLD_SIZE}={shared.count}, as torchrun "
            f"sets them) both say which share this process has: leave out --shard, or unset {RANK} and {WORLD_SIZE}"
        )
    found = re.fullmatch(r"([0-9]+)/([0-9]+)", wish)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise ValueError(
            f"--shard {wish} is no share: write 3/8 for the third of eight, with a number from 1 to 8 before the slash"
        )
    return Share(int(found[1]) - 1, int(found[2]))


def own_device(device: str, environment: Mapping[str, str]) -> str:
    """The device for a process: of several GPUs, each process that torchrun starts on a machine has its own."""
    import torch

    local = _number(environment, LOCAL_RANK, 0)
    if device != "cuda" or _number(environment, LOCAL_WORLD_SIZE, 1) == 1:
        return device
    return f"cuda:{local % torch.cuda.device_count()}"


def usable_threads(environment: Mapping[str, str]) -> int:
    """How many threads this process may use: as many as were chosen, or its part of the cores of its machine."""
    if chosen := re.match(r"[1-9][0-9]*", environment.get(THREADS, "")):
        return int(chosen[0])
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // _number(environment, LOCAL_WORLD_SIZE, 1))


def share_cores(environment: Mapping[str, str]) -> None:
    """Let this process use its part of the cores of its machine, unless the number of threads has been chosen."""
    import torch

    processes = _number(environment, LOCAL_WORLD_SIZE, 1)
    if processes > 1 and THREADS not in environment:
        torch.set_num_threads(max(1, torch.get_num_threads() // processes))


def _from_environment(environment: Mapping[str, str]) -> Share | None:
    count = _number(environment, WORLD_SIZE, 1)
    if count == 1:
        return None
    number = _number(environment, RANK, None)
    if number >= count:
        raise ValueError(
            f"{RANK}={number} in the environment is not below {WORLD_SIZE}={count}: unset both, or set them as "
            f"torchrun does"
        )
    return Share(number, count, is_first=_number(environment, LOCAL_RANK, 0) == 0)


def _number(environment: Mapping[str, str], name: str, default: int | None) -> int:
    """A number of the environment; without a default it must be there."""
    value = environment.get(name, "" if default is None else str(default))
    if not re.fullmatch(r"[0-9]+", value) or (int(value) == 0 and name.endswith(WORLD_SIZE)):
        raise ValueError(
            f"{name} is {value!r} in the environment, not a number as torchrun sets it: unset {WORLD_SIZE} and {RANK} "
            f"to use one process"
        )
    return int(value)
