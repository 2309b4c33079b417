//go:build unix

// Peak memory of a process, on Unix.

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peak returns the maximum resident set size of a process in MiB. The system
// never reports less than that of the parent process, about 8 MiB.
func peak(state *os.ProcessState) float64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if size := float64(usage.Maxrss); runtime.GOOS == "darwin" {
		return size / (1 << 20) // Maxrss is in bytes
	} else {
		return size / (1 << 10) // Maxrss is in KiB
	}
}
