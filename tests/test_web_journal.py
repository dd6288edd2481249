"""What the gateway says where nothing can be kept, and while the journal is read."""

import asyncio
from pathlib import Path

from aiohttp import WSMsgType
from prometheus_client.parser import text_string_to_metric_families as parse_text

from tests.describing import check_reply
from tests.herding import iamat, until, within
from tests.memorydisk import MemoryDisk, known
from tests.test_recovery import MANY, written
from tests.webbing import Gateway, Reply, gateway

REASON = "cannot write memory/Home.journal: No space left on device"


async def metric(home: Gateway, name: str) -> float:
    families = parse_text((await home.get("/metrics")).body.decode())
    return next(sample.value for family in families for sample in family.samples if sample.name == name)


async def filled(home: Gateway, disk: MemoryDisk) -> Reply:
    """Fill the disk, and have the server notice."""
    disk.room = 0
    return await home.tell({"client": "during", "location": "+1.0-2.0"})


def check_not_kept(reply: Reply) -> None:
    assert (reply.status, reply.kind) == (503, "application/problem+json")
    assert reply.headers["Retry-After"] == "5"
    assert reply.json["detail"] == f"this cannot be kept: {REASON}"
    check_reply("post", "/iamat", reply)


async def test_what_cannot_be_kept_is_503_in_every_form_and_ready_says_why(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with gateway(tmp_path, disk=disk) as home:
        await until(home.server.begun.is_set, "the journal is read")
        assert (await home.get("/readyz")).status == 200
        check_not_kept(await filled(home, disk))
        for again in (
            await home.tell({"client": "later", "location": "+1.0-2.0"}),
            await home.tell([{"client": "later", "location": "+1.0-2.0"}] * 3),
            await home.post("application/x-www-form-urlencoded", b"client=later&location=%2B1.0-2.0"),
            await home.post("text/plain", iamat(b"later") + b"\n"),
            await home.post("text/plain", b"nonsense\n" + iamat(b"later") + b"\nnonsense\n"),
        ):
            check_not_kept(again)
        assert b"later" not in home.server.node.store.reports
        ready = await home.get("/readyz")
        assert (ready.status, ready.json["detail"]) == (503, REASON)
        check_reply("get", "/readyz", ready)
        assert await metric(home, "herd_journal_up") == 0
        assert await metric(home, "herd_journal_failures_total") >= 1
        assert (await home.get("/healthz")).status == 200
        assert (await home.get("/clients")).status == 200
        assert (await home.get("/whatsat?client=nobody")).status == 404
        disk.room = None
        await until(lambda: home.server.node.turn.keeper.trouble is None, "space is noticed")
        assert (await home.get("/readyz")).status == 200
        assert (await home.tell({"client": "after", "location": "+1.0-2.0"})).status == 200
        assert await metric(home, "herd_journal_up") == 1
        assert await metric(home, "herd_journal_size_bytes") == disk.files["Home.journal"].size()
        assert (await known(disk.after_a_kill())).keys() == {b"during", b"after"}


async def test_a_long_answer_that_has_begun_breaks_off_where_nothing_can_be_kept_any_more(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with gateway(tmp_path, disk=disk) as home:
        await until(home.server.begun.is_set, "the journal is read")
        disk.room = 300_000
        lines = b"".join([iamat(b"client%d" % n) + b"\n" for n in range(5_000)])
        head = b"POST /iamat HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/plain\r\n"
        head += b"Content-Length: %d\r\n\r\n"
        answer = await home.raw(head % len(lines) + lines)
        kept = await known(disk.after_a_kill())
        acknowledged = [line for line in answer.split(b"\n") if line.startswith(b"AT ")]
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert not answer.endswith(b"\r\n0\r\n\r\n")
        assert 0 < len(acknowledged) < 5_000
        assert set(acknowledged) <= set(kept.values())


async def test_a_websocket_is_told_to_come_back_later(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with gateway(tmp_path, disk=disk) as home:
        await until(home.server.begun.is_set, "the journal is read")
        async with home.session.ws_connect(home.url + "/ws") as socket:
            await socket.send_str(iamat(b"before").decode())
            before = (await within(socket.receive())).data
            disk.room = 0
            await socket.send_str(iamat(b"during").decode())
            assert (await within(socket.receive())).type is WSMsgType.CLOSE
            assert socket.close_code == 1013
        async with home.session.ws_connect(home.url + "/ws") as socket:
            for line in (b"WHATSAT before 1 1", iamat(b"later"), b"nonsense"):
                await socket.send_str(line.decode())
            assert (await within(socket.receive())).data.startswith(before + "\n")
            assert (await within(socket.receive())).type is WSMsgType.CLOSE
            assert socket.close_code == 1013
        assert b"later" not in home.server.node.store.reports
    log = (tmp_path / "Home.log").read_text()
    assert log.count(f"what it said cannot be kept: {REASON}") == 2


async def test_requests_wait_until_the_journal_is_read_but_those_that_ask_how_the_server_is(tmp_path: Path) -> None:
    disk = MemoryDisk({"Home.journal": written(MANY)})
    disk.reads_most = 1  # byte a turn: as good as for ever
    async with gateway(tmp_path, disk=disk) as home:
        asked = asyncio.create_task(home.get(f"/whatsat?client=client{MANY - 1}"))
        ready = await home.get("/readyz")
        assert not home.server.begun.is_set()
        assert (ready.status, ready.json["detail"]) == (503, "the journal is being read")
        check_reply("get", "/readyz", ready)
        assert (await home.get("/healthz")).status == 200
        assert not asked.done()
        disk.reads_most = None
        assert (await within(asked)).status == 200
        assert (await home.get("/readyz")).status == 200
