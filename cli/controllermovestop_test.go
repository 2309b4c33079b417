// Tests of moves that are interrupted or run out of time: the JSON report shows
// the state of each step.

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"capaboot/credentials"
	"capaboot/internal/conform"
	"capaboot/internal/eksdouble"
	"capaboot/internal/kubedouble"
)

// stoppedReport is the part of a report that these tests check.
type stoppedReport struct {
	Result string
	Steps  []struct{ Step, State, Problem string }
}

// states returns the names and states of the steps that change something, and of
// the last step, named running.
func (r stoppedReport) states() string {
	var all []string
	for _, step := range r.Steps {
		if !slices.Contains([]string{"agent", "role", "trust"}, step.Step) {
			all = append(all, step.Step+" "+step.State)
		}
	}
	return strings.Join(all, ", ")
}

func (r stoppedReport) problem() string {
	for _, step := range r.Steps {
		if step.State == "failed" {
			return step.Problem
		}
	}
	return ""
}

// doUntil runs "use-pod-identity -o json" with ctx, which may end during the run. It
// checks the exit code, and that stdout follows the schema.
func (m *moveSetup) doUntil(ctx context.Context, want int, args ...string) (report stoppedReport, stderr string) {
	m.Helper()
	environment := m.aws.Environment()
	environment["KUBECONFIG"] = m.kubeconfig
	args = append([]string{"/usr/bin/capaboot", "controller", "use-pod-identity", "--cluster-name", "management", "--yes", "-o", "json"}, args...)
	var out, stderrBuffer bytes.Buffer
	code := Run(ctx, Process{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &stderrBuffer,
		Environment: credentials.Environment{Lookup: func(name string) (string, bool) { value, ok := environment[name]; return value, ok }, Home: m.TempDir()}})
	if code != want {
		m.Errorf("exit code %d, want %d\n%s%s", code, want, out.String(), stderrBuffer.String())
	}
	conform.CheckRun(m.T, args, out.String())
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		m.Errorf("stdout is not the report: %v\n%s", err, out.String())
	}
	return report, strings.Join(strings.Fields(stderrBuffer.String()), " ")
}

// An interrupted move prints its report, with the step that was interrupted and
// whether that step may have been done.
func TestReportOfInterruptedMove(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name            string
		interruptAt     func(m *moveSetup, interrupt func())
		states, problem string
	}{
		{"at the association", func(m *moveSetup, interrupt func()) {
			m.aws.Before(func(_ *eksdouble.Double, r eksdouble.Request) {
				if r.Operation == "CreatePodIdentityAssociation" {
					interrupt()
					<-r.Ended // so that the client does not get the response
				}
			})
		}, "association failed, secret open, rollout open, running open", "interrupted; it is unknown whether this step was done"},
		{"at the Secret", func(m *moveSetup, interrupt func()) {
			m.kube.Before(func(_ *kubedouble.Server, r kubedouble.Request) {
				if r.Method == "PATCH" && r.Plural == "secrets" {
					interrupt()
				}
			})
		}, "association made, secret failed, rollout open, running open", "interrupted; it is unknown whether this step was done"},
		{"at the restart", func(m *moveSetup, interrupt func()) {
			m.kube.Before(func(_ *kubedouble.Server, r kubedouble.Request) {
				if r.Method == "PATCH" && r.Plural == "deployments" {
					interrupt()
				}
			})
		}, "association made, secret made, rollout failed, running open", "interrupted; it is unknown whether this step was done"},
		{"while the controllers restart", func(m *moveSetup, interrupt func()) {
			m.kube.Before(func(s *kubedouble.Server, r kubedouble.Request) {
				if r.Method == "PATCH" && r.Path == kubedouble.DeploymentPath {
					m.kube.Before(func(_ *kubedouble.Server, r kubedouble.Request) {
						if r.Path == kubedouble.DeploymentPath {
							interrupt()
						}
					})
				}
			})
		}, "association made, secret made, rollout failed, running open", "interrupted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := newMoveSetup(t, eksdouble.TrustPodIdentity)
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			test.interruptAt(m, interrupt)
			report, stderr := m.doUntil(ctx, exitInterrupted)
			if report.Result != "stopped" || report.states() != test.states || !strings.HasPrefix(report.problem(), test.problem) {
				t.Errorf("result %q, %s; problem %q", report.Result, report.states(), report.problem())
			}
			wantText(t, stderr, "error: interrupted", "hint: ")
		})
	}
}

func TestReportOfMoveOutOfTime(t *testing.T) {
	t.Parallel()
	m := newMoveSetup(t, eksdouble.TrustPodIdentity)
	report, stderr := m.doUntil(t.Context(), exitFailed, "--timeout", "5s") // the wait for EKS alone takes 5 seconds
	if report.Result != "stopped" || report.states() != "association made, secret made, rollout failed, running open" {
		t.Errorf("result %q, %s", report.Result, report.states())
	}
	wantText(t, report.problem(), "timed out after 5s")
	wantText(t, stderr, "error: restart the controllers: timed out after 5s")
}

// An interrupted move whose report cannot be written reports the interruption.
func TestUnwritableReportOfInterruptedMove(t *testing.T) {
	t.Parallel()
	m := newMoveSetup(t, eksdouble.TrustPodIdentity)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	m.kube.Before(func(_ *kubedouble.Server, r kubedouble.Request) {
		if r.Method == "PATCH" {
			interrupt()
		}
	})
	environment := m.aws.Environment()
	environment["KUBECONFIG"] = m.kubeconfig
	var stderr bytes.Buffer
	code := Run(ctx, Process{Args: []string{"capaboot", "controller", "use-pod-identity", "--cluster-name", "management", "--yes", "-o", "json"},
		Stdin: strings.NewReader(""), Stdout: brokenOutput{}, Stderr: &stderr,
		Environment: credentials.Environment{Lookup: func(name string) (string, bool) { value, ok := environment[name]; return value, ok }, Home: t.TempDir()}})
	if code != exitInterrupted || !strings.Contains(stderr.String(), "error: interrupted\n") {
		t.Errorf("exit code %d\n%s", code, stderr.String())
	}
}

type brokenOutput struct{}

func (brokenOutput) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// A move that is interrupted while it makes the plan prints nothing on stdout.
func TestMoveInterruptedBeforeItBegins(t *testing.T) {
	t.Parallel()
	for _, path := range []string{kubedouble.DeploymentPath, kubedouble.SecretPath} {
		m := newMoveSetup(t, eksdouble.TrustPodIdentity)
		ctx, interrupt := context.WithCancel(t.Context())
		defer interrupt()
		m.kube.Before(func(_ *kubedouble.Server, r kubedouble.Request) {
			if r.Path == path {
				interrupt()
			}
		})
		environment := m.aws.Environment()
		environment["KUBECONFIG"] = m.kubeconfig
		var out, stderr bytes.Buffer
		code := Run(ctx, Process{Args: []string{"capaboot", "controller", "use-pod-identity", "--cluster-name", "management", "--yes", "-o", "json"},
			Stdin: strings.NewReader(""), Stdout: &out, Stderr: &stderr,
			Environment: credentials.Environment{Lookup: func(name string) (string, bool) { value, ok := environment[name]; return value, ok }, Home: m.TempDir()}})
		if code != exitInterrupted || out.String() != "" {
			t.Errorf("%s: exit code %d, stdout %q, stderr:\n%s", path, code, out.String(), stderr.String())
		}
	}
}
