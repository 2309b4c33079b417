// Measures how fast a log is read.

package denial

import (
	"strings"
	"testing"
)

func BenchmarkRead(b *testing.B) {
	line := `I0728 09:12:01.000001       1 awsmachine_controller.go:474] "Reconciling AWSMachine: error: nothing" controller="awsmachine" namespace="default" name="a-b-c" reconcileID="0d3c"` + "\n"
	text := []byte(strings.Repeat(line, 1<<20/len(line)) + denialCases[0].text)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Read(text)
	}
}
