"""A reader's words as plain text: what was said, without the marks, whatever was typed."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blog import markup


def test_emphasis_links_lists_and_lines_read_as_text():
    source = (
        "A *wet* **scarf**\nand [ice](https://ice.example/):\n\n- shade\n- a fan\n\n***\n\n> Said."
    )

    assert markup.reader_text(source) == (
        "A wet scarf\nand ice (https://ice.example/):\n\n- shade\n- a fan\n\n* * *\n\n> Said."
    )


def test_links_that_readers_may_not_set_leave_their_words():
    assert markup.reader_text("[here](javascript:alert(1)) and [there](/x)") == "here and there"


@pytest.mark.parametrize("mark", ["> ", "- ", "*", "[", "1. ", "_a", "\\"])
def test_depth_and_length_cost_no_more_than_a_second(mark):
    started = time.process_time()

    assert markup.reader_text(mark * 5000 + "x").endswith("x")
    assert time.process_time() - started < 1


@given(st.text())
def test_nothing_that_was_typed_breaks_it(source):
    text = markup.reader_text(source)

    assert text == text.strip() and "\x00" not in text
