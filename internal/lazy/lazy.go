// Package lazy has variables that are made when they are first used.
//
// A package's variable that calls a function for its value (regexp.MustCompile,
// sync.OnceValue) or that is a map is made when the program starts, whichever
// command runs, and brings the package's code into memory for it: 64 KiB of
// every package. A literal of Value or Values costs nothing until Get is called.
package lazy

import "sync"

// Value is a variable of type T, made by Make at the first Get. The zero value
// is of no use: a literal sets Make. It must not be copied after the first use.
type Value[T any] struct {
	Make  func() T
	once  sync.Once
	value T
}

// Get returns the value. Several goroutines may call it at once.
func (v *Value[T]) Get() T {
	v.once.Do(func() { v.value = v.Make() })
	return v.value
}

// Values is like Value for a function with two results, often a value and an
// error.
type Values[T, U any] struct {
	Make   func() (T, U)
	once   sync.Once
	first  T
	second U
}

// Get returns both. Several goroutines may call it at once.
func (v *Values[T, U]) Get() (T, U) {
	v.once.Do(func() { v.first, v.second = v.Make() })
	return v.first, v.second
}
