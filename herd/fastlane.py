r"""The two loops that a busy server lives in: IAMAT lines from clients and AT lines from peers, a chunk at a time.

Each takes the plainly valid lines of a chunk by one compiled pattern and hands every other line to the slow lane
(`herd.messages`). What a pattern here admits is a strict subset of the language, and what is done with it equals
what the slow lane would do; `tests/fuzz/test_lines.py` holds both to a third, slow and obvious one.

Measured (CPython 3.11, per line at 650 lines a chunk): 1.6 us in all, 0.5 of it findall. Matching an ID as "not
white space" instead of by two ranges would make that 0.7, and a longitude digit by digit 0.07 more than whole.
"""

import re
from collections.abc import Callable, Iterable

from herd.batch import Batch
from herd.messages import CLIENT_LIMIT, FUTURE_LIMIT, NAME_LIMIT, SECOND

# Plain: no ASCII control characters in an ID (two ranges are matched twice as quickly as what is not white space),
# single spaces, two digits of latitude below 90, one to three of longitude below 180, both with decimals, ten
# digits of seconds and nine of nanoseconds. The last alternatives take any other line whole, and empty ones any
# number at once.
_VISIBLE = rb"[!-~\x80-\xff]"
_PLAIN_CLIENT = rb"%b{1,%d}+" % (_VISIBLE, CLIENT_LIMIT)
_PLAIN_LOCATION = rb"[+-][0-8][0-9]\.[0-9]{1,15}+[+-](?:1[0-7][0-9]|0?[0-9]{1,2})\.[0-9]{1,15}+"
_PLAIN_TIME = rb"([0-9]{10})\.([0-9]{9})"
_PLAIN_SAID = rb"(%b) %b %b" % (_PLAIN_CLIENT, _PLAIN_LOCATION, _PLAIN_TIME)
_OTHER = rb"|([^\n]++)\n|\n++"
# A skew of more than -60 s: then the client's own time is the first component of the report's rank.
_PLAIN_SKEW = rb"(?:\+[0-9]{1,12}+|-[0-5]?[0-9])\.[0-9]{9}"
_PLAIN_NAME = rb"%b{1,%d}+" % (_VISIBLE, NAME_LIMIT)

_IAMAT = re.compile(rb"IAMAT (" + _PLAIN_SAID + rb")\n" + _OTHER)
_AT = re.compile(rb"(AT %b %b " % (_PLAIN_NAME, _PLAIN_SKEW) + _PLAIN_SAID + rb")\n" + _OTHER)

# What split_commands finds in a line: what the client said from its ID on, ID, seconds, nanoseconds; other line.
Command = tuple[bytes, bytes, bytes, bytes, bytes]


def split_commands(lines: bytes) -> list[Command]:
    """Split whole lines from a client into plain IAMATs and others."""
    return _IAMAT.findall(lines)


def to_slow(command: Command) -> Command:
    """Return a command as one for the slow lane."""
    said, _, _, _, other = command
    return b"", b"", b"", b"", b"IAMAT " + said if said else other


def hear_clients(
    commands: Iterable[Command],
    heard_by: bytes,
    now: int,
    batch: Batch,
    answers: list[bytes],
    answer_other: Callable[[bytes], bool],
) -> bool:
    """Carry out a client's commands in order, answer them, and collect what changed in the batch.

    `heard_by` is `b"AT <server> "`, `now` nanoseconds since 1970. Stops where `answer_other` returns False, with
    the iterator behind that line; tells whether all was carried out.
    """
    number, origin = batch.number, batch.origin
    reports, changed, lines = batch.reports, batch.clients, batch.lines
    known, forgotten, bar = reports.get, batch.forgotten, batch.acceptance.bar
    future = now + FUTURE_LIMIT
    for said, client, seconds, nanos, other in commands:
        # Reports from the future, ties with the known one, and what may be forgotten are the slow lane's.
        if (
            client
            and (time := int(seconds + nanos)) <= future
            and ((old := known(client)) is None or time != old[0])
            and (time > bar or client not in forgotten)
        ):
            if 0 <= (skew := now - time) < SECOND:  # as nearly always, and the shortest way: 0.2 us of 1.2 less
                line = b"%b+0.%09d %b" % (heard_by, skew, said)
            else:
                digits = b"%+011d" % skew
                line = b"%b%b.%b %b" % (heard_by, digits[:-9], digits[-9:], said)
            answers.append(line)
            # A repetition of a report that was from the future when it was stored ends with the same words.
            if old is None or (time > old[0] and not old[1].endswith(said)):
                key = old[4] if old else client
                reports[key] = (time, line, number, origin, key)
                changed.append(key)
                lines.append(line)
        elif (client or other) and not answer_other(b"IAMAT " + said if client else other):
            return False
    return True


def hear_peer(chunk: bytes, batch: Batch, hear_other: Callable[[bytes], None]) -> int:
    """Take in whole lines from a peer: keep each newer report and collect it in the batch, its bytes unchanged.

    Returns how many there were: counting the newlines would take a tenth as long as all the rest.
    """
    number, origin = batch.number, batch.origin
    reports, changed, lines = batch.reports, batch.clients, batch.lines
    known, forgotten, acceptance = reports.get, batch.forgotten, batch.acceptance
    bar = acceptance.bar  # a FORGET in the chunk may raise it
    found = _AT.findall(chunk)
    for line, client, seconds, nanos, other in found:
        if not client:
            if other:
                hear_other(other)
                bar = acceptance.bar
            continue
        time = int(seconds + nanos)
        old = known(client)
        if old is None or time > old[0]:
            # Up to the bar: expired, beneath the floor, or forgotten, perhaps.
            if time <= bar and (old is None or client in forgotten or time <= acceptance.expired + FUTURE_LIMIT):
                hear_other(line)
                continue
            key = old[4] if old else client
            reports[key] = (time, line, number, origin, key)
            changed.append(key)
            lines.append(line)
        elif time == old[0] and line != old[1]:
            hear_other(line)
    return len(found)
