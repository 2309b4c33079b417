package credentials

// The test of a cache that takes no new files. It gives up the right to write
// anywhere for one thread, which only Linux can.

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func TestACacheThatTakesNoNewFiles(t *testing.T) {
	for name, source := range renewable {
		env, d := expiredHome(t, name)
		folder := filepath.Dir(source.path(env))
		for up := folder; len(up) >= len(filepath.Dir(env.Home)); up = filepath.Dir(up) {
			if err := os.Chmod(up, 0o755); err != nil { // else no one reads what is in it
				t.Fatal(err)
			}
		}
		if err := os.Chmod(folder, 0o555); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(folder, 0o700) // else it cannot be removed
		s := &search{env: env, request: Request{Profile: "dev"}, limits: defaultLimits}
		err := asNobody(t, func() error { _, err := s.run(t.Context()); return err })
		text := errorText(err, env)
		if !strings.Contains(text, "a new one cannot be saved: writing in ~/.aws/") || !strings.Contains(text, "permission denied") || !strings.Contains(text, source.again) {
			t.Errorf("%s: %s", name, text)
		}
		for _, call := range d.Calls() {
			if call.Name == source.call {
				t.Errorf("%s: the token was used up", name)
			}
		}
	}
}

// asNobody runs do on a thread that, when this is root, has the rights of
// another user for files. The thread ends with it.
func asNobody(t *testing.T, do func() error) error {
	t.Helper()
	if os.Geteuid() != 0 {
		return do()
	}
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // and not unlocked: the thread is not used again
		if err := syscall.Setfsuid(65534); err != nil {
			result <- err
			return
		}
		result <- do()
	}()
	return <-result
}
