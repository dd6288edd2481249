"""Draws curves as one SVG file, for README and documents: plain shapes, readable on light and dark pages."""

import math
from collections.abc import Sequence
from html import escape

from tests.bench.found import Plot

WIDTH, HEIGHT = 560, 340  # pixels of a panel
LEFT, RIGHT, TOP, BOTTOM = 74, 24, 46, 86  # of it, around the axes
COLUMNS = 2
# Wong's palette, told apart by most eyes, in shades that stand on white and on near-black alike.
COLOURS = ("#0a84c6", "#d9650b", "#0f9d76", "#c0609f", "#b8860b", "#7a7fd0", "#c94040", "#5b9aa8")
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #6e7781 }
  .title { font-weight: 600; font-size: 14px; fill: #57606a }
  .grid { stroke: #8c959f; stroke-opacity: .25 } .axis { stroke: #8c959f }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round }
  @media (prefers-color-scheme: dark) { text { fill: #9da7b1 } .title { fill: #c9d1d9 } }
"""


class Axis:
    """Places values between two pixels, and knows where its ticks stand."""

    def __init__(self, values: Sequence[float], begin: float, end: float, log: bool) -> None:
        self._begin, self._end, self._log = begin, end, log
        if log:
            known = [value for value in values if value > 0] or [1.0]
            low, high = math.floor(math.log10(min(known)) + 1e-9), math.ceil(math.log10(max(known)) - 1e-9)
            self._low, self._high = float(low), float(max(high, low + 1))
            self.ticks = [10.0**power for power in range(low, int(self._high) + 1)]
        else:
            step = _step(max(values, default=1.0))
            count = max(1, math.ceil(max(values, default=1.0) / step - 1e-9))
            self._low, self._high = 0.0, count * step
            self.ticks = [place * step for place in range(count + 1)]

    def at(self, value: float) -> float:
        """Return the pixel of a value; what a logarithm has no place for stands at the edge."""
        if self._log:
            value = math.log10(value) if value > 0 else self._low
        share = (max(value, self._low) - self._low) / (self._high - self._low)
        return self._begin + share * (self._end - self._begin)


def draw(plots: Sequence[Plot], caption: str) -> str:
    """Return the SVG: a panel for each plot, and a caption below."""
    columns = min(COLUMNS, max(1, len(plots)))
    width, height = columns * WIDTH, math.ceil(len(plots) / columns) * HEIGHT + 30
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"']
    parts.append(f' viewBox="0 0 {width} {height}" role="img">\n<style>{STYLE}</style>\n')
    for place, plot in enumerate(plots):
        row, column = divmod(place, columns)
        parts.append(f'<g transform="translate({column * WIDTH} {row * HEIGHT})">\n{_panel(plot)}</g>\n')
    parts.append(_text(width / 2, height - 10, caption) + "</svg>\n")
    return "".join(parts)


def _panel(plot: Plot) -> str:
    points = [point for line in plot.lines for point in line.points]
    x = Axis([point[0] for point in points], LEFT, WIDTH - RIGHT, plot.log_x)
    y = Axis([point[1] for point in points], HEIGHT - BOTTOM, TOP, plot.log_y)
    parts = [_text(LEFT, 24, plot.title, "title", "start")]
    for value in y.ticks:
        parts.append(_stroke("grid", LEFT, y.at(value), WIDTH - RIGHT, y.at(value)))
        parts.append(_text(LEFT - 8, y.at(value) + 4, _short(value), anchor="end"))
    for value in x.ticks:
        parts.append(_stroke("grid", x.at(value), TOP, x.at(value), HEIGHT - BOTTOM))
        parts.append(_text(x.at(value), HEIGHT - BOTTOM + 18, _short(value)))
    parts.append(_stroke("axis", LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM))
    parts.append(_stroke("axis", LEFT, TOP, LEFT, HEIGHT - BOTTOM))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 38, plot.x))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(f'<g transform="translate(16 {middle:.0f}) rotate(-90)">{_text(0, 0, plot.y)}</g>\n')
    return "".join([*parts, _curves(plot, x, y), _legend(plot)])


def _curves(plot: Plot, x: Axis, y: Axis) -> str:
    parts = []
    for number, line in enumerate(plot.lines):
        colour = COLOURS[number % len(COLOURS)]
        places = [(x.at(point[0]), y.at(point[1])) for point in line.points]
        path = " ".join(f"{across:.1f},{down:.1f}" for across, down in places)
        dash = ' stroke-dasharray="6 4"' if line.dashed else ""
        parts.append(f'<polyline class="line" stroke="{colour}"{dash} points="{path}"/>\n')
        parts += [f'<circle cx="{a:.1f}" cy="{d:.1f}" r="3" fill="{colour}"/>\n' for a, d in places]
    return "".join(parts)


def _legend(plot: Plot) -> str:
    parts, left, top = [], float(LEFT), HEIGHT - 28
    for number, line in enumerate(plot.lines):
        size = 40 + 7 * len(line.name)
        if left + size > WIDTH - RIGHT / 2 and left > LEFT:
            left, top = float(LEFT), top + 18
        colour, dash = COLOURS[number % len(COLOURS)], ' stroke-dasharray="6 4"' if line.dashed else ""
        parts.append(f'<path d="M{left:.0f} {top - 4} h18" stroke="{colour}" stroke-width="2"{dash}/>')
        parts.append(_text(left + 24, top, line.name, anchor="start"))
        left += size
    return "".join(parts)


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "middle") -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{name}>{escape(text)}</text>\n'


def _stroke(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>\n'


def _step(high: float) -> float:
    """Return 1, 2 or 5 times a power of ten, of which about five reach `high`."""
    if high <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(high / 5))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor * 5.5 >= high)


def _short(value: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"
