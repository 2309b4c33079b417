// Tests of the check of the EKS Pod Identity agent.

package move_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"capaboot/controller/move"
	"capaboot/internal/eksdouble"
	"capaboot/internal/kubedouble"
)

// agentSet is a DaemonSet, by default with the name of the agent and without pods.
type agentSet struct {
	namespace, name   string
	labels, podLabels string // in JSON
	image, args       string
	ready, desired    int
	observed          int    // the observed generation; 2 means that the last change was observed
	selector          string // the node selector in JSON
	affinity          string // in JSON
	deleted           string // the deletion time in JSON
}

func (a agentSet) json() string {
	return fmt.Sprintf(`{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"namespace":%q,"name":%q,"generation":2,"deletionTimestamp":%s,"labels":%s},
		"spec":{"template":{"metadata":{"labels":%s},"spec":{"nodeSelector":%s,"affinity":%s,"containers":[{"name":"agent","image":%q,"args":%s}]}}},
		"status":{"observedGeneration":%d,"desiredNumberScheduled":%d,"numberReady":%d}}`,
		cmp.Or(a.namespace, "kube-system"), cmp.Or(a.name, move.Agent), cmp.Or(a.deleted, "null"), cmp.Or(a.labels, "{}"), cmp.Or(a.podLabels, "{}"), cmp.Or(a.selector, "{}"), cmp.Or(a.affinity, "null"), cmp.Or(a.image, "example.com/agent:v1"),
		cmp.Or(a.args, `["--cluster-name","management"]`), a.observed, a.desired, a.ready)
}

// affinity returns a required node affinity in JSON. kind is "matchExpressions"
// or "matchFields"; keys are the labels or fields that it compares.
func affinity(kind string, keys ...string) string {
	var expressions []string
	for _, key := range keys {
		expressions = append(expressions, fmt.Sprintf(`{"key":%q,"operator":"In","values":["x"]}`, key))
	}
	return fmt.Sprintf(`{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{%q:[%s]}]}}}`, kind, strings.Join(expressions, ","))
}

// ready returns the DaemonSet with a ready pod on each of three nodes.
func ready(a agentSet) agentSet {
	a.ready, a.desired, a.observed = 3, 3, 2
	return a
}

