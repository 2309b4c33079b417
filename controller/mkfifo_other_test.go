//go:build !unix

package controller

import "errors"

func mkfifo(string) error { return errors.New("no named pipes here") }
