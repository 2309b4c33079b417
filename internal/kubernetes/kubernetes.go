// Package kubernetes starts a real Kubernetes API server with an empty cluster
// for end-to-end tests. Only tests import it.
//
// "make kubernetes" builds the server from the module internal/kubernetestest,
// and stores it next to Go's build cache. etcd is a system package. There are
// no controllers, no scheduler and no kubelet: tests write what these would do,
// such as running pods, with [Server.Do].
//
// The tests of a package share one server: see [Main] and [Start].
package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"capaboot/internal/race"
)

// Version is the version of the server, the same as that of k8s.io/kubernetes
// in the go.mod of internal/kubernetestest.
const Version = "v1.36.3"

// startTimeout is how long the server may take to become ready. On an idle
// machine it takes a few seconds.
const startTimeout = 2 * time.Minute

// shared is the server of this process.
var shared struct {
	sync.Mutex
	mainCalled bool // Main was called, so it will stop the server
	server     *Server
	startError error // why the server could not be started
}

// Main runs the tests of a package and stops the server that they started. It
// is for TestMain, and returns the exit code.
func Main(m *testing.M) int {
	shared.mainCalled = true
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		shared.server.stop()
	}
	return code
}

// Start returns the server that the tests of a package share, and starts it for
// the first test. If the server is not built or etcd is not installed, the test
// is skipped, or fails if the variable CI is set. With the race detector, the
// test is always skipped.
func Start(t testing.TB) *Server {
	t.Helper()
	race.Skip(t, "the API server, a separate process, takes most of the time")
	shared.Lock()
	defer shared.Unlock()
	if !shared.mainCalled {
		t.Fatal("TestMain must call kubernetes.Main, which stops the server")
	}
	apiserver, etcd, missing := programs()
	if missing != "" {
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip("skipped: " + missing)
	}
	if shared.server == nil && shared.startError == nil {
		// Another process may take a free port before the server listens on it.
		for range 3 {
			shared.server, shared.startError = startServer(apiserver, etcd)
			if shared.startError == nil || !strings.Contains(shared.startError.Error(), "address already in use") {
				break
			}
		}
	}
	if shared.startError != nil {
		t.Fatal(shared.startError)
	}
	return shared.server
}

// programs returns the paths of the programs to start. If a program is not found,
// missing says which one and why, or how to get it.
func programs() (apiserver, etcd, missing string) {
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		return "", "", fmt.Sprintf("the kube-apiserver is stored next to Go's build cache, but \"go env GOCACHE\" fails: %v", err)
	}
	apiserver = filepath.Join(filepath.Dir(strings.TrimSpace(string(cache))), "capaboot", "kube-apiserver-"+Version)
	if _, err := os.Stat(apiserver); err != nil {
		return "", "", fmt.Sprintf("kube-apiserver %s is not built; build it: make kubernetes", Version)
	}
	if etcd, err = exec.LookPath("etcd"); err != nil {
		return "", "", "etcd is not installed; install it: apt-get install etcd-server"
	}
	return apiserver, etcd, ""
}

// Server is a running API server on a port of 127.0.0.1.
type Server struct {
	URL           string // https://127.0.0.1:PORT
	client        *http.Client
	ca            []byte // the certificate that a client trusts, in PEM
	folder        string // the files of both processes
	etcd          *process
	server        *process
	lastNamespace int // number of the last namespace
	mu            sync.Mutex
}

// startServer starts etcd and the server, and waits until the server is ready.
func startServer(apiserver, etcd string) (*Server, error) {
	folder, err := os.MkdirTemp("", "capaboot-kubernetes-")
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder}
	if err := s.startIn(folder, apiserver, etcd); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) startIn(folder, apiserver, etcd string) error {
	if err := s.writeFiles(); err != nil {
		return err
	}
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	store, peer := "http://127.0.0.1:"+ports[0], "http://127.0.0.1:"+ports[1]
	s.URL = "https://127.0.0.1:" + ports[2]
	s.etcd, err = run(etcd, "--data-dir", filepath.Join(folder, "etcd"), "--name", "test", "--log-level", "error",
		"--listen-client-urls", store, "--advertise-client-urls", store,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "test="+peer)
	if err != nil {
		return err
	}
	in := func(name string) string { return filepath.Join(folder, name) }
	s.server, err = run(apiserver, "--etcd-servers", store, "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--secure-port", ports[2],
		"--cert-dir", folder, "--tls-cert-file", in("server.crt"), "--tls-private-key-file", in("server.key"),
		"--token-auth-file", in("tokens.csv"), "--authorization-mode", "RBAC", "--anonymous-auth=false",
		"--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", in("server.key"), "--service-account-signing-key-file", in("server.key"),
		"--service-cluster-ip-range", "10.0.0.0/24", "--disable-admission-plugins", "ServiceAccount", "--enable-priority-and-fairness=false", "--shutdown-delay-duration", "0s")
	if err != nil {
		return err
	}
	return s.wait()
}

// wait waits until the server is ready, for at most startTimeout.
func (s *Server) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		if status, _, err := s.sendBody(ctx, http.MethodGet, "/readyz", "", nil); err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-s.server.ended:
			return fmt.Errorf("kube-apiserver ended: %s", s.server.tail())
		case <-s.etcd.ended:
			return fmt.Errorf("etcd ended: %s", s.etcd.tail())
		case <-ctx.Done():
			return fmt.Errorf("kube-apiserver is not ready after %v: %s", startTimeout, s.server.tail())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *Server) stop() {
	for _, p := range []*process{s.server, s.etcd} {
		if p != nil {
			p.stop()
		}
	}
	os.RemoveAll(s.folder)
}

// freePorts returns ports of 127.0.0.1 on which no process listens at this time.
func freePorts(count int) (ports []string, err error) {
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		ports = append(ports, fmt.Sprint(listener.Addr().(*net.TCPAddr).Port))
	}
	return ports, nil
}

type process struct {
	command *exec.Cmd
	ended   chan struct{} // closed when the program has ended
	log     *tail         // its output
}

func run(name string, args ...string) (*process, error) {
	p := &process{command: exec.Command(name, args...), ended: make(chan struct{}), log: &tail{}}
	p.command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir()}
	p.command.Stdout, p.command.Stderr = p.log, p.log
	p.command.WaitDelay = time.Second
	p.command.SysProcAttr = processAttributes()
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.command.Wait()
		close(p.ended)
	}()
	return p, nil
}

// stop kills the process, because it has nothing to save, and waits for its end.
func (p *process) stop() {
	if err := p.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH) {
		return
	}
	<-p.ended
}

func (p *process) tail() string { return p.log.String() }

// tail keeps at least the last 4 KiB of the output of a process.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if maximum := 4096; len(t.text) > 2*maximum {
		t.text = append([]byte(nil), t.text[len(t.text)-maximum:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

var _ io.Writer = (*tail)(nil)
