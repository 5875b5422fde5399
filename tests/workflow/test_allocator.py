"""Memory that was freed is used again: a step that allocates what the last one freed asks the system for none."""

import os
import subprocess
import sys

import pytest

from henkan.workflow.allocator import TUNING, _is_glibc, is_wanted

COUNT_FAULTS = """
import resource
from henkan.workflow.allocator import keep_freed_memory
print(keep_freed_memory())
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
block = b"x" * (64 << 20)
del block
before = faults()
for _ in range(4):
    block = b"x" * (64 << 20)
    del block
print(faults() - before)
"""
needs_glibc = pytest.mark.skipif(not _is_glibc(), reason="only glibc is told anything")


def run(environment: dict[str, str]) -> tuple[bool, int]:
    """Whether the process keeps its memory, and the page faults of four blocks of 64 MiB, one after the other."""
    clean = {key: value for key, value in os.environ.items() if key not in (*TUNING, "HENKAN_ALLOCATOR")}
    command = [sys.executable, "-c", COUNT_FAULTS]
    output = subprocess.run(command, env={**clean, **environment}, capture_output=True, text=True, check=True).stdout
    kept, faults = output.split()
    return kept == "True", int(faults)


@needs_glibc
def test_blocks_that_were_freed_are_used_again_without_page_faults() -> None:
    kept, faults = run({})
    assert kept
    assert faults < 1000


@needs_glibc
def test_the_system_s_way_can_be_had() -> None:
    kept, faults = run({"HENKAN_ALLOCATOR": "system"})
    assert not kept
    assert faults >= 100  # each block is fetched anew; 16,384 pages, or 32 huge ones


def test_who_tunes_glibc_is_left_alone() -> None:
    assert is_wanted({"PATH": "/bin"})
    assert not any(is_wanted({name: "1"}) for name in TUNING)


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(ValueError, match="HENKAN_ALLOCATOR='jemalloc' is unknown"):
        is_wanted({"HENKAN_ALLOCATOR": "jemalloc"})


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_name: str) -> str:
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr(os, "confstr", unknown)
    assert not _is_glibc()


@needs_glibc
def test_commands_that_compute_keep_their_memory_and_a_wrong_choice_ends_with_status_2() -> None:
    command = [sys.executable, "-m", "henkan", "predict", "--help"]
    environment = {**os.environ, "HENKAN_ALLOCATOR": "jemalloc"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert "set it to keep or system" in done.stderr
