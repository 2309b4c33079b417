// Package lazy has variables that are initialized when they are first used.
//
// A package variable that is a map, or whose value is the result of a function
// such as regexp.MustCompile or sync.OnceValue, is initialized at every start
// of the program, for any command. That also loads the package's code into
// memory, in units of 64 KiB. A literal of Value or Values costs nothing until
// Get is called.
package lazy

import "sync"

// Value is a variable of type T that Make initializes at the first Get. A
// literal must set Make. A Value must not be copied after the first use.
type Value[T any] struct {
	Make  func() T
	once  sync.Once
	value T
}

// Get returns the value. It is safe for concurrent use.
func (v *Value[T]) Get() T {
	v.once.Do(func() { v.value = v.Make() })
	return v.value
}

// Values is like Value for a function with two results, usually a value and an
// error.
type Values[T, U any] struct {
	Make   func() (T, U)
	once   sync.Once
	first  T
	second U
}

// Get returns both values. It is safe for concurrent use.
func (v *Values[T, U]) Get() (T, U) {
	v.once.Do(func() { v.first, v.second = v.Make() })
	return v.first, v.second
}
