"""``henkan lightning``."""

HELP = """\
usage: henkan lightning fit [options]

Train with a Trainer of Lightning whose every option can be set, with henkan's model, data and callbacks.

  --data.target     a file of pairs, or the name of a task
  --data.training   how to train, as henkan train has it: --data.training.max_steps 2000
  --model.config    the sizes of the model: --model.config.d_model 128
  --trainer         what Lightning's Trainer takes: --trainer.devices 2
  --config FILE     all of that from a file, as configs/lightning.yaml

henkan lightning fit --help lists every option.

examples:
  henkan lightning fit --config configs/lightning.yaml --data.target pairs.tsv
"""


def run(arguments: list[str]) -> int:
    """Run the command line of Lightning with a ``LitPairs`` and a ``PairsFile``."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(HELP, end="")
        return 0
    from henkan.workflow.engine import check_lightning

    check_lightning()
    from henkan.training.lightning import run_cli
    from henkan.workflow.lightning_data import PairsFile

    run_cli(PairsFile, arguments)
    return 0
