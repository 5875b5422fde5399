"""The command line: ``henkan COMMAND ...``, one file per command. Nothing heavy is imported before it is needed."""

import difflib
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from henkan import __version__

MODELS = {
    "train": "train a model on a task or on a file of pairs",
    "predict": "transform lines of text with a trained model",
    "evaluate": "measure a trained model on pairs with known answers",
    "export": "write a trained model for another engine, CTranslate2",
    "score": "say how likely a trained model finds given pairs",
    "tasks": "list the built-in tasks and their options",
    "lightning": "the command line of Lightning, with henkan's model and data",
    "demo": "train on English words for three minutes and look at the result",
}
SPEED = {"bench": "measure how fast henkan and its peers are on this machine"}
COURSE = {
    "learn": "make a folder of exercises: the parts of the model, for you to write",
    "watch": "check the current exercise each time its file is saved",
    "check": "check an exercise, a phase, or all of them",
    "hint": "give the next of three hints",
    "next": "go on to the next exercise",
    "list": "list the exercises and how far you are",
    "reset": "begin an exercise again; your work is kept beside it",
    "solution": "show how the library has it",
    "diff": "compare your code with the library's",
    "exam": "run the library's own tests on your parts",
    "explain": "show an equation, its line of code, and numbers put in",
}
COMMANDS = {**MODELS, **SPEED, **COURSE}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status. What is wrong with the input is one line and status 2."""
    own_process = arguments is None
    if own_process:
        ensure_utf8_names()
    arguments = [*(sys.argv[1:] if arguments is None else arguments)]  # `list` is a command of this package
    speak_utf8()
    name, rest = (arguments[0], arguments[1:]) if arguments else ("--help", [])
    if name in ("--help", "-h", "help"):
        print(usage())
        return 0
    if name in ("--version", "-V"):
        print(f"henkan {__version__}")
        return 0
    if name not in COMMANDS:
        return _fail("henkan", f"there is no command {name!r}: {_hint(name)}")
    return _run(name, rest, own_process=own_process)


def ensure_utf8_names() -> None:
    """Begin again in Python's UTF-8 mode, if the locale would make the names of files ASCII.

    A bundle stores the names of its files, and a Japanese one that was read as ASCII cannot be written.
    """
    if sys.getfilesystemencoding() == "ascii" and os.environ.get("PYTHONUTF8") != "1" and sys.executable:
        os.execve(sys.executable, sys.orig_argv, {**os.environ, "PYTHONUTF8": "1"})


def speak_utf8() -> None:
    """Text goes out in UTF-8 with plain newlines, whatever the locale says."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")


def usage() -> str:
    """The help text of henkan itself."""
    lines = ["henkan trains a Transformer on pairs of texts and uses it, and teaches how it is made."]
    lines += ["", "usage: henkan COMMAND ..."]
    groups = (("models", MODELS), ("speed", SPEED), ("the course, in Japanese and English", COURSE))
    for title, commands in groups:
        lines += ["", f"{title}:", "", *(f"  {name:<10}{description}" for name, description in commands.items())]
    lines += [
        "",
        "henkan COMMAND --help says more about one of them. To begin:",
        "",
        "  henkan demo                    see it work, in three minutes",
        "  henkan train pairs.tsv         learn from a file: source, tab, target on each line",
        "  henkan predict runs/pairs      then type what is to be transformed",
        "  henkan learn init              write the Transformer yourself, exercise by exercise / 日本語の講座",
    ]
    return "\n".join(lines)


def _run(name: str, arguments: list[str], *, own_process: bool) -> int:
    try:
        if own_process and name in MODELS:
            from henkan.workflow.allocator import keep_freed_memory  # before torch is imported

            keep_freed_memory()
        status = import_module(f"henkan.cli.{name}").run(arguments)
        sys.stdout.flush()
        return int(status)
    except ValueError as error:
        return _fail(f"henkan {name}", str(error))
    except SystemExit as end:  # --help
        return int(end.code or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush at exit
        return 141
    except OSError as error:  # a full disk, a folder that may not be written
        return _fail(f"henkan {name}", f"{error.filename}: {error.strerror}" if error.filename else str(error))


def _fail(program: str, message: str) -> int:
    print(f"{program}: error: {' '.join(message.split())}", file=sys.stderr)
    return 2


def _hint(name: str) -> str:
    close = difflib.get_close_matches(name, COMMANDS, n=1)
    return f"did you mean {close[0]}?" if close else f"choose one of {', '.join(COMMANDS)}"
