"""A minute of the herd as real processes with everything failing; and the judgement notices what it must."""

from pathlib import Path
from random import Random

import pytest

from tests.chaos.check import troubles
from tests.chaos.record import Record, Wrong
from tests.chaos.schedule import KINDS, draw
from tests.chaos.trial import run
from tests.herding import PEERS

SEED, SECONDS = 1, 60.0
WAYS = [(a, b) for a in PEERS for b in PEERS if a != b]


async def test_a_minute_of_chaos_loses_no_answered_report(tmp_path: Path) -> None:
    outcome = await run(tmp_path, SEED, SECONDS)
    assert outcome.failures == []
    assert set(outcome.struck) == set(KINDS)
    assert set(outcome.answered) == {"tcp", "ws", "form", "lines", "json"}
    assert sum(outcome.answered.values()) > 1_000
    assert outcome.healed is not None
    assert outcome.alone is not None


def test_a_seed_has_one_schedule_and_every_kind_comes_in_a_minute() -> None:
    strikes = draw(SEED, SECONDS, WAYS)
    assert strikes == draw(SEED, SECONDS, WAYS)
    assert strikes != draw(SEED + 1, SECONDS, WAYS)
    assert {one.kind for one in strikes} == set(KINDS)
    assert {one.kind for one in draw(SEED, SECONDS, WAYS, ("kill", "cut"))} == set(KINDS) - {"kill", "cut"}


class Told:
    """A record of one client that said three reports; the last one's answer never came."""

    def __init__(self) -> None:
        self.record = Record()
        self.said = [(b"c", b"+%d.0-1.0" % number, b"152002393%d.5" % number) for number in range(3)]
        self.lines = [b"AT Welsh +0.000000001 %b %b %b" % said for said in self.said]
        for said in self.said:
            self.record.say(said)
        for said, line in zip(self.said[:2], self.lines, strict=False):
            self.record.hear("tcp", "Welsh", said, line)

    def trouble(self, *beliefs: bytes | None) -> list[str]:
        """Return what is wrong where servers say these lines."""
        servers = {name: {b"c": line} if line else {} for name, line in zip("ABC", beliefs, strict=False)}
        return [*troubles(self.record, servers)]


def test_the_newest_answered_report_or_a_newer_one_that_was_said_is_right() -> None:
    told = Told()
    assert told.trouble(told.lines[1], told.lines[1]) == []
    assert told.trouble(told.lines[2], told.lines[2]) == []
    again = told.lines[1].replace(b"AT Welsh +0.000000001", b"AT Hands +0.000000000")  # said there first
    assert told.trouble(again, again) == []


@pytest.mark.parametrize(
    ("belief", "word"),
    [
        (None, "A, client b'c': it does not know"),
        (b"AT Welsh +0.000000001 c +0.0-1.0 1520023930.5", "which is older than"),
        (b"AT Welsh +0.000000001 c +9.0-1.0 1520023939.5", "which was not said since"),
        (b"AT Welsh c", "it says"),
    ],
)
def test_a_report_that_is_lost_old_or_invented_is_noticed(belief: bytes | None, word: str) -> None:
    (trouble,) = Told().trouble(belief)
    assert word in trouble


def test_servers_that_differ_are_noticed_though_each_may_be_right() -> None:
    told = Told()
    (trouble,) = told.trouble(told.lines[1], told.lines[2])
    assert trouble.startswith("client b'c': A says")


def test_an_answer_that_is_no_answer_to_the_report_is_noticed_at_once() -> None:
    told = Told()
    for line in (b"? IAMAT c", told.lines[1], told.lines[2].replace(b"Welsh", b"Hands")):
        with pytest.raises(Wrong):
            told.record.hear("tcp", "Welsh", told.said[2], line)


def test_a_server_that_forgot_what_it_answered_itself_is_noticed_by_a_question() -> None:
    told = Told()
    told.record.hear_around("Welsh", b"c", told.lines[1])
    told.record.hear_around("Hands", b"c", b"? WHATSAT c 1 0")  # it may not have heard of it yet
    with pytest.raises(Wrong):
        told.record.hear_around("Welsh", b"c", told.lines[0])


def test_the_dice_of_a_strike_are_its_own() -> None:
    dice = [Random(one.dice).random() for one in draw(SEED, SECONDS, WAYS)]
    assert len(set(dice)) == len(dice)
