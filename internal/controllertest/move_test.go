// Tests of use-irsa and use-pod-identity against a real API server.

package controllertest

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"capaboot/internal/eksdouble"
)

// useEKS starts a double of AWS with the cluster, the agent, the OIDC provider,
// and the role for the controllers, and passes its variables to the commands.
func (w *world) useEKS(trust string) *eksdouble.Double {
	w.t.Helper()
	aws := eksdouble.New(w.t)
	aws.PutCluster(eksdouble.Cluster, w.URL, eksdouble.Issuer)
	aws.PutAddon(eksdouble.Cluster, "eks-pod-identity-agent", "ACTIVE")
	aws.PutRole(eksdouble.RoleName, strings.ReplaceAll(trust, ":capa-system:", ":"+w.namespace+":"))
	aws.PutProvider(eksdouble.Provider, "sts.amazonaws.com")
	maps.Copy(w.environment, aws.Environment())
	return aws
}

func TestUseIRSA(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aws := w.useEKS(eksdouble.TrustIRSA)
	w.rollOut(true, runningSince(time.Now().Add(-time.Hour)))
	w.onChange(func() {
		variables := append([]any{object{"name": "AWS_ROLE_ARN", "value": eksdouble.RoleARN}}, irsa[1])
		w.rollOut(true, runningSince(afterCreation()), variables...)
	})
	w.do(0, "use-irsa", "--cluster-name", eksdouble.Cluster, "--yes")
	if got, text := w.runStatus(0); w.secretValue() != "\n" || got.Source != "web-identity" || got.RoleARN != eksdouble.RoleARN || got.Works != "yes" || len(aws.AssociatedRoles()) != 0 {
		t.Errorf("the Secret has %q; %s", w.secretValue(), text)
	}
	w.do(0, "use-irsa", "--cluster-name", eksdouble.Cluster, "--yes")
}

// TestUsePodIdentity checks that a move that is interrupted after any step and
// then repeated has the same result as an uninterrupted move.
func TestUsePodIdentity(t *testing.T) {
	t.Parallel()
	for name, isReached := range map[string]func(*world, *eksdouble.Double) bool{
		"nothing":         nil,
		"the start":       func(*world, *eksdouble.Double) bool { return true },
		"the association": func(_ *world, aws *eksdouble.Double) bool { return len(aws.AssociatedRoles()) > 0 },
		"the Secret":      func(w *world, _ *eksdouble.Double) bool { return w.secretValue() == "\n" },
		"the restart":     func(w *world, _ *eksdouble.Double) bool { return w.annotations() != nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			aws := w.useEKS(eksdouble.TrustPodIdentity)
			w.rollOut(true, runningSince(time.Now().Add(-time.Hour)))
			args := []string{"use-pod-identity", "--cluster-name", eksdouble.Cluster, "--yes"}
			if isReached != nil {
				w.interruptWhen(func() bool { return isReached(w, aws) })
				stdout, stderr := w.do(130, append(args, "-o", "json")...)
				w.want(stderr, "capaboot: error: interrupted\n")
				if len(aws.AssociatedRoles()) > 0 {
					w.want(stdout, `"result": "stopped"`, `"state": "failed"`, `"problem": "interrupted`)
					if !strings.Contains(stderr, "capaboot: to undo: aws eks delete-pod-identity-association ") {
						// The interrupt came before the response with the
						// association's ID.
						w.want(stderr, "capaboot: to undo: if the association exists, delete it")
					}
				}
				if w.secretValue() == "\n" {
					w.want(stderr, "capaboot: to undo: put credentials into the Secret again")
				}
				w.ctx = t.Context()
			}
			if w.annotations() == nil {
				w.onChange(func() { w.rollOut(true, runningSince(afterCreation()), podIdentity...) })
			} else {
				w.rollOut(true, runningSince(afterCreation()), podIdentity...)
			}
			w.do(0, args...)
			stdout, _ := w.do(0, "status", "--cluster-name", eksdouble.Cluster)
			w.want(stdout, "credentials:  EKS Pod Identity, role "+eksdouble.RoleARN+"\n", "can work:     yes", "zeroed")
			if w.secretValue() != "\n" || len(aws.AssociatedRoles()) != 1 {
				t.Errorf("the Secret has %q, associations %v", w.secretValue(), aws.AssociatedRoles())
			}
			// A further run changes nothing.
			before := w.get("deployments", deployment)["metadata"].(object)["resourceVersion"]
			w.do(0, args...)
			if after := w.get("deployments", deployment)["metadata"].(object)["resourceVersion"]; after != before {
				t.Errorf("the Deployment was changed again: %v, %v", before, after)
			}
		})
	}
}

