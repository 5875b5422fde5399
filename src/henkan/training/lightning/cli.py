"""Lightning's own command line, for people who live there."""

import warnings
from typing import Any

from lightning.pytorch.cli import ArgsType, LightningArgumentParser, LightningCLI

from henkan.training.lightning.module import LitPairs


class _PairsCLI(LightningCLI):
    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Let the model take its vocabularies and its training from the data, which are made first."""
        for side in ("src", "tgt"):
            parser.link_arguments(f"data.{side}_vocab_size", f"model.{side}_vocab_size", apply_on="instantiate")
        parser.link_arguments("data.training_config", "model.training", apply_on="instantiate")


def run_cli(data: type[Any], arguments: ArgsType) -> None:
    """Run ``fit`` and its neighbours with a ``LitPairs`` and the data module class ``data``."""
    warnings.filterwarnings("ignore", "LightningCLI's args parameter")  # they are those of the command line
    warnings.filterwarnings("ignore", "You have overridden `transfer_batch_to_device`")
    _PairsCLI(
        LitPairs,
        data,
        args=arguments,
        save_config_callback=None,
        seed_everything_default=False,
        auto_configure_optimizers=False,
        trainer_defaults={"max_epochs": -1, "use_distributed_sampler": False, "num_sanity_val_steps": 0},
    )
