"""``henkan predict`` as one of several processes that write one file."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from henkan.workflow.predict import Chunk, Findings
    from henkan.workflow.share import Share
    from henkan.workflow.workers import Answer

STDIN = "-"


def choose_share(given: dict[str, Any], file: str) -> "Share | None":
    """The share of this process, which takes its part of the machine; ``None`` if no other process does the rest."""
    from henkan.workflow.share import find_share

    share = find_share(given["shard"], os.environ)
    if share is None:
        return None
    if given["out"] is None or file == STDIN:
        raise ValueError(
            "several processes share the lines of one file and write one file: name both, as in henkan predict "
            "BUNDLE FILE --out FILE; or leave out --shard, or unset WORLD_SIZE, to use one process"
        )
    for path in (file, given["prefixes"]):
        if path == STDIN or (path is not None and Path(path).is_fifo()):
            raise ValueError(f"{path} can be read only once, but every process reads it: write it to a file first")
    return share


def write_share(
    share: "Share",
    file: str,
    given: dict[str, Any],
    asked: dict[str, Any],
    decode: "Callable[[Iterator[Chunk]], Iterator[Answer]]",
) -> "tuple[Findings | None, list[str]]":
    """Do one share. The findings of all lines if this process completed the file, else what there is to say."""
    from henkan.workflow.pieces import Shared, pieces_of
    from henkan.workflow.predict_input import chunks_of
    from henkan.workflow.progress import showing_progress
    from henkan.workflow.shared_output import SharedOutput

    def chunks() -> "Iterator[Chunk]":
        return chunks_of(file, given["prefixes"])

    output = SharedOutput(given["out"], Shared(pieces_of(chunks(), asked), share, asked))
    answers = decode(output.still_to_do(chunks()))
    if share.is_first:  # one bar on a terminal
        answers = showing_progress(
            answers, lambda answer: len(answer[0].sources), output.lines, "lines", done=output.lines_done
        )
    try:
        output.write(answers)
    except BaseException:
        if output.has_pieces:
            said = f"{output.folder} holds what is done; the same command goes on"
            print(f"henkan predict: note: {said}", file=sys.stderr)
        raise
    return output.finish(), output.state()
