// Package chaos runs the stack commands against a double of CloudFormation
// while everything goes wrong: faults on the network, odd responses and events,
// concurrent changes of the same stack, interruptions, short timeouts, and
// combinations of these. The rules that must hold in every case are in the
// files rules_*_test.go.
//
// There are two kinds of tests. Seeds draw everything at random. Scenes, in the
// files scenes_*_test.go, are fixed situations that rarely occur at random.
// Every scene runs every time, except under the race detector, which runs every
// third.
//
// A seed determines a run completely. Time is the fake time of a
// testing/synctest bubble and the network is in memory, so a run of hours takes
// milliseconds.
//
//	go test ./internal/chaos                     20 seeds, as "make test" does; 6 under the race detector
//	go test ./internal/chaos -seeds 300          as "make chaos" does
//	go test ./internal/chaos -seed 17 -v         one seed, with a report of everything that happened
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
	seedCount = flag.Int("seeds", defaultSeeds(), "how many seeds to run")
	firstSeed = flag.Uint64("first", 1, "the first seed")
	onlySeed  = flag.Uint64("seed", 0, "run only this seed")
)

// defaultSeeds returns how many seeds run by default: fewer under the race
// detector, which makes each seed five times as slow.
func defaultSeeds() int {
	if race.Enabled {
		return 6
	}
	return 20
}

func TestChaos(t *testing.T) {
	from, to := *firstSeed, *firstSeed+uint64(*seedCount)
	if *onlySeed != 0 {
		from, to = *onlySeed, *onlySeed+1
	}
	goals := writeConfigurations(t)
	for seed := from; seed < to; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			// The seed determines the names of change sets and the random
			// waits.
			cryptotest.SetGlobalRandom(t, seed)
			synctest.Test(t, func(t *testing.T) { play(t, seed, goals) })
		})
	}
}
