"""CTranslate2, which decodes what others trained: a model that henkan wrote, named by ``HENKAN_BENCH_MODEL``."""

import os
from typing import Any

import ctranslate2
import torch
from torch import Tensor

from henkan.bench.peers import MODEL, Decode, Train, Way
from henkan.bench.shapes import OUTPUT_LENGTH, Shape

PACKAGE = "ctranslate2"


def training(shape: Shape, way: Way) -> Train:
    """None: a ``ValueError``."""
    raise ValueError("CTranslate2 decodes, and does not train: measure its decoding")


def decoding(shape: Shape, way: Way, beam: int) -> Decode:
    """See ``Peer.decoding``. The rows are shared out among ``way.workers``, as are PyTorch's threads.

    A model that is not there, and a precision that this processor does not have, are a ``ValueError``.
    """
    folder = os.environ.get(MODEL)
    if not folder or not os.path.isfile(os.path.join(folder, "model.bin")):
        raise ValueError(f"{MODEL} names no model for CTranslate2 ({folder}): henkan bench writes one and names it")
    threads = max(torch.get_num_threads() // way.workers, 1)
    torch.set_num_threads(1)  # PyTorch's would take the cores from CTranslate2's
    translator = ctranslate2.Translator(
        folder, device="cpu", compute_type=way.precision, inter_threads=way.workers, intra_threads=threads
    )
    names = [source_token(idx) for idx in range(shape.vocab_size)]

    def decode(src: Tensor) -> Any:
        found = translator.translate_batch(
            [[names[idx] for idx in row] for row in src.tolist()],
            beam_size=beam,
            max_batch_size=-(-len(src) // way.workers),
            min_decoding_length=OUTPUT_LENGTH,
            max_decoding_length=OUTPUT_LENGTH,
        )
        return [each.hypotheses[0] for each in found]

    return decode


def source_token(idx: int) -> str:
    """As ``henkan.export`` names an id of the source: which is not imported here, and a test holds them equal."""
    return f"<source {idx}>"
