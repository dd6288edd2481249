"""herd.toml: whatever stands in it, the settings are read or refused in one line, which shows no secret."""

import re
from itertools import count
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from herd.config import Address, Config, ConfigError, load
from tests.fuzz import reference
from tests.fuzz.mutating import listed, mutated
from tests.fuzz.samples import tiles
from tests.fuzz.speaking import mostly

EXAMPLE = Path(__file__).parents[2] / "herd.example.toml"
SECRETS = ("hush-7f3a", "quiet-91be")
TOKEN = "token-5c0e-0123456789-"
ENVIRONMENTS = st.dictionaries(
    st.sampled_from(["HERD_SECRET", "GOOGLE_PLACES_API_KEY", "HERD_TOKEN"]),
    st.sampled_from(["", "x", "\udcff", "hush-7f3a"]),
)


def lines() -> list[str]:
    """Return the example's settings, those that are commented out, too; of a key that it shows twice, the last."""
    text = re.sub(r"(?m)^# ([a-z_]+ = )", r"\1", EXAMPLE.read_text("utf-8"))
    table, settled = "", dict[tuple[str, str], str]()
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            table = line if line.startswith("[") else table
            settled[table, line.partition(" = ")[0]] = line
    tokens = (f'"{TOKEN}{number}"' for number in count())
    return [re.sub(r'"\.\.\."', lambda _: next(tokens), line) for line in settled.values()]


VALUES = st.one_of(
    st.sampled_from(
        listed(
            r"""0 1 -1 1.5 1e400 nan true [] {} "" "x" "*" 2020-01-01 [[1]] ["x",1] "30d" "0s" "9999999999d"
            "\u0000" "1\td" "\u0661s" "127.0.0.1:0" "[::1]:65535" "[::]:65536" "x:\u0661" "\u00e9:1" "a\tb:1" "//h"
            "http://[::1" "http://h:x/" "https://u:hush-7f3a@h/" "http://h/{z}/{x}/{y}.png" "town.mbtiles"
            "\u0000.mbtiles" "~nobody/x" "/dev/null" "." "x\n\u001by" ["https://example.org"] ["null"]
            ["https://[::1]:443"] ["Goloman"] ["Hands","Hands"]"""
        )
        + [f'"{secret}"' for secret in SECRETS]
        + [f'"{"x" * 70}.{"y" * 70}:1"', "9" * 5000, "0x" + "f" * 5000, "[" * 2000, "{a=" * 2000],
    ),
    st.integers().map(str),
    st.text(max_size=6).map(lambda text: f"'{text}'"),
)
KEYS = st.sampled_from(
    listed(
        r"""secret more provider key url contact per_minute cache_seconds file cors viewers requests tiles
        attribution tcp http peers "\u0000" a.b "x\ty" """
    )
)
TABLES = st.sampled_from(
    listed(
        r"""[places] [web] [limits] [map] [servers.A] [servers] [servers."a\tb"] [servers."\u00e9/"]
        [servers.goloman] [servers.""] [[servers]] [servers.Goloman.tcp] [fuzz] [servers."\u202e"]"""
    )
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Return the example with some values, lines and tables changed."""
    text = list(lines())
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(text) - 1))
        key, equals, _ = text[place].partition(" = ")
        match draw(st.sampled_from(["value", "value", "value", "value", "line", "table", "drop", "twice"])):
            case "value" if equals:
                text[place] = f"{key} = {draw(VALUES)}"
            case "line":
                text.insert(place, f"{draw(KEYS)} = {draw(VALUES)}")
            case "table":
                text.insert(place, draw(TABLES))
            case "drop" if len(text) > 1:
                del text[place]
            case _:
                text.insert(place, text[place])
    return "\n".join(text)


TEXTS = texts().map(lambda text: text.encode("utf-8", "surrogatepass"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lend a folder with the files that settings name."""
    folder = tmp_path_factory.mktemp("config")
    (folder / "places.geojson").write_text("{}")
    (folder / "town.mbtiles").write_bytes(tiles())
    for name in ("cert.pem", "key.pem", "ca.pem"):
        (folder / name).touch()
    return folder


@settings(max_examples=200)
@given(mostly(TEXTS, TEXTS, mutated(TEXTS, most=2)), ENVIRONMENTS)
@example(b"", {})
@example(b"\xff\xfe", {})
@example(b"a = 1\r", {})
def test_any_file_is_a_config_or_one_line_that_says_why_not(
    folder: Path, content: bytes, environ: dict[str, str]
) -> None:
    file = folder / "herd.toml"
    file.write_bytes(content)
    try:
        config = load(file, environ)
    except ConfigError as reason:
        said = str(reason)
        assert said.startswith(str(file))
        assert said.isprintable(), "more than one line, or what moves the cursor"
        assert len(said) < 1_000 + len(content)  # keys are shown whole
        _check_secrets(said, content)
    else:
        _check(config)
        _check_secrets(repr(config), content)


def test_the_example_with_every_setting_is_a_config(folder: Path) -> None:
    """Else hardly anything would be tried."""
    (folder / "herd.toml").write_text("\n".join(lines()), "utf-8")
    config = load(folder / "herd.toml", {})
    assert (config.map.file, config.places.file) == (folder / "town.mbtiles", folder / "places.geojson")
    assert config.access.write


def _check_secrets(said: str, content: bytes) -> None:
    """No secret may be said; where a mutation put one in the place of something else, it is none."""
    for secret in (*SECRETS, TOKEN):
        lines = [line for line in content.split(b"\n") if secret.encode() in line]
        if all(re.match(rb"(secret|key|read|write) = ", line) for line in lines):
            assert secret not in said


def _check(config: Config) -> None:
    assert config.servers
    for name, server in config.servers.items():
        assert name == server.name
        assert 1 <= len(name.encode()) <= 64
        assert reference.split(name.encode()) == [name.encode()]
        for peer in server.peers:
            assert name in config.servers[peer].peers
        for address in (server.tcp, server.http):
            assert Address.parse(str(address)) == address
            assert address.host.encode("idna")
    assert config.limits.viewers >= 0
    assert config.secret != ""
    assert config.map.url is None or config.map.file is None
    if config.places.file:
        assert config.places.file.is_file()


@given(st.ip_addresses(), st.integers(0, 65535))
def test_every_ip_address_survives_its_text(host: object, port: int) -> None:
    address = Address(str(host), port)
    assert Address.parse(str(address)) == address
