"""An exported bundle in use: text in, text out, without henkan's own weights."""

import os
from dataclasses import dataclass
from pathlib import Path

from henkan.bundle import Limits, Predictor
from henkan.bundle.contents import read_contents
from henkan.data import Tokenizer
from henkan.export.engine import CTranslate2Engine
from henkan.export.folder import About, export_folder, read_about, require_ctranslate2, weights_digest
from henkan.export.translator import Translator


@dataclass(frozen=True)
class ExportedPredictor(Predictor):
    """A bundle whose model CTranslate2 runs. What ``why_not`` names it does not do."""

    source_tokenizer: Tokenizer
    target_tokenizer: Tokenizer
    limits: Limits
    exported: CTranslate2Engine

    @property
    def engine(self) -> CTranslate2Engine:
        """What decodes."""
        return self.exported

    @classmethod
    def load(
        cls, bundle: str | os.PathLike[str], folder: str | os.PathLike[str] | None = None, *, threads: int = 1
    ) -> "ExportedPredictor":
        """The export of a bundle; ``folder`` is where it stands, if it is not in the bundle.

        Without an export, or with one of other weights, this is a ``ValueError`` that names the command.
        """
        require_ctranslate2()
        contents = read_contents(bundle)
        place = export_folder(bundle) if folder is None else Path(folder)
        check_current(bundle, place)
        engine = CTranslate2Engine(Translator.load(place, threads), int(contents.model["max_len"]))
        return cls(contents.source_tokenizer, contents.target_tokenizer, contents.limits, engine)


def check_current(bundle: str | os.PathLike[str], folder: Path) -> About:
    """What the export in ``folder`` is of; raises unless that is this bundle as it is now."""
    command = f"henkan export {os.fspath(bundle)} --to ctranslate2"
    about = read_about(folder)
    if about is None:
        raise ValueError(f"{os.fspath(bundle)} has no export for CTranslate2: {command} writes one")
    if about.weights != weights_digest(bundle):
        raise ValueError(f"{folder} was exported from other weights than {os.fspath(bundle)} has now: {command}")
    return about
