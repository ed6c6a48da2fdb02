"""What stands out in what readers may write; and what looks like it and must not."""

from pathlib import Path

import pytest
import yaml

from comments.models.states import lane_for
from comments.screening import Draft, judge

PHRASES = yaml.safe_load((Path(__file__).parent / "phrases.yaml").read_text())
NOT_THE_TEXT = {"first"}


@pytest.mark.parametrize("phrase", PHRASES, ids=lambda phrase: phrase["text"][:60])
def test_each_phrase_waits_in_its_lane_for_its_reasons(phrase, post):
    noticed = judge(Draft(post=post, text=phrase["text"], name="Marigold")).signals

    assert lane_for(noticed, known=False) == phrase.get("lane", "new")
    rules = dict.fromkeys(signal.rule for signal in noticed if signal.rule not in NOT_THE_TEXT)
    assert list(rules) == phrase.get("rules", [])


def test_there_are_phrases_enough():
    assert len(PHRASES) >= 60
