//go:build race

package race

// Detector reports whether the race detector is enabled.
const Detector = true
