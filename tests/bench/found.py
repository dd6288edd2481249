"""What a bench found: tables for people, figures held against the goals, and curves to draw."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under a head, ready to print, and what must be said about them."""

    title: str
    head: Cells
    rows: Sequence[Cells]
    notes: Sequence[str] = ()

    def __str__(self) -> str:
        lines = [self.head, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.head))]
        text = [f"\n{self.title}"]
        for line in lines:
            first, *rest = (cell.rjust(width) for cell, width in zip(line, widths, strict=True))
            text.append("  ".join([first.strip().ljust(widths[0]), *rest]).rstrip())
        return "\n".join([*text, *self.notes])

    def markdown(self) -> str:
        """Return it for a document."""
        lines = [self.head, ("---",) * len(self.head), *self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return "\n\n".join([f"**{self.title}**", table, *self.notes]) + "\n"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the goals: samples of ours, one a round, and those of the yardstick from the same rounds.

    Where there is no yardstick, ours are held against the goal as they are, in `unit`. CPU is in seconds of the
    servers' processes per 100,000 operations. `missing` says why there is nothing.
    """

    what: str
    goal: float
    ours: tuple[float, ...] = ()
    yardstick: tuple[float, ...] = ()
    unit: str = ""
    less: bool = False  # whether less is better
    cpu: float | None = None
    yardstick_cpu: float | None = None
    missing: str = ""

    @property
    def measured(self) -> float:
        """Median of the rounds' ratios (what disturbs a whole round cancels out), or of ours."""
        if self.yardstick:
            return median(a / b for a, b in zip(self.ours, self.yardstick, strict=True))
        return median(self.ours)

    @property
    def reached(self) -> bool:
        """Whether the goal is."""
        return bool(self.ours) and (self.measured <= self.goal if self.less else self.measured >= self.goal)

    def cells(self) -> Cells:
        """Return row, measured, goal, reached, ours, yardstick, and CPU of both."""
        bound = f"{'<=' if self.less else '>='} {self._text(self.goal)}"
        if not self.ours:
            return self.what, f"not measured: {self.missing}", bound, "-", "", "", "", ""
        return (
            self.what,
            self._text(self.measured),
            bound,
            "yes" if self.reached else "no",
            number(median(self.ours)) + (f" {self.unit}" if self.unit else ""),
            number(median(self.yardstick)) if self.yardstick else "",
            "" if self.cpu is None else f"{self.cpu:.3f}",
            "" if self.yardstick_cpu is None else f"{self.yardstick_cpu:.3f}",
        )

    def _text(self, value: float) -> str:
        return f"{value:.2f} x" if self.yardstick or not self.unit else f"{number(value)} {self.unit}"


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: its name, and points in order of x. `dashed` is for yardsticks."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """Curves over one pair of axes, each linear or logarithmic."""

    title: str
    x: str
    y: str
    lines: Sequence[Line]
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """All that one bench has to say."""

    tables: list[Table] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)


def number(value: float) -> str:
    """Return a number with about three digits, and commas between thousands."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"
