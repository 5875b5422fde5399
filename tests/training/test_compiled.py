"""A model that `torch.compile` has taken over trains, on batches of more than one size."""

import subprocess
import sys

import pytest

# In a process of its own, because the compiler cannot look through the checks of shapes that tests run with. This
# backend traces forward and backward as the default one does, and needs no C compiler.
PROGRAM = """
import torch
from henkan.data import Batch
from henkan.nn import Transformer
from henkan.training import LabelSmoothingCrossEntropy, train_step

torch.manual_seed(0)
model = Transformer(20, 20, 16, 1, 2, 32, dropout=0.5).train()
compiled = torch.compile(model, backend="aot_eager", dynamic=True)
adam = torch.optim.Adam(model.parameters(), lr=0.0)
for rows, length in ((8, 5), (6, 7)):
    batch = Batch(torch.randint(3, 20, (rows, length)), torch.randint(3, 20, (rows, length + 1)))
    losses = {float(train_step(compiled, [batch], adam, LabelSmoothingCrossEntropy(0.1))[0]) for _ in range(3)}
    assert len(losses) == 3, "nothing is dropped"
"""


@pytest.mark.slow
def test_a_compiled_model_trains_and_drops() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
