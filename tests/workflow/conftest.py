"""A file of pairs and settings with which a training takes no time."""

from pathlib import Path

import pytest

from henkan.workflow.wishes import Overrides


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """A file in which every source is written twice and backwards, with what real files have besides."""
    words = [f"{a}{b}{c}" for a in "abcde" for b in "あいうえ" for c in "xyz日"]
    rows = [f"{word}\t{word[::-1]}" for word in words]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join([*rows, "", rows[0], f"{words[0]}\tanother", " \tx"]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def quick() -> Overrides:
    """A very small model and very few updates."""
    return {
        "model": {"d_model": 16, "num_heads": 2, "num_encoder_layers": 1, "num_decoder_layers": 1, "d_ff": 16},
        "training": {"max_steps": 6, "evaluations": 2, "batch_tokens": 128, "precision": "float32"},
    }
