"""The driver's figures, tables and charts."""

import sys
import unittest
import unittest.mock
import xml.etree.ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "driver"))

import catalogue
import chart
import http_runs
import summary
import table


class Ratios(unittest.TestCase):
    def test_are_taken_round_by_round(self):
        # The second round was disturbed for both: the ratio of the medians would be 15 / 10.
        self.assertEqual(summary.ratio_by_rounds([10, 100, 10], [30, 300, 15]), 3)

    def test_leave_out_rounds_that_one_side_lacks(self):
        self.assertEqual(summary.ratio_by_rounds([10, None, 10], [20, 1000, None]), 2)

    def test_are_none_without_a_common_round(self):
        self.assertIsNone(summary.ratio_by_rounds([None, 10], [10, None]))
        self.assertIsNone(summary.ratio_by_rounds([0], [10]))

    def test_stand_beside_the_least_and_the_most(self):
        rounds = [{"goro": {"ns": 5.0}, "go": {"ns": 10.0}}, {"goro": {"ns": 7.0}, "go": {"ns": 7.0}}, {"goro": {"ns": 6.0}, "go": {}}]
        figures = summary.figures_of_row(rounds, ["goro", "go", "tokio"], "ns")
        self.assertEqual(figures["goro"], {"min": 5, "median": 6, "max": 7, "runs": 3})
        self.assertEqual(figures["go"], {"min": 7, "median": 8.5, "max": 10, "runs": 2, "ratio": 1.5})
        self.assertNotIn("tokio", figures)


def line(goal=None, ratio=2.0, **more):
    figures = {"goro": {"min": 4, "median": 5, "max": 60, "runs": 3}, "go": {"min": 9, "median": 10, "max": 12, "runs": 3, "ratio": ratio}}
    return {"title": "spawn", "unit": "ns", "procs": 2, "figures": figures, "without": {"boost": "has none"}, "goal": goal} | more


class Tables(unittest.TestCase):
    def test_numbers_keep_three_digits(self):
        self.assertEqual([table.number(n) for n in (1.04, 9.96, 10.4, 999, 1234, 27518.2)], ["1.0", "10.0", "10", "999", "1,230", "27,500"])

    def test_a_line_has_a_cell_for_each_runtime(self):
        last = table.markdown([line(goal=3)], ["goro", "go", "boost", "threads"]).splitlines()[-1]
        self.assertEqual(last, "| spawn | ns | 2 | 5.0 (4.0–60) | 10 (9.0–12), 2.0× | has none |  | 3×: missed |")

    def test_units_scale(self):
        self.assertIn("| 0.0 (0.0–0.1) |", table.markdown([line(unit="µs")], ["goro"]))

    def test_goals_are_met_or_missed(self):
        self.assertEqual(table.verdict(line(goal=2)), "2×: met")
        self.assertEqual(table.verdict(line(goal=2, ratio=0.9)), "2×: missed, slower than Go")
        self.assertEqual(table.verdict(line(ratio=0.9)), "slower than Go")
        self.assertEqual(table.verdict(line(ratio=0.9, unit="bytes")), "more than Go")
        self.assertEqual(table.verdict(line(ratio=1.1)), "")

    def test_only_what_is_between_the_marks_changes(self):
        document = "before\n<!-- compare: by X -->\nold\n<!-- end of compare -->\nafter\n"
        changed = table.put_between_marks(document, "compare", "new\n")
        self.assertEqual(changed, "before\n<!-- compare: by X -->\nnew\n<!-- end of compare -->\nafter\n")
        self.assertEqual(table.put_between_marks(changed, "compare", "old\n"), document)

    def test_a_document_without_marks_is_refused(self):
        for document in ("", "<!-- compare: -->\n", "<!-- end of compare -->\n<!-- compare: -->\n"):
            with self.assertRaises(ValueError):
                table.put_between_marks(document, "compare", "")


SVG = "{http://www.w3.org/2000/svg}"


class Charts(unittest.TestCase):
    def test_bars_are_drawn_for_what_has_a_ratio(self):
        svg = chart.bars("a < b", [("one", {"go": 4.0, "tokio": 0.5}), ("two", {"go": None})], ["go", "tokio"], catalogue.NAMES)
        root = xml.etree.ElementTree.fromstring(svg)
        bars = [r for r in root.iter(SVG + "rect") if r.get("y") != "33"]  # 33: the legend
        self.assertEqual([r.get("fill") for r in bars], [chart.COLOURS["go"], chart.COLOURS["tokio"]])
        self.assertLess(float(bars[1].get("x")), float(bars[0].get("x")))  # faster than goro: to the left of 1
        self.assertIn("a < b", [t.text for t in root.iter(SVG + "text")])

    def test_curves_rise_with_the_cost(self):
        panel = ("spawn", "goroutines", {"goro": [(100, 10.0), (1000, 1000.0)]}, False)
        root = xml.etree.ElementTree.fromstring(chart.curves("title", [panel], ["goro"], catalogue.NAMES))
        (curve,) = root.iter(SVG + "polyline")
        (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in curve.get("points").split())
        self.assertLess(x1, x2)
        self.assertGreater(y1, y2)

    def test_a_panel_without_figures_is_empty(self):
        self.assertEqual(chart.curve_panel(0, 0, 100, 100, "t", "w", {"goro": []}), "")

    def test_readable_on_dark_paper(self):
        self.assertIn("prefers-color-scheme: dark", chart.bars("t", [], [], catalogue.NAMES))

    def test_powers_and_times_read_well(self):
        self.assertEqual([chart.power(10**6), chart.power(9000)], ["10⁶", "9,000"])
        self.assertEqual([chart.time_of(n) for n in (10, 1000, 10**7)], ["10 ns", "1 µs", "10 ms"])


class Http(unittest.TestCase):
    OUTPUT = "  Latency Distribution\n     50%  0.49ms\n     99%    1.10ms\n  183400 requests in 2.00s, 26MB read\n"

    def test_figures_of_wrk(self):
        self.assertEqual(http_runs.parse_wrk(self.OUTPUT), (183400, 1.1e6))

    def test_errors_are_no_figures(self):
        self.assertIsNone(http_runs.parse_wrk(self.OUTPUT + "  Socket errors: connect 0, read 1, write 0, timeout 0\n"))
        self.assertIsNone(http_runs.parse_wrk("unable to connect"))

    def test_a_broken_server_is_no_figure(self):
        with unittest.mock.patch("shutil.which", return_value="wrk"), unittest.mock.patch("sys.stderr"):
            self.assertEqual(http_runs.run_once("false", "tokio", 64), {})
            self.assertEqual(http_runs.run_once("/nowhere/program", "goro", 64), {})


class Rows(unittest.TestCase):
    def test_what_is_not_measured_has_a_reason(self):
        for row in catalogue.ROWS:
            self.assertIn("goro", row.runtimes(), row.title)
            self.assertTrue(all(row.without.values()), row.title)
            self.assertIn(row.unit, table.SCALE, row.title)
            self.assertLessEqual(set(row.goals), set(row.procs), row.title)

    def test_no_figure_stands_twice(self):
        for clock in ("wall", "cpu"):
            figures = [(row.workload, row.size, catalogue.metric_of(row, clock)) for row in catalogue.rows_by(clock)]
            self.assertEqual(len(figures), len(set(figures)), clock)
        self.assertEqual(catalogue.rows_by("wall"), catalogue.ROWS)


if __name__ == "__main__":
    unittest.main()
