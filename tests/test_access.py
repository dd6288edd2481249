"""Tokens on TCP: what each lets its bearer do, and when that ends."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from herd.access import BEYOND_TOKEN, EVERYTHING, NO_TOKEN, WRONG_TOKEN, Access, Grant, name_of, token_of
from herd.client import Client, Disconnected, Refused
from herd.config import Config
from herd.messages import LINE_LIMIT
from herd.position import Malformed
from herd.sections.access import AccessSettings, Token
from herd.server import RunningServer
from tests.herding import HOST, iamat, running, small_herd, talk, until, within

READ, WRITE, FLEET = "only-to-read-0123456789", "to-write-too-0123456789", "of-fleet-7-0123456789ab"
SETTINGS = AccessSettings(read=(Token(READ),), write=(Token(WRITE), Token(FLEET, "fleet7/*")))
NONE = AccessSettings()


@asynccontextmanager
async def guarded(folder: Path, access: AccessSettings = SETTINGS) -> AsyncIterator[RunningServer]:
    """Run a server called Home with these tokens."""
    config: Config = replace(small_herd({"Home": (), "Other": ()}, {}), access=access)
    async with running(config, "Home", folder) as server:
        yield server


async def said(port: int, text: bytes) -> bytes:
    """Say something as `nc -N` does, and return all that is answered."""
    async with talk(port) as client:
        client.writer.write(text)
        client.writer.write_eof()
        return await client.rest()


def auth(token: str) -> bytes:
    return b"AUTH " + token.encode()


# ---- grants and tokens


@pytest.mark.parametrize(
    ("clients", "covered", "others"),
    [
        (None, [b"a", b"\xff"], []),
        (
            b"fleet7/*",
            [b"fleet7/", b"fleet7/a", b"fleet7/*", b"fleet7/a/b"],
            [b"fleet7", b"fleet77/a", b"Fleet7/a"],
        ),
        (b"kiwi", [b"kiwi"], [b"kiwi2", b"kiw", b""]),
        (b"a*b", [b"a*b"], [b"ab", b"axb"]),
    ],
)
def test_a_grant_covers_one_client_or_those_that_begin_alike(
    clients: bytes | None, covered: list[bytes], others: list[bytes]
) -> None:
    grant = Grant(True, clients)
    assert all(map(grant.covers, covered))
    assert not any(map(grant.covers, others))
    assert grant.full == (clients is None)
    assert not Grant(False, clients).full


def test_each_token_gives_what_the_settings_say_and_any_other_nothing() -> None:
    access = Access(SETTINGS)
    assert access.guarded
    grants = {
        token: ticket and ticket.grant for token in (READ, WRITE, FLEET) if (ticket := access.admit(token.encode()))
    }
    assert grants == {READ: Grant(False), WRITE: Grant(True), FLEET: Grant(True, b"fleet7/*")}
    for wrong in (
        b"",
        WRITE[:-1].encode(),
        WRITE.encode() + b"x",
        WRITE.upper().encode(),
        name_of(WRITE.encode()).encode(),
    ):
        assert access.admit(wrong) is None
    assert access.admit(None) is None


def test_without_tokens_everybody_may_do_everything() -> None:
    access = Access(NONE)
    assert not access.guarded
    for token in (None, b"", b"anything"):
        ticket = access.admit(token)
        assert ticket
        assert ticket.grant == EVERYTHING


def test_a_token_is_in_no_representation() -> None:
    access = Access(SETTINGS)
    ticket = access.admit(WRITE.encode())
    for thing in (SETTINGS, replace(SETTINGS, mine=WRITE), access, ticket, Config({}, access=SETTINGS)):
        for token in (READ, WRITE, FLEET):
            assert token not in repr(thing)


def test_new_tokens_show_out_only_who_came_in_by_one_that_is_gone_or_means_something_else() -> None:
    access, gone = Access(SETTINGS), []
    for token in (READ, WRITE, FLEET):
        ticket = access.admit(token.encode())
        assert ticket
        access.enter(ticket, lambda token=token: gone.append(token))  # type: ignore[misc]
    assert access.replace(SETTINGS) == 0
    assert access.replace(AccessSettings(write=(Token(WRITE), Token(FLEET, "fleet8/*")))) == 2
    assert gone == [READ, FLEET]
    assert access.replace(NONE) == 0  # all may come in now
    assert access.replace(AccessSettings(write=(Token("x" * 16),))) == 1
    assert gone == [READ, FLEET, WRITE]
    assert access.replace(SETTINGS) == 0  # each only once


@pytest.mark.parametrize(
    ("line", "token"),
    [
        (b"AUTH abc", b"abc"),
        (b" \tAUTH \x0b abc\r", b"abc"),
        (b"AUTH", None),
        (b"AUTH a b", None),
        (b"auth abc", None),
        (b"AUTHOR abc", None),
        (b"", None),
    ],
)
def test_a_token_is_the_one_field_behind_auth(line: bytes, token: bytes | None) -> None:
    assert token_of(line) == token


# ---- the first line


async def test_a_right_token_is_answered_by_nothing_and_then_all_is_as_ever(tmp_path: Path) -> None:
    async with guarded(tmp_path) as home:
        lines = [
            auth(WRITE),
            iamat(b"kiwi"),
            b"HERD 1 Other 0011223344556677 Home 0011223344556677",
            auth(WRITE),
            b"",
        ]
        answer = await said(home.port, b"\n".join(lines) + b"\n" + b"WHATSAT kiwi 1 1")
        first, *others = answer.split(b"\n")
        assert first.startswith(b"AT Home ")
        assert others[:3] == [b"? " + lines[2], b"? " + lines[3], first]
        assert not home.links.hearings


@pytest.mark.parametrize("cut", [1, 4, 5, 10, -1])
async def test_a_token_may_come_in_pieces(tmp_path: Path, cut: int) -> None:
    async with guarded(tmp_path) as home, talk(home.port) as client:
        text = auth(WRITE) + b"\n"
        client.writer.write(text[:cut])
        await within(client.writer.drain())
        await until(lambda: len(home.node.admission), "the connection")
        client.writer.write(text[cut:] + iamat(b"kiwi") + b"\n")
        assert (await client.line()).startswith(b"AT Home ")


@pytest.mark.parametrize(
    ("line", "copy", "reason"),
    [
        (iamat(b"kiwi"), iamat(b"kiwi"), NO_TOKEN),
        (b"WHATSAT kiwi 1 1\r", b"WHATSAT kiwi 1 1\r", NO_TOKEN),
        (b"", b"", NO_TOKEN),
        (b"AUTHOR x", b"AUTHOR x", NO_TOKEN),
        (b"HERD 1 malformed", b"HERD 1 malformed", NO_TOKEN),
        (b"AUTH", b"AUTH", NO_TOKEN),
        (b"AUTH " + WRITE.encode() + b" more", b"AUTH", NO_TOKEN),
        (b"AUTH " + WRITE.encode() + b"x", b"AUTH", WRONG_TOKEN),
        (b"  AUTH\thunter2-hunter2-hunter2", b"AUTH", WRONG_TOKEN),
        (b"x" * (LINE_LIMIT + 1), b"x" * 1024, NO_TOKEN),
    ],
)
async def test_any_other_first_line_is_refused_and_the_connection_ends(
    tmp_path: Path, line: bytes, copy: bytes, reason: str
) -> None:
    async with guarded(tmp_path) as home:
        async with talk(home.port) as client:  # who waits for the end without ending
            client.send(line, iamat(b"mallory"))
            assert await client.rest() == b"? " + copy + b"\n"
        if line:
            assert await said(home.port, line) == b"? " + copy + b"\n"
        assert home.node.store.newest(b"mallory") is None
        assert home.node.store.newest(b"kiwi") is None
        assert home.node.counts.refused == home.node.access.refused
        assert set(home.node.access.refused) == {reason}
        assert home.node.counts.answered == home.node.access.refused[reason]
    log = (tmp_path / "Home.log").read_text()
    assert "hunter2" not in log
    assert WRITE not in log


async def test_who_says_nothing_is_answered_nothing(tmp_path: Path) -> None:
    async with guarded(tmp_path) as home:
        assert await said(home.port, b"") == b""


async def test_a_token_is_in_no_log_whether_tokens_are_set_or_not(tmp_path: Path) -> None:
    for name, access in (("with", SETTINGS), ("without", NONE)):
        async with guarded(tmp_path / name, access) as home:
            await said(home.port, auth(WRITE) + b"\n" + auth(WRITE) + b"\n")
        log = (tmp_path / name / "Home.log").read_text()
        assert WRITE not in log
        assert log.count("AUTH ***") >= 2


async def test_without_tokens_auth_is_a_line_like_others(tmp_path: Path) -> None:
    async with guarded(tmp_path, NONE) as home:
        answer = await said(home.port, auth(WRITE) + b"\n" + iamat(b"kiwi"))
        assert answer.startswith(b"? " + auth(WRITE) + b"\nAT Home ")


# ---- what a grant does not cover


async def test_a_token_to_read_asks_and_does_not_report(tmp_path: Path) -> None:
    async with guarded(tmp_path) as home, talk(home.port) as writer, talk(home.port) as reader:
        writer.send(auth(WRITE))
        report = await writer.ask(iamat(b"kiwi"))
        reader.send(auth(READ))
        assert await reader.ask(iamat(b"kiwi", b"1620023934")) == b"? " + iamat(b"kiwi", b"1620023934")
        assert await reader.around(b"kiwi") == report
        assert home.node.counts.refused == {BEYOND_TOKEN: 1}


async def test_a_token_of_some_clients_reports_and_asks_of_these_alone_line_by_line(tmp_path: Path) -> None:
    async with guarded(tmp_path) as home, talk(home.port) as writer, talk(home.port) as fleet:
        writer.send(auth(WRITE))
        await writer.ask(iamat(b"kiwi"))
        asked = [
            iamat(b"fleet7/a"),
            iamat(b"kiwi", b"1620023934"),
            b"",
            iamat(b"fleet7/b"),
            iamat(b"fleet77/b"),
            b"x",
        ]
        fleet.send(auth(FLEET), *asked, b"WHATSAT kiwi 1 1")
        answers = await fleet.lines(6)
        assert [answer[:3] for answer in answers] == [b"AT ", b"? I", b"AT ", b"? I", b"? x", b"? W"]
        assert answers[1] == b"? " + asked[1]
        assert await fleet.around(b"fleet7/a") == answers[0]
        assert sorted(home.node.store.reports) == [b"fleet7/a", b"fleet7/b", b"kiwi"]


async def test_many_lines_of_a_token_of_some_clients_are_answered_in_order(tmp_path: Path) -> None:
    async with guarded(tmp_path) as home, talk(home.port) as fleet:
        ids = [b"%b/%d" % (b"fleet7" if i % 3 else b"other", i) for i in range(2000)]
        fleet.send(auth(FLEET), *[iamat(client) for client in ids])
        for client, answer in zip(ids, await fleet.lines(len(ids)), strict=True):
            assert answer.startswith(b"AT " if client.startswith(b"fleet7/") else b"? ")
            assert client in answer


# ---- reloading


async def test_a_connection_ends_when_its_token_is_taken_away_and_others_go_on(tmp_path: Path) -> None:
    async with guarded(tmp_path) as home, talk(home.port) as writer, talk(home.port) as fleet:
        writer.send(auth(WRITE))
        fleet.send(auth(FLEET))
        await writer.ask(iamat(b"kiwi"))
        await fleet.ask(iamat(b"fleet7/a"))
        assert home.node.access.replace(replace(SETTINGS, write=(Token(WRITE),))) == 1
        assert await fleet.rest() == b""
        assert (await writer.ask(iamat(b"kiwi"))).startswith(b"AT ")
        assert await said(home.port, auth(FLEET)) == b"? AUTH\n"


async def test_who_came_in_without_a_token_goes_when_tokens_come_and_peers_stay(tmp_path: Path) -> None:
    async with guarded(tmp_path, NONE) as home, talk(home.port) as client, talk(home.port) as late:
        await client.ask(iamat(b"kiwi"))
        await until(lambda: len(home.node.admission) == 2, "both connections")
        assert home.node.access.replace(SETTINGS) == 1
        assert await client.rest() == b""
        late.send(auth(WRITE))  # nothing was said yet, so the first line counts as it counts now
        assert (await late.ask(iamat(b"kiwi"))).startswith(b"AT ")


async def test_servers_prove_themselves_by_the_secret_and_need_no_token(tmp_path: Path) -> None:
    config = replace(small_herd({"Home": ("Away",), "Away": ("Home",)}, {}), access=SETTINGS)
    async with running(config, "Away", tmp_path) as away:
        here = replace(config.servers["Away"], tcp=replace(config.servers["Away"].tcp, port=away.port))
        config = replace(config, servers={**config.servers, "Away": here})
        async with running(config, "Home", tmp_path) as home, talk(home.port) as client:
            client.send(auth(WRITE))
            report = await client.ask(iamat(b"kiwi"))
            await until(lambda: away.node.store.newest(b"kiwi") == report, "the report at the other server")


# ---- the client for programs


async def test_a_client_says_its_token_first(tmp_path: Path) -> None:
    async with guarded(tmp_path) as home, Client.connect(HOST, home.port, token=WRITE) as client:
        report = await client.iamat("kiwi", "+1+1", f"{time.time():.6f}")
        assert report.client == b"kiwi"
        assert (await client.whatsat("kiwi", 1, 1)).report == report


async def test_a_client_with_a_wrong_token_is_told_so(tmp_path: Path) -> None:
    async with guarded(tmp_path) as home, Client.connect(HOST, home.port, token="x" * 20) as client:
        with pytest.raises(Disconnected, match="does not take this token"):
            await client.iamat("kiwi", "+1+1")


async def test_a_client_without_a_token_is_refused(tmp_path: Path) -> None:
    async with guarded(tmp_path) as home, Client.connect(HOST, home.port) as client:
        with pytest.raises(Refused):
            await client.iamat("kiwi", "+1+1")


async def test_a_server_that_needs_no_token_is_talked_to_with_one_as_well(tmp_path: Path) -> None:
    async with guarded(tmp_path, NONE) as home, Client.connect(HOST, home.port, token=WRITE) as client:
        assert (await client.iamat("kiwi", "+1+1")).client == b"kiwi"


@pytest.mark.parametrize("token", ["", "a b", "a\nIAMAT x +1+1 1"])
async def test_what_is_not_one_word_is_no_token_and_never_sent(token: str) -> None:
    with pytest.raises(Malformed, match="a token is one word"):
        async with Client.connect(HOST, 1, token=token):
            pass
