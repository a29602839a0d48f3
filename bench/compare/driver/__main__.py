"""goro and others side by side: builds what is there, lets it run in turns, and writes a table, a chart, or all figures as JSON."""

import argparse
import datetime
import json
import sys
from pathlib import Path

import chart
import runs
import scaling
import summary
import table
import toolchains
from catalogue import ALL, NAMES, metric_of, rows_by


def arguments(words):
    parser = argparse.ArgumentParser(prog="scripts/bench_compare", description=__doc__)
    parser.add_argument("--workload", action="append", help="only this one (again for more)")
    parser.add_argument("--runtime", action="append", choices=ALL, help="only this one and goro (again for more)")
    parser.add_argument("--procs", type=int, action="append", help="only with so many processors (again for more)")
    parser.add_argument("--repetitions", type=int, default=5, help="rounds (5); 3 at most for what takes seconds")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="cpu: for a machine that has other work")
    parser.add_argument("--scaling", action="store_true", help="curves of what grows, instead of the table")
    parser.add_argument("--json", metavar="FILE", help="every run")
    parser.add_argument("--markdown", metavar="FILE", help="puts the table between the marks of this document")
    parser.add_argument("--svg", metavar="FILE", help="the chart")
    return parser.parse_args(words)


def title_of(row, clock):
    wall = clock == "cpu" and metric_of(row, clock) in ("ns_per_op", "p99_ns")
    return row.title + (" (wall time)" if wall else "")


def measure(options, programs):
    """The lines of the table, and all runs. Rows of one workload share its runs."""
    lines, kept = [], {}
    for row in rows_by(options.clock):
        if options.workload and row.workload not in options.workload:
            continue
        runtimes = [runtime for runtime in row.runtimes() if runtime in programs]
        repetitions = min(3, options.repetitions) if row.heavy else options.repetitions
        for procs in row.procs:
            if options.procs and procs not in options.procs:
                continue
            key = (row.workload, row.size, procs)
            if key not in kept:
                kept[key] = runs.rounds_of(programs, runtimes, *key, repetitions)
            figures = summary.figures_of_row(kept[key], runtimes, metric_of(row, options.clock))
            lines.append({"title": title_of(row, options.clock), "unit": row.unit, "procs": procs, "figures": figures, "without": row.without,
                          "goal": row.goals.get(procs)})
            print(table.markdown(lines[-1:], list(programs)).splitlines()[2], flush=True)
    return lines, [{"workload": key[0], "size": key[1], "procs": key[2], "rounds": rounds} for key, rounds in kept.items()]


def heading(options, skipped):
    versions = ", ".join(f"{name} {text}" for name, text in toolchains.versions().items())
    clock = "Wall time" if options.clock == "wall" else "CPU time where nothing else is said"
    left_out = "".join(f" Skipped: {NAMES[runtime]}." for runtime in skipped)
    return f"{clock}; {datetime.date.today():%-d %B %Y}, {toolchains.processor()}; {versions}.\n{how(options)}{left_out}\n\n"


def how(options):
    if options.scaling:
        return f"Runs for each point, of which the median is given: {min(3, options.repetitions)}, from 10⁶ on one."
    fewer = " (3 where a run takes seconds)" if options.repetitions > 3 else ""
    return (f"The median, the least and the most of {options.repetitions} rounds in turn{fewer}; and how many times goro's figure it is, the "
            "median of the rounds' ratios.")


def bars(lines):
    rows = []
    for line in lines:
        ratios = {runtime: entry["ratio"] for runtime, entry in line["figures"].items() if entry.get("ratio")}
        if ratios and line["unit"] not in table.MEMORY:
            rows.append((f"{line['title']}, P={line['procs']}", ratios))
    shown = [runtime for runtime in NAMES if any(runtime in ratios for _, ratios in rows)]
    return chart.bars("How many times goro's time others take (right of 1×: goro is faster)", rows, shown, NAMES)


def main(words):
    options = arguments(words)
    wanted = [runtime for runtime in ALL if not options.runtime or runtime == "goro" or runtime in options.runtime]
    programs, skipped = toolchains.build(wanted)
    if options.scaling:
        everything, text, svg = scaling.measure(options, programs)
        name = "scaling"
    else:
        lines, everything = measure(options, programs)
        everything = {"rows": lines, "runs": everything}
        text, svg, name = table.markdown(lines, list(programs)), bars(lines), "compare"
    print(text)
    if options.json:
        Path(options.json).write_text(json.dumps({"versions": toolchains.versions(), "processor": toolchains.processor(), "skipped": skipped,
                                                  "measured": everything}, indent=1) + "\n", encoding="utf-8")
    if options.markdown:
        document = Path(options.markdown)
        document.write_text(table.put_between_marks(document.read_text(encoding="utf-8"), name, "\n" + heading(options, skipped) + text + "\n"),
                            encoding="utf-8")
    if options.svg:
        Path(options.svg).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
