# SPDX-License-Identifier: Apache-2.0
"""Small charts as SVG text: panels of bars or of a line, side by side. No library needed.

Colours follow the reader's light or dark scheme.
"""

import math
from html import escape

STYLE = """
svg { font: 12px system-ui, sans-serif; }
.paper { fill: #ffffff; } text { fill: #1f2328; } .soft { fill: #59636e; }
.head { font-weight: 600; } .main { fill: #0969da; } .rest { fill: #afb8c1; }
.rule { stroke: #d1d9e0; stroke-width: 1; }
.line { stroke: #0969da; stroke-width: 2; fill: none; }
@media (prefers-color-scheme: dark) {
  .paper { fill: #0d1117; } text { fill: #f0f6fc; } .soft { fill: #9198a1; }
  .main { fill: #4493f8; } .rest { fill: #656c76; }
  .rule { stroke: #3d444d; } .line { stroke: #4493f8; }
}
"""
LETTER = 6.6  # about the width of one
ROW, BAR = 24, 14


def short(value):
    """1234567 as 1.23M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def text(x, y, what, anchor="start", kind=""):
    """One line of it."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">'
        f"{escape(what)}</text>"
    )


def rule(x1, y1, x2, y2):
    """A thin line."""
    return f'<line class="rule" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def document(width, height, parts, label):
    """The whole file."""
    return (
        "<!-- SPDX-License-Identifier: Apache-2.0; drawn by bench/plot.py -->\n"
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-label="{escape(label)}">\n'
        f"<style>{STYLE}</style>\n"
        f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def bars(x, y, width, title, rows, logarithmic=False):
    """Horizontal bars: parts and height. A row: name, value, its text, whether it is ours."""
    names = max(len(name) for name, *_ in rows) * LETTER + 10
    room = width - names - max(len(said) for _, _, said, _ in rows) * LETTER - 12
    most = max(value for _, value, _, _ in rows)
    floor = min((value for _, value, _, _ in rows if value > 0), default=1) / 2

    def length(value):
        if value <= 0:
            return 0
        if logarithmic:
            return room * math.log(value / floor) / max(1e-9, math.log(most / floor))
        return room * value / most

    parts = [text(x, y + 14, title, kind="head")]
    top = y + 26
    for at, (name, value, said, ours) in enumerate(rows):
        middle = top + at * ROW + BAR / 2
        parts.append(text(x + names - 8, middle + 4, name, "end"))
        parts.append(
            f'<rect class="{"main" if ours else "rest"}" x="{x + names:.1f}" '
            f'y="{middle - BAR / 2:.1f}" width="{max(1, length(value)):.1f}" height="{BAR}" '
            'rx="2"/>'
        )
        parts.append(text(x + names + length(value) + 6, middle + 4, said, kind="soft"))
    return parts, 26 + len(rows) * ROW + 10


def steps(most):
    """Marks of an axis from 0 to `most`: four or five round numbers."""
    raw = most / 4
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw)
    return [step * n for n in range(math.ceil(most / step) + 1)]


def line(x, y, size, title, points, axis):
    """A line over a logarithmic axis, whose points have names: parts. A point: x, y, name."""
    width, height = size
    left, top, right, bottom = x + 46, y + 28, x + width - 16, y + height - 40
    marks = steps(max(value for _, value, _ in points) or 1)
    low, high = math.log(max(points[0][0], 0.5)), math.log(max(points[-1][0], 0.5))

    def across(value):
        where = (math.log(max(value, 0.5)) - low) / max(1e-9, high - low)
        return left + 8 + (right - left - 16) * where

    def up(value):
        return bottom - (bottom - top) * value / marks[-1]

    parts = [text(x, y + 14, title, kind="head")]
    for mark in marks:
        parts.append(rule(left, up(mark), right, up(mark)))
        parts.append(text(left - 6, up(mark) + 4, short(mark), "end", "soft"))
    for value, _, name in points:
        parts.append(text(across(value), bottom + 16, name, "middle", "soft"))
    parts.append(text((left + right) / 2, bottom + 33, axis, "middle", "soft"))
    path = " ".join(f"{across(value):.1f},{up(height_):.1f}" for value, height_, _ in points)
    parts.append(f'<polyline class="line" points="{path}"/>')
    for value, height_, name in points:
        parts.append(
            f'<circle class="main" cx="{across(value):.1f}" cy="{up(height_):.1f}" r="3.5">'
            f"<title>{escape(name)}: {short(height_)}</title></circle>"
        )
    return parts
