"""Clients beside the squares that they are in, on their way into a grid."""

from array import array
from collections.abc import Iterable, Iterator

from herd.store import Store
from web.search.squares import deepest_square

SLICE = 200  # clients looked at between two pauses: about 1 ms


def place_of(line: bytes) -> tuple[float, float]:
    """Return latitude and longitude of an AT line of the store."""
    location = line.split(b" ", 5)[4]
    middle = max(location.rfind(b"+"), location.rfind(b"-"))
    return float(location[:middle]), float(location[middle:])


class Pile:
    """Clients and their deepest squares, as two lists side by side: 16 bytes a client."""

    __slots__ = ("_squares", "clients")

    def __init__(self) -> None:
        self.clients: list[bytes] = []
        self._squares = array("Q")

    def __len__(self) -> int:
        """Return the count of clients."""
        return len(self.clients)

    def look_up(self, clients: Iterable[bytes], store: Store) -> None:
        """Put clients on it that the store knows."""
        for client in clients:
            line = store.newest(client)
            if line is not None:
                self.clients.append(client)
                self._squares.append(deepest_square(*place_of(line)))

    def distribute(self, shift: int, parts: "dict[int, Pile]") -> Iterator[None]:
        """Move its clients to piles by their squares `shift` bits up, with pauses."""
        clients, squares = self.clients, self._squares
        while clients:
            for client, square in zip(clients[-SLICE:], squares[-SLICE:], strict=True):
                part = parts.get(square >> shift)
                if part is None:
                    part = parts[square >> shift] = Pile()
                part.clients.append(client)
                part._squares.append(square)
            del clients[-SLICE:], squares[-SLICE:]
            yield
