"""``henkan bench``."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from henkan.cli.parser import Parser

if TYPE_CHECKING:
    from henkan.bench.summary import Row

DESCRIPTION = """\
Measure how fast henkan trains and decodes beside its peers on this machine: each in a process of its own, round by
round in turn, so that a slow moment of the machine meets them all. Says what the machine could do at best, and where
the time of a training step goes. Writes DATE-bench.json and a picture beside it, after Ctrl-C with what was measured
until then. Peers that are not installed are left out; in henkan's repository, `make bench` installs them. All shapes
take about half an hour on two cores; let the machine rest otherwise."""


def run(arguments: list[str]) -> int:
    """Measure, print, write."""
    given = make_parser().given(arguments)
    rounds, python = given["rounds"], _python(given["peers_python"])
    if rounds < 1:
        raise ValueError(f"--rounds cannot be {rounds}: at least 1, better 5 or more")
    from henkan.bench.picture import draw  # here, so that --help is quick
    from henkan.bench.record import default_folder, save
    from henkan.bench.run import Options, bench
    from henkan.bench.shapes import SHAPES

    shapes: list[Any] = _chosen("--shapes", given["shapes"], tuple(SHAPES))
    works: list[Any] = _chosen("--work", given["work"], ("train", "decode"))
    folder = Path(given["out"]) if given["out"] is not None else default_folder()
    _check_folder(folder)
    options = Options(shapes, works, rounds, python)
    rows, ended = _measured(bench(options, lambda line: print(line, flush=True)))
    name = "bench" if len(shapes) == len(SHAPES) else f"bench-{'-'.join(shapes)}"
    path = save(name, rows, folder, " ".join(["henkan bench", *arguments]))
    print(f"\nwritten to {path}")
    try:
        draw(rows, path.with_suffix(".png"))
        print(f"drawn in {path.with_suffix('.png')}")
    except ValueError as reason:
        print(f"henkan bench: note: {reason}", file=sys.stderr)
    return 0 if ended else 130


def _measured(parts: Iterator[list["Row"]]) -> tuple[list["Row"], bool]:
    """The rows of all parts, and whether they came to an end. After Ctrl-C there are those of the parts before it."""
    rows: list["Row"] = []
    try:
        for part in parts:
            rows += part
    except KeyboardInterrupt:
        if len(rows) <= 1:  # the floor alone
            raise
        print("henkan bench: note: interrupted, what was measured is written all the same", file=sys.stderr)
        return rows, False
    return rows, True


def make_parser() -> Parser:
    """The parser."""
    parser = Parser("henkan bench [options]", DESCRIPTION)
    parser.add_argument("--shapes", default="tiny,small,base", metavar="NAMES", help="of models [tiny,small,base]")
    parser.add_argument("--work", default="train,decode", metavar="NAMES", help="what is measured [train,decode]")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="that count, after one to warm up [5]")
    parser.add_argument(
        "--peers-python", metavar="PATH", help="the Python that has henkan and the peers [the one henkan runs in]"
    )
    parser.add_argument(
        "--out", metavar="DIR", help="where the result goes [benchmarks/results if there is one, else here]"
    )
    return parser


def _chosen(option: str, names: str, known: Sequence[str]) -> list[str]:
    """The names between the commas, each once."""
    chosen = [name.strip() for name in names.split(",")]
    for name in chosen:
        if name not in known:
            raise ValueError(f"{option} cannot be {name!r}: it takes {', '.join(known)}, with commas between")
    return list(dict.fromkeys(chosen))


def _python(given: str | None) -> str:
    if given is None:
        return sys.executable
    found = shutil.which(given)
    if found is None:
        raise ValueError(f"--peers-python {given} is no program: name a Python, such as .venv-peers/bin/python")
    return found


def _check_folder(folder: Path) -> None:
    """A measurement of half an hour should not end with a folder that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"--out {folder} cannot be made: {error.strerror}") from None
