"""A small bundle that was never trained: random, but different for every source, and made in no time."""

from dataclasses import replace

import torch

from henkan.bundle import Bundle, Limits
from henkan.data import EOS_IDX, UNK_IDX, Tokenizer
from henkan.data.choose_copying import Copying, with_copying
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


def copying_bundle() -> Bundle:
    """One that copies a character which its vocabularies do not have, and one per source; "h" is such a character."""
    copying = Copying({"h"}, pairs=100, share=1.0, most=1)
    known = random_bundle()
    source, target = (with_copying(side, copying) for side in (known.source_tokenizer, known.target_tokenizer))
    torch.manual_seed(3)
    model = Transformer(len(source.vocabulary), len(target.vocabulary), 16, 1, 2, 32, max_len=40).eval()
    return replace(known, model=model, source_tokenizer=source, target_tokenizer=target)


def texts(bundle: Bundle, sources: list[str], *args: object, **options: object) -> list[str]:
    """The best output for each source."""
    return [found[0].text for found in bundle.predict(sources, *args, **options)]
