// Tests of moves against the doubles of an API server and of AWS: complete
// moves, and moves that are interrupted at every request.

package move_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscredentials "github.com/aws/aws-sdk-go-v2/credentials"

	"capaboot/controller"
	"capaboot/controller/move"
	"capaboot/internal/awsclient"
	"capaboot/internal/eksdouble"
	"capaboot/internal/kubedouble"
	"capaboot/internal/podaccess"
	"capaboot/internal/race"
)

const (
	profile  = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = FALSESECRETOFTHETESTFALSESECRETOFTHETEST\nregion = eu-west-1\n"
	issuer   = eksdouble.Issuer
	provider = eksdouble.Provider
	roleName = eksdouble.RoleName
	roleARN  = eksdouble.RoleARN
	trustPod = eksdouble.TrustPodIdentity
	trustOld = eksdouble.TrustEC2
	trustWeb = eksdouble.TrustIRSA
)

// account provides client configurations for the double of AWS.
type account struct{ aws *eksdouble.Double }

func (a account) Config(ctx context.Context, service string) (aws.Config, error) {
	settings := awsclient.Settings{
		Lookup: func(name string) (string, bool) { value, ok := a.aws.Environment()[name]; return value, ok },
		Region: eksdouble.Region, Credentials: awscredentials.NewStaticCredentialsProvider(eksdouble.Keys.ID, eksdouble.Keys.Secret, ""),
		AttemptTimeout: time.Minute, Attempts: 1, Pause: time.Millisecond,
	}
	return settings.Config(ctx, service)
}

// world is a management cluster on EKS with static keys, and its AWS account.
type world struct {
	t      *testing.T
	kube   *kubedouble.Server
	aws    *eksdouble.Double
	mover  move.Mover
	method move.Method
}

func newWorld(t *testing.T, method move.Method) *world {
	t.Helper()
	w := &world{t: t, kube: kubedouble.New(t), aws: eksdouble.New(t), method: method}
	w.aws.SetUpManagementCluster(w.kube, profile, map[move.Method]string{move.PodIdentity: trustPod, move.IRSA: trustWeb}[method])
	cluster, err := controller.Open(t.Context(), controller.Options{Kubeconfig: w.kube.Kubeconfig(t)})
	if err != nil {
		t.Fatal(err)
	}
	eks, err := podaccess.NewEKS(t.Context(), account{w.aws})
	if err != nil {
		t.Fatal(err)
	}
	iam, err := podaccess.NewIAM(t.Context(), account{w.aws})
	if err != nil {
		t.Fatal(err)
	}
	w.mover = move.Mover{Cluster: cluster, EKS: eks, IAM: iam, Settle: time.Millisecond}
	return w
}

// target is the role and the service account that
// [eksdouble.Double.SetUpManagementCluster] creates.
func (w *world) target() move.Target {
	return move.Target{Method: w.method, ClusterName: "management", Namespace: "capa-system", ServiceAccount: "capa-controller-manager", RoleName: roleName, Server: w.kube.URL}
}

// run plans a move, and executes it if there are no problems.
func (w *world) run(ctx context.Context) (*move.Result, error) {
	plan, err := w.mover.Plan(ctx, w.target())
	if err != nil {
		return nil, err
	}
	if problems := plan.Problems(); len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return w.mover.Apply(ctx, plan)
}

// makeOlder sets the times of the changes to an hour ago. Otherwise, a plan within
// the same second restarts the pods, because Kubernetes times have whole seconds.
func (w *world) makeOlder() {
	anHourAgo := time.Now().Add(-time.Hour)
	w.aws.ChangeAssociations(func(o eksdouble.Object) { o["modifiedAt"] = float64(anHourAgo.Unix()) })
	if object := w.kube.Object(kubedouble.SecretPath); object["metadata"].(kubedouble.Object)["managedFields"] != nil {
		w.kube.Change(kubedouble.SecretPath, func(o kubedouble.Object) {
			o["metadata"].(kubedouble.Object)["managedFields"].([]any)[0].(kubedouble.Object)["time"] = anHourAgo.UTC().Format(time.RFC3339)
		})
	}
}

