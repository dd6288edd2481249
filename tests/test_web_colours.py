"""The page's colours can be told from what lies behind them: WCAG 2.2, level AA."""

import re

import pytest

from web.assets import STATIC

SCHEMES = re.findall(r":root \{(.*?)\}", (STATIC / "css" / "colours.css").read_text(), re.DOTALL)
TEXT, GRAPHICS = 4.5, 3.0
READ = [
    (ink, ground, TEXT)
    for ink in ("ink", "soft", "good", "waiting", "bad", "accent")
    for ground in ("paper", "raised", "wash", "chosen")
] + [
    ("on-accent", "accent", TEXT),
    ("warning-ink", "warning-ground", TEXT),
    ("label", "land", TEXT),
    ("field", "paper", GRAPHICS),
    ("field", "raised", GRAPHICS),
]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", SCHEMES, ids=["light", "dark"])
def test_text_and_graphics_have_contrast_enough(scheme: str) -> None:
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-fA-F]{6})\b", scheme))
    poor = {}
    for ink, ground, least in READ:
        low, high = sorted(luminance(colours[name]) for name in (ink, ground))
        if (high + 0.05) / (low + 0.05) < least:
            poor[f"{ink} on {ground}"] = round((high + 0.05) / (low + 0.05), 2)
    assert poor == {}
