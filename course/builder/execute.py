"""Running built notebooks: offline, on two threads, in an empty folder, within the time that the source allows."""

import base64
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets.config import Config

from course.builder import ROOT

THREADS = 2
HANGS_AFTER = 600  # seconds for one cell: that is no slow lesson any more
UNWANTED = re.compile(r"Glyph \d+ .*missing|findfont|\w+Warning: ")
DECIMAL = re.compile(r"\d+\.\d+")
OFFLINE = Path(__file__).with_name("offline.py")


@dataclass
class Run:
    """What came of running one notebook."""

    seconds: float
    """For all cells; starting the kernel is not counted."""
    problems: list[str] = field(default_factory=list)
    notebook: Any = None
    """The notebook with its outputs."""


def execute(text: str, seconds: float | None) -> Run:
    """Run the notebook whose file has this ``text``. Taking longer than ``seconds`` is a problem, if given."""
    notebook = nbformat.reads(text, as_version=4)
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder, _kernel_environment(Path(folder)):
        work = Path(folder, "work")
        work.mkdir()
        client = NotebookClient(
            notebook, timeout=HANGS_AFTER, resources={"metadata": {"path": str(work)}}, config=_transport(Path(folder))
        )
        with client.setup_kernel():
            start = time.perf_counter()
            for index, cell in enumerate(notebook.cells):
                try:
                    client.execute_cell(cell, index)
                except CellExecutionError as error:  # go on: an author wants to hear of all that fails
                    message = _without_colours(str(error)).strip()
                    problems.append(f"{cell.id}: {message.splitlines()[-1] if problems else message}")
                except (CellTimeoutError, DeadKernelError) as error:
                    problems.append(f"{cell.id}: {error}")
                    break
            taken = time.perf_counter() - start
    if seconds is not None and taken > seconds:
        problems.append(f"took {taken:.1f} s, and its header allows {seconds:g} s")
    return Run(taken, [*problems, *_unwanted_outputs(notebook)], notebook)


def figures(notebook: Any) -> Iterator[tuple[str, bytes, str]]:
    """Name, PNG and alternative text of each figure of a notebook that has run."""
    for cell in notebook.cells:
        for number, output in enumerate(cell.get("outputs", []), 1):
            if png := output.get("data", {}).get("image/png"):
                yield f"{cell.id}-{number}", base64.b64decode(png), _alternative(output)


def printed(notebook: Any) -> dict[str, str]:
    """What each cell of a notebook that has run printed, returned or displayed as text, by id."""

    def text(output: Any) -> str:
        data = output.get("data", {})
        return str(output.get("text") or data.get("text/markdown") or data.get("text/plain") or "")

    return {cell.id: "\n".join(map(text, cell.outputs)) for cell in notebook.cells if cell.cell_type == "code"}


def different_numbers(first: Any, second: Any) -> list[str]:
    """The ids of the cells that give other decimals in one language than in the other."""
    decimals = [{name: sorted(DECIMAL.findall(text)) for name, text in printed(one).items()} for one in (first, second)]
    return [name for name, found in decimals[0].items() if found != decimals[1].get(name)]


def _unwanted_outputs(notebook: Any) -> Iterator[str]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr" and (found := UNWANTED.search(output.text)):
                line = output.text[found.start() :].splitlines()[0]
                yield f"{cell.id}: {line}"
            if "image/png" in output.get("data", {}) and not _alternative(output):
                yield f"{cell.id}: a figure without alternative text; display it by show(figure, ja=..., en=...)"


def _alternative(output: Any) -> str:
    return str(output.get("metadata", {}).get("image/png", {}).get("alt", ""))


def _transport(folder: Path) -> Config:
    """Sockets that are files, where there are such: nothing else on the network can listen to them."""
    config = Config()
    if os.name == "posix":
        config.ConnectionFileMixin.transport = "ipc"
        config.ConnectionFileMixin.ip = str(folder / "kernel")
    return config


def _without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@contextmanager
def _kernel_environment(folder: Path) -> Iterator[None]:
    """What kernels see in the meantime: a profile of their own that is offline, two threads, fewer steps."""
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "offline.py").write_text(OFFLINE.read_text(encoding="utf-8"), encoding="utf-8")
    changes = {
        "IPYTHONDIR": str(folder / "ipython"),
        "OMP_NUM_THREADS": str(THREADS),
        "MKL_NUM_THREADS": str(THREADS),
        "HENKAN_SMOKE": os.environ.get("HENKAN_SMOKE", "1"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONPATH": os.pathsep.join(part for part in (os.environ.get("PYTHONPATH"), str(ROOT / "src")) if part),
    }
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
