"""What ``henkan export`` does: write the model, compare it with the bundle, and keep it if it agrees."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from henkan.bundle import Bundle, Engine
from henkan.bundle.contents import read_contents
from henkan.data import Example
from henkan.decoding import Greedy, Strategy
from henkan.export import (
    CTranslate2Engine,
    Quantization,
    Translator,
    export_folder,
    new_export,
    require_ctranslate2,
    weights_digest,
)
from henkan.workflow.compare import Comparison, compare, read_examples
from henkan.workflow.report import Say

# The share of outputs that must be equal: float32 differs by rounding alone, or by a beam.
LEAST_AGREEMENT: dict[Quantization, float] = {"float32": 0.98, "bfloat16": 0.95, "int8": 0.9, "int8_float32": 0.9}


@dataclass(frozen=True)
class Check:
    """What an export has to pass: at least this share of equal outputs on a file. Without one, the usual share."""

    file: str
    strategy: Strategy = Greedy()  # noqa: RUF009 - frozen
    min_agreement: float | None = None

    def __post_init__(self) -> None:
        if self.min_agreement is not None and not 0 <= self.min_agreement <= 1:
            raise ValueError(f"--min-agreement {self.min_agreement} must lie between 0 and 1: it is a share of outputs")


def export_bundle(
    path: str | Path,
    say: Say,
    *,
    quantization: Quantization = "float32",
    out: str | Path | None = None,
    check: Check | None = None,
) -> Path:
    """Write the model of the bundle in ``path`` for CTranslate2; return the folder, which is in the bundle by default.

    It appears complete or not at all. One that does not pass ``check`` is a ``ValueError``, and does not appear.
    """
    require_ctranslate2()
    read_contents(path)  # so that an error is that of a bundle
    weights = weights_digest(path)  # before they are read: if they change in between, the export is one of others
    bundle = Bundle.load(path)
    examples = read_examples(bundle, check.file) if check is not None else []
    place = export_folder(path) if out is None else Path(out)
    with new_export(bundle, weights, place, quantization) as folder:
        translator = Translator.load(folder, torch.get_num_threads())
        written = f"{place}: {quantization}, {_size(folder)}{_computed(quantization, translator.compute_type)}"
        if check is None:
            say(written)
            say("  Not compared with henkan's own decoding: --verify FILE does that")
        else:
            comparison = _compare(bundle, CTranslate2Engine(translator, bundle.model.max_len), examples, check)
            for line in comparison.describe(check.file):
                say(line)
            least = LEAST_AGREEMENT[quantization] if check.min_agreement is None else check.min_agreement
            if comparison.agreement < least:
                raise ValueError(_disagrees(place, comparison.agreement, least))
            say(f"{written}; at least {least:.2%} of the outputs had to be equal")
    return place


def _compare(bundle: Bundle, engine: Engine, examples: Sequence[Example], check: Check) -> Comparison:
    try:
        return compare(bundle, engine, examples, check.strategy)
    except ValueError as error:
        name = f"{check.file}, " if str(error).startswith("line ") else ""
        raise ValueError(f"{name}{error}") from error


def _size(folder: Path) -> str:
    megabytes = (folder / "model.bin").stat().st_size / 1e6
    return f"{megabytes:,.1f} MB" if megabytes >= 1 else f"{megabytes * 1000:.0f} kB"


def _computed(stored: str, used: str) -> str:
    return "" if used in (stored, f"{stored}_float32") else f", computed in {used} on this machine"


def _disagrees(place: Path, agreement: float, least: float) -> str:
    kept = f"the export that stood in {place} is as it was" if place.exists() else f"nothing was written to {place}"
    return (
        f"{agreement:.2%} of the outputs are equal, and {least:.2%} have to be: {kept}; "
        f"for less, --min-agreement {int(agreement * 100) / 100:g}"
    )
