"""A small bundle that was never trained: random, but different for every source, and made in no time."""

import torch

from henkan.bundle import Bundle, Limits
from henkan.data import EOS_IDX, UNK_IDX, Tokenizer
from henkan.nn import Transformer

SOURCES = ["abc", "a", "hgfedcba", "日本語", "ab cd", "cab", "bca", "h", "ffff", "日a本b語c"]


def random_bundle(seed: int = 3, *, target_kind: str = "characters", **options: object) -> Bundle:
    """Characters in; characters, or symbols between spaces, out."""
    source = Tokenizer.train("characters", ["abcdefgh 日本語"])
    target = Tokenizer.train(target_kind, ["ABCDEFにほんご" if target_kind == "characters" else "AA B CH D EH"])
    torch.manual_seed(seed)
    sizes = {"d_model": 16, "num_layers": 1, "num_heads": 2, "d_ff": 32, "max_len": 40, **options}
    model = Transformer(len(source.vocabulary), len(target.vocabulary), **sizes).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():  # so that outputs differ from source to source, and end
            if "cross_attention" in name:
                parameter.mul_(4.0)
        model.output_projection.weight.normal_()
        model.output_projection.bias[UNK_IDX] = -100.0
        model.output_projection.bias[EOS_IDX] = 3.0
    return Bundle(model, source, target, Limits(source=12, output=10), {"file": "pairs.tsv"}, {"steps": 3})


def texts(bundle: Bundle, sources: list[str], *args: object, **options: object) -> list[str]:
    """The best output for each source."""
    return [found[0].text for found in bundle.predict(sources, *args, **options)]