// result returns what a move changes, in JSON: the roles of the associations, the
// value of the Secret, and the annotations of the service account.
func (w *world) result() string {
	secret := w.kube.Object(kubedouble.SecretPath)["data"].(kubedouble.Object)["credentials"]
	annotations := w.kube.Object(kubedouble.ServiceAccountPath)["metadata"].(kubedouble.Object)["annotations"]
	text, _ := json.Marshal([]any{w.aws.AssociatedRoles(), secret, annotations})
	return string(text)
}

func states(steps []move.Step) string {
	var all []string
	for _, s := range steps {
		all = append(all, s.Name+" "+string(s.State))
	}
	return strings.Join(all, ", ")
}

var methods = []move.Method{move.PodIdentity, move.IRSA}

// wantResult returns the [world.result] after a complete move.
func wantResult(method move.Method) string {
	if method == move.IRSA {
		return `[null,"Cg==",{"eks.amazonaws.com/role-arn":"` + roleARN + `"}]`
	}
	return `[["` + roleARN + `"],"Cg==",{}]`
}

func TestWholeMove(t *testing.T) {
	t.Parallel()
	for method, want := range map[move.Method]string{
		move.PodIdentity: "agent done, role done, trust done, association made, secret made, rollout made, running made",
		move.IRSA:        "role done, provider done, trust done, annotation made, secret made, rollout made, running made",
	} {
		w := newWorld(t, method)
		result, err := w.run(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		if got := states(result.Steps); got != want || !result.Changed || w.result() != wantResult(method) {
			t.Errorf("%s: %s; the result is %s", method, got, w.result())
		}
		if len(result.Pods) != 1 || result.Pods[0].Problem != "" || !result.Pods[0].Ready {
			t.Errorf("%s: %+v", method, result.Pods)
		}
		// A second move has nothing to do.
		w.makeOlder()
		w.kube.ForgetRequests()
		w.aws.ForgetRequests()
		result, err = w.run(t.Context())
		if err != nil || result.Changed || len(result.Pods) != 1 {
			t.Errorf("%s again: %+v, %v", method, result, err)
		}
		for _, r := range w.kube.Requests() {
			if r.Method != "GET" {
				t.Errorf("%s again: %s", method, r)
			}
		}
		for _, r := range w.aws.Requests() {
			if strings.HasPrefix(r.Operation, "Create") || strings.HasPrefix(r.Operation, "Update") {
				t.Errorf("%s again: %s", method, r)
			}
		}
	}
}

// runConcurrently runs the jobs, up to 32 at the same time: they mostly wait.
func runConcurrently(jobs []func()) {
	slots := make(chan struct{}, 32)
	var running sync.WaitGroup
	for _, job := range jobs {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			job()
		})
	}
	running.Wait()
}

// TestInterruptedAnywhere makes a move fail at each request. The move must
// report what it changed, and must complete when it is repeated.
func TestInterruptedAnywhere(t *testing.T) {
	race.Skip(t, "a move is one goroutine, and TestWholeMove runs it")
	t.Parallel()
	var jobs []func()
	for _, method := range methods {
		complete := newWorld(t, method)
		if _, err := complete.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		kube, cloud := len(complete.kube.Requests()), len(complete.aws.Requests())
		for _, after := range []bool{false, true} {
			for n := range kube {
				jobs = append(jobs, func() {
					w := newWorld(t, method)
					w.kube.Fail(kubedouble.Fault{Kind: kubedouble.Outage, Skip: n, Times: 1, After: after})
					w.runTwice(fmt.Sprintf("%s, request %d of %d to the API server, after %t", method, n, kube, after))
				})
			}
			for n := range cloud {
				jobs = append(jobs, func() {
					w := newWorld(t, method)
					w.aws.Fail(eksdouble.Fault{Kind: eksdouble.Gateway, Skip: n, Times: 1, After: after})
					w.runTwice(fmt.Sprintf("%s, request %d of %d to AWS, after %t", method, n, cloud, after))
				})
			}
		}
	}
	runConcurrently(jobs)
}