// TestAgentWithoutAddon: in a cluster whose EKS Pod Identity agent is not an
// EKS add-on, the documented permissions are enough for a move. Without the
// permission for DaemonSets, the error names the missing rule.
func TestAgentWithoutAddon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aws := w.useEKS(eksdouble.TrustPodIdentity)
	aws.Fail(eksdouble.Fault{Operation: "DescribeAddon", Kind: eksdouble.Missing})
	w.rollOut(true, runningSince(time.Now().Add(-time.Hour)))
	args := []string{"use-pod-identity", "--cluster-name", eksdouble.Cluster, "--yes"}

	_, stderr := w.do(1, args...)
	w.want(stderr, "no DaemonSet runs the agent, which gives pods their credentials")
	labels := object{"app.kubernetes.io/name": "eks-pod-identity-agent", "app.kubernetes.io/instance": "agent"}
	w.create("daemonsets", object{"metadata": object{"name": "agent-eks-pod-identity-agent", "labels": labels}, "spec": object{
		"selector": object{"matchLabels": labels}, "template": object{"metadata": object{"labels": labels}, "spec": object{
			"containers": []any{object{"name": "eks-pod-identity-agent", "image": "example.com/eks/eks-pod-identity-agent:v0.1.36", "args": []any{"--cluster-name", eksdouble.Cluster}}}}}}})
	_, stderr = w.do(1, args...)
	w.want(stderr, "the agent does not run: DaemonSet agent-eks-pod-identity-agent in namespace "+w.namespace+", 0 of 0 pods ready")
	status := object{"observedGeneration": 1, "desiredNumberScheduled": 2, "currentNumberScheduled": 2, "numberMisscheduled": 0, "numberReady": 2}
	w.setStatus("daemonsets", "agent-eks-pod-identity-agent", status)

	roles := documentedRoles(t)
	limited := "limited-in-" + w.namespace
	w.CreateRole(t, w.namespace, limited, roles["use-pod-identity"])
	admin := w.kubeconfig
	w.kubeconfig = w.Kubeconfig(t, limited)
	_, stderr = w.do(1, args...)
	w.want(stderr, "it is unknown whether the agent was installed in another way: not allowed to list", "grant this rule in a ClusterRole: {apiGroups: [apps], resources: [daemonsets], verbs: [list]}")

	documented := "documented-in-" + w.namespace
	w.kubeconfig = admin
	w.CreateClusterRole(t, documented, roles["use-pod-identity-cluster"])
	w.CreateRole(t, w.namespace, documented, roles["use-pod-identity"])
	w.kubeconfig = w.Kubeconfig(t, documented)
	w.onChange(func() { w.rollOut(true, runningSince(afterCreation()), podIdentity...) })
	stdout, _ := w.do(0, args...)
	w.want(stdout, "already  the cluster has the EKS Pod Identity agent: DaemonSet agent-eks-pod-identity-agent in namespace "+w.namespace+", 2 of 2 pods ready\n")
	if w.secretValue() != "\n" {
		t.Errorf("the Secret has %q", w.secretValue())
	}
}

// interruptWhen interrupts the next command as soon as isReached returns true,
// or after maxDuration.
func (w *world) interruptWhen(isReached func() bool) {
	w.t.Helper()
	ctx, interrupt := context.WithCancel(w.t.Context())
	w.ctx = ctx
	go func() {
		for deadline := time.Now().Add(maxDuration); time.Now().Before(deadline) && w.t.Context().Err() == nil; time.Sleep(10 * time.Millisecond) {
			if isReached() {
				break
			}
		}
		interrupt()
	}()
}
