"""Sentence pairs from translation catalogues (.mo files), as they come with a Linux distribution.

    python examples/catalogue_pairs.py /usr/share/locale/ja/LC_MESSAGES/*.mo > pairs.tsv
    henkan train pairs.tsv

On Debian the package libreoffice-l10n-ja brings catalogues of some eighteen thousand sentences and labels:
apt download libreoffice-l10n-ja && dpkg-deb -x libreoffice-l10n-ja_*.deb here, then here/usr/lib/libreoffice/... holds
them. Mind the licence of the catalogues that you use (there it is MPL-2.0).

A row is: English, tab, translation. Left out: what is not translated or equals its English, texts of several lines, and
texts with a tab. Marks for access keys ("~File", "_File") and the context before a message are taken off.
"""

import gettext
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

CONTEXT = "\x04"  # stands between the context and the English of a message
KEY = re.compile(r"[~_](?=\w)|\(~\w\)|\([_&]\w\)")


def read_pairs(path: Path) -> Iterator[tuple[str, str]]:
    """The pairs of one catalogue. A file that is none is a ``ValueError``."""
    try:
        with path.open("rb") as file:
            catalogue = gettext.GNUTranslations(file)
    except (OSError, UnicodeDecodeError, struct.error) as error:
        raise ValueError(f"{path} is not a catalogue ({error}): name .mo files") from None
    for key, translation in catalogue._catalog.items():  # type: ignore[attr-defined] # it has no other way to list them
        if not isinstance(key, str) or not key:
            continue  # a plural form, or the head of the file
        source, target = KEY.sub("", key.rpartition(CONTEXT)[2]).strip(), KEY.sub("", translation).strip()
        if source and target and source != target and not re.search(r"[\t\n\r]", source + target):
            yield source, target


def main(paths: list[str]) -> int:
    """Print the pairs of all catalogues, each once."""
    if not paths:
        print(__doc__, file=sys.stderr)
        return 2
    seen: set[tuple[str, str]] = set()
    for name in paths:
        try:
            for pair in read_pairs(Path(name)):
                if pair not in seen:
                    seen.add(pair)
                    print(*pair, sep="\t")
        except ValueError as error:
            print(f"catalogue_pairs: {error}", file=sys.stderr)
            return 2
    print(f"{len(seen):,} pairs of {len(paths):,} catalogues", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
