// Round trips of 64 bytes over the loopback, r.size connections at a time, both ends in this process.
package main

import (
	"io"
	"net"
	"sync"
)

func echo(c net.Conn) {
	var buffer [64]byte
	for {
		n, err := c.Read(buffer[:])
		if err != nil {
			c.Close()
			return
		}
		c.Write(buffer[:n])
	}
}

func turns(c net.Conn, rounds int) {
	var buffer [64]byte
	for k := 0; k < rounds; k++ {
		if _, err := c.Write(buffer[:]); err != nil {
			panic(err)
		}
		if _, err := io.ReadFull(c, buffer[:]); err != nil {
			panic(err)
		}
	}
}

func tcpEcho(r request) figures {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go echo(c)
		}
	}()
	before := residentBytes()
	clients := make([]net.Conn, r.size)
	for i := range clients {
		if clients[i], err = net.Dial("tcp", listener.Addr().String()); err != nil {
			panic(err)
		}
		turns(clients[i], 1)
	}
	idle := (residentBytes() - before) / float64(r.size)
	f := measure(r, r.size, func(rounds int) {
		var done sync.WaitGroup
		done.Add(r.size)
		for _, c := range clients {
			c := c
			go func() {
				turns(c, rounds)
				done.Done()
			}()
		}
		done.Wait()
	})
	f.more = append(f.more, [2]any{"bytes_each", idle})
	for _, c := range clients {
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
	listener.Close()
	return f
}
