// Package pauses ends tests in which the program sends requests without a pause. In a
// testing/synctest bubble, time passes only while the program waits, so the time limit of
// such a program never passes, and the test would never end.
package pauses

import (
	"fmt"
	"sync"
	"time"
)

// Check counts the requests that are sent at the same time. The zero value is ready for
// use.
type Check struct {
	mu    sync.Mutex
	last  time.Time
	count int
}

// most is the maximum number of requests with the same time. Outside of a bubble, two
// requests hardly ever have the same time.
const most = 10_000

// Request panics if too many requests have the same time.
func (c *Check) Request() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); !now.Equal(c.last) {
		c.last, c.count = now, 0
	}
	if c.count++; c.count > most {
		panic(fmt.Sprintf("more than %d requests without a pause", most))
	}
}
