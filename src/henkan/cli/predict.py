"""``henkan predict``."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from henkan.cli.device import add_device, choose_device
from henkan.cli.parser import Parser
from henkan.cli.predict_shared import choose_share, write_share
from henkan.cli.strategy import add_beam, add_sampling, make_strategy

if TYPE_CHECKING:
    from henkan.bundle import Predictor
    from henkan.workflow.engines import Choice
    from henkan.workflow.predict import Chunk, Options
    from henkan.workflow.workers import Answer

DESCRIPTION = """\
Transform lines of text with a trained model: one line out for each line in, in the same order.
A blank line stays blank. Several bundles decode together, by the mean of their probabilities.
Notes, such as on symbols the model has never seen, go to the error output."""
EPILOG = """\
examples:
  henkan predict runs/pairs words.txt --out outputs.txt
  henkan predict runs/pairs big.txt.gz --out outputs.txt --workers 2
  henkan predict runs/pairs big.txt.gz --out outputs.txt --workers 2 --resume
  torchrun --nproc-per-node 4 --no-python henkan predict runs/pairs big.txt.gz --out outputs.txt
  henkan predict runs/pairs big.txt.gz --out outputs.txt --shard 3/8     the third of eight machines
  echo hello | henkan predict runs/pairs --beam 4
  henkan predict runs/pairs words.txt --beam 4 --n-best 3     lines of: number of the source, score, output
  henkan predict runs/one runs/two words.txt
