"""Equal digests mean equal reports, and the words that compare them survive the wire."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from herd import words
from herd.batch import OWN_CLIENTS, Report
from herd.digest import ALWAYS, Digest, hash_of
from herd.messages import CLIENT_LIMIT, LINE_LIMIT, NAME_LIMIT
from herd.words import LIVES_MOST, WAY_MOST, Place, Span

LONGEST = Span(ALWAYS, ALWAYS, ALWAYS)


def report(client: int, time: int = 1_520_023_934, skew: str = "+1.000000000") -> Report:
    line = b"AT Goloman %b client%d +1.0+1.0 %d" % (skew.encode(), client, time)
    return time * 10**9, line, 1, OWN_CLIENTS, b"client%d" % client


def digest(reports: list[Report], before: int = ALWAYS) -> Digest:
    made = Digest(Span(before))
    for _ in made.build(reports):
        pass
    return made


def test_the_order_of_reports_does_not_matter_and_one_changed_line_shows_in_its_bucket_alone() -> None:
    reports = [report(client) for client in range(3000)]
    shuffled = reports[:]
    Random(1).shuffle(shuffled)
    assert digest(reports).differing(digest(shuffled).sums) == {}
    changed = [*reports[:-1], report(2999, 1_520_023_935)]
    differing = digest(reports).differing(digest(changed).sums)
    assert len(differing) == 1
    bucket = next(iter(differing))
    lacking = set(digest(changed).by_hash(bucket)) - set(digest(reports).by_hash(bucket))
    assert lacking == {hash_of(changed[-1][1])}


def test_a_digest_covers_what_was_heard_before_its_time_by_the_skew_as_printed() -> None:
    heard = (1_520_023_934 + 1) * 10**9
    assert sum(map(len, digest([report(1)], heard).lines)) == 0
    assert sum(map(len, digest([report(1)], heard + 1).lines)) == 1


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_digest_goes_over_the_wire_in_one_line(random: Random) -> None:
    sums = [random.getrandbits(random.choice([0, 1, 64])) for _ in range(words.BUCKETS)]
    line = words.digest(7, LONGEST, sums)
    assert len(line) <= LINE_LIMIT
    assert words.parse_digest(line) == (7, LONGEST, sums)


def test_the_longest_words_are_within_the_longest_line() -> None:
    most = 2**64 - 1
    assert len(words.differ(10**18 - 1, dict.fromkeys(range(words.BUCKETS), most))) <= LINE_LIMIT
    assert len(words.hashes(b"HAVE", 10**18 - 1, 1023, [most] * words.HASHES_A_LINE)) <= LINE_LIMIT
    lives = [b"%064x" % number for number in range(LIVES_MOST)]
    assert len(words.seen((life, 10**18 - 1) for life in lives)) <= LINE_LIMIT
    longest = Place(10**6 - 1, tuple(b"%064d" % number for number in range(WAY_MOST)))
    assert {len(name) for name in longest.way} == {NAME_LIMIT}
    assert len(words.tree(longest)) <= LINE_LIMIT
    assert words.parse_tree(words.tree(longest)) == longest
    assert CLIENT_LIMIT < LINE_LIMIT


@given(st.dictionaries(st.integers(0, words.BUCKETS - 1), st.integers(0, 2**64 - 1), max_size=20))
def test_differing_buckets_go_over_the_wire(sums: dict[int, int]) -> None:
    assert words.parse_differ(words.differ(3, sums)) == (3, sums)


@given(st.integers(0, words.BUCKETS - 1), st.lists(st.integers(0, 2**64 - 1), max_size=20))
def test_hashes_go_over_the_wire(bucket: int, values: list[int]) -> None:
    assert words.parse_hashes(words.hashes(b"WANT", 3, bucket, values)) == (b"WANT", 3, bucket, values)


def test_marks_acknowledgements_and_ends_of_rounds_go_over_the_wire() -> None:
    assert words.parse_mark(words.mark(12, 1_795_467_890_123_456_789)) == (12, 1_795_467_890_123_456_789, 12)
    assert words.parse_ack(words.ack(12)) == (12, False)
    assert words.parse_ack(words.ack(0, more=True)) == (0, True)
    assert words.parse_done(words.done(9)) == 9


LIVES = st.binary(min_size=8, max_size=32).map(lambda token: token.hex().encode())


@given(st.lists(st.tuples(LIVES, st.integers(0, 10**18 - 1)), min_size=1, max_size=20))
def test_what_is_seen_goes_over_the_wire(claims: list[tuple[bytes, int]]) -> None:
    assert words.parse_seen(words.seen(claims)) == claims


NAMES = st.binary(min_size=1, max_size=NAME_LIMIT).map(lambda name: bytes(name).translate(None, b" \t\n\r\f\v"))


@given(st.integers(0, 10**6 - 1), st.lists(NAMES.filter(bool), min_size=1, max_size=WAY_MOST))
def test_a_place_in_the_tree_goes_over_the_wire(links: int, way: list[bytes]) -> None:
    place = Place(links, tuple(way))
    assert words.parse_tree(words.tree(place)) == place


def test_the_parent_stands_before_the_server_on_its_way_and_a_root_has_none() -> None:
    assert Place(3, (b"Goloman", b"Hands", b"Wilkes")).parent == b"Hands"
    assert Place(3, (b"Goloman",)).parent is None


@pytest.mark.parametrize(
    "line",
    [
        b"SEEN",
        b"SEEN ",
        b"SEEN 0123456789abcdef",
        b"SEEN 0123456789abcdef -1",
        b"SEEN 0123456789abcdef 1 ",
        b"SEEN 0123456789abcdef  1",
        b"SEEN 0123456789abcde 1",
        b"SEEN 0123456789ABCDEF 1",
        b"SEEN %b 1" % (b"f" * 65),
        b"SEEN 0123456789abcdef 1234567890123456789",
        b"SEEN 0123456789abcdef 1 0123456789abcdef",
        b"SEEN" + b" 0123456789abcdef 1" * (LIVES_MOST + 1),
        b"TREE",
        b"TREE 3",
        b"TREE 3 ",
        b"TREE Goloman Hands",
        b"TREE -3 Goloman Hands",
        b"TREE 3  Goloman Hands",
        b"TREE 3 Goloman  Hands",
        b"TREE 3 Goloman Hands ",
        b"TREE 1234567 Goloman Hands",
        b"TREE 3 Goloman %b" % (b"n" * (NAME_LIMIT + 1)),
        b"TREE 3" + b" Goloman" * (WAY_MOST + 1),
        b"TREE 3 Goloman Hands\r",
        b"tree 3 Goloman Hands",
    ],
)
def test_a_place_or_a_claim_with_anything_odd_in_it_is_garbage(line: bytes) -> None:
    assert words.parse_seen(line) is None
    assert words.parse_tree(line) is None


@pytest.mark.parametrize(
    "line", [b"ACK 1 ", b"ACK 1 more", b"ACK 1  MORE", b"ACK MORE", b"ACK 1 MORE ", b"ACK 1 MORE 2"]
)
def test_an_acknowledgement_with_anything_odd_behind_it_is_garbage(line: bytes) -> None:
    assert words.parse_ack(line) is None


@given(st.binary(max_size=80))
def test_garbage_is_none_of_these_words(line: bytes) -> None:
    parsed = (words.parse_mark(line), words.parse_ack(line), words.parse_digest(line), words.parse_differ(line))
    others = (words.parse_hashes(line), words.parse_done(line), words.parse_seen(line), words.parse_tree(line))
    assert not any(value is not None for value in (*parsed, *others))


def test_a_bucket_that_does_not_exist_is_garbage() -> None:
    assert words.parse_differ(b"DIFFER 1 1024=0") is None
    assert words.parse_hashes(b"HAVE 1 1024 ff") is None
