"""SVG, readable on light and on dark paper: bars of ratios, and curves on logarithmic axes."""

import math
from xml.sax.saxutils import escape

from table import factor

COLOURS = {"goro": "#0a7f8c", "go": "#d97706", "tokio": "#8b5cf6", "boost": "#64748b", "threads": "#dc2626"}
STYLE = """<style>
text { font: 12px system-ui, sans-serif; fill: #1f2937 } .title { font-weight: 600; font-size: 14px } .faint { fill: #6b7280; font-size: 11px }
line { stroke: #9ca3af } .grid { stroke-opacity: 0.3 }
@media (prefers-color-scheme: dark) { text { fill: #e5e7eb } .faint { fill: #9ca3af } line { stroke: #6b7280 } }
</style>
"""


def text(x, y, words, anchor="start", kind=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>\n'


def picture(width, height, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img">\n{STYLE}{body}</svg>\n')


def line(x1, y1, x2, y2, kind=""):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>\n'


def legend(x, y, runtimes, names):
    body = ""
    for runtime in runtimes:
        body += f'<rect x="{x}" y="{y - 9}" width="10" height="10" rx="2" fill="{COLOURS[runtime]}"/>\n'
        body += text(x + 15, y, names[runtime])
        x += 28 + 7 * len(names[runtime])
    return body


def bars(title, rows, runtimes, names):
    """rows: [(label, {runtime: ratio})]. A bar's length is the logarithm: from 1, where goro is, to the right what takes longer."""
    left, width, thick = 370, 940, 11
    ratios = [ratio for row in rows for ratio in row[1].values() if ratio] or [1]
    low, high = math.floor(math.log10(min(0.5, *ratios))), math.ceil(math.log10(max(10, *ratios)))

    def place(ratio):
        return left + (math.log10(ratio) - low) / (high - low) * (width - left - 60)

    y, body = 78, ""
    for label, values in rows:
        shown = [(runtime, values[runtime]) for runtime in runtimes if values.get(runtime)]
        body += text(left - 10, y + thick * len(shown) / 2 + 4, label, "end")
        for runtime, ratio in shown:
            x, end = min(place(1), place(ratio)), max(place(1), place(ratio))
            body += f'<rect x="{x:.1f}" y="{y}" width="{max(1, end - x):.1f}" height="{thick - 2}" rx="2" fill="{COLOURS[runtime]}"/>\n'
            beside, anchor = (end + 5, "start") if ratio >= 1 else (x - 5, "end")
            body += text(beside, y + thick - 2, factor(ratio), anchor, "faint")
            y += thick
        y += 10
    grid = "".join(line(place(10**n), 62, place(10**n), y, "" if n == 0 else "grid") + text(place(10**n), 56, f"{10**n:g}×", "middle", "faint")
                   for n in range(low, high + 1))
    head = text(16, 22, title, kind="title") + legend(16, 42, runtimes, names)
    return picture(width, y + 10, head + grid + body)


def curve_panel(x, y, width, height, title, what, points, procs=False):
    """One diagram. points: {runtime: [(size, nanoseconds)]}"""
    every = [point for series in points.values() for point in series if point[1] > 0]
    if not every:
        return ""
    sizes, costs = [point[0] for point in every], [point[1] for point in every]
    low, high = math.floor(math.log10(min(costs))), math.ceil(math.log10(max(costs)) + 1e-9)
    first, last = math.log10(min(sizes)), max(math.log10(max(sizes)), math.log10(min(sizes)) + 1e-9)

    def across(size):
        return x + 48 + (math.log10(size) - first) / (last - first) * (width - 70)

    def up(cost):
        return y + height - 34 - (math.log10(cost) - low) / max(1, high - low) * (height - 66)

    body = text(x + 4, y + 14, title, kind="title")
    for n in range(low, high + 1):
        body += line(x + 48, up(10**n), x + width - 22, up(10**n), "grid") + text(x + 44, up(10**n) + 4, time_of(10**n), "end", "faint")
    for size in sorted(set(sizes)):
        body += text(across(size), y + height - 18, str(size) if procs or size < 1000 else power(size), "middle", "faint")
    body += text(x + width / 2, y + height - 4, what, "middle", "faint")
    for runtime, series in points.items():
        path = " ".join(f"{across(size):.1f},{up(cost):.1f}" for size, cost in series if cost > 0)
        body += f'<polyline points="{path}" fill="none" stroke="{COLOURS[runtime]}" stroke-width="2"/>\n'
    return body


def power(size):
    exponent = math.log10(size)
    if exponent.is_integer():
        return "10" + str(int(exponent)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{size:,}"


def time_of(nanoseconds):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:g} {unit}"
    return f"{nanoseconds:g} ns"


def curves(title, panels, runtimes, names):
    """panels: [(title, what grows, {runtime: [(size, cost)]}, whether by processors)], two in a row."""
    width, height = 450, 260
    body = text(16, 22, title, kind="title") + legend(16, 42, runtimes, names)
    for i, (name, what, points, procs) in enumerate(panels):
        body += curve_panel(i % 2 * width, 56 + i // 2 * height, width, height, name, what, points, procs)
    return picture(2 * width, 60 + (len(panels) + 1) // 2 * height, body)
