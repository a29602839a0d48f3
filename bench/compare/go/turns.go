// Taking turns: yield, and a mutex alone and fought for.
package main

import (
	"runtime"
	"sync"
)

func yield(r request) figures { // r.size goroutines that do nothing else
	return measure(r, r.size*turnsInARound, func(rounds int) {
		var done sync.WaitGroup
		done.Add(r.size)
		for k := 0; k < r.size; k++ {
			go func() {
				for k := 0; k < rounds*turnsInARound; k++ {
					runtime.Gosched()
				}
				done.Done()
			}()
		}
		done.Wait()
	})
}

func mutex(r request) figures {
	return measure(r, 1, func(rounds int) {
		var m sync.Mutex
		shared := 0
		for k := 0; k < rounds; k++ {
			m.Lock()
			shared++
			m.Unlock()
		}
		require(shared == rounds, "mutex")
	})
}

func mutexContended(r request) figures { // r.size goroutines
	return measure(r, r.size, func(rounds int) {
		var m sync.Mutex
		shared := 0
		var done sync.WaitGroup
		done.Add(r.size)
		for k := 0; k < r.size; k++ {
			go func() {
				for k := 0; k < rounds; k++ {
					m.Lock()
					shared++
					m.Unlock()
				}
				done.Done()
			}()
		}
		done.Wait()
		require(shared == rounds*r.size, "mutex-contended")
	})
}
