// Tests of [Check], in a bubble of testing/synctest.

package pauses

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c Check
		send := func(requests int) (panics bool) {
			defer func() { panics = recover() != nil }()
			for range requests {
				c.Request()
			}
			return false
		}
		if send(most) {
			t.Error("panics although the limit was not exceeded")
		}
		time.Sleep(time.Nanosecond)
		if send(most) {
			t.Error("panics after a pause")
		}
		if !send(1) {
			t.Error("does not panic")
		}
	})
}
