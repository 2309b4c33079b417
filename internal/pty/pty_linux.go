// Package pty opens pseudo-terminals for tests of interactive use. Only tests
// import it.
package pty

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// Open opens a pseudo-terminal with the given columns and 24 lines. It returns
// the user's side and the program's side, which are closed when the test ends.
// If the system has no pseudo-terminals, the test is skipped.
func Open(t testing.TB, columns uint16) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("skipped: no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	control := func(request uintptr, argument unsafe.Pointer) {
		connection, err := person.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		if err := connection.Control(func(fd uintptr) {
			if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(argument)); errno != 0 {
				t.Fatal(errno)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	unlock, number := int32(0), uint32(0)
	control(syscall.TIOCSPTLCK, unsafe.Pointer(&unlock))
	control(syscall.TIOCGPTN, unsafe.Pointer(&number))
	control(syscall.TIOCSWINSZ, unsafe.Pointer(&[4]uint16{24, columns}))
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return person, program
}
