"""Our delimited block in an event's description: the join link and the agenda, and nothing that is the user's.

Descriptions come back rewritten (Google's editor makes HTML of them), copied, torn or hostile. A block is what
stands between the two delimiters with no other delimiter in between; all else is the user's, byte for byte.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

BEGIN = "-:-:- Online meeting -:-:-"
END = "-:-:- End of online meeting -:-:-"
SEPARATOR = "\n\n"
_BREAKING = frozenset({"p", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"})
_TAG = re.compile(r"<\s*/?\s*[a-zA-Z!]")


@dataclass(frozen=True, slots=True)
class Block:
    """What a block says; `join_url` is as it stands there."""

    join_url: str
    agenda: str


def read(description: str) -> Block | None:
    """The first block of the description; None where there is none."""
    span = next(_spans(description), None)
    if span is None:
        return None
    inside = plain_text(description[span[0] + len(BEGIN) : span[1] - len(END)]).strip()
    first, _, rest = inside.partition("\n")
    if not first.strip().lower().startswith(("http://", "https://")):
        return Block("", canonical_agenda(inside))
    return Block(first.strip(), canonical_agenda(rest))


def strip(description: str) -> str:
    """The description without any block of ours."""
    spans = list(_spans(description))
    for begin, end in reversed(spans):
        description = _before(description[:begin]) + description[end:]
    return description


def replace(description: str, block: Block) -> str:
    """The description with this block in the place of the first one (other ones go), or at the end."""
    first = next(_spans(description), None)
    if first is None:
        return description + (SEPARATOR if description else "") + render(block)
    return description[: first[0]] + render(block) + strip(description[first[1] :])


def render(block: Block) -> str:
    """The block as text that an HTML view shows right."""
    agenda = canonical_agenda(block.agenda)
    lines = [BEGIN, block.join_url, *(["", _escaped(agenda)] if agenda else []), END]
    return "\n".join(lines)


def canonical_agenda(text: str) -> str:
    """What of an agenda outlives a trip through a block; agendas are compared in this form."""
    while BEGIN in text or END in text:
        text = text.replace(BEGIN, "").replace(END, "")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def plain_text(markup: str) -> str:
    """HTML (or plain text) as plain text; a link's text becomes its target."""
    if not _TAG.search(markup):
        return html.unescape(markup)
    reader = _Text()
    reader.feed(markup)
    reader.close()
    return "".join(reader.parts)


def _spans(description: str) -> Iterator[tuple[int, int]]:
    """Where blocks begin and end: from an END back to the nearest BEGIN."""
    position = 0
    while (end := description.find(END, position)) >= 0:
        begin = description.rfind(BEGIN, position, end)
        if begin >= 0:
            yield begin, end + len(END)
        position = end + len(END)


def _before(text: str) -> str:
    return text[: -len(SEPARATOR)] if text.endswith(SEPARATOR) else text


def _escaped(agenda: str) -> str:
    ambiguous = "<" in agenda or html.unescape(agenda) != agenda
    return html.escape(agenda, quote=False) if ambiguous else agenda


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._target: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br" or (tag in _BREAKING and self.parts and not self.parts[-1].endswith("\n")):
            self.parts.append("\n")
        elif tag == "a":
            target = dict(attrs).get("href") or ""
            self._target = target if target.startswith(("http://", "https://")) else None
            if self._target is not None:
                self.parts.append(self._target)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._target = None
        elif tag in _BREAKING:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if self._target is not None:
            return
        if self.parts and self.parts[-1] == "\n" and data.startswith("\n"):
            data = data[1:]
        self.parts.append(data)
