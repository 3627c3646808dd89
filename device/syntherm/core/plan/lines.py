"""Where each table and key of a TOML document stands. The standard parser keeps no line numbers."""

import re
import tomllib
from collections.abc import Iterator, Mapping

_TOKEN = re.compile(
    r'''(?P<skip>[ \t]+|\#[^\n]*)
    |(?P<newline>\n)
    |(?P<text>"""(?:[^"\\]|\\.|"(?!""))*""""{0,2}
             |\'\'\'(?:[^']|'(?!''))*\'\'\''{0,2}
             |"(?:[^"\\\n]|\\.)*"
             |'[^'\n]*')
    |(?P<sign>[][{}=,.])
    |(?P<word>[^][{}=,.\s"'\#]+)''',
    re.VERBOSE | re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_NAME = 80


def key_name(key: str) -> str:
    """The key as it appears in a dotted name: bare if TOML lets it be, else quoted with escapes; cut if it is long."""
    return (key if _BARE.fullmatch(key) else ascii(key))[:_LONGEST_NAME]


def line_numbers(text: str) -> Mapping[str, int]:
    """Line, counted from 1, of each dotted name in `text`, which must be a document that tomllib accepts.

    An array of tables is indexed from 0 (`guard[1].max_degC`), and its bare name has the line of its first table.
    Keys of inline tables have names of their own; what stands inside an array of values has none.
    """
    scan = _Scan()
    for line, kind, token in _tokens(text.replace("\r\n", "\n")):
        scan.take(line, kind, token)
    return scan.lines


def line_of(name: str, lines: Mapping[str, int]) -> int:
    """Line of the dotted name, or of the nearest table that would hold it; 1 if there is none."""
    while name not in lines and "." in name:
        name = name.rpartition(".")[0]
    return lines.get(name, 1)


def _tokens(text: str) -> Iterator[tuple[int, str, str]]:
    line = 1
    for match in _TOKEN.finditer(text):
        kind, token = str(match.lastgroup), match.group()
        if kind != "skip":
            yield line, kind, token
        line += token.count("\n")


class _Scan:
    """Follows the tokens: either a key is being read, or a table's header, or a value is being passed over."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self._rows: dict[str, int] = {}  # index of the last table in each array of tables
        self._table = ""  # dotted name of the table whose keys are being read
        self._outer: list[str] = []  # the tables around the inline table that is being read
        self._key: list[str] = []
        self._key_line = 1
        self._header = 0  # opening brackets of the header being read
        self._reading = self._in_key
        self._depth = 0  # open arrays, and inline tables inside them, in the value being passed over

    def take(self, line: int, kind: str, token: str) -> None:
        if kind in ("word", "text") and self._reading != self._in_value:
            self._key_line = self._key_line if self._key else line
            self._key.append(token if kind == "word" else str(tomllib.loads(f"key = {token}")["key"]))
        else:
            self._reading(token)

    def _in_key(self, sign: str) -> None:
        if sign == "[":
            self._header = 1
            self._reading = self._in_header
        elif sign == "=":
            name = self._table
            for part in self._key:
                name = _joined(name, part)
                self.lines.setdefault(name, self._key_line)
            self._outer.append(self._table)
            self._table = name
            self._reading = self._in_value
        elif sign == "}":
            self._close_inline()

    def _in_header(self, sign: str) -> None:
        if sign == "[":
            self._header = 2
        elif sign == "]":
            self._enter_table()
            self._header = 0
        elif sign == "\n":
            self._reading = self._in_key

    def _enter_table(self) -> None:
        if not self._key:  # the second bracket of a header that was entered at the first
            return
        name = ""
        for part in self._key[:-1]:
            name = self._latest(_joined(name, part))
        name = _joined(name, self._key[-1])
        self.lines.setdefault(name, self._key_line)
        if self._header == 2:
            self._rows[name] = self._rows.get(name, -1) + 1
            self.lines[self._latest(name)] = self._key_line
        self._table, self._outer, self._key = self._latest(name), [], []

    def _latest(self, name: str) -> str:
        self.lines.setdefault(name, self._key_line)
        return f"{name}[{self._rows[name]}]" if name in self._rows else name

    def _in_value(self, sign: str) -> None:
        if sign == "{" and not self._depth:
            self._start_key()
        elif sign in ("{", "["):
            self._depth += 1
        elif sign in ("}", "]") and self._depth:
            self._depth -= 1
        elif sign in (",", "\n") and not self._depth:
            self._leave_value()
            self._start_key()
        elif sign == "}":
            self._leave_value()
            self._close_inline()

    def _start_key(self) -> None:
        self._key = []
        self._reading = self._in_key

    def _leave_value(self) -> None:
        self._table = self._outer.pop() if self._outer else ""

    def _close_inline(self) -> None:
        self._key = []
        self._reading = self._in_value


def _joined(table: str, key: str) -> str:
    return f"{table}.{key_name(key)}" if table else key_name(key)
