// Package chaos lets the commands on the stack run against a double of
// CloudFormation while everything goes wrong: faults on the wire, odd answers
// and events, other people at work on the same stack, interruptions, short
// time-outs, and all of it again. Whatever happens, some things must hold; they
// are in the files rules_*_test.go.
//
// What happens is drawn at random, from a seed, or put together: the scenes, in the
// files scenes_*_test.go, make what chance seldom does, and are played at every
// run.
//
// A seed decides everything. The time is that of a testing/synctest bubble, and
// the network is in memory, so that a run of hours takes milliseconds.
//
//	go test ./internal/chaos                     20 seeds, as "make test" does; 6 under the race detector
//	go test ./internal/chaos -seeds 300          as "make chaos" does
//	go test ./internal/chaos -seed 17 -v         one of them, with all that happened
package chaos_test

import (
	"flag"
	"fmt"
	"testing"
	"testing/cryptotest"
	"testing/synctest"

	"capaboot/internal/race"
)

var (
	seeds = flag.Int("seeds", usualSeeds(), "how many seeds to run")
	first = flag.Uint64("first", 1, "the first seed")
	only  = flag.Uint64("seed", 0, "run only this seed")
)

// usualSeeds are fewer under the race detector, which makes each five times as slow.
func usualSeeds() int {
	if race.Detector {
		return 6
	}
	return 20
}

func TestChaos(t *testing.T) {
	from, to := *first, *first+uint64(*seeds)
	if *only != 0 {
		from, to = *only, *only+1
	}
	files := writeConfigurations(t)
	for seed := from; seed < to; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			// The names of change sets and the waits are drawn from this.
			cryptotest.SetGlobalRandom(t, seed)
			synctest.Test(t, func(t *testing.T) { play(t, seed, files) })
		})
	}
}
