"""``henkan lightning``."""


def run(arguments: list[str]) -> int:
    """Run the command line of Lightning with a ``LitPairs`` and a ``PairsFile``."""
    from henkan.workflow.engine import check_lightning

    check_lightning()
    from henkan.training.lightning import run_cli
    from henkan.workflow.lightning_data import PairsFile

    run_cli(PairsFile, arguments)
    return 0
