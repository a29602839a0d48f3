"""From runs to figures: min, median, max, and ratios taken round by round."""

import statistics


def summary(values):
    return {"min": min(values), "median": statistics.median(values), "max": max(values), "runs": len(values)}


def ratio_by_rounds(ours, theirs):
    """The median of theirs / ours over the rounds in which both have a figure: what disturbed a round disturbed both.

    None where no round has both, or ours is nothing.
    """
    pairs = [other / own for own, other in zip(ours, theirs) if own is not None and other is not None and own > 0]
    return statistics.median(pairs) if pairs else None


def figures_of_row(rounds, runtimes, metric, ours="goro"):
    """rounds: a list of {runtime: output of its program}, one for each round. Runtimes without any figure are left out."""
    series = {runtime: [one.get(runtime, {}).get(metric) for one in rounds] for runtime in runtimes}
    figures = {}
    for runtime, values in series.items():
        there = [value for value in values if value is not None]
        if not there:
            continue
        figures[runtime] = summary(there)
        if runtime != ours and ours in series:
            figures[runtime]["ratio"] = ratio_by_rounds(series[ours], values)
    return figures
