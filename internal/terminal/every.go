package terminal

// This file redraws while a command waits, so that the times on the screen are current.

import (
	"sync"
	"time"
)

// EverySecond calls draw every second until stop is called, which can be called more
// than once. A call of draw can still be under way when stop returns.
func EverySecond(draw func()) (stop func()) {
	ticker, done := time.NewTicker(time.Second), make(chan struct{})
	go func() {
		for {
			select {
			case <-ticker.C:
				draw()
			case <-done:
				return
			}
		}
	}()
	return sync.OnceFunc(func() { ticker.Stop(); close(done) })
}
