"""The Earth as squares within squares of degrees, each with a number for a name.

A square is named by its path from the whole Earth down, the digits of it in base 4 behind a leading 1: the quarters
of 1 (the world) are 4 to 7, those of 4 are 16 to 19. In degrees everything is square, so the world is 360 by 360,
its upper half empty.
"""

from web.box import Box

WORLD = 1
DEEPEST = 24  # divisions: squares of 2 m at the equator

_SIDE = 360.0  # degrees
_UNITS: int = 2**DEEPEST
_SCALE = _UNITS / _SIDE
# The bits of a number, spread to every second place: its binary digits, read in base 4.
_SPREAD: list[int] = [int(f"{number:b}", 4) for number in range(2**12)]
_ROUNDED = 1e-9  # degrees by which rounding may put a point beside its square, at most


def deepest_square(latitude: float, longitude: float) -> int:
    """Return the smallest square around a point; the one `n` divisions up is `>> 2 * n`."""
    x = min(int((longitude + 180) * _SCALE), _UNITS - 1)
    y = min(int((latitude + 90) * _SCALE), _UNITS // 2 - 1)  # the pole belongs to the squares below it
    low = _SPREAD[x & 4095] | _SPREAD[y & 4095] << 1
    high = _SPREAD[x >> 12] | _SPREAD[y >> 12] << 1
    return 1 << 2 * DEEPEST | high << 24 | low


def quarters(square: int) -> range:
    """Return the four squares that a square is divided into."""
    return range(square << 2, (square << 2) + 4)


def bounds(square: int) -> tuple[float, float, float, float]:
    """Return west, south, east and north of a square."""
    digits = f"{square:b}"
    x, y = int("0" + digits[2::2], 2), int("0" + digits[1::2], 2)
    side = _SIDE / (1 << len(digits) // 2)
    return x * side - 180, y * side - 90, (x + 1) * side - 180, (y + 1) * side - 90


def touches(box: Box, square: int) -> bool:
    """Tell whether a point of a square may lie in a box, the edges of both included."""
    west, south, east, north = bounds(square)
    if south - _ROUNDED > box.north or north + _ROUNDED < box.south:
        return False
    if box.has_antimeridian and (west == -180 or east == 180):
        return True
    reaches_west, reaches_east = west - _ROUNDED <= box.east, east + _ROUNDED >= box.west
    return (reaches_west and reaches_east) if box.west <= box.east else (reaches_west or reaches_east)
