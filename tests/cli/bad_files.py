"""Files that are no pairs, and what is said about them; and files that look odd and are pairs all the same."""

import gzip
from typing import NamedTuple

PACKED = gzip.compress(b"a\tb\nc\td\n" * 500)
NAME = "pairs.tsv"


class Bad(NamedTuple):
    """The content of the file (none: there is no file), what is said, and the file of the targets if there is one."""

    data: bytes | None
    said: str
    targets: bytes | None = None


def json_row(source: str, target: str) -> str:
    """A JSON line, the texts as they stand in the file."""
    return f'{{"source": "{source}", "target": "{target}"}}\n'


def bad_json(line: str, said: str) -> Bad:
    """A file whose second line is ``line``."""
    return Bad((json_row("a", "b") + line + "\n").encode(), said)


BAD_FILES = {
    "missing": Bad(None, "there is no file"),
    "empty": Bad(b"", "is empty"),
    "a byte order mark alone": Bad(b"\xef\xbb\xbf", "is empty"),
    "one column": Bad(b"abc\n", "line 1 has no tab"),
    "spaces for a tab": Bad("a\tb\nc　d\n".encode(), "line 2 has no tab"),
    "three columns": Bad(b"a\tb\na\tb\tc\n", "line 2 has 3 columns"),
    "three columns, the third a text": Bad(b"a\tb\tfirst note\nc\td\tsecond note\n", "line 1 has 3 columns"),
    "three columns, then two": Bad(b"a\tb\tN;PL\n" * 9 + b"a\tb\n", "line 1 has 3 columns"),
    "binary": Bad(b"a\tb\n\x00\x01\n", "not a text file (zero byte in line 2, at byte 4)"),
    "a zero character": Bad(b"a\tb\na\0b\tc\n", "zero byte in line 2, at byte 5"),
    "a picture": Bad(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\n", "not a text file"),
    "a spreadsheet": Bad(b"PK\x03\x04\x14\0\6\0", "a ZIP archive or a spreadsheet"),
    "another packing": Bad(b"\x28\xb5\x2f\xfd\x04\x58\x41\0\0a", "packed with zstd"),
    "UTF-16": Bad("a\tb\n".encode("utf-16"), "is UTF-16, not UTF-8"),
    "UTF-16 without a mark": Bad("a\tb\n".encode("utf-16-le"), "zero byte in line 1"),
    "CP932": Bad("日本\tにほん\n".encode("cp932"), "is not UTF-8"),
    "EUC-JP": Bad("a\tb\n日本\tにほん\n".encode("euc-jp"), "in line 2, at byte 4"),
    "a character cut in two": Bad("a\tb\nc\t日".encode()[:-1], "is not UTF-8"),
    "encoded surrogates": Bad(b"a\tb\xed\xa0\x80\n", "is not UTF-8"),
    "gzip that ends too early": Bad(PACKED[:-12], "ends too early"),
    "gzip of one byte too few": Bad(PACKED[:-1], "ends too early"),
    "gzip with a wrong byte": Bad(PACKED[:14] + b"\xff\xff" + PACKED[16:], "damaged gzip file"),
    "gzip with a wrong check sum": Bad(PACKED[:-8] + b"1234" + PACKED[-4:], "damaged gzip file"),
    "no gzip but its first bytes": Bad(b"\x1f\x8b" + b"ab\tc\n" * 9, "damaged gzip file"),
    "gzip of binary": Bad(gzip.compress(b"a\tb\n\0\n"), "zero byte in line 2"),
    "only blank lines": Bad(b"\n \n\t\n\xe3\x80\x80\n", "has no pair (blank lines: 4"),
    "only one-sided rows": Bad("a\t\n\tb\nc\t　\n".encode(), "rows with one side empty: 3"),
    "broken JSON": bad_json('{"source": "a", "target"', "line 2 is not JSON"),
    "JSON beside columns": bad_json("a\\tb", "line 2 is not JSON"),
    "JSON without a source": bad_json('{"target": "b"}', 'line 2 has no key "source"'),
    "JSON without a target": bad_json('{"source": "a"}', "line 2 has neither key"),
    "JSON with target and targets": bad_json('{"source": "a", "target": "b", "targets": ["c"]}', "has both keys"),
    "a number in JSON": bad_json('{"source": 1, "target": "b"}', '"source" is a number'),
    "null in JSON": bad_json('{"source": "a", "target": null}', '"target" is null'),
    "a text for a list in JSON": bad_json('{"source": "a", "targets": "b"}', '"targets" is text and not a list'),
    "a list in JSON": bad_json('["a", "b"]', "line 2 is a list and not an object"),
    "JSON nested deeply": bad_json("[" * 20_000, "line 2 is "),
    "a newline in JSON text": bad_json(json_row("a\\nb", "c").strip(), 'line 2: "source" has a newline'),
    "a carriage return at the end of JSON text": bad_json(json_row("a", "b\\r").strip(), "ends with a carriage return"),
    "a zero character in JSON text": bad_json(json_row("a", "\\u0000").strip(), '"target" has a zero character'),
    "half a surrogate in JSON text": bad_json(json_row("a", "\\ud83d").strip(), "the lone surrogate \\ud83d"),
    "more sources than targets": Bad(b"a\nb\nc\n", "pairs.tsv has 3 lines and targets.txt has 2 lines", b"x\ny\n"),
    "more targets than sources": Bad(b"a\n", "pairs.tsv has 1 line and targets.txt has 2 lines", b"x\ny\n"),
    "no targets at all": Bad(b"a\nb\n", "pairs.tsv has 2 lines and targets.txt has 0 lines", b""),
    "targets of another encoding": Bad(b"a\nb\n", "targets.txt is not UTF-8", "x\n変\n".encode("cp932")),
}
UNLEARNABLE = {
    "a line of 10,000 characters": Bad(b"a\tb\nc\td\n" + b"x" * 10_000 + b"\ty\n", "(line 3)"),
    "one source": Bad(b"a\tb\na\tc\n", "one source alone"),
}

ODD_SOURCES = {
    "a line separator": "a\u2028b\x85c\u2029\x0b\x0c\x1c",
    "spaces of other widths": "\xa0a\u3000b ",
    "words that are reserved elsewhere": "<unk> [PAD] <s></s> <pad> <bos> ▁ ## @@",
    "quotation marks and comments": "#\"a\" 'b' \\t \\",
    "two spellings of a character": "がか\u3099",
    "characters beyond 16 bits": "𠮷𩸽👩\u200d💻",
    "a carriage return inside": "a\rb\r\rc",
}
