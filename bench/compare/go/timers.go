// Time: timers that never end, sleeps that do, and one who waits for its turn beside an endless loop.
package main

import (
	"runtime"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// timersAlive are r.size others, whose ends lie apart.
func timersAlive(r request) []*time.Timer {
	alive := make([]*time.Timer, r.size)
	seed := uint64(1)
	for i := range alive {
		seed = seed*6364136223846793005 + 1442695040888963407
		alive[i] = time.NewTimer(time.Hour + time.Duration(seed>>40)*time.Millisecond)
	}
	return alive
}

func timerStop(r request) figures {
	alive := timersAlive(r)
	defer runtime.KeepAlive(alive)
	return measure(r, 1, func(rounds int) {
		for k := 0; k < rounds; k++ {
			require(time.NewTimer(time.Hour).Stop(), "timer-stop")
		}
	})
}

func timerReset(r request) figures {
	alive := timersAlive(r)
	defer runtime.KeepAlive(alive)
	return measure(r, 1, func(rounds int) {
		timer := time.NewTimer(time.Hour)
		for k := 0; k < rounds; k++ {
			require(timer.Reset(time.Hour), "timer-reset")
		}
		timer.Stop()
	})
}

func sleeps(r request) figures { // r.size goroutines, ten sleeps of 10 ms each
	return measure(r, 1, func(rounds int) {
		for k := 0; k < rounds; k++ {
			var done sync.WaitGroup
			done.Add(r.size)
			for k := 0; k < r.size; k++ {
				go func() {
					for k := 0; k < 10; k++ {
						time.Sleep(10 * time.Millisecond)
					}
					done.Done()
				}()
			}
			done.Wait()
		}
	})
}

func besideLoop(request) figures {
	var waits []time.Duration
	cpu := cpuTime()
	for k := 0; k < 11; k++ {
		var ran atomic.Bool
		var wait time.Duration
		var done sync.WaitGroup
		done.Add(2)
		go func() {
			start := time.Now()
			go func() {
				wait = time.Since(start)
				ran.Store(true)
				done.Done()
			}()
			for !ran.Load() {
			}
			done.Done()
		}()
		done.Wait()
		waits = append(waits, wait)
	}
	sort.Slice(waits, func(i, k int) bool { return waits[i] < waits[k] })
	return figures{nsPerOp: float64(waits[5].Nanoseconds()), cpuNsPerOp: float64((cpuTime() - cpu).Nanoseconds()) / 11}
}
