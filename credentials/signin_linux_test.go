package credentials

// Test of a read-only cache folder: the renewal fails before it uses the
// refresh token. The test gives one thread the file permissions of another
// user, which is possible only on Linux.

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func TestReadOnlyCacheFolder(t *testing.T) {
	for name, source := range renewableSources {
		env, d := expiredHome(t, name)
		folder := filepath.Dir(source.path(env))
		for parent := folder; len(parent) >= len(filepath.Dir(env.Home)); parent = filepath.Dir(parent) {
			if err := os.Chmod(parent, 0o755); err != nil { // so that another user can read the files in it
				t.Fatal(err)
			}
		}
		if err := os.Chmod(folder, 0o555); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(folder, 0o700) // so that it can be removed
		s := &search{env: env, request: Request{Profile: "dev"}, limits: defaultLimits}
		err := asOtherUser(t, func() error { _, err := s.run(t.Context()); return err })
		text := errorText(err, env)
		if !strings.Contains(text, "the new token cannot be saved: writing in ~/.aws/") || !strings.Contains(text, "permission denied") || !strings.Contains(text, source.command) {
			t.Errorf("%s: %s", name, text)
		}
		for _, call := range d.Calls() {
			if call.Name == source.call {
				t.Errorf("%s: the token was used", name)
			}
		}
	}
}

// asOtherUser runs action. If this process runs as root, action runs on a thread
// that has the file permissions of another user and that ends with action.
func asOtherUser(t *testing.T, action func() error) error {
	t.Helper()
	if os.Geteuid() != 0 {
		return action()
	}
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked, so that the thread is not used again
		if err := syscall.Setfsuid(65534); err != nil {
			result <- err
			return
		}
		result <- action()
	}()
	return <-result
}
