"""The same model on PyTorch Lightning, in one process or in many. ``pip install "henkan[lightning]"``.

``LitTransformer`` is the published module of the course. ``LitPairs`` is the module for real runs; ``PairsDataModule``
gives it the batches of the plain loop, shared out; ``RunCallback`` does what ``fit`` does between updates.
"""

from henkan.training.lightning.callbacks import AttentionMaps, BundleExport, PairsData, RunCallback
from henkan.training.lightning.cli import run_cli
from henkan.training.lightning.data import PairsDataModule
from henkan.training.lightning.fit import LightningFit, check_average, follow
from henkan.training.lightning.module import LitPairs
from henkan.training.lightning.published import LitTransformer, greedy_decode_lightning
from henkan.training.lightning.trainer import be_quiet, check_launched, is_follower, make_trainer

__all__ = [
    "AttentionMaps",
    "BundleExport",
    "LightningFit",
    "LitPairs",
    "LitTransformer",
    "PairsData",
    "PairsDataModule",
    "RunCallback",
    "be_quiet",
    "check_average",
    "check_launched",
    "follow",
    "greedy_decode_lightning",
    "is_follower",
    "make_trainer",
    "run_cli",
]
