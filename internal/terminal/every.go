package terminal

// This file redraws while a command waits, so that the times on the screen are
// current.

import (
	"sync"
	"time"
)

// EverySecond calls draw every second until stop is called. Calling stop again
// is allowed. A call of draw may still be running when stop returns.
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
