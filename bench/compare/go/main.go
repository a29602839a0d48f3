// Go's side of bench/compare: PROGRAM WORKLOAD [--procs P] [--size N] [--rounds R] [--time-ms T], or --list.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"time"
)

type workload struct {
	size int // unless the command line says otherwise
	run  func(request) figures
}

var workloads = map[string]workload{
	"spawn-batch":     {1000, spawnBatch},
	"spawn-burst":     {1_000_000, spawnBatch},
	"spawn-join":      {1, spawnJoin},
	"yield":           {2, yield},
	"ping-pong":       {1, pingPong},
	"buffered":        {1, buffered},
	"channel-alone":   {1, channelAlone},
	"select-ready":    {4, selectReady},
	"select-blocking": {4, selectBlocking},
	"select-default":  {4, selectDefault},
	"mutex":           {1, mutex},
	"mutex-contended": {8, mutexContended},
	"parked":          {1_000_000, parked},
	"skynet":          {1_000_000, skynet},
	"fib":             {30, fib},
	"timer-stop":      {0, timerStop},
	"timer-reset":     {0, timerReset},
	"sleeps":          {100_000, sleeps},
	"beside-loop":     {1, besideLoop},
	"tcp-echo":        {64, tcpEcho},
}

func readOptions(r *request) bool {
	for i := 2; i < len(os.Args); i += 2 {
		if i+1 == len(os.Args) {
			return false
		}
		value, err := strconv.Atoi(os.Args[i+1])
		if err != nil || value < 0 {
			return false
		}
		switch os.Args[i] {
		case "--procs":
			r.procs = value
		case "--size":
			r.size = value
		case "--rounds":
			r.rounds = value
		case "--time-ms":
			r.limit = time.Duration(value) * time.Millisecond
		default:
			return false
		}
	}
	return true
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--list" {
		var names []string
		for name := range workloads {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			fmt.Println(name)
		}
		return
	}
	r := request{procs: 1, limit: 400 * time.Millisecond}
	if len(os.Args) > 1 {
		r.workload = os.Args[1]
	}
	w, found := workloads[r.workload]
	r.size = w.size
	if !found || !readOptions(&r) {
		fmt.Fprintln(os.Stderr, "usage: --list | WORKLOAD [--procs P] [--size N] [--rounds R] [--time-ms T]")
		os.Exit(2)
	}
	runtime.GOMAXPROCS(r.procs)
	f := w.run(r)
	fmt.Printf(`{"runtime": "go", "workload": "%s", "procs": %d, "size": %d, `, r.workload, r.procs, r.size)
	fmt.Printf(`"ns_per_op": %.3f, "cpu_ns_per_op": %.3f, `, f.nsPerOp, f.cpuNsPerOp)
	for _, figure := range f.more {
		fmt.Printf(`"%s": %.3f, `, figure[0], figure[1])
	}
	fmt.Printf("\"rss_kb\": %.0f}\n", statusKB("VmHWM:"))
}
