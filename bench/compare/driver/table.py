"""Figures as Markdown, and a table between its two marks in a document."""

from catalogue import NAMES

SCALE = {"ns": 1, "µs": 1e3, "ms": 1e6, "bytes": 1, "MB": 1024}  # programs count nanoseconds, bytes and kilobytes
MEMORY = ("bytes", "MB")
LEVEL = 0.95  # from here on goro is level with Go: what is closer cannot be told apart


def number(value):
    """Three digits that mean something, thousands set apart."""
    if value < 10:
        return f"{value:.1f}"
    if value < 1000:
        return f"{value:.0f}"
    digits = len(str(int(value))) - 3
    return f"{round(value, -digits):,.0f}"


def factor(ratio):
    return f"{ratio:.1f}×" if ratio < 10 else f"{ratio:.0f}×"


def cell(entry, unit):
    figure = entry["median"] / SCALE[unit]
    text = f"{number(figure)} ({number(entry['min'] / SCALE[unit])}–{number(entry['max'] / SCALE[unit])})"
    return text if entry.get("ratio") is None else f"{text}, {factor(entry['ratio'])}"


def verdict(line):
    """The goal and whether it is met. And whether goro is slower than Go."""
    ratio = line["figures"].get("go", {}).get("ratio")
    goal = line.get("goal")
    if ratio is None:
        return ""
    behind = "" if ratio >= LEVEL else "more than Go" if line["unit"] in MEMORY else "slower than Go"
    against = "" if goal is None else f"{goal:g}×: {'met' if ratio >= goal else 'missed'}"
    return ", ".join(part for part in (against, behind) if part)


def markdown(lines, runtimes):
    """lines: [{title, unit, procs, figures, without, goal}]. A cell: median (least–most), how many times goro's it is."""
    head = ["what", "unit", "P", *(NAMES[runtime] for runtime in runtimes), "goal against Go"]
    rows = [head, ["---"] * len(head)]
    for line in lines:
        cells = [cell(line["figures"][runtime], line["unit"]) if runtime in line["figures"] else
                 line["without"].get(runtime, "") for runtime in runtimes]
        rows.append([line["title"], line["unit"], str(line["procs"]), *cells, verdict(line)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def put_between_marks(document, name, text):
    """The document with `text` between `<!-- NAME: … -->` and `<!-- end of NAME -->`, in place of what is there."""
    lines = document.splitlines(keepends=True)
    start = next((i for i, line in enumerate(lines) if line.startswith(f"<!-- {name}:")), None)
    end = next((i for i, line in enumerate(lines) if line.startswith(f"<!-- end of {name}")), None)
    if start is None or end is None or end < start:
        raise ValueError(f"no marks of {name}")
    return "".join(lines[: start + 1]) + text + "".join(lines[end:])
