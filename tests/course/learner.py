"""A learner: a folder of exercises, and code that is right and wrong in known ways."""

from pathlib import Path

from henkan.course.workspace import Workspace, create

SDPA = "phase2/sdpa"
HEAD = "import math\n\n\ndef scaled_dot_product_attention(q, k, v, mask=None, *, dropout=0.0):\n"
RIGHT = HEAD + (
    "    scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))\n"
    "    weights = scores.softmax(dim=-1)\n"
    "    return weights @ v, weights\n"
)
NO_SCALE = RIGHT.replace(" / math.sqrt(q.size(-1))", "")

STEP = "lesson0/gradient_step"  # an exercise without torch, which takes no time
STEP_HEAD = "def gradient_step(weights, values, bias, target, learning_rate):\n"
STEP_WHERE = "gradient_step.py:2"


def new_workspace(folder: Path, language: str = "en") -> Workspace:
    """A workspace with every exercise as it is at the beginning."""
    return create(folder, "ja" if language == "ja" else "en").workspace


def body(line: str) -> str:
    """Attention whose first line is ``line``."""
    return HEAD + f"    {line}\n" + RIGHT.removeprefix(HEAD)


def step(line: str) -> str:
    """A gradient step of one line."""
    return f"{STEP_HEAD}    {line}\n"


def write(workspace: Workspace, text: str, exercise_id: str = SDPA) -> Path:
    """Save ``text`` as the learner's file; return where."""
    path = workspace.file(exercise_id)
    path.write_text(text, encoding="utf-8")
    return path
