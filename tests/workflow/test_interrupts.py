"""Ctrl-C and SIGTERM while a model is trained."""

import os
import signal
import subprocess
import sys

import pytest

from henkan.workflow.interrupts import Interrupts


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_both_signals_are_an_interrupt(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), Interrupts():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_a_held_interrupt_is_counted_and_nothing_else() -> None:
    with Interrupts() as interrupts:
        interrupts.hold()
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        assert interrupts.count == 2
        interrupts.release()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert interrupts.count == 3


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            os.kill(os.getpid(), signal.SIGINT)
        assert interrupts.count == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_more_signals_than_are_held_back_end_the_process() -> None:
    code = (
        "import os, signal\n"
        "from henkan.workflow.interrupts import Interrupts\n"
        "with Interrupts() as interrupts:\n"
        "    interrupts.hold()\n"
        "    interrupts.most = 4\n"
        "    for count in range(5):\n"
        "        print(interrupts.count, flush=True)\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print('still there')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGTERM
    assert ended.stdout.split() == ["0", "1", "2", "3", "4"]
