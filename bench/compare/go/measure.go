// Measuring as common/measure.hpp does it.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Turns that a party takes in a round where parties take turns: starting it weighs little, however many they are.
const turnsInARound = 32

type request struct {
	workload string
	procs    int
	size     int
	rounds   int
	limit    time.Duration
}

type figures struct {
	nsPerOp    float64
	cpuNsPerOp float64
	more       [][2]any
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// statusKB is the number behind name in /proc/self/status, in kilobytes.
func statusKB(name string) float64 {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) > 1 && words[0] == name {
			number, _ := strconv.ParseFloat(words[1], 64)
			return number
		}
	}
	return 0
}

func residentBytes() float64 { return (statusKB("VmRSS:") + statusKB("VmPTE:")) * 1024 }

func require(holds bool, what string) {
	if !holds {
		fmt.Fprintln(os.Stderr, "wrong:", what)
		os.Exit(1)
	}
}

func atLeastOne(count float64) int {
	if count < 1 {
		return 1
	}
	return int(count)
}

// measure fills the time with rounds of run, after a warm-up.
func measure(r request, operationsPerRound int, run func(rounds int)) figures {
	var f figures
	timed := func(rounds int) time.Duration {
		cpu, start := cpuTime(), time.Now()
		run(rounds)
		elapsed := time.Since(start)
		operations := float64(rounds) * float64(operationsPerRound)
		f.nsPerOp = float64(elapsed.Nanoseconds()) / operations
		f.cpuNsPerOp = float64((cpuTime() - cpu).Nanoseconds()) / operations
		return elapsed
	}
	if r.rounds > 0 {
		timed(r.rounds)
		return f
	}
	rounds := 1
	elapsed := timed(rounds)
	for warm := false; !warm || elapsed < r.limit/2; {
		warm = elapsed >= r.limit/8
		if warm {
			rounds = atLeastOne(float64(rounds) * float64(r.limit) / float64(elapsed))
		} else {
			rounds *= 2
		}
		elapsed = timed(rounds)
	}
	return f
}
