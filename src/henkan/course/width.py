"""How wide text is on a terminal, where a Japanese character takes two columns; lines and tables made to fit."""

import re
from collections.abc import Iterator

from rich.cells import cell_len

NEVER_FIRST = "、。，．」』）】！？ー…：；・ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.)]}:;!?"
SHORT = 8  # columns: a last line that is shorter gets more
NEVER_LAST = "「『（【([{"

# Code, a short bracket of ASCII such as a shape, a word of ASCII, a run of spaces, kanji with what is inflected after
# them, katakana, or one other character.
PIECES = re.compile(r"`[^`\n]*`|\([ -'*-~]{1,40}\)|[!-~]+|\s+|[一-龠々]+[ぁ-ん]{0,3}|[ァ-ヶー]+|.")


def pad(text: str, columns: int) -> str:
    """``text`` with spaces after it up to this width."""
    return text + " " * max(0, columns - cell_len(text))


def wrap(text: str, columns: int) -> list[str]:
    """``text`` in lines of at most this width, where a single word allows it; an empty text is one empty line."""
    lines: list[list[str]] = [[]]
    for piece in _unbreakable(text):
        if cell_len("".join([*lines[-1], piece]).rstrip()) > columns and lines[-1]:
            lines.append([])
        lines[-1].append(piece)
    if len(lines) > 1:  # no syllable alone on the last line
        before, last = lines[-2:]
        while len(before) > 1 and cell_len("".join(last)) < SHORT and cell_len("".join([before[-1], *last])) <= columns:
            last.insert(0, before.pop())
    return ["".join(line).strip() for line in lines]


def _unbreakable(text: str) -> Iterator[str]:
    """The pieces between which a line may end: in Japanese almost anywhere, but for the usual exceptions."""
    held = ""
    pieces = PIECES.findall(text)
    for piece, after in zip(pieces, [*pieces, " "][1:], strict=True):
        held += piece
        if piece[-1] not in NEVER_LAST and after[0] not in NEVER_FIRST and not (_is_word(piece) and _is_word(after)):
            yield held
            held = ""
    if held:
        yield held


def _is_word(piece: str) -> bool:
    return piece.isascii() and not piece.isspace()
