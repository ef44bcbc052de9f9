"""Our block in a description: found in whatever an editor makes of it, and nothing else touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from meetbridge.sync import block
from meetbridge.sync.block import BEGIN, END, Block

URL = "https://meet.example.com/j/1"
TEXT = st.text(max_size=60) | st.sampled_from([BEGIN, END, f"{BEGIN} torn", "\n\n", "<p>x</p>", "&amp;<br>"])


@given(TEXT, TEXT, TEXT)
def test_strip_takes_away_what_replace_added_byte_for_byte(before: str, agenda: str, other: str) -> None:
    without = block.strip(before)
    written = block.replace(without, Block(URL, agenda))
    assert block.strip(written) == without
    assert block.strip(block.replace(written, Block(URL, other))) == without


@given(TEXT, TEXT)
def test_an_agenda_reads_back_in_its_canonical_form(before: str, agenda: str) -> None:
    written = block.replace(block.strip(before), Block(URL, agenda))
    assert block.read(written) == Block(URL, block.canonical_agenda(agenda))


@pytest.mark.parametrize(
    ("description", "read"),
    [
        ("", None),
        (f"{BEGIN}\n{URL}", None),
        (f"{END}{BEGIN}", None),
        (f"{BEGIN}<br>{URL}<br><br>One<br>Two<br>{END}", Block(URL, "One\nTwo")),
        (f"<p>{BEGIN}</p><p><a href='{URL}'>{URL}</a></p><p>A &amp; B</p><p>{END}</p>", Block(URL, "A & B")),
        (f'{BEGIN}<br><a href="{URL}">join</a><br>{END}', Block(URL, "")),
        (f"{BEGIN}\nmine\n{BEGIN}\n{URL}\n{END}\n{END}", Block(URL, "")),
        (f"{BEGIN}\n{URL}\n{END} {BEGIN}\nhttps://evil.example/\n{END}", Block(URL, "")),
        (f"{BEGIN}\nno link\n{END}", Block("", "no link")),
    ],
)
def test_reading(description: str, read: Block | None) -> None:
    assert block.read(description) == read


def test_duplicated_blocks_become_one() -> None:
    one = block.render(Block(URL, ""))
    assert block.replace(f"a{one}b{one}c", Block(URL, "New")) == f"a{block.render(Block(URL, 'New'))}bc"
    assert block.strip(f"a{one}b{one}c") == "abc"
