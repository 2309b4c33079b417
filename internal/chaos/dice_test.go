// Random numbers: every decision of a seed comes from here.

package chaos_test

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// dice is an independent stream of random numbers, so that the numbers for one
// request do not shift the numbers for the next.
type dice struct{ *rand.Rand }

// newDice returns the dice of a seed for one purpose, such as "run 3" or "request
// 17".
func newDice(seed uint64, what string, n int) dice {
	h := fnv.New64a()
	h.Write([]byte(what))
	return dice{rand.New(rand.NewPCG(seed, h.Sum64()+uint64(n)*0x9e3779b97f4a7c15))}
}

// chance returns true with a probability given in percent.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// between returns a random duration in [from, to), or from if that range is
// empty.
func (d dice) between(from, to time.Duration) time.Duration {
	if to <= from {
		return from
	}
	return from + time.Duration(d.Int64N(int64(to-from)))
}

func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }
