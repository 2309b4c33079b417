//go:build race

package chaos_test

// Under the race detector a scene takes ten times as long, and takes the same
// ways as its neighbours. One of three is played; "make test" plays all.
const oneOf = 3
