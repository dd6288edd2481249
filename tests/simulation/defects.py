"""Defects of one line each, with which the herd must not get through the simulation."""

# ruff: noqa: E501 -- texts of other files, as they stand there

from typing import NamedTuple


class Defect(NamedTuple):
    """A text that stands in a file exactly once, and what a tired colleague might have written instead."""

    name: str
    file: str
    text: str
    instead: str
    test: str = ""  # which notices it, where that takes the simulation too many seeds


DEFECTS = (
    Defect(
        "a known report is taken as new",
        "herd/fastlane.py",
        "        if old is None or time > old[0]:\n",
        "        if True:\n",
    ),
    Defect(
        "stamps are compared as text",
        "herd/fastlane.py",
        "        if old is None or time > old[0]:\n",
        "        if old is None or str(time) > old[1].decode('latin-1').split()[-1]:\n",
    ),
    Defect(
        "ties are decided by arrival",
        "herd/store.py",
        "if old.rank >= rank or (",
        "if old.rank[:2] > rank[:2] or (",
    ),
    Defect(
        "the newest is what was heard last",
        "herd/messages.py",
        "return min(time, heard + FUTURE_LIMIT), time, heard, bytes(self)",
        "return heard, time, heard, bytes(self)",
    ),
    Defect(
        "the future outranks for ever",
        "herd/messages.py",
        "return min(time, heard + FUTURE_LIMIT), time",
        "return time, time",
    ),
    Defect(
        "a repetition is news", "herd/store.py", "(batch.origin == OWN_CLIENTS and old.repeats(report))", "False"
    ),
    Defect(
        "a report is told back to who told it",
        "herd/links/telling.py",
        "lines = [line for _, line, _, origin, _ in reports if origin != self.life]",
        "lines = [line for _, line, _, origin, _ in reports]",
    ),
    Defect(
        "a fresh report is told back",
        "herd/links/telling.py",
        "told = [batch.told(self._node.clock) for batch in store.fresh if batch.origin != self.life]",
        "told = [batch.told(self._node.clock) for batch in store.fresh]",
    ),
    Defect(
        "a new link begins at the end of the feed",
        "herd/links/telling.py",
        "self.cursor = heard if heard <= node.store.number else 0",
        "self.cursor = node.store.number",
    ),
    Defect(
        "a number of another life is believed",
        "herd/links/links.py",
        "return number if known == life else 0",
        "return number",
    ),
    Defect(
        "what was heard is said to be more",
        "herd/links/links.py",
        "return number if known == life else 0",
        "return number + 1 if known == life else 0",
    ),
    Defect(
        "who is behind is never caught up",
        "herd/links/telling.py",
        "        if self.cursor != store.before_fresh:\n            self._catch_up_soon()\n            return\n",
        "",
    ),
    Defect(
        "a slow link is not gone on with",
        "herd/links/telling.py",
        "wire.when_writable = self._catch_up_soon",
        "wire.when_writable = self.beat",
    ),
    Defect(
        "the rest of a split line is dropped",
        "herd/links/wire.py",
        "lines, self._tail = data[:cut], data[cut:]",
        'lines, self._tail = data[:cut], b""',
    ),
    Defect(
        "a client's split line is dropped",
        "herd/conversation.py",
        "self._unread = self._unread + data if self._unread else data",
        "self._unread = data",
    ),
    Defect(
        "fullness is not looked at",
        "herd/links/telling.py",
        "        if not self._following or self.wire.blocked:\n",
        "        if not self._following:\n",
    ),
    Defect(
        "a client that reads nothing is answered on",
        "herd/conversation.py",
        "        self._blocked = True\n        self._pause()\n",
        "        self._blocked = False\n",
        "tests/test_conversation.py::test_a_client_that_sends_50_mb_and_reads_nothing_is_not_read_any_more_and_others_are_answered",
    ),
    Defect(
        "a silent link is kept",
        "herd/links/links.py",
        "if loop.time() - end.wire.last_byte > SILENCE:",
        "if loop.time() - end.wire.last_byte > 1000 * SILENCE:",
    ),
    Defect(
        "a lost link is not dialled again",
        "herd/links/links.py",
        "        while True:\n            self._dial_now[peer].clear()",
        "        for _ in range(1):\n            self._dial_now[peer].clear()",
    ),
    Defect(
        "an odd failure ends the dialling",
        "herd/links/links.py",
        "except* (OSError, TimeoutError) as problems:",
        "except* TimeoutError as problems:",
    ),
    Defect(
        "a dial has all the time",
        "herd/links/links.py",
        "async with asyncio.timeout(DIAL_SECONDS):",
        "async with asyncio.timeout(None):",
    ),
    Defect(
        "a handshake has all the time",
        "herd/links/proving.py",
        "    async with asyncio.timeout(SECONDS):\n        mine = Hello(me.name, me.life, peer, me.nonce())",
        "    async with asyncio.timeout(None):\n        mine = Hello(me.name, me.life, peer, me.nonce())",
    ),
    Defect(
        "any proof will do",
        "herd/links/proving.py",
        "if proof is None or not is_proof(",
        "if proof is None or proof.digest != is_proof(",
    ),
    Defect(
        "what comes before a proof counts",
        "herd/links/wire.py",
        "            if self._take:\n                self._take(lines)",
        "            if self._take or lines.startswith(b'AT '):\n                from herd.fastlane import hear_peer\n                (self._take or (lambda chunk: hear_peer(chunk, self._node.turn.batch(b'?'), print) and None))(lines)",
    ),
    Defect("no location is too far north", "herd/fastlane.py", 'rb"[+-][0-8][0-9]', 'rb"[+-][0-9][0-9]'),
    Defect(
        "latitude and longitude are swapped",
        "herd/messages.py",
        "return At(server, skew, self.client, self.location, self.time)",
        "return At(server, skew, self.client, self.location[9:] + self.location[:9], self.time)",
    ),
    Defect("nan is a time", "herd/messages.py", '_TIME = re.compile(rb"', '_TIME = re.compile(rb"nan|'),
    Defect(
        "an answer leaves before it is true",
        "herd/exchange.py",
        "        self._answers.newest.append(bytes(self._node.hear(command)))",
        "        self._answers.newest.append(bytes(command.heard_by(self._node.name.encode(), self._node.clock())))",
    ),
    Defect(
        "answers come as they are ready",
        "herd/ordering.py",
        "            if wait.text is None:\n",
        "            if wait.text is None and not setattr(self, '_waits', self._waits[1:]):\n",
    ),
    Defect("digests find nothing", "herd/digest.py", "if own != other", "if own > other + own"),
    Defect(
        "a repair sends nothing",
        "herd/links/repair.py",
        "lacking = [value for value in offered if value not in own]",
        "lacking = [value for value in offered if value in own]",
    ),
    Defect(
        "a reader stays when its link is gone",
        "herd/links/telling.py",
        "            self._following = False\n            readers.remove(self)\n",
        "            self._following = False\n",
    ),
    Defect(
        "a trimmed log still reaches back",
        "herd/store.py",
        "return self._log_floor <= cursor <= self.number",
        "return 0 <= cursor <= self.number",
    ),
    Defect(
        "half a batch counts as all",
        "herd/store.py",
        "        stop = bisect_right(numbers, reached)  # a number is reached when its whole batch is\n",
        "",
    ),
    Defect(
        "a mark comes before its reports",
        "herd/batch.py",
        'b"%b%b\\n" % (self.text(), mark(self.number, clock()))',
        'b"%b\\n%b" % (mark(self.number, clock()), self.text())',
    ),
    Defect(
        "an older connection lives on beside the newer",
        "herd/links/links.py",
        '            older.wire.drop("replaced by a newer connection")\n',
        "            older.beat()\n",
    ),
    Defect(
        "a report is written anew",
        "herd/fastlane.py",
        "            reports[key] = (time, line, number, origin, key)\n            changed.append(key)\n            lines.append(line)\n        elif time",
        "            reports[key] = (time, line.replace(b' +0', b' +'), number, origin, key)\n            changed.append(key)\n            lines.append(line.replace(b' +0', b' +'))\n        elif time",
    ),
    Defect(
        "what was forgotten counts again",
        "herd/store.py",
        "if forgotten is not None and rank[0] <= forgotten[0]:",
        "if forgotten is not None and rank[0] < 0:",
    ),
    Defect(
        "a forgotten client stays",
        "herd/store.py",
        "if report is not None and report[0] <= stamp:",
        "if report is not None and report[0] < 0:",
    ),
    Defect(
        "the fast lane forgets nobody",
        "herd/fastlane.py",
        "(old is None or client in forgotten or time <= acceptance.expired + FUTURE_LIMIT)",
        "time <= acceptance.expired",
    ),
    Defect(
        "a forgotten client comes back by an old word",
        "herd/fastlane.py",
        "            and (time > bar or client not in forgotten)\n",
        "",
    ),
    Defect(
        "one who overtakes a FORGET is told nothing of it",
        "herd/store.py",
        "kinds = (self.forgotten, self.reports) if self.forgotten else (self.reports,)",
        "kinds = (self.reports,)",
    ),
    Defect(
        "a viewer is not told who is gone",
        "web/feed/channel.py",
        "for client in stretch.gone if last else ():",
        "for client in ():",
        "tests/test_web_feed.py::test_a_viewer_ends_with_what_the_store_knows_whatever_it_was_told_before",
    ),
    Defect(
        "a token of some clients reports of all",
        "herd/exchange.py",
        " and self.grant.covers(command.client)",
        "",
        "tests/test_access.py::test_a_token_of_some_clients_reports_and_asks_of_these_alone_line_by_line",
    ),
    Defect(
        "who came in by a token that is gone stays",
        "herd/access.py",
        "            show_out()\n",
        "",
        "tests/test_access.py::test_a_connection_ends_when_its_token_is_taken_away_and_others_go_on",
    ),
    Defect(
        "a cookie writes for any page",
        "web/admitting.py",
        "return reads if ours is None else ours",
        "return True",
        "tests/test_web_tokens.py::test_a_cookie_writes_for_our_own_page_only",
    ),
    Defect(
        "a token of some clients reports of all in the quick lane",
        "web/quick/lane.py",
        "if not clients or not (ticket.grant.full or all(map(ticket.grant.covers, clients))):",
        "if not clients:",
        "tests/test_web_quick.py::test_a_token_counts_as_it_stands_at_each_request",
    ),
    Defect(
        "the quick lane takes a header that stands twice",
        "web/quick/heads.py",
        "(name := found[1].lower()) in fields or name not in _KNOWN",
        "(name := found[1].lower()) not in _KNOWN",
        "tests/test_web_quick.py::test_a_head_with_anything_odd_in_it_is_not_plain",
    ),
    Defect(
        "a viewer is not told of who moved twice",
        "web/feed/feed.py",
        "lines = [report[1] for report in reports]",
        "lines = [report[1] for report in reports if report[2] <= after]",
        "tests/test_web_feed.py::test_who_catches_up_is_told_of_a_client_that_has_changed_again_since_the_last_tick",
    ),
    Defect(
        "a torn batch is read",
        "herd/journal/sealing.py",
        "if crc32(lines, number & _CRC) != crc:",
        "if not lines:",
        "tests/test_journal.py::test_damage_at_any_byte_costs_one_batch",
    ),
    Defect(
        "what was half written is left in the journal",
        "herd/journal/ledger.py",
        "                self.cut(self.end)\n            raise",
        "                self.end = self.file.size()\n            raise",
        "tests/test_journal.py::test_after_a_failed_write_the_file_ends_as_before",
    ),
    Defect(
        "an answer does not wait for its sync",
        "herd/journal/journal.py",
        "            self.syncing.wait(then)\n",
        "            self.syncing.written() or then(True)\n",
        "tests/test_journal.py::test_with_always_no_answer_leaves_before_its_sync_nor_out_of_order",
    ),
    Defect(
        "what is kept meanwhile is not in the new journal",
        "herd/journal/journal.py",
        "error = new.add(sealed, number) if new else None",
        "error = None",
        "tests/test_compaction.py::test_clients_that_go_on_meanwhile_lose_nothing_wherever_the_power_is_cut",
    ),
    Defect(
        "a crowd is answered though nothing is kept",
        "herd/conversation.py",
        "        if not kept:\n            self._exchange.lose()\n        elif not self.transport",
        "        if not self.transport",
        "tests/test_crowd.py::test_nobody_in_a_crowd_is_answered_where_nothing_is_kept",
    ),
    Defect(
        "a crowd's answers go to the wrong ones",
        "herd/crowd.py",
        "            speakers, lines = list(compress(speakers, answers)), list(compress(lines, answers))\n",
        "            speakers, lines = speakers[: len(lines) - answers.count(b'')], list(compress(lines, answers))\n",
        "tests/test_crowd.py::test_each_is_answered_as_if_it_were_alone_whatever_the_others_say",
    ),
    Defect(
        "who rests is read on",
        "herd/ears.py",
        "        if self._listeners.pop(number, None) is None:\n            return False\n",
        "        if number not in self._listeners or self._listeners:\n            return False\n",
        "tests/test_ears.py::test_who_rests_hears_nothing_until_it_listens_again",
    ),
    Defect(
        "a report is taken in though nothing can be kept",
        "herd/exchange.py",
        "if (trouble := self._node.turn.keeper.trouble) is not None:",
        "if (trouble := None) is not None:",
        "tests/test_journal.py::test_a_full_disk_acknowledges_nothing_and_takes_nothing_in",
    ),
    Defect(
        "a failed sync is forgotten",
        "herd/journal/journal.py",
        '        self.distrusted = self._spoilt = True\n        self.fail(error, "sync")\n',
        "",
        "tests/test_journal.py::test_after_a_failed_sync_the_file_is_written_anew",
    ),
    Defect(
        "what failed to be written counts as written",
        "herd/journal/journal.py",
        "        except OSError as problem:\n            self.fail(problem)\n",
        "        except OSError as problem:\n            self.cursor = number\n            self.fail(problem)\n",
        "tests/test_journal.py::test_what_peers_tell_while_nothing_can_be_kept_is_written_later",
    ),
    Defect(
        "what expired is taken again",
        "herd/acceptance.py",
        "return heard > self.expired and (known",
        "return (known",
        "tests/test_sweep.py::test_what_expired_is_taken_from_nobody_else_be_the_client_known_or_not",
    ),
    Defect(
        "an evicted client comes back from a peer",
        "herd/acceptance.py",
        "(heard > self.floor and not self.full)",
        "not self.full",
        "tests/test_sweep.py::test_beneath_the_floor_an_unknown_client_is_not_taken_from_a_peer_but_a_known_one_and_a_clients_own_are",
    ),
    Defect(
        "a clock that jumps stays trusted",
        "herd/clockwatch.py",
        "        if abs(difference - self._difference) > self._jump:\n            self._doubted = self._steady()\n",
        "",
        "tests/test_forgetting.py::test_a_clock_that_jumps_expires_nobody",
    ),
)
