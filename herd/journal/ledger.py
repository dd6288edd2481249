"""A file that ends with a whole batch, whatever its disk does in between."""

import errno
import os
from contextlib import suppress

from herd.journal.disk import File


class Ledger:
    """Appends batches; after a short or failed write the file is cut back to its last good end."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.end = file.size()  # of what counts, in bytes
        self._torn = False  # whether something may lie behind that

    def append(self, text: bytes) -> None:
        """Write all of it or, with an OSError, nothing."""
        if self._torn:
            self.cut(self.end)
        try:
            if (written := self.file.append(text)) < len(text):  # no error yet: the next write says why
                self._write_rest(text[written:])
        except OSError:
            self._torn = True
            with suppress(OSError):  # else before the next batch: no reader takes what has no seal
                self.cut(self.end)
            raise
        self.end += len(text)

    def cut(self, end: int) -> None:
        """Let the file end there."""
        self.file.truncate(end)
        self.end, self._torn = end, False

    def _write_rest(self, text: bytes) -> None:
        while text:
            written = self.file.append(text)
            if not written:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            text = text[written:]
