//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peak returns the largest resident size of a process in MiB. That of this one,
// about 8 MiB, is the least that the system says of one that it starts.
func peak(state *os.ProcessState) float64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if size := float64(usage.Maxrss); runtime.GOOS == "darwin" {
		return size / (1 << 20) // bytes
	} else {
		return size / (1 << 10) // KiB
	}
}
