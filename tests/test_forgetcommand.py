"""`run.py forget`: a person has the herd forget a client, with a token and over TLS where these are set."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from herd.config import Address, Config
from herd.forgetcommand import forget
from herd.sections.access import AccessSettings, Token
from tests.certificates import Authority
from tests.herding import HOST, iamat, within
from tests.webbing import Gateway, gateway

TOKEN = "a-token-of-a-test"
TOKENS = AccessSettings(read=(Token("a-token-to-read"),), write=(Token(TOKEN),))


async def asked(home: Gateway, client: str, **changes: object) -> int:
    """Run the command at this server; return its status."""
    config = home.server.config
    servers = {name: replace(server, http=Address(HOST, home.port)) for name, server in config.servers.items()}
    return await within(asyncio.to_thread(forget, replace(config, servers=servers, **changes), client, None))  # type: ignore[arg-type]


async def test_a_client_is_forgotten_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with gateway(tmp_path) as home:
        await home.tcp(iamat(b"a/b") + b"\n")
        assert await asked(home, "a/b") == 0
        assert await asked(home, "a/b") == 1
    assert capsys.readouterr() == ("a/b is forgotten\n", "Home refused: the herd does not know this client\n")


async def test_it_says_the_token_of_this_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def guard(config: Config) -> Config:
        return replace(config, access=TOKENS)

    async with gateway(tmp_path, change=guard) as home:
        await home.tcp(b"AUTH %b\n%b\n" % (TOKEN.encode(), iamat(b"kiwi")))
        for mine in (None, "wrong", "a-token-to-read"):
            assert await asked(home, "kiwi", access=replace(TOKENS, mine=mine)) == 1
        assert await asked(home, "kiwi", access=replace(TOKENS, mine=f"{TOKEN}\n")) == 2
        assert await asked(home, "kiwi", access=replace(TOKENS, mine=TOKEN)) == 0
    out, problems = capsys.readouterr()
    assert out == "kiwi is forgotten\n"
    assert problems.count("HERD_TOKEN") == 2
    assert "this token is not for that" in problems
    assert TOKEN not in problems


async def test_it_speaks_tls_and_tells_its_token_to_no_stranger(tmp_path: Path) -> None:
    ours, others = Authority(tmp_path), Authority(tmp_path, "others")
    async with gateway(tmp_path, change=lambda config: replace(config, tls=ours.issue("home"))) as home:
        assert await asked(home, "kiwi") == 1  # it is asked, and does not know the client
        assert await asked(home, "kiwi", tls=others.issue("other")) == 1
    said = home.log.read_text()
    assert said.count("DELETE /clients/kiwi") == 2  # the request, and the refusal
    assert "failed at the handshake of TLS" in said
