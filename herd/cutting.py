"""Cuts what a client sends into whole lines, none longer than a line may be."""

from collections.abc import Callable

from herd.messages import ECHO_LIMIT, LINE_LIMIT


class Unheard:
    """What came on a connection and is not heard yet; of a line that is too long only its beginning."""

    __slots__ = ("_overlong", "text")

    def __init__(self) -> None:
        self.text = b""
        self._overlong: bytes | None = None  # the beginning of a line that is thrown away as it arrives

    def __bool__(self) -> bool:
        return bool(self.text) or self._overlong is not None

    @property
    def whole(self) -> bool:
        """Whether a line has come to its end."""
        return b"\n" in self.text

    def add(self, data: bytes) -> None:
        """Take what came."""
        self.text = self.text + data if self.text else data

    def end(self) -> None:
        """Take what is left for a line: nothing more comes."""
        if self:
            self.text += b"\n"

    def tear(self) -> None:
        """Let go of a line that has not ended."""
        self.text = self.text[: self.text.rfind(b"\n") + 1]

    def cut(self, refuse: Callable[[bytes], None]) -> bytes:
        """Return whole lines, as many as fit into the longest one; `refuse` is told how a longer one begins."""
        while True:
            if self._overlong is None:
                cut = self.text.rfind(b"\n", 0, LINE_LIMIT + 1) + 1
                if cut or len(self.text) <= LINE_LIMIT:
                    lines, self.text = self.text[:cut], self.text[cut:]
                    return lines
                self._overlong = self.text[:ECHO_LIMIT]
            _, newline, self.text = self.text.partition(b"\n")
            if not newline:
                return b""
            refuse(self._overlong)
            self._overlong = None
