// Starting goroutines: many, one by one, as calls, as a tree; and keeping many that wait.
package main

import (
	"sync"
	"time"
)

func spawnBatch(r request) figures {
	return measure(r, r.size, func(rounds int) {
		for k := 0; k < rounds; k++ {
			var done sync.WaitGroup
			done.Add(r.size)
			for k := 0; k < r.size; k++ {
				go func() { done.Done() }()
			}
			done.Wait()
		}
	})
}

func spawnJoin(r request) figures {
	return measure(r, 1, func(rounds int) {
		for k := 0; k < rounds; k++ {
			var done sync.WaitGroup
			done.Add(1)
			go func() { done.Done() }()
			done.Wait()
		}
	})
}

func fibOf(n int) int {
	if n < 2 {
		return n
	}
	left := 0
	var done sync.WaitGroup
	done.Add(1)
	go func() {
		left = fibOf(n - 1)
		done.Done()
	}()
	right := fibOf(n - 2)
	done.Wait()
	return left + right
}

func plainFib(n int) int {
	if n < 2 {
		return n
	}
	return plainFib(n-1) + plainFib(n-2)
}

func fib(r request) figures {
	return measure(r, 1, func(rounds int) {
		for k := 0; k < rounds; k++ {
			require(fibOf(r.size) == plainFib(r.size), "fib")
		}
	})
}

func skynetNode(parent chan int64, number, leaves int64) {
	if leaves == 1 {
		parent <- number
		return
	}
	children := make(chan int64)
	for i := int64(0); i < 10; i++ {
		go skynetNode(children, number+i*(leaves/10), leaves/10)
	}
	sum := int64(0)
	for k := 0; k < 10; k++ {
		sum += <-children
	}
	parent <- sum
}

func skynet(r request) figures {
	return measure(r, 1, func(rounds int) {
		for k := 0; k < rounds; k++ {
			result := make(chan int64)
			go skynetNode(result, 0, int64(r.size))
			require(<-result == int64(r.size)*int64(r.size-1)/2, "skynet")
		}
	})
}

func parked(r request) figures {
	var f figures
	count := float64(r.size)
	before := residentBytes()
	cpu, start := cpuTime(), time.Now()
	gate := make(chan struct{})
	var arrived, done sync.WaitGroup
	arrived.Add(r.size)
	done.Add(r.size)
	for k := 0; k < r.size; k++ {
		go func() {
			arrived.Done()
			<-gate
			done.Done()
		}()
	}
	arrived.Wait()
	f.nsPerOp = float64(time.Since(start).Nanoseconds()) / count
	f.cpuNsPerOp = float64((cpuTime() - cpu).Nanoseconds()) / count
	bytesEach := func() float64 { return (residentBytes() - before) / count }
	f.more = append(f.more, [2]any{"bytes_each", bytesEach()})
	cpu, start = cpuTime(), time.Now()
	close(gate)
	done.Wait()
	f.more = append(f.more, [2]any{"wake_ns_per_op", float64(time.Since(start).Nanoseconds()) / count},
		[2]any{"wake_cpu_ns_per_op", float64((cpuTime() - cpu).Nanoseconds()) / count})
	start = time.Now()
	for bytesEach() > 100 && time.Since(start) < 5*time.Second {
		time.Sleep(50 * time.Millisecond)
	}
	f.more = append(f.more, [2]any{"bytes_after", bytesEach()})
	return f
}
