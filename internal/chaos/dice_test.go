// Dice: everything that a seed decides comes from here.

package chaos_test

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// dice are a stream of chances of its own. What is drawn for one request does
// not shift what is drawn for the next.
type dice struct{ *rand.Rand }

// roll returns the dice of one thing of a seed: "run 3", "request 17".
func roll(seed uint64, what string, n int) dice {
	h := fnv.New64a()
	h.Write([]byte(what))
	return dice{rand.New(rand.NewPCG(seed, h.Sum64()+uint64(n)*0x9e3779b97f4a7c15))}
}

// chance is true so often, of a hundred times.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// between returns a time between two.
func (d dice) between(from, to time.Duration) time.Duration {
	if to <= from {
		return from
	}
	return from + time.Duration(d.Int64N(int64(to-from)))
}

// one returns one of several.
func one[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }
