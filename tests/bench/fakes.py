"""Peers that do nothing, or go wrong. The workers of the tests import them by name."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from henkan.bench.peers import Way
from henkan.bench.shapes import Shape, Work

PACKAGE = "pytest"
LOG = "HENKAN_TEST_LOG"  # names the file in which each call leaves a line


def training(shape: Shape, way: Way) -> Callable[[Work], None]:
    """Notes that it was called. Its setting says what it is: see ``entrant`` in the tests."""
    sys.stdout.write("noise on the standard output\n")  # as libraries make
    if way.workers == 3:
        raise RuntimeError("this peer\nhas no such layer")

    def update(work: Work) -> None:
        with open(os.environ[LOG], "a", encoding="utf-8") as log:
            log.write(f"{way.workers} {work.num_target_tokens}\n")
        if way.workers == 4:
            os.write(2, b"the last words\n")
            os._exit(7)
        if way.workers == 5:
            time.sleep(600)
        if way.workers == 6:
            raise ValueError("this batch is too large")

    return update


def decoding(shape: Shape, way: Way, beam: int) -> Callable[[Any], None]:
    """Decodes nothing; a beam is more than it can do."""
    if beam > 1:
        raise ValueError("there is no beam search")
    return lambda src: None