// runTwice runs a move that may fail, and then repeats it without faults.
func (w *world) runTwice(name string) {
	w.t.Helper()
	_, err := w.run(w.t.Context())
	w.checkReport(name, err)
	w.kube.RemoveFaults()
	w.aws.RemoveFaults()
	if _, err := w.run(w.t.Context()); err != nil || w.result() != wantResult(w.method) {
		w.t.Errorf("%s, again: %v; the result is %s", name, err, w.result())
	}
}

// checkReport checks that a failed move reports what it changed.
func (w *world) checkReport(name string, err error) {
	w.t.Helper()
	if err == nil {
		return // the failed request was retried
	}
	if strings.Contains(err.Error(), "FALSESECRET") {
		w.t.Errorf("%s: a secret in %v", name, err)
	}
	stopped, ok := errors.AsType[*move.Stopped](err)
	if !ok {
		if w.result() == wantResult(w.method) || len(w.aws.AssociatedRoles()) > 0 {
			w.t.Errorf("%s: %T %v, but something was changed", name, err, err)
		}
		return
	}
	hasUndo := func(step string) bool {
		return slices.ContainsFunc(stopped.Undo, func(u move.Undo) bool { return u.Step == step })
	}
	if isCreated := len(w.aws.AssociatedRoles()) > 0; isCreated && !hasUndo(move.StepAssociation) {
		w.t.Errorf("%s: %v: the association was created, but the error does not say how to undo it: %+v", name, err, stopped.Undo)
	}
	if zeroed := strings.Contains(w.result(), "Cg=="); zeroed && !hasUndo(move.StepSecret) {
		w.t.Errorf("%s: %v: the Secret was zeroed, but the error does not say how to undo it: %+v", name, err, stopped.Undo)
	}
}

// TestCancelledAnywhere cancels a move at its nth request, for each n, and checks
// that the move stops and that it completes when it is repeated.
func TestCancelledAnywhere(t *testing.T) {
	race.Skip(t, "a move is one goroutine, and TestWholeMove runs it")
	t.Parallel()
	var jobs []func()
	for _, method := range methods {
		complete := newWorld(t, method)
		if _, err := complete.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		total := len(complete.kube.Requests()) + len(complete.aws.Requests())
		for n := range total {
			jobs = append(jobs, func() { runCancelledAt(t, method, n, total) })
		}
	}
	runConcurrently(jobs)
}

// runCancelledAt runs a move, cancels it at request n of total, and repeats it.
func runCancelledAt(t *testing.T, method move.Method, n, total int) {
	w := newWorld(t, method)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var requestCount atomic.Int32
	count := func() {
		if requestCount.Add(1) == int32(n+1) {
			cancel()
		}
	}
	w.kube.Before(func(*kubedouble.Server, kubedouble.Request) { count() })
	w.aws.Before(func(*eksdouble.Double, eksdouble.Request) { count() })
	_, err := w.run(ctx)
	if err == nil && n < total-1 {
		t.Errorf("%s, cancelled at request %d of %d: no error", method, n, total)
	}
	w.checkReport(fmt.Sprintf("%s, cancelled at %d", method, n), err)
	if _, err := w.run(t.Context()); err != nil || w.result() != wantResult(method) {
		t.Errorf("%s, cancelled at request %d, again: %v; the result is %s", method, n, err, w.result())
	}
}

