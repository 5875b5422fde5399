"""The script for a machine with a GPU measures what it says, tried on the processor; without a GPU it says so."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from henkan.bench.peers import Way
from henkan.bench.shapes import SHAPES

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gpu" / "base.py"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(SCRIPT.parent)
    monkeypatch.syspath_prepend(SCRIPT.parents[1])  # as the script does itself, but for good
    import base

    return base


@pytest.mark.slow
def test_it_measures_training_and_decoding(script: Any) -> None:
    small = replace(SHAPES["tiny"], d_model=16, d_ff=32, num_layers=1, num_batches=2)
    rows = script.measure(script.Setting("cpu", small, Way(), seconds=0.01, eager=True))
    assert rows[0]["tflops"] > 0
    found = {(row["work"], row["engine"]): row for row in rows[1:]}
    for work in ("training", "decoding 1", "decoding 32", "decoding 256"):
        engine = "henkan eager" if work == "training" else "henkan"
        row = found[work, engine]
        assert row["range"][0] <= row["tokens_per_second"] <= row["range"][1]
    assert 0 < found["training", "henkan eager"]["share_of_matmul"] < 1


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so_and_how_to_try_it() -> None:
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True)
    assert done.returncode == 2
    assert "--device cpu" in done.stderr
