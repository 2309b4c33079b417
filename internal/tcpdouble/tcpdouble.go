// Package tcpdouble has a TCP server for tests of servers and proxies that do not
// speak HTTP correctly.
package tcpdouble

import (
	"net"
	"testing"
)

// Start starts a server that calls serve for each connection and then closes
// the connection. The server stops at the end of the test. Start returns the
// address as HOST:PORT.
func Start(t testing.TB, serve func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				serve(connection)
			}()
		}
	}()
	return listener.Addr().String()
}
