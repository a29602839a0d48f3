"""What happens to the cost of an operation as the number of goroutines, timers, connections or processors grows."""

import chart
import runs
import summary
import table
from catalogue import ALL, CURVES, NAMES, ON_CPU


def measure(options, programs):
    """All runs, the table, and the curves as SVG."""
    kept, panels, rows = {}, [], []
    for curve in CURVES:
        if options.workload and curve.workload not in options.workload:
            continue
        runtimes = [runtime for runtime in ALL if runtime in curve.runtimes and runtime in programs]
        metric = ON_CPU[curve.metric] if options.clock == "cpu" else curve.metric
        points = {runtime: [] for runtime in runtimes}
        for value in curve.values:
            size, procs = (value, curve.fixed) if curve.grows == "size" else (curve.fixed, value)
            key = (curve.workload, size, procs)
            if key not in kept:
                kept[key] = runs.rounds_of(programs, runtimes, *key, repetitions_for(options, size))
            figures = summary.figures_of_row(kept[key], runtimes, metric)
            for runtime, entry in figures.items():
                points[runtime].append((value, entry["median"]))
        panels.append((curve.title, curve.what, points, curve.grows == "procs"))
        rows.extend(rows_of(curve, points))
        print("\n".join("| " + " | ".join(row) + " |" for row in rows_of(curve, points)), flush=True)
    everything = [{"workload": key[0], "size": key[1], "procs": key[2], "rounds": rounds} for key, rounds in kept.items()]
    text = "| what | runtime | ns for one operation, with so many |\n|---|---|---|\n"
    text += "".join("| " + " | ".join(row) + " |\n" for row in rows)
    return everything, text, chart.curves("The cost of one operation as things grow", panels, [r for r in ALL if any(r in p[2] for p in panels)],
                                          NAMES)


def repetitions_for(options, size):
    return 1 if size >= 10**6 else min(3, options.repetitions)


def rows_of(curve, points):
    rows = []
    for runtime, series in points.items():
        figures = ", ".join(f"{label(curve, value)}: {table.number(cost)}" for value, cost in series)
        rows.append([f"{curve.title} ({curve.what})", NAMES[runtime], figures])
    return rows


def label(curve, value):
    return str(value) if curve.grows == "procs" or value < 1000 else chart.power(value)