// TestEKSIsLate checks that the pods are restarted again if EKS applies a new
// association only after a while.
func TestEKSIsLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, move.PodIdentity)
	injected := 0
	w.kube.Install(kubedouble.Installed{Profile: profile, Inject: func() map[string]string {
		if injected++; injected < 3 { // the pods of the installation and of the first restart lack the variables
			return nil
		}
		return w.aws.InjectedVariables(w.kube)
	}})
	result, err := w.run(t.Context())
	if err != nil || result.Pods[0].Source != controller.SourcePodIdentity {
		t.Errorf("%+v, %v", result, err)
	}
	// If EKS never applies the association, the move reports that, and how to undo
	// its changes.
	w = newWorld(t, move.PodIdentity)
	w.kube.Install(kubedouble.Installed{Profile: profile})
	_, err = w.run(t.Context())
	stopped, ok := errors.AsType[*move.Stopped](err)
	if !ok || stopped.Step.Name != move.StepRunning || len(stopped.Undo) != 2 || stopped.Undo[0].Step != move.StepSecret || stopped.Undo[1].Association == "" ||
		!strings.Contains(err.Error(), "did not get the new credentials") {
		t.Errorf("%v, %+v", err, stopped)
	}
}

// TestConcurrentAssociation checks a move for which another client creates the
// association after the plan: the move uses the association only if the association
// has the planned role.
func TestConcurrentAssociation(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]string{roleARN: "", roleARN + "2": "another client has created an association"} {
		w := newWorld(t, move.PodIdentity)
		plan, err := w.mover.Plan(t.Context(), w.target())
		if err != nil {
			t.Fatal(err)
		}
		w.aws.PutAssociation("management", "capa-system", "capa-controller-manager", role)
		if _, err = w.mover.Apply(t.Context(), plan); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", role, err)
		}
	}
}

// TestUnreadableSecret checks that a move fails if it cannot read at its end whether
// the Secret still has no credentials.
func TestUnreadableSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, move.PodIdentity)
	w.kube.Before(func(s *kubedouble.Server, r kubedouble.Request) {
		if r.Method == "PATCH" && r.Path == kubedouble.DeploymentPath {
			s.Fail(kubedouble.Fault{Verb: "get", Plural: "secrets", Kind: kubedouble.Forbidden})
		}
	})
	_, err := w.run(t.Context())
	stopped, ok := errors.AsType[*move.Stopped](err)
	if !ok || stopped.Step.Name != move.StepRunning || !strings.Contains(err.Error(), "not allowed to get Secret") {
		t.Errorf("%v, %+v", err, stopped)
	}
}

// TestUnreadablePods checks that a move whose pods cannot be read after the restart
// reports the reason, and not that no pod is running.
func TestUnreadablePods(t *testing.T) {
	t.Parallel()
	w := newWorld(t, move.PodIdentity)
	plan, err := w.mover.Plan(t.Context(), w.target())
	if err != nil {
		t.Fatal(err)
	}
	w.kube.Fail(kubedouble.Fault{Verb: "list", Plural: "pods", Kind: kubedouble.Forbidden})
	_, err = w.mover.Apply(t.Context(), plan)
	stopped, ok := errors.AsType[*move.Stopped](err)
	if !ok || stopped.Step.Name != move.StepRunning || !strings.Contains(err.Error(), "not allowed to list pods") {
		t.Errorf("%v, %+v", err, stopped)
	}
}

// TestSecretFilledAgain checks that a move fails if another tool has written the
// credentials again: the pods would use them instead of the role.
func TestSecretFilledAgain(t *testing.T) {
	t.Parallel()
	for _, method := range methods {
		w := newWorld(t, method)
		w.kube.Before(func(s *kubedouble.Server, r kubedouble.Request) {
			if r.Method == "PATCH" && r.Path == kubedouble.DeploymentPath {
				s.Change(kubedouble.SecretPath, func(o kubedouble.Object) {
					o["data"] = kubedouble.Object{"credentials": base64.StdEncoding.EncodeToString([]byte(profile))}
					o["metadata"].(kubedouble.Object)["labels"] = kubedouble.Object{"kustomize.toolkit.fluxcd.io/name": "capi"}
				})
			}
		})
		_, err := w.run(t.Context())
		stopped, ok := errors.AsType[*move.Stopped](err)
		if !ok || stopped.Step.Name != move.StepRunning || !strings.Contains(err.Error(), "has credentials that something else wrote during the move; Flux, Kustomization capi manages the Secret") {
			t.Errorf("%s: %v, %+v", method, err, stopped)
		}
	}
}