"""
STDIN = "-"


def run(arguments: list[str]) -> int:
    """Transform the lines of a file, of the standard input, or, on a terminal, each line as it is typed."""
    given = make_parser().given(arguments)
    bundles, file = _places(given["bundle"])
    strategy = make_strategy(given)
    form = _form(given)
    if given["resume"] and given["out"] is None:
        raise ValueError("--resume goes on with a file of outputs that was broken off: name it with --out FILE")
    if given["workers"] < 1:
        raise ValueError(f"--workers {given['workers']} must be at least 1: it is a number of processes")
    share = choose_share(given, file)
    from henkan.data import FeatureTokenizer  # here, so that --help is quick
    from henkan.workflow.engines import choose_engine, load_predictor
    from henkan.workflow.predict import Options
    from henkan.workflow.predict_input import read_dictionary, what_decides

    wish, has_prefixes = given["engine"], given["prefixes"] is not None
    device = "cpu" if (wish, given["device"]) == ("ctranslate2", "auto") else choose_device(given["device"])
    chosen = choose_engine(wish, bundles, device, strategy, has_prefixes=has_prefixes)
    predictor = load_predictor(bundles, chosen.device, chosen.engine)
    tagged = isinstance(predictor.source_tokenizer, FeatureTokenizer)
    overrides, notes = read_dictionary(given["dictionary"], tagged=tagged) if given["dictionary"] else ({}, [])
    options = Options(strategy, given["max_len"], given["seed"] or 0, form, overrides)
    if file == STDIN and sys.stdin.isatty():
        _check_typed(given)
        return _converse(predictor, options)
    if share is not None:
        asked = what_decides(bundles, predictor, options, chosen.device, chosen.engine)
        decode = _decoder(predictor, bundles, chosen, options, given["workers"])
        findings, state = write_share(share, file, given, asked, decode)
        _tell([*chosen.notes, *notes, *findings.notes(predictor)] if findings else state)
        return 0
    _tell([*chosen.notes, *notes, *_write(predictor, bundles, chosen, file, options, given)])
    return 0


def _write(
    predictor: "Predictor", bundles: list[str], chosen: "Choice", file: str, options: "Options", given: dict[str, Any]
) -> list[str]:
    """Write all outputs; return the notes."""
    from henkan.workflow.predict_file import OutputFile, write_stream
    from henkan.workflow.predict_input import chunks_of, count_lines, what_decides
    from henkan.workflow.progress import showing_progress

    def answers(chunks: "Iterator[Chunk]", done: int = 0) -> "Iterator[Answer]":
        found = _decoder(predictor, bundles, chosen, options, given["workers"])(chunks)
        if given["out"] is None and sys.stdout.isatty():
            return found  # the outputs themselves show how far it is, and a bar would stand among them
        return showing_progress(found, lambda answer: len(answer[0].sources), count_lines(file), "lines", done=done)

    chunks = chunks_of(file, given["prefixes"])
    if given["out"] is None:
        return write_stream(answers(chunks)).notes(predictor)
    asked = what_decides(bundles, predictor, options, chosen.device, chosen.engine)
    output = OutputFile(given["out"], asked, resume=given["resume"])
    try:
        return output.write(answers(output.still_to_do(chunks), output.lines_done)).notes(predictor)
    except BaseException:
        if output.has_grown and output.is_resumable:
            _tell([f"{output.partial} holds what is done; the same command with --resume goes on"])
        raise


def _decoder(
    predictor: "Predictor", bundles: list[str], chosen: "Choice", options: "Options", workers: int
) -> "Callable[[Iterator[Chunk]], Iterator[Answer]]":
    """What answers chunks, in this process or in several."""
    from henkan.workflow.workers import predict_chunks, predict_in_processes

    if workers > 1:
        return lambda chunks: predict_in_processes(bundles, chosen.device, chunks, options, workers, chosen.engine)
    return lambda chunks: predict_chunks(predictor, chunks, options)


def _check_typed(given: dict[str, Any]) -> None:
    """Raise if an option needs a file of lines."""
    for name in ("out", "prefixes"):
        if given[name] is not None:
            raise ValueError(f"--{name} is for a file of lines: name one, or leave --{name} out to type lines")


def _places(named: list[str]) -> tuple[list[str], str]:
    """The bundles, which are folders, and the file of lines, which may come behind them."""
    first, *rest = named
    bundles = [first]
    while rest and (Path(rest[0]) / "config.json").is_file():
        bundles.append(rest.pop(0))
    if len(rest) > 1:
        raise ValueError(f"{rest[1]!r} is one argument too many: see henkan predict --help")
    return bundles, rest[0] if rest else STDIN


def _form(given: dict[str, Any]) -> Any:
    forms = {"n_best": "n-best", "scores": "scores", "json": "json"}
    asked = [name for name in forms if given.get(name)]
    if "json" in asked:
        asked = [name for name in asked if name != "n_best"]  # its objects hold as many outputs as were asked for
    if len(asked) > 1:
        names = [f"--{name.replace('_', '-')}" for name in asked]
        raise ValueError(f"{names[0]} and {names[1]} exclude each other: choose one, or --json for everything")
    return forms[asked[0]] if asked else "text"


def _converse(predictor: "Predictor", options: "Options") -> int:
    from henkan.workflow.predict import Chunk, predict_chunk

    print("Type a line and press Enter. Ctrl-D ends.", file=sys.stderr)
    for number, line in enumerate(sys.stdin, start=1):
        try:
            lines, findings = predict_chunk(predictor, Chunk(number, [line.removesuffix("\n")]), options)
            notes = findings.notes(predictor)
        except ValueError as error:  # a line too long is no reason to stop
            lines, notes = [], [str(error)]
        print("\n".join(lines), flush=True)
        _tell(notes)
    return 0


def _tell(notes: list[str]) -> None:
    for note in notes:
        print(f"henkan predict: note: {note}", file=sys.stderr)


def make_parser() -> Parser:
    """The parser."""
    parser = Parser("henkan predict BUNDLE [BUNDLE ...] [FILE] [options]", DESCRIPTION, EPILOG)
    parser.add_argument("bundle", nargs="+", help="the folder that henkan train wrote; several decode together")
    parser.add_argument("--out", metavar="FILE", help="write there, complete or not at all")
    parser.add_argument("--resume", action="store_true", help="go on with outputs that were broken off")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="decode in N processes [1]")
    parser.add_argument("--shard", metavar="K/N", help="do share K of N; the other shares are other processes' work")
    parser.add_argument("--max-len", type=int, metavar="N", help="most symbols of an output, its end counted")
    parser.add_argument("--scores", action="store_true", help="lines of: log-probability, tab, output")
    parser.add_argument("--json", action="store_true", help="a JSON object per line: source, outputs, scores")
    parser.add_argument("--prefixes", metavar="FILE", help="line N is what output N must begin with")
    parser.add_argument("--dictionary", metavar="FILE", help="pairs: these sources are not decoded but looked up")
    parser.add_argument(
        "--engine",
        choices=["auto", "torch", "ctranslate2"],
        default="auto",
        help="what decodes: auto takes CTranslate2 where an export in float32 can answer the same [auto]",
    )
    add_device(parser)
    add_beam(parser, n_best=True)
    add_sampling(parser)
    return parser
