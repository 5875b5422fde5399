"""henkan's models in CTranslate2: written from their weights, and decoding by henkan's rules.

Read in this order: `names`, `specification` (the weights), `folder` (on disk), `translator`, `engine`, `beam`,
`predictor`.
CTranslate2 is optional, and imported in `specification` and `translator` alone, when it is needed.
"""

from typing import TYPE_CHECKING

from henkan.late import late

if TYPE_CHECKING:
    from henkan.export.engine import CTranslate2Engine, why_not
    from henkan.export.folder import (
        About,
        Quantization,
        export_folder,
        new_export,
        read_about,
        require_ctranslate2,
        weights_digest,
    )
    from henkan.export.predictor import ExportedPredictor, check_current
    from henkan.export.translator import Translator

__all__ = [
    "About",
    "CTranslate2Engine",
    "ExportedPredictor",
    "Quantization",
    "Translator",
    "check_current",
    "export_folder",
    "new_export",
    "read_about",
    "require_ctranslate2",
    "weights_digest",
    "why_not",
]

__getattr__ = late(__name__)
