"""What many clients say in one turn, a line each: heard, kept, logged and answered together.

With many connections that each wait for an answer this is nearly all that a busy server hears. Measured at 50 of
them: 15.0 us of CPU a request where each was heard by itself, 10.4 in a crowd; at 1,000, 17.7 and 10.6.
"""

from collections.abc import Callable
from functools import partial
from itertools import compress
from typing import Protocol

from herd.batch import BATCH_MOST, OWN_CLIENTS
from herd.counts import Counts
from herd.fastlane import hear_clients, split_commands
from herd.guard import Guard
from herd.traffic import Traffic
from herd.turn import Turn


class Speaker(Protocol):
    """A client that said one whole line, and is heard no further until that is answered."""

    label: str  # of its connection, in the log

    def hear_alone(self, line: bytes) -> None:
        """Hear the line as if it were the only one: it is for the slow lane, or nothing can be kept."""

    def answer(self, line: bytes, kept: bool) -> None:
        """Send the answer, if what was said is kept; else give up."""

    def dismiss(self, reason: str) -> None:
        """Close at once."""


class Crowd:
    """The speakers of one turn and their lines, in the order in which they came."""

    def __init__(
        self, heard_by: bytes, turn: Turn, traffic: Traffic, clock: Callable[[], int], counts: Counts, guard: Guard
    ) -> None:
        self._heard_by = heard_by
        self._turn = turn
        self._traffic = traffic
        self._clock = clock
        self._counts = counts
        self._guard = guard
        self._speakers: list[Speaker] = []
        self._lines: list[bytes] = []

    def hear(self, speaker: Speaker, line: bytes) -> None:
        """Take one whole line with its newline, which is not blank; it is carried out at the end of the turn."""
        if not self._lines:
            self._turn.first(self._carry_out)
        self._speakers.append(speaker)
        self._lines.append(line)

    def _carry_out(self) -> None:
        speakers, self._speakers = self._speakers, []
        lines, self._lines = self._lines, []
        for start in range(0, len(lines), BATCH_MOST):
            part = slice(start, start + BATCH_MOST)
            with self._guard.contain("hearing a crowd"):
                self._hear(speakers[part], lines[part])
                continue
            for speaker in speakers[part]:  # else they would wait for answers that do not come
                speaker.dismiss("a defect")

    def _hear(self, speakers: list[Speaker], lines: list[bytes]) -> None:
        """Have the fast lane answer what it can; what it has no answer for is heard by itself."""
        answers = self._try(lines) if len(lines) > 1 else [b""]
        if not all(answers):
            for speaker, line, answer in zip(speakers, lines, answers, strict=True):
                if not answer:
                    self._hear_alone(speaker, line)
            speakers, lines = list(compress(speakers, answers)), list(compress(lines, answers))
            answers = [*filter(None, answers)]
        if answers:
            labels = [speaker.label for speaker in speakers]
            self._traffic.many(labels, "<", lines)
            self._counts.answered += len(answers)
            self._turn.then(partial(self._answer, speakers, labels, answers))

    def _try(self, lines: list[bytes]) -> list[bytes]:
        """Return the fast lane's answers in the order of the lines, an empty one where it has none."""
        answers: list[bytes] = []

        def leave(_: bytes) -> bool:
            answers.append(b"")
            return True

        batch = self._turn.batch(OWN_CLIENTS)
        if self._turn.keeper.trouble is None and not batch.acceptance.full:
            with self._guard.contain("hearing a crowd"):  # saying it once more, alone, changes nothing
                commands = split_commands(b"".join(lines))  # one of each line, for none is blank
                hear_clients(commands, self._heard_by, self._clock(), batch, answers, leave)
                return answers
        return [b""] * len(lines)

    def _hear_alone(self, speaker: Speaker, line: bytes) -> None:
        with self._guard.contain("hearing a line"):
            speaker.hear_alone(line)
            return
        speaker.dismiss("a defect")

    def _answer(self, speakers: list[Speaker], labels: list[str], answers: list[bytes], kept: bool) -> None:
        lines = [answer + b"\n" for answer in answers]
        if kept:
            self._traffic.many(labels, ">", lines)
        todo = zip(speakers, lines, strict=True)
        while True:  # one that breaks must not cost the others theirs
            with self._guard.contain("an answer"):
                for speaker, line in todo:
                    speaker.answer(line, kept)
                return
            speaker.dismiss("a defect")
