"""What herd.toml may say, and the one line that a wrong one gets."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from herd.config import COMMANDS, Address, Config, ConfigError, Server, load
from herd.sections.access import AccessSettings, Token
from herd.sections.journal import JournalSettings
from herd.sections.limits import LimitsSettings
from herd.sections.places import PlacesSettings
from herd.sections.web import WebSettings

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "0123456789abcdef"
ONE = '[servers.A]\ntcp = "127.0.0.1:1"\nhttp = "127.0.0.1:2"\n'
Load = Callable[..., Config]


@pytest.fixture
def load_text(tmp_path: Path) -> Load:
    """Load a config of this text, with these variables in the environment."""

    def load_it(text: str | bytes, **environ: str) -> Config:
        path = tmp_path / "herd.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(path, environ)

    return load_it


def server(name: str, port: int = 0, peers: str = "[]") -> str:
    return f'[servers."{name}"]\ntcp = "h:{port}"\nhttp = "h:{port and port + 1}"\npeers = {peers}\n'


def test_the_built_in_herd_is_the_five_of_the_protocol() -> None:
    config = load(None, {})
    assert list(config.servers) == ["Goloman", "Hands", "Holiday", "Welsh", "Wilkes"]
    assert [str(s.tcp) for s in config.servers.values()] == [f"127.0.0.1:{12101 + i}" for i in range(5)]
    assert [str(s.http) for s in config.servers.values()] == [f"127.0.0.1:{8101 + i}" for i in range(5)]
    assert {name: s.peers for name, s in config.servers.items()} == {
        "Goloman": ("Hands", "Holiday", "Wilkes"),
        "Hands": ("Goloman", "Wilkes"),
        "Holiday": ("Goloman", "Welsh", "Wilkes"),
        "Welsh": ("Holiday",),
        "Wilkes": ("Goloman", "Hands", "Holiday"),
    }
    assert config.secret is None
    assert config.places == PlacesSettings("embedded")


def test_the_example_file_is_the_built_in_herd() -> None:
    assert load(ROOT / "herd.example.toml", {}) == load(None, {})


def test_a_file_without_servers_has_the_built_in_ones(load_text: Load) -> None:
    config = load_text('secret = "s"')
    assert config.servers == load(None, {}).servers
    assert config.secret == "s"


def test_every_setting_is_read(load_text: Load) -> None:
    config = load_text(
        'secret = "s"\n[places]\nprovider = "google"\nurl = "http://p:1/x"\nkey = "k"\n'
        'contact = "mail@example.org"\nper_minute = 7\ncache_seconds = 0\n'
        '[web]\ncors = ["https://example.org"]\n[limits]\nviewers = 5\nrequests = 7\n'
        'keep = "2h"\nclients = 9\n'
        'connections = 8\nconnections_per_address = 9\nidle = "2m"\nbuffered = 2048\nlink_buffered = 4096\n'
        "body = 10\nframe = 70000\n"
        '[servers.A]\ntcp = "[::1]:1"\nhttp = "localhost:2"\npeers = ["B"]\n'
        '[servers.B]\ntcp = "h:3"\nhttp = "h:4"\n'
    )
    assert config == Config(
        {
            "A": Server("A", Address("::1", 1), Address("localhost", 2), ("B",)),
            "B": Server("B", Address("h", 3), Address("h", 4), ("A",)),
        },
        "s",
        PlacesSettings("google", "http://p:1/x", "k", "mail@example.org", 7, 0),
        WebSettings(frozenset({"https://example.org"})),
        LimitsSettings(5, 7, 7200, 9, 8, 9, 120, 2048, 4096, 10, 70_000),
    )


def test_origins_are_kept_as_browsers_write_them(load_text: Load) -> None:
    said = ["https://Example.org:443", "http://example.org:80", "http://[::1]:8080", "https://example.org:80"]
    config = load_text(f"[web]\ncors = {said}")
    assert config.web.cors == {
        "https://example.org",
        "http://example.org",
        "http://[::1]:8080",
        "https://example.org:80",
    }
    assert load_text('[web]\ncors = "*"').web.cors == {"*"}
    assert load_text("[web]\ncors = []").web.cors == frozenset()


def test_nobody_may_watch_where_the_setting_says_so(load_text: Load) -> None:
    assert load_text("[limits]\nviewers = 0").limits == LimitsSettings(viewers=0)
    assert load_text("").journal == JournalSettings("everysec")
    for fsync in ("everysec", "always", "never"):
        assert load_text(f'[journal]\nfsync = "{fsync}"').journal == JournalSettings(fsync)


def test_an_edge_named_at_both_ends_or_twice_is_one_edge(load_text: Load) -> None:
    config = load_text(server("A", 1, '["B", "B"]') + server("B", 3, '["A"]'))
    assert config.servers["A"].peers == ("B",)
    assert config.servers["B"].peers == ("A",)


def test_the_environment_fills_what_the_file_leaves_out(load_text: Load) -> None:
    config = load_text(ONE, HERD_SECRET="hush", GOOGLE_PLACES_API_KEY="key")
    assert (config.secret, config.places.key) == ("hush", "key")


def test_the_file_goes_before_the_environment(load_text: Load) -> None:
    text = 'secret = "s"\n[places]\nkey = "k"\n'
    config = load_text(text, HERD_SECRET="hush", GOOGLE_PLACES_API_KEY="key")
    assert (config.secret, config.places.key) == ("s", "k")


def test_a_key_alone_never_chooses_the_provider() -> None:
    assert load(None, {"GOOGLE_PLACES_API_KEY": "key"}).places.provider == "embedded"


def test_empty_variables_count_as_absent() -> None:
    config = load(None, {"HERD_SECRET": "", "GOOGLE_PLACES_API_KEY": ""})
    assert (config.secret, config.places.key) == (None, None)


def test_secrets_do_not_stand_in_the_repr(load_text: Load) -> None:
    config = load_text('secret = "hush"\n[places]\nkey = "quiet"')
    assert "hush" not in repr(config)
    assert "quiet" not in repr(config)


@pytest.mark.parametrize("text", ["127.0.0.1:12101", "localhost:1", "[::1]:12101", "h:0", "[fe80::1%eth0]:65535"])
def test_an_address_reads_back_as_it_was_written(text: str) -> None:
    assert str(Address.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":1",
        "h",
        "h:",
        "h:65536",
        "h:-1",
        "h:1_0",
        "h:٣",
        "::1:1",
        "[::1]",
        "[h]:1",
        "[]:1",
        "h:1 ",
        "a b:1",
        "h:1\n",
    ],
)
def test_what_is_no_address_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- the reasons differ, that it is refused does not
        Address.parse(text)


@pytest.mark.parametrize("name", ["A", "über", "a\u00a0b", "A" * 64, "a.b", "Test", "日本"])
def test_names_with_anything_but_white_space_are_good(name: str, load_text: Load) -> None:
    assert list(load_text(server(name)).servers) == [name]


@pytest.mark.parametrize(
    "name",
    ["", "a b", "a\\tb", "A" * 65, "ü" * 33, "-a", ".a", "a/b", "a\\\\b", "a\\u0000", "a\\u0085b", *COMMANDS],
)
def test_names_that_could_not_be_files_or_fields_or_are_commands_are_refused(name: str, load_text: Load) -> None:
    with pytest.raises(ConfigError, match=r"herd\.toml: servers\..*: expected a name"):
        load_text(server(name))


WRONG = [
    ("secret = a", r"expected TOML: .*line 1"),
    ("a = 1\nb = \n", r"expected TOML: .*line 2"),
    (b'secret = "\xff"', r"expected UTF-8, .*10"),
    (f"a = {'[' * 5000}", r"expected TOML, found brackets nested too deep"),
    (f"a = {'1' * 5000}", r"expected TOML: "),
    (f"limits.viewers = 0x{'f' * 5000}", r"limits\.viewers: expected .*, found a number too long to print"),
    (f"places.provider = [0x{'f' * 5000}]", r"places\.provider: expected .*, found a number too long to print"),
    ("limits.viewers = 9223372036854775808", r"limits\.viewers: expected .*, found 9223372036854775808"),
    ("sekret = 1", r": sekret: unknown key, expected one of .*, secret, servers"),
    ('"a\\nb" = 1', r": 'a\\nb': unknown key"),
    ("places = 1", r": places: expected a table"),
    (
        "[places]\nprovder = 1",
        r": places\.provder: unknown key, expected one of cache_seconds, contact, file, key,",
    ),
    (
        '[places]\nprovider = "bing"',
        r': places\.provider: expected one of "embedded", "google", "google-new", "overpass", "none", found',
    ),
    ("[places]\nprovider = 1", r": places\.provider: expected one of .*, found 1"),
    ('[places]\ncontact = "é"', r": places\.contact: expected at most 200 ASCII characters, found '\\xe9'"),
    ('[places]\ncontact = "a\\nb"', r": places\.contact: expected at most 200 ASCII"),
    (f'[places]\ncontact = "{"a" * 201}"', r": places\.contact: expected at most 200 ASCII"),
    ("[places]\nper_minute = 0", r": places\.per_minute: expected searches a minute, 1 or more, found 0"),
    ("[places]\nper_minute = true", r": places\.per_minute: expected searches a minute"),
    ("[places]\nper_minute = 1.5", r": places\.per_minute: expected searches a minute"),
    ("[places]\ncache_seconds = -1", r": places\.cache_seconds: expected whole seconds, 0 to 86400, found -1"),
    ("[places]\ncache_seconds = 86401", r": places\.cache_seconds: expected whole seconds"),
    ('[places]\nurl = "ftp://x/"', r": places\.url: expected an http:// or https:// URL"),
    ('[places]\nurl = "http://[x/"', r": places\.url: expected an http:// or https:// URL"),
    ('[web]\ncors = "https://example.org"', r': web\.cors: expected a list of origins like .*, or "\*", found'),
    ('[web]\ncors = ["https://example.org/"]', r": web\.cors: expected a list of origins"),
    ('[web]\ncors = ["example.org"]', r": web\.cors: expected a list of origins"),
    ('[web]\ncors = ["null"]', r": web\.cors: expected a list of origins"),
    ('[web]\ncors = ["https://ex\u00e4mple.org"]', r": web\.cors: expected a list of origins"),
    ("[web]\ncors = [1]", r": web\.cors: expected a list of origins"),
    ("[web]\ncosr = []", r": web\.cosr: unknown key, expected one of cors"),
    ("[limits]\nviewers = -1", r": limits\.viewers: expected a whole number from 0, found -1"),
    ('[journal]\nfsync = "off"', r': journal\.fsync: expected "everysec" or "always" or "never", found \'off\''),
    ("[journal]\nfsync = 1", r': journal\.fsync: expected "everysec" or "always" or "never", found 1'),
    ("[journal]\nsync = 1", r": journal\.sync: unknown key, expected one of fsync"),
    ("[limits]\nviewers = true", r": limits\.viewers: expected a whole number from 0, found True"),
    ("[limits]\nrequests = 0", r": limits\.requests: expected a whole number from 1, found 0"),
    ("[limits]\nrequests = 1.5", r": limits\.requests: expected a whole number from 1, found 1\.5"),
    ("[limits]\nconnections = 0", r": limits\.connections: expected a whole number from 1, found 0"),
    ("[limits]\nidle = 0", r": limits\.idle: expected a span as in \"30d\" or \"12h\", found 0"),
    ("[limits]\nbuffered = 10", r": limits\.buffered: expected a number of bytes from 1,024 to .*, found 10"),
    ("[limits]\nframe = 65536", r": limits\.frame: expected a number of bytes from 65,537 to .*, found 65536"),
    ("[tls]\ncret = 'x'", r": tls\.cret: unknown key, expected one of ca, cert, key"),
    ("[tls]\ncert = 1", r": tls\.cert: expected the path of a file that exists, found 1"),
    ('[limits]\nkeep = "1 month"', r': limits\.keep: expected a span as in "30d" or "12h", found \'1 month\''),
    ("[limits]\nkeep = 0", r": limits\.keep: expected a span as in"),
    ("[limits]\nclients = 0", r": limits\.clients: expected a whole number from 1, found 0"),
    (
        '[access]\nwrite = "hush"',
        r": access\.write\[0\]\.token: expected a token of 16 to 256 visible ASCII .*found str",
    ),
    ('[access]\nwrite = "hush hush hush hush"', r": access\.write\[0\]\.token: expected a token"),
    ('[access]\nwrite = "hush-hush-hush-h\u00fcsh"', r": access\.write\[0\]\.token: expected a token"),
    (f'[access]\nwrite = "{"x" * 257}"', r": access\.write\[0\]\.token: expected a token"),
    ("[access]\nwrite = 1", r": access\.write: expected a token of .*, or a list of such, found int"),
    ("[access]\nread = [1]", r": access\.read\[0\]\.token: expected a token of .*, found int"),
    (
        f'[access]\nwrite = [{{token = "{TOKEN}", client = "a"}}]',
        r": access\.write\[0\]\.client: unknown key, expected",
    ),
    (
        f'[access]\nwrite = [{{token = "{TOKEN}", clients = "a b"}}]',
        r": access\.write\[0\]\.clients: expected a client, or",
    ),
    (
        f'[access]\nwrite = [{{token = "{TOKEN}", clients = ""}}]',
        r": access\.write\[0\]\.clients: expected a client, or",
    ),
    ('[access]\nwrite = [{clients = "a*"}]', r": access\.write\[0\]\.token: expected a token of .*, found nothing"),
    (
        f'[access]\nread = "{TOKEN}"',
        r": access\.write: expected a token as well, for nobody could report, found none",
    ),
    (f'[access]\nread = "{TOKEN}"\nwrite = "{TOKEN}"', r": access: expected tokens that differ, found one twice"),
    ("[access]\nopen = 1", r": access\.open: expected true or false, found 1"),
    ("[servers]", r": servers: expected at least one server, found none"),
    ("servers = []", r": servers: expected a table"),
    ("[servers]\nA = 1", r": servers\.A: expected a table"),
    ('[servers.A]\ntcp = "h:1"', r': servers\.A\.http: expected an address "host:port", found nothing'),
    ('[servers.A]\nhttp = "h:1"', r': servers\.A\.tcp: expected an address "host:port", found nothing'),
    ('[servers.A]\ntcp = "h"', r": servers\.A\.tcp: expected an address \"host:port\", found 'h'"),
    ("[servers.A]\ntcp = 1", r": servers\.A\.tcp: expected an address \"host:port\", found 1"),
    (ONE + "udp = 1", r": servers\.A\.udp: unknown key, expected one of http, peers, tcp"),
    (ONE + 'peers = "B"', r": servers\.A\.peers: expected a list of names, found 'B'"),
    (ONE + "peers = [1]", r": servers\.A\.peers: expected a list of names, found \[1\]"),
    (ONE + 'peers = ["B"]', r": servers\.A\.peers: expected names among no other .*, found 'B'"),
    (ONE + 'peers = ["A"]', r": servers\.A\.peers: expected names among .*, found 'A'"),
    (server("A", 1) + server("B", 1), r": servers\.B\.tcp: expected an address of its own, .*h:1 of A\.tcp"),
    (server("A", 1) + server("B", 2), r": servers\.B\.tcp: expected an address of its own, .*h:2 of A\.http"),
    (server("A", 1) + server("a", 3), r": servers\.a: expected names that differ by more than case"),
    (
        '[servers."\u202e"]\ntcp = "h:1"\nhttp = "h:2"\n[servers.A]\ntcp = "h:3"\nhttp = "h:4"\npeers = ["B"]',
        r"servers\.A\.peers: expected names among '\\u202e', found 'B'",
    ),
    (
        '[servers."\u202e"]\ntcp = "h:1"\nhttp = "h:2"\n[servers.A]\ntcp = "h:1"\nhttp = "h:4"',
        r"servers\.A\.tcp: expected an address of its own, found h:1 of '\\u202e\.tcp' too",
    ),
]


@pytest.mark.parametrize(("text", "reason"), WRONG)
def test_a_wrong_file_gets_one_line_with_file_key_and_reason(
    text: str | bytes, reason: str, load_text: Load, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        load_text(text)
    line = str(caught.value)
    assert line.startswith(f"{tmp_path / 'herd.toml'}: ")
    assert line.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        '[access]\nwrite = "hush"',
        '[access]\nwrite = ["hush"]',
        '[access]\nwrite = [["hush"]]',
        '[access]\nwrite = [{token = "hush"}]',
        '[access]\nread = "hush-hush-hush-hush"',
        '[access]\nwrite = ["hush-hush-hush-hush", "hush-hush-hush-hush"]',
        'secret = ["hush"]',
        '[places]\nkey = ["hush"]',
        'secret = ""',
        "places = ['hush']",
        '[places]\nurl = "hush"',
    ],
)
def test_the_error_about_a_secret_does_not_tell_it(text: str, load_text: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load_text(text)
    assert "hush" not in str(caught.value)


def test_tokens_are_one_or_many_for_all_clients_or_some(load_text: Load) -> None:
    one, two, three = (TOKEN + end for end in "123")
    assert load_text(f'[access]\nwrite = "{one}"').access == AccessSettings(write=(Token(one),), mine=one)
    many = f'[access]\nread = ["{one}"]\nwrite = [{{token = "{two}", clients = "fleet7/*"}}, "{three}"]'
    found = AccessSettings((Token(one),), (Token(two, "fleet7/*"), Token(three)), mine=three)
    assert load_text(many).access == found
    assert load_text(many, HERD_TOKEN=one).access == replace(found, mine=one)
    anyone = f'{{token = "{one}", clients = "*"}}'
    anyone = f'[access]\nwrite = [{anyone}, {{token = "{two}", clients = "kiwi"}}]\nopen = true'
    assert load_text(anyone).access == AccessSettings((), (Token(one), Token(two, "kiwi")), open=True, mine=one)
    assert load_text("", HERD_TOKEN="").access == AccessSettings()


def test_two_servers_may_both_take_any_free_port(load_text: Load) -> None:
    assert len(load_text(server("A", 0) + server("B", 0)).servers) == 2


def test_a_file_that_cannot_be_read_is_a_config_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ConfigError, match=r": cannot be read: "):
            load(path, {})
