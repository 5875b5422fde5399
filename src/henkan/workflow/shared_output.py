"""One file of outputs from many processes, on one machine or many, that meet in a folder and nowhere else."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from henkan.workflow.lock import NAME as LOCK
from henkan.workflow.lock import FileLock
from henkan.workflow.pieces import (
    NAME,
    TEMPORARY,
    Piece,
    Record,
    Shared,
    changed,
    describe_file,
    hash_of,
    in_pieces,
    join_pieces,
    refuse,
    write_piece,
    write_whole,
)
from henkan.workflow.predict import Chunk, Findings
from henkan.workflow.predict_file import check_place
from henkan.workflow.report import plural
from henkan.workflow.workers import Answer

SUFFIX, JOINED = ".shards", "joined.json"
MAX_SHOWN = 5  # missing pieces named in a note


class SharedOutput:
    """Writes FILE by way of the folder FILE.shards, which holds the finished pieces.

    Whoever sees, after the last piece of its own, that all are there joins them. Since everyone looks after it has
    written, the one that writes last of all sees them all. What remains in the folder says that FILE is complete, for
    processes that begin later.
    """

    def __init__(self, path: str, shared: Shared) -> None:
        self.path = Path(path)
        self.folder = self.path.with_name(f"{self.path.name}{SUFFIX}")
        self.shared = shared
        self._complete = False
        check_place(self.path)
        if self.folder.exists() and not self.folder.is_dir():
            raise ValueError(f"{self.folder} is needed for what is finished, but is a file: choose another --out")
        own = [piece for piece in shared.pieces if shared.share.has(piece.number)]
        missing = self.missing()
        self.lines = sum(piece.lines for piece in own)
        self.lines_done = self.lines - sum(piece.lines for piece in own if piece.number in missing)
        self.was_complete = self._is_joined()

    @property
    def has_pieces(self) -> bool:
        """Whether there is anything to go on with."""
        return bool(self._present())

    def missing(self) -> set[int]:
        """The numbers of the pieces that are not there yet; none if the file is complete."""
        present = self._present()
        if self._is_joined():  # asked after the folder was read, because pieces go when the file is complete
            return set()
        pieces = self.shared.pieces
        if foreign := sorted(present - {piece.name for piece in pieces}):
            refuse(self.folder / foreign[0], self.shared.asked)
        return {piece.number for piece in pieces if piece.name not in present}

    def still_to_do(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Those of all chunks of the input that this process has to do."""
        own = {number for number in self.missing() if self.shared.share.has(number)}
        count = 0
        for group in in_pieces(chunks, self.shared.size):
            if count in own and count in self.missing():  # another with the same share may have done it since
                yield from group
            count += 1
        if count != len(self.shared.pieces):
            raise changed("its end")

    def write(self, answers: Iterable[Answer]) -> None:
        """Write the pieces of this process. Each is complete or not there, whatever goes wrong."""
        by_first = {piece.first: piece for piece in self.shared.pieces}
        done: list[Answer] = []
        for answer in answers:
            done.append(answer)
            piece = by_first.get(done[0][0].first)
            if piece is None or sum(len(chunk.sources) for chunk, _, _ in done) >= piece.lines:
                self._write_piece(piece, done)
                done = []
        if done:
            self._write_piece(None, done)

    def finish(self) -> Findings | None:
        """Give the file its name if all pieces are there; the findings of all lines if it was this process that did."""
        if self.missing():
            return None
        with self._writing():
            self.folder.mkdir(exist_ok=True)
            lock = FileLock(self.folder / LOCK)
            if not lock.take():
                return None
            try:
                findings = None if self._is_joined() else self._join()
                self._clean()
            finally:
                lock.remove()
        return findings

    def state(self) -> list[str]:
        """What there is to say when this process has done its share, in sentences."""
        if missing := sorted(self.missing()):
            shown = ", ".join(str(number + 1) for number in missing[:MAX_SHOWN]) + ", ..." * (len(missing) > MAX_SHOWN)
            return [
                f"this share is done, but of {plural(len(self.shared.pieces), 'part')} {self.folder} lacks "
                f"{len(missing):,} ({shown}): {self.path} appears with the last of them. If none of the other "
                f"processes is running, run what failed again: it does what is missing"
            ]
        if self.was_complete:
            return [f"{self.path} is complete and was left as it is: delete it to have it made anew"]
        return [] if self._is_joined() else [f"{self.path} is being put together by another process"]

    def _write_piece(self, piece: Piece | None, done: Sequence[Answer]) -> None:
        digest = hash_of(chunk for chunk, _, _ in done)
        if piece is None or digest != piece.digest:
            raise changed(f"line {done[0][0].first:,} or behind it")
        findings = [found.to_dict() for _, _, found in done]
        record = Record(self.shared.asked, piece.first, piece.lines, digest, 0, findings)
        with self._writing():
            self.folder.mkdir(exist_ok=True)
            write_piece(self.folder / piece.name, record, (line for _, lines, _ in done for line in lines))

    def _join(self) -> Findings | None:
        """Put all pieces together; nothing if another process has, where the file system knows no locks."""
        try:
            joined = join_pieces(self.path, self.folder, self.shared.pieces)
        except FileNotFoundError:
            if self._is_joined():
                return None
            raise
        write_whole(self.folder / JOINED, json.dumps({**joined.about, "pieces": self._all_names()}).encode())
        self._complete = True
        return joined.findings

    def _is_joined(self) -> bool:
        """Whether the file is there as it was put together from just these pieces."""
        if not self._complete:
            try:
                about = json.loads((self.folder / JOINED).read_bytes())
                is_ours = about.pop("pieces") == self._all_names() and about["bytes"] == self.path.stat().st_size
                self._complete = is_ours and about == describe_file(self.path)
            except (OSError, ValueError, LookupError, TypeError, AttributeError):  # not there, or nothing of ours
                pass
        return self._complete

    def _present(self) -> set[str]:
        try:
            return {path.name for path in self.folder.iterdir() if NAME.fullmatch(path.name)}
        except FileNotFoundError:
            return set()

    def _clean(self) -> None:
        for path in self.folder.iterdir():
            if NAME.fullmatch(path.name) or path.name.endswith(TEMPORARY):
                path.unlink(missing_ok=True)

    def _all_names(self) -> str:
        return sha256("".join(piece.name for piece in self.shared.pieces).encode()).hexdigest()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ValueError(
                f"{error.filename or self.folder} cannot be written or read ({error.strerror}): what is finished stays "
                f"in {self.folder}; run the same command again when the cause is gone"
            ) from None
