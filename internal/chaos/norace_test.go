//go:build !race

package chaos_test

// oneOf is how many scenes there are for each that is played.
const oneOf = 1
