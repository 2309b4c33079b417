// Tests of the table: its figures, and the rows that exceed a budget. No test
// measures time.

package main

import (
	"strings"
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	ms := func(wall int, memory float64) sample {
		return sample{wall: time.Duration(wall) * time.Millisecond, cpu: 2 * time.Millisecond, memory: memory}
	}
	rows := []*row{
		{title: "start", hasPeer: true, budget: budget{ratio: 0.10, memory: 20}, ourSamples: []sample{ms(9, 12), ms(4, 12), ms(5, 13)}, peerSamples: []sample{ms(40, 50), ms(40, 50), ms(40, 50)}},
		{title: "review", budget: budget{wall: 20 * time.Millisecond}, ourSamples: []sample{ms(25, 21)}},
		{title: "all", skipped: "no npm"},
		{title: "file", hasPeer: true, budget: budget{size: 32}, ourSamples: []sample{{size: 19.25}}, peerSamples: []sample{{size: 96.25}}},
	}
	const (
		head  = "|  | wall time | CPU | peak memory | budget |"
		lines = " --- | --- | --- | --- | --- |"
	)
	for _, test := range []struct {
		peer     bool
		want     string
		exceeded int
	}{
		{false, head + "\n|" + lines + `
| start | 5 ms | 2 ms | 12 MiB | 20 MiB, 0.10 of clusterawsadm |
| review | 25 ms | 2 ms | 21 MiB | 20 ms |
| file | 19.2 MB |  |  | 32 MB |

over budget: review: 1.25 times the limit of 20 ms
not measured: all: no npm
not compared with clusterawsadm, to which the budgets of the first three rows are relative: make bench PEER=PATH
`, 1},
		{true, head + " clusterawsadm | ratio |\n| --- | --- |" + lines + `
| start | 5 ms | 2 ms | 12 MiB | 20 MiB, 0.10 of clusterawsadm | 40 ms, 2 ms of CPU, 50 MiB | 0.125 |
| review | 25 ms | 2 ms | 21 MiB | 20 ms |  |  |
| file | 19.2 MB |  |  | 32 MB | 96.2 MB | 0.200 |

over budget: start: 1.25 times the limit of 0.10 of clusterawsadm
over budget: review: 1.25 times the limit of 20 ms
not measured: all: no npm
`, 2},
	} {
		text, exceeded := table(rows, test.peer)
		if text != test.want || exceeded != test.exceeded {
			t.Errorf("%d over budget, want %d, and\n%swant\n%s", exceeded, test.exceeded, text, test.want)
		}
	}
	if text, exceeded := table([]*row{{title: "start", budget: budget{memory: 20}, ourSamples: []sample{ms(5, 20)}}}, false); exceeded != 0 || strings.Contains(text, "over budget") {
		t.Errorf("a row at its limit counts as exceeding it:\n%s", text)
	}
}
