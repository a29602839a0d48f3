"""goro's program on every workload of the catalogue, tiny: usage: program_test.py PROGRAM"""

import json
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "driver"))

import catalogue

PROGRAM = sys.argv.pop()
SIZES = {"fib": 10, "parked": 20_000, "select-default": 4, "timer-stop": 100, "timer-reset": 100}


def run(*words):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)


class Program(unittest.TestCase):
    def test_runs_every_workload(self):
        names = run("--list").stdout.split()
        self.assertLessEqual({entry.workload for entry in catalogue.ROWS + catalogue.CURVES} - {"http"}, set(names))
        for name in names:
            for procs in (1, 2):
                with self.subTest(workload=name, procs=procs):
                    done = run(name, "--procs", procs, "--size", SIZES.get(name, 10), "--time-ms", 1)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    figures = json.loads(done.stdout)
                    self.assertEqual((figures["workload"], figures["procs"]), (name, procs))
                    self.assertGreater(figures["ns_per_op"], 0)
                    self.assertGreater(figures["rss_kb"], 0)

    def test_has_every_metric_of_the_catalogue(self):
        for row in catalogue.ROWS:
            if row.workload not in ("http", "parked"):
                self.assertIn(row.metric, ("ns_per_op", "cpu_ns_per_op", "rss_kb"), row.title)
        figures = json.loads(run("parked", "--size", 20_000).stdout)
        self.assertLessEqual({row.metric for row in catalogue.ROWS if row.workload == "parked"}, set(figures))

    def test_plays_as_many_rounds_as_it_is_told(self):
        self.assertEqual(run("channel-alone", "--rounds", 7).returncode, 0)

    def test_refuses_what_it_does_not_know(self):
        for words in (["no-such"], ["yield", "--size"], ["yield", "--what", 1], ["yield", "--procs", 0], []):
            with self.subTest(words=words):
                self.assertEqual(run(*words).returncode, 2)


if __name__ == "__main__":
    unittest.main()
