"""Which engine decodes: henkan's own, which can do everything, or CTranslate2 with what was exported for it."""

import os
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Literal, NamedTuple

from henkan.bundle import Predictor
from henkan.decoding import BeamSearch, Strategy
from henkan.export import ExportedPredictor, export_folder, read_about, weights_digest, why_not
from henkan.workflow.share import own_device, share_cores, usable_threads

Engine = Literal["torch", "ctranslate2"]
Wish = Literal["auto", "torch", "ctranslate2"]


class Choice(NamedTuple):
    """An engine, the device it computes on, and what to know about the choice."""

    engine: Engine
    device: str
    notes: list[str]


def choose_engine(
    wish: Wish, bundles: Sequence[str], device: str, strategy: Strategy, *, has_prefixes: bool = False
) -> Choice:
    """The engine for a wish. CTranslate2 that cannot do what was asked is a ``ValueError`` that says why.

    "auto" takes CTranslate2 only where the outputs are those of henkan up to rounding: with a current export in
    float32, and not for a beam, which CTranslate2 searches in its own way.
    """
    if wish == "torch":
        return Choice("torch", device, [])
    reason = _why_not(bundles, device, strategy, has_prefixes)
    if wish == "ctranslate2":
        if reason:
            raise ValueError(reason)
        return Choice("ctranslate2", device, [])
    is_beam = isinstance(strategy, BeamSearch) and strategy.width > 1
    if reason or is_beam or find_spec("ctranslate2") is None:
        return Choice("torch", device, [])
    about = read_about(export_folder(bundles[0]))
    if about is None or about.quantization != "float32":
        return Choice("torch", device, [])
    if about.weights != weights_digest(bundles[0]):
        note = f"the export in {export_folder(bundles[0])} is of other weights and not used: henkan export {bundles[0]}"
        return Choice("torch", device, [note])
    return Choice("ctranslate2", device, [])


def load_predictor(
    bundles: Sequence[str], device: str, engine: Engine = "torch", threads: int | None = None
) -> Predictor:
    """The bundle of a folder, its export, or the ensemble of several bundles, to compute with so many threads.

    For an export torch is not imported, which takes longer than to decode many lines.
    """
    if engine == "ctranslate2":
        return ExportedPredictor.load(bundles[0], threads=threads or usable_threads(os.environ))
    import torch

    from henkan.bundle import Ensemble

    if threads is None:
        share_cores(os.environ)
    else:
        torch.set_num_threads(threads)
    ensemble = Ensemble.load(bundles, own_device(device, os.environ))
    return ensemble.bundles[0] if len(bundles) == 1 else ensemble


def _why_not(bundles: Sequence[str], device: str, strategy: Strategy, has_prefixes: bool) -> str | None:
    if len(bundles) > 1:
        return "CTranslate2 cannot decode with several bundles together: use --engine torch, or name one bundle"
    if device != "cpu":
        return f"CTranslate2 is used on the processor only, not on {device}: use --engine torch, or --device cpu"
    return why_not(strategy, has_prefixes=has_prefixes)
