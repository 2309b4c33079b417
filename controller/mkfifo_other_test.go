//go:build !unix

// The named pipes of the tests, for systems that have none.

package controller

import "errors"

func mkfifo(string) error { return errors.New("no named pipes here") }
