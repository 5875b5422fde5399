"""``henkan train``."""

import os
import signal
from collections.abc import Sequence
from typing import Any

from henkan.cli.config_file import read_settings
from henkan.cli.device import add_device, choose_device
from henkan.cli.explain import preferred_language
from henkan.cli.parser import Parser, add_fields
from henkan.config import DataConfig, ModelConfig, Processes, TrainingConfig

DESCRIPTION = """\
Train a model on a file of pairs (source, tab, target on each line) or on a built-in task.
A file may also be JSON lines (keys source, and target or targets), be packed with gzip, or be - for the standard
input; two files with a line of each per pair are given as TARGET and --targets.
Whatever is not set is chosen from the data, and printed with the reason."""
EPILOG = """\
A built-in task has options of its own, listed by henkan tasks. A configuration file is YAML with the sections task,
data, model and training; options on the command line win over it. The training.json of a bundle is one, too.

examples:
  henkan train pairs.tsv
  henkan train pairs.tsv --max-minutes 5 --out runs/quick
  henkan train pairs.tsv --max-minutes 5 --out runs/quick --resume
  henkan train train.en --targets train.ja --dev dev.tsv --test test.tsv
  zcat pairs-*.gz | henkan train - --out runs/all
  henkan train addition --digits 3 --answer reversed
  henkan train pairs.tsv --engine lightning --devices 2
  henkan train pairs.tsv --config runs/quick/training.json --seed 2 --out runs/again
"""
SECTIONS = ("task", "data", "model", "training")
STDIN = "-"
DATA_SHORTHANDS = ("targets", "dev", "dev_targets", "test", "test_targets")
TRAINING_SHORTHANDS = ("seed", "max_minutes")
PROCESS_OPTIONS = ("devices", "num_nodes", "strategy")
ENGINES = ("plain", "lightning")
PRECISIONS = {"32-true": "float32", "bf16-mixed": "bfloat16"}
FLAGS = (
    "--overwrite",
    "--resume",
    "--tensorboard",
    "--find-batch-size",
    "--help",
    "-h",
)  # every other option is followed by its value


def run(arguments: list[str]) -> int:
    """Train, and print how it goes."""
    if os.environ.get("LOCAL_RANK", "0") != "0":
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process gets it, too, and tells the others
    _check_names(arguments)
    parser = make_parser(find_target(arguments))
    given = parser.given(arguments)
    settings = read_settings(parser, given["config"], SECTIONS) if given.get("config") else {}
    overrides = {section: {**settings.get(section, {}), **given.get(section, {})} for section in SECTIONS}
    device = choose_device(given["device"])
    processes = _processes(given, overrides)
    if processes is not None:
        import torch

        from henkan.workflow.engine import check_processes, take_part

        check_processes(processes, overrides)
        if take_part(processes, torch.device(device)):
            return 0
    from henkan.plotting import use_language  # here, so that --help is quick
    from henkan.workflow.train import train

    use_language(given["lang"] or preferred_language())

    result = train(
        given["target"],
        overrides=overrides,
        out=given.get("out"),
        overwrite=given["overwrite"],
        resume=given["resume"],
        tensorboard=given["tensorboard"],
        find_batch_size=given["find_batch_size"],
        device=device,
        processes=processes,
        say=lambda line: print(line, flush=True),
    )
    print("\nNext")
    print(f"  henkan predict {result.path}   type a line, get its output; or name a file of lines")
    return 0


def make_parser(target: str | None) -> Parser:
    """The parser, with the options of the task that ``target`` may be."""
    parser = Parser("henkan train TARGET [options]", DESCRIPTION, EPILOG)
    parser.add_argument("target", help="a file of pairs, - for the standard input, or the name of a task")
    parser.add_argument("--out", metavar="DIR", help="where the bundle goes [runs/NAME]")
    parser.add_argument("--overwrite", action="store_true", help="replace the bundle that stands there")
    parser.add_argument("--resume", action="store_true", help="go on with a training that was killed or interrupted")
    parser.add_argument("--tensorboard", action="store_true", help="write the metrics for TensorBoard, too")
    parser.add_argument("--find-batch-size", action="store_true", help="try out which batches train fastest here")
    parser.add_argument("--lang", choices=["ja", "en"], help="language of curves.png [of HENKAN_LANG, of the system]")
    parser.add_argument("--config", metavar="FILE", help="settings from a file")
    add_device(parser)
    parser.add_argument("--engine", choices=ENGINES, default="plain", help="what makes the updates [plain]")
    parser.add_argument("--precision", choices=PRECISIONS, help="training.precision, by the names that Lightning has")
    parser.add_argument("--devices", type=int, metavar="N", help="lightning: processes on each machine [1]")
    parser.add_argument("--num-nodes", type=int, metavar="N", help="lightning: machines [1]")
    parser.add_argument("--strategy", choices=["ddp", "fsdp"], help="lightning: whole models, or pieces of one [ddp]")
    task = _task(target)
    if task is not None:
        shorthands = set(task.__dataclass_fields__) - set(TRAINING_SHORTHANDS)
        add_fields(parser, task, f"task {target}", "task.", shorthands)
    add_fields(parser, DataConfig, "data", "data.", DATA_SHORTHANDS)
    add_fields(parser, ModelConfig, "model", "model.")
    add_fields(parser, TrainingConfig, "training", "training.", TRAINING_SHORTHANDS)
    return parser


def _processes(given: dict[str, Any], overrides: dict[str, dict[str, Any]]) -> Processes | None:
    """Where the training runs, if not by the plain loop. ``overrides`` get the precision that was asked for."""
    asked = {name: given[name] for name in PROCESS_OPTIONS if given[name] is not None}
    if given["precision"] is not None:
        if "precision" in given.get("training", {}):
            raise ValueError("--precision and --training.precision are one: leave one of them out")
        overrides["training"]["precision"] = PRECISIONS[given["precision"]]
    if given["engine"] == "plain":
        if asked:
            raise ValueError(
                f"--{next(iter(asked)).replace('_', '-')} is for several processes: add --engine lightning"
            )
        return None
    return Processes(**asked)


def _check_names(arguments: Sequence[str]) -> None:
    """Raise for a name that a bundle could not store."""
    for argument in arguments:
        if any("\ud800" <= character <= "\udfff" for character in argument):
            raise ValueError(f"the name {argument!r} is not UTF-8: rename the file, with convmv for example")


def find_target(arguments: Sequence[str]) -> str | None:
    """The argument that names the target, found before there is a parser: its options depend on it."""
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif not argument.startswith("-") or argument == STDIN:
            return argument
        else:
            skip = argument not in FLAGS and "=" not in argument
    return None


def _task(target: str | None) -> type[Any] | None:
    if target is None or target == STDIN or "." in target or "/" in target:
        return None  # a file; and importing the tasks takes a moment
    from henkan.tasks import TASKS
    from henkan.workflow.target import check_file

    if target not in TASKS:
        check_file(target, {})
    return TASKS.get(target)
