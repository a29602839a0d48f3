// Values from goroutine to goroutine, and select.
package main

import "sync"

func pingPong(r request) figures { // r.size pairs
	return measure(r, r.size*turnsInARound, func(rounds int) {
		var done sync.WaitGroup
		done.Add(2 * r.size)
		for k := 0; k < r.size; k++ {
			ping, pong := make(chan int), make(chan int)
			go func() {
				for k := 0; k < rounds*turnsInARound; k++ {
					pong <- <-ping
				}
				done.Done()
			}()
			go func() {
				for i := 0; i < rounds*turnsInARound; i++ {
					ping <- i
					require(<-pong == i, "ping-pong")
				}
				done.Done()
			}()
		}
		done.Wait()
	})
}

func buffered(r request) figures { // r.size producers, as many consumers, a buffer of 128
	return measure(r, r.size, func(rounds int) {
		ch := make(chan int, 128)
		sums := make(chan int, r.size)
		var producers sync.WaitGroup
		producers.Add(r.size)
		for k := 0; k < r.size; k++ {
			go func() {
				sum := 0
				for v := range ch {
					sum += v
				}
				sums <- sum
			}()
			go func() {
				for i := 0; i < rounds; i++ {
					ch <- i
				}
				producers.Done()
			}()
		}
		producers.Wait()
		close(ch)
		sum := 0
		for k := 0; k < r.size; k++ {
			sum += <-sums
		}
		require(sum == r.size*(rounds*(rounds-1)/2), "buffered")
	})
}

func channelAlone(r request) figures {
	return measure(r, 1, func(rounds int) {
		ch := make(chan int, 4)
		sum := 0
		for i := 0; i < rounds; i++ {
			ch <- i
			sum += <-ch
		}
		require(sum == rounds*(rounds-1)/2, "channel-alone")
	})
}

func four(capacity int) (c [4]chan int) {
	for i := range c {
		c[i] = make(chan int, capacity)
	}
	return c
}

func selectReady(r request) figures { // the send is part of it
	return measure(r, 1, func(rounds int) {
		c := four(1)
		sum := 0
		for i := 0; i < rounds; i++ {
			c[i%4] <- i
			select {
			case v := <-c[0]:
				sum += v
			case v := <-c[1]:
				sum += v
			case v := <-c[2]:
				sum += v
			case v := <-c[3]:
				sum += v
			}
		}
		require(sum == rounds*(rounds-1)/2, "select-ready")
	})
}

func selectBlocking(r request) figures { // a producer sends to four unbuffered channels in turn
	return measure(r, 1, func(rounds int) {
		c := four(0)
		sum := 0
		var done sync.WaitGroup
		done.Add(1)
		go func() {
			for k := 0; k < rounds; k++ {
				select {
				case v := <-c[0]:
					sum += v
				case v := <-c[1]:
					sum += v
				case v := <-c[2]:
					sum += v
				case v := <-c[3]:
					sum += v
				}
			}
			done.Done()
		}()
		for i := 0; i < rounds; i++ {
			c[i%4] <- i
		}
		done.Wait()
		require(sum == rounds*(rounds-1)/2, "select-blocking")
	})
}

func selectDefault(r request) figures { // r.size empty channels: one or four
	require(r.size == 1 || r.size == 4, "select-default has one case or four")
	return measure(r, 1, func(rounds int) {
		c := four(1)
		defaults := 0
		if r.size == 1 {
			for k := 0; k < rounds; k++ {
				select {
				case <-c[0]:
				default:
					defaults++
				}
			}
		} else {
			for k := 0; k < rounds; k++ {
				select {
				case <-c[0]:
				case <-c[1]:
				case <-c[2]:
				case <-c[3]:
				default:
					defaults++
				}
			}
		}
		require(defaults == rounds, "select-default")
	})
}