func TestAgent(t *testing.T) {
	t.Parallel()
	const (
		kubeSystem = "DaemonSet eks-pod-identity-agent in namespace kube-system, 3 of 3 pods ready"
		noAddon    = "the add-on eks-pod-identity-agent is not installed in cluster management"
	)
	absent := func(w *world) { w.aws.Fail(eksdouble.Fault{Operation: "DescribeAddon", Kind: eksdouble.Missing}) }
	denied := func(w *world) { w.aws.Fail(eksdouble.Fault{Operation: "DescribeAddon", Kind: eksdouble.Denied}) }
	hidden := func(w *world) {
		w.kube.Fail(kubedouble.Fault{Verb: "list", Plural: "daemonsets", Kind: kubedouble.Forbidden})
	}
	addon := func(status string) func(*world) {
		return func(w *world) { w.aws.PutAddon("management", move.Agent, status) }
	}
	both := func(one, other func(*world)) func(*world) { return func(w *world) { one(w); other(w) } }
	autoMode := func(computeTypes ...string) func(*world) {
		return func(w *world) {
			w.aws.ChangeCluster("management", func(o eksdouble.Object) { o["computeConfig"] = eksdouble.Object{"enabled": true} })
			for i, computeType := range computeTypes {
				w.kube.Put(fmt.Sprintf(`{"apiVersion":"v1","kind":"Node","metadata":{"name":"node-%d","labels":{"eks.amazonaws.com/compute-type":%q}}}`, i, computeType))
			}
		}
	}
	for _, test := range []struct {
		name  string
		setUp func(*world)
		sets  []agentSet
		state move.State
		after string // the field After of the step, if it is not blocked
		text  string // part of the problem or the warning
	}{
		{"an add-on", func(*world) {}, nil, move.Done, move.Agent, ""},
		{"an add-on, and DaemonSets that may not be listed", hidden, nil, move.Done, move.Agent, ""},
		{"Auto Mode", both(absent, autoMode()), nil, move.Done, "EKS Auto Mode", ""},
		{"Auto Mode, all nodes", both(absent, autoMode("auto", "auto")), nil, move.Done, "EKS Auto Mode", ""},
		{"Auto Mode, and an agent on the other nodes", both(absent, autoMode("auto", "")), []agentSet{ready(agentSet{})}, move.Done, "EKS Auto Mode, and " + kubeSystem, ""},
		{"Auto Mode, and a node without an agent", both(absent, autoMode("auto", "")), nil, move.Unknown, "EKS Auto Mode", "EKS Auto Mode runs the agent only on the nodes of Auto Mode, and the cluster has 1 other node"},
		{"Auto Mode, and an agent that is not ready", both(absent, autoMode("", "fargate")), []agentSet{{desired: 3, observed: 2}}, move.Unknown, "EKS Auto Mode", "the cluster has 2 other nodes"},
		{"Auto Mode, and DaemonSets that may not be listed", both(both(absent, autoMode("")), hidden), nil, move.Unknown, "EKS Auto Mode", "the cluster has 1 other node; it is unknown whether a DaemonSet runs the agent there: not allowed to list"},
		{"Auto Mode, and nodes that may not be listed", both(both(absent, autoMode("auto")), func(w *world) {
			w.kube.Fail(kubedouble.Fault{Verb: "list", Plural: "nodes", Kind: kubedouble.Forbidden})
		}), nil, move.Unknown, "EKS Auto Mode", "it is unknown whether there are other nodes: not allowed to list nodes"},
		{"Auto Mode, and an add-on that may not be read", both(denied, autoMode()), nil, move.Done, "EKS Auto Mode", ""},
		{"Auto Mode, a node without an agent, and an add-on that may not be read", both(denied, autoMode("")), nil, move.Unknown, "EKS Auto Mode", "the cluster has 1 other node; describing the add-on"},
		{"the example manifest", absent, []agentSet{ready(agentSet{podLabels: `{"app":"eks-pod-identity-agent"}`})}, move.Done, kubeSystem, ""},
		{"a Helm release with another name and namespace", absent, []agentSet{ready(agentSet{namespace: "agents", name: "x-eks-pod-identity-agent", labels: `{"app.kubernetes.io/name":"eks-pod-identity-agent"}`})},
			move.Done, "DaemonSet x-eks-pod-identity-agent in namespace agents, 3 of 3 pods ready", ""},
		{"the label app", absent, []agentSet{ready(agentSet{name: "agent-cloud", labels: `{"app":"eks-pod-identity-agent"}`})}, move.Done, "DaemonSet agent-cloud in namespace kube-system, 3 of 3 pods ready", ""},
		{"only the image", absent, []agentSet{ready(agentSet{name: "x", image: "registry.example.com:5000/eks/eks-pod-identity-agent:v0.1.36@sha256:abc"})}, move.Done, "DaemonSet x in namespace kube-system, 3 of 3 pods ready", ""},
		{"a second DaemonSet without nodes", absent, []agentSet{ready(agentSet{}), {name: "eks-pod-identity-agent-hybrid", labels: `{"app":"eks-pod-identity-agent"}`, observed: 2}}, move.Done, kubeSystem, ""},
		{"an add-on that may not be read", denied, []agentSet{ready(agentSet{})}, move.Done, kubeSystem, ""},
		{"an add-on that could not be created, because the agent exists", addon("CREATE_FAILED"), []agentSet{ready(agentSet{})}, move.Done, kubeSystem, ""},
		{"a node selector for Linux", absent, []agentSet{ready(agentSet{selector: `{"kubernetes.io/os":"linux"}`})}, move.Done, kubeSystem, ""},
		{"the node affinity of the Helm chart", absent, []agentSet{ready(agentSet{affinity: affinity("matchExpressions", "kubernetes.io/os", "kubernetes.io/arch", "eks.amazonaws.com/compute-type")})}, move.Done, kubeSystem, ""},
		{"arguments with a variable", absent, []agentSet{ready(agentSet{args: `["--cluster-name","$(CLUSTER)"]`})}, move.Done, kubeSystem, ""},

		{"only another DaemonSet", absent, []agentSet{ready(agentSet{name: "kube-proxy", image: "example.com/kube-proxy:v1", labels: `{"app":"kube-proxy"}`})}, move.Blocked, "", noAddon + "; no DaemonSet runs the agent, which gives pods their credentials"},
		{"no ready pod", absent, []agentSet{{desired: 3, observed: 2}}, move.Blocked, "", noAddon + "; the agent does not run: DaemonSet eks-pod-identity-agent in namespace kube-system, 0 of 3 pods ready"},
		{"no node", absent, []agentSet{{observed: 2}}, move.Blocked, "", "0 of 0 pods ready"},
		{"an add-on that is being deleted", addon("DELETING"), []agentSet{ready(agentSet{})}, move.Blocked, "", "the add-on eks-pod-identity-agent of cluster management is DELETING, not ACTIVE"},
		{"a degraded add-on", addon("DEGRADED"), []agentSet{{desired: 3, observed: 2}}, move.Blocked, "", "is DEGRADED, not ACTIVE; the agent does not run: DaemonSet"},
		{"no add-on, and DaemonSets that may not be listed", both(absent, hidden), nil, move.Blocked, "", noAddon + "; it is unknown whether the agent was installed in another way: not allowed to list"},
		{"an add-on that may not be read, and no DaemonSet", denied, nil, move.Blocked, "", "it is unknown whether cluster management has the add-on eks-pod-identity-agent: describing the add-on"},

		{"neither an add-on nor DaemonSets that may be read", both(denied, hidden), nil, move.Unknown, move.Agent, "it is unknown whether cluster management has the EKS Pod Identity agent, which gives pods their credentials: describing the add-on"},
		{"ready on some nodes", absent, []agentSet{{ready: 2, desired: 3, observed: 2}}, move.Unknown, "DaemonSet eks-pod-identity-agent in namespace kube-system, 2 of 3 pods ready", "2 of 3 pods ready: on the other nodes, pods get no credentials"},
		{"a change in progress", absent, []agentSet{{ready: 3, desired: 3, observed: 1}}, move.Unknown, kubeSystem, "it is being changed"},
		{"a node selector", absent, []agentSet{ready(agentSet{selector: `{"role":"apps"}`})}, move.Unknown, kubeSystem, "its node selector excludes nodes"},
		{"a node affinity", absent, []agentSet{ready(agentSet{affinity: affinity("matchExpressions", "role")})}, move.Unknown, kubeSystem, "its node affinity may exclude nodes"},
		{"a node affinity for one node", absent, []agentSet{ready(agentSet{affinity: affinity("matchFields", "metadata.name")})}, move.Unknown, kubeSystem, "its node affinity may exclude nodes"},
		{"a DaemonSet that is being deleted", absent, []agentSet{ready(agentSet{deleted: `"2026-01-02T03:04:05Z"`})}, move.Unknown, kubeSystem, "it is being deleted"},
		{"another cluster", absent, []agentSet{ready(agentSet{args: `["-c","EKS_CLUSTER_NAME"]`})}, move.Unknown, kubeSystem, "it is configured for cluster EKS_CLUSTER_NAME"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, move.PodIdentity)
			test.setUp(w)
			for _, set := range test.sets {
				w.kube.Put(set.json())
			}
			plan, err := w.mover.Plan(t.Context(), w.target())
			if err != nil {
				t.Fatal(err)
			}
			step := plan.Steps[0]
			text := ""
			switch {
			case step.Problem != nil:
				text = step.Problem.Error()
			case len(plan.Warnings) > 0:
				text = plan.Warnings[0].Error()
			}
			if step.Name != move.StepAgent || step.State != test.state || test.state != move.Blocked && step.After != test.after || !strings.Contains(text, test.text) || (text == "") != (test.text == "") {
				t.Errorf("got %+v, %s", step, text)
			}
		})
	}
}

// TestAgentThatCannotBeRead checks that a failing request is an error, not an
// agent that is missing or unknown.
func TestAgentThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, setUp := range map[string]func(*world){
		"the add-on": func(w *world) { w.aws.Fail(eksdouble.Fault{Operation: "DescribeAddon", Kind: eksdouble.Outage}) },
		"the DaemonSets": func(w *world) {
			w.aws.Fail(eksdouble.Fault{Operation: "DescribeAddon", Kind: eksdouble.Missing})
			w.kube.Fail(kubedouble.Fault{Verb: "list", Plural: "daemonsets", Kind: kubedouble.Portal})
		},
	} {
		w := newWorld(t, move.PodIdentity)
		setUp(w)
		if _, err := w.mover.Plan(t.Context(), w.target()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
