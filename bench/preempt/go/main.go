// The same as bench/preempt.cpp in Go: the time from one turn to the next of a goroutine that sleeps for a millisecond, on one processor,
// beside loops that call nothing and beside reads that block their threads.
package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"
)

func loop() {
	for n := uint64(0); ; n++ {
	}
}

func blockedRead() {
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		panic(err)
	}
	var b [1]byte
	syscall.Read(ends[0], b[:])
}

func turns(what string, count int, beside func()) {
	for range count {
		go beside()
	}
	gaps := make([]time.Duration, 200)
	last := time.Now()
	for i := range gaps {
		time.Sleep(time.Millisecond)
		now := time.Now()
		gaps[i] = now.Sub(last)
		last = now
	}
	slices.Sort(gaps)
	ms := func(i int) float64 { return float64(gaps[i].Nanoseconds()) / 1e6 }
	fmt.Printf("go    %2d %-14s median %7.2f ms  p99 %7.2f ms  longest %7.2f ms\n", count, what, ms(len(gaps)/2), ms(len(gaps)*99/100), ms(len(gaps)-1))
}

func main() {
	runtime.GOMAXPROCS(1)
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	if os.Args[1] == "loops" {
		turns("endless loops", count, loop)
	} else {
		turns("blocked reads", count, blockedRead)
	}
}
