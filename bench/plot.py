# SPDX-License-Identifier: Apache-2.0
"""./dev bench --plot: draws what ./dev bench and ./dev bench --growth have written into
docs/plots/."""

import json
import statistics
import sys
from pathlib import Path

import svg

ROOT = Path(__file__).resolve().parents[1]
FROM, TO = ROOT / "build/bench", ROOT / "docs/plots"
WIDTH, PANEL = 720, (360, 230)


def read(name):
    """What a bench has written; nothing when it has not run."""
    path = FROM / name
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def write(name, drawing):
    """Into docs/plots/."""
    TO.mkdir(parents=True, exist_ok=True)
    (TO / name).write_text(drawing, encoding="utf-8")
    print(f"docs/plots/{name}")


def stacked(name, label, panels):
    """Panels of bars, one above the other."""
    parts, y = [], 10
    for title, rows, logarithmic in panels:
        more, height = svg.bars(12, y, WIDTH - 24, title, rows, logarithmic)
        parts += more
        y += height + 6
    write(name, svg.document(WIDTH, y, parts, label))


def plot_ideal(rows):
    """P1 to P3: CPU time of a record, fors' above the ideal's."""
    panels = []
    for row in rows:
        if row["row"] in ("P1", "P2", "P3") and "reference_cpu_us" in row:
            title = f"{row['row']}  {row['what']}: CPU µs a record, and records a second"
            pairs = (
                ("fors", row["cpu_us"], row["measured"], True),
                ("ideal", row["reference_cpu_us"], row["reference"], False),
            )
            bars = [
                (name, cpu, f"{cpu:.2f} µs, {svg.short(rate)}/s", ours)
                for name, cpu, rate, ours in pairs
            ]
            panels.append((title, bars, False))
    if panels:
        stacked("ideal.svg", "fors beside the ideal server", panels)


def plot_peers(rows):
    """P7: a panel a load, on a logarithmic scale: the ratios are too large for any other."""
    loads = {}
    for row in rows:
        if row["row"] == "P7":
            loads.setdefault(row["load"], []).append(row)
    panels = []
    for load, each in loads.items():
        servers = [("fors (durable)", statistics.median(row["measured"] for row in each), True)]
        servers += [(row["peer"], row["reference"], False) for row in each]
        servers.sort(key=lambda server: -server[1])
        bars = [(name, rate, f"{svg.short(rate)}/s", ours) for name, rate, ours in servers]
        panels.append((f"{load}: records a second, logarithmic", bars, True))
    if panels:
        stacked("peers.svg", "fors beside the emulators", panels)


def plot_curve(curve):
    """One growth: its panels side by side, two in a row."""
    parts = []
    width, height = PANEL
    for at, panel in enumerate(curve["panels"]):
        points = [
            (point["x"], point[panel["key"]], point["name"])
            for point in curve["points"]
            if point.get(panel["key"]) is not None
        ]
        if not points:
            continue
        x, y = 12 + at % 2 * width, 10 + at // 2 * (height + 10)
        parts += svg.line(x, y, (width - 12, height), panel["title"], points, curve["axis"])
    rows = (len(curve["panels"]) + 1) // 2
    drawing = svg.document(WIDTH + 12, 20 + rows * (height + 10), parts, curve["axis"])
    write(f"growth-{curve['name']}.svg", drawing)


def main():
    """All that there is."""
    table, growth = read("rows.json"), read("growth.json")
    if not table and not growth:
        sys.exit("nothing to draw: ./dev bench and ./dev bench --growth write what is drawn")
    if table:
        plot_ideal(table["rows"])
        plot_peers(table["rows"])
    for curve in growth["curves"] if growth else ():
        plot_curve(curve)


if __name__ == "__main__":
    main()
