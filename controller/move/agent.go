package move

// This file checks whether the cluster has the EKS Pod Identity agent: as an EKS
// add-on, in EKS Auto Mode, or as a DaemonSet that was installed in another way.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"capaboot/controller"
)

// Denied is the error when AWS denies a request.
type Denied struct{ Err error }

func (e *Denied) Error() string { return e.Err.Error() }

// Unwrap returns the service's error.
func (e *Denied) Unwrap() error { return e.Err }

var daemonSets = controller.Resource{Group: "apps", Version: "v1", Plural: "daemonsets", Kind: "DaemonSet"}

// daemonSetObject is a Kubernetes DaemonSet.
type daemonSetObject struct {
	Metadata controller.Meta `json:"metadata"`
	Spec     struct {
		Template controller.PodTemplate `json:"template"`
	} `json:"spec"`
	Status struct {
		ObservedGeneration     int64 `json:"observedGeneration"`
		DesiredNumberScheduled int   `json:"desiredNumberScheduled"`
		NumberReady            int   `json:"numberReady"`
	} `json:"status"`
}

// DaemonSet is a DaemonSet of the agent.
type DaemonSet struct {
	Namespace, Name string
	Ready, Desired  int // numbers of pods
}

// String describes the DaemonSet in a few words.
func (d DaemonSet) String() string {
	return fmt.Sprintf("DaemonSet %s in namespace %s, %d of %d pods ready", d.Name, d.Namespace, d.Ready, d.Desired)
}

func describeDaemonSets(all []DaemonSet) string {
	var texts []string
	for _, d := range all {
		texts = append(texts, d.String())
	}
	return strings.Join(texts, "; ")
}

// isAgent reports whether a DaemonSet runs the agent. The name and namespace of the
// DaemonSet depend on the Helm release. The chart always sets the label app, even
// if the name has a suffix; the example manifest sets the label only on the pods.
//
// Source: charts/eks-pod-identity-agent/templates/_helpers.tpl and daemonset.yaml,
// and docs/sample-ds.yaml, in https://github.com/aws/eks-pod-identity-agent. The
// image is REGISTRY/eks/eks-pod-identity-agent:TAG.
func (d daemonSetObject) isAgent() bool {
	if d.Metadata.Name == Agent {
		return true
	}
	for _, labels := range []map[string]string{d.Metadata.Labels, d.Spec.Template.Metadata.Labels} {
		if labels["app"] == Agent || labels["app.kubernetes.io/name"] == Agent {
			return true
		}
	}
	return slices.ContainsFunc(d.Spec.Template.Spec.Containers, func(c controller.Container) bool {
		image, _, _ := strings.Cut(c.Image, "@")
		image = image[strings.LastIndex(image, "/")+1:]
		name, _, _ := strings.Cut(image, ":")
		return name == Agent
	})
}

// doubt returns why it is unknown whether the DaemonSet provides all pods with
// credentials, or "".
func (d daemonSetObject) doubt(cluster string) string {
	switch other := d.otherCluster(cluster); {
	case d.Metadata.DeletionTimestamp != nil:
		return "it is being deleted"
	case d.Status.DesiredNumberScheduled == 0 && d.Status.ObservedGeneration >= d.Metadata.Generation:
		return "" // it has no pods
	case d.Status.ObservedGeneration < d.Metadata.Generation:
		return "it is being changed"
	case other != "":
		return "it is configured for cluster " + other
	case d.Status.NumberReady < d.Status.DesiredNumberScheduled:
		return "on the other nodes, pods get no credentials"
	case d.selectsNodes():
		return "its node selector excludes nodes, on which pods get no credentials"
	case d.requiresNodes():
		return "its node affinity may exclude nodes, on which pods get no credentials"
	}
	return ""
}

// nodeTypeLabels are the labels of nodes that the default node affinity of the
// Helm chart compares: the operating system, the architecture and the type of
// the compute. This affinity excludes nodes that cannot run the agent or do not
// need it.
//
// Source: affinity in charts/eks-pod-identity-agent/values.yaml of
// https://github.com/aws/eks-pod-identity-agent.
var nodeTypeLabels = [...]string{"kubernetes.io/os", "kubernetes.io/arch", "eks.amazonaws.com/compute-type"}

// selectsNodes reports whether the node selector has a label other than the
// operating system. A selector for Linux does not exclude the nodes of the
// controllers, which run on Linux too.
func (d daemonSetObject) selectsNodes() bool {
	for key := range d.Spec.Template.Spec.NodeSelector {
		if key != nodeTypeLabels[0] {
			return true
		}
	}
	return false
}

// requiresNodes reports whether the required node affinity compares anything other
// than nodeTypeLabels.
func (d daemonSetObject) requiresNodes() bool {
	terms := d.Spec.Template.Spec.Affinity.NodeAffinity.Required.Terms
	return slices.ContainsFunc(terms, func(term controller.NodeTerm) bool {
		return len(term.Fields) > 0 || slices.ContainsFunc(term.Expressions, func(e controller.NodeExpression) bool {
			return !slices.Contains(nodeTypeLabels[:], e.Key)
		})
	})
}

// otherCluster returns the name of the cluster for which the agent is
// configured. It returns "" if that is the given cluster, or if the arguments
// contain no name or get it from a variable. The default of the Helm chart is a
// placeholder, with which the agent is ready but gets no credentials.
func (d daemonSetObject) otherCluster(cluster string) string {
	for _, container := range d.Spec.Template.Spec.Containers {
		for i, arg := range container.Args {
			name, found := strings.CutPrefix(arg, "--cluster-name=")
			if (arg == "--cluster-name" || arg == "-c") && i+1 < len(container.Args) {
				name, found = container.Args[i+1], true
			}
			if found && name != cluster && !strings.Contains(name, "$(") {
				return name
			}
		}
	}
	return ""
}

// readAgent adds the step that checks the agent. The DaemonSets are not read if
// the add-on is active or being deleted, or if no add-on is known and EKS Auto
// Mode manages all nodes.
func (m Mover) readAgent(ctx context.Context, p *Plan) error {
	addon, err := m.EKS.Agent(ctx, p.ClusterName)
	denied := (*Denied)(nil)
	switch {
	case err != nil && !errors.As(err, &denied):
		return err
	case addon == nil && p.Cluster.AutoMode:
		return m.readAutoMode(ctx, p, err)
	case addon != nil && addon.Status == "ACTIVE":
		p.addCheck(StepAgent, Agent, nil)
		return nil
	}
	problem := &NoAgent{Cluster: p.ClusterName}
	if denied != nil {
		problem.AddonErr = denied
	}
	if addon != nil {
		problem.Status, problem.Issues = addon.Status, addon.Issues
		if problem.isDeleting() {
			p.addCheck(StepAgent, Agent, problem)
			return nil
		}
	}
	return m.readDaemonSets(ctx, p, problem)
}

// autoModeText is the step's text, or its beginning, when EKS Auto Mode runs
// the agent.
const autoModeText = "EKS Auto Mode"

// otherNodes selects the nodes that EKS Auto Mode does not manage. Source: EKS
// User Guide, "Control if a workload is deployed on EKS Auto Mode nodes".
const otherNodes = "eks.amazonaws.com/compute-type!=auto"

// readAutoMode adds the step that checks the agent in a cluster with EKS Auto
// Mode. The add-on does not exist, or could not be read because of addonErr.
// EKS Auto Mode runs the agent only on the nodes of Auto Mode; on other
// nodes, a DaemonSet must run it.
func (m Mover) readAutoMode(ctx context.Context, p *Plan, addonErr error) error {
	var nodes []struct{}
	var others string
	err := m.Cluster.List(ctx, controller.Nodes, "", otherNodes, &nodes)
	switch {
	case errors.As(err, new(*controller.Forbidden)):
		others = fmt.Sprintf("it is unknown whether there are other nodes: %v", err)
	case err != nil:
		return err
	case len(nodes) == 0:
		p.addCheck(StepAgent, autoModeText, nil)
		return nil
	case len(nodes) == 1:
		others = "the cluster has 1 other node"
	default:
		others = fmt.Sprintf("the cluster has %d other nodes", len(nodes))
	}
	agents, findErr := m.findDaemonSets(ctx, p)
	switch {
	case findErr != nil && !errors.As(findErr, new(*controller.Forbidden)):
		return findErr
	case len(agents.running) > 0 && len(agents.doubts) == 0:
		p.addCheck(StepAgent, autoModeText+", and "+describeDaemonSets(agents.running), nil)
		return nil
	}
	p.add(StepAgent, Unknown, "", autoModeText, nil)
	doubts := append([]string{"EKS Auto Mode runs the agent only on the nodes of Auto Mode, and " + others}, agents.doubts...)
	if findErr != nil {
		doubts = append(doubts, fmt.Sprintf("it is unknown whether a DaemonSet runs the agent there: %v", findErr))
	}
	if addonErr != nil {
		doubts = append(doubts, addonErr.Error())
	}
	p.Warnings = append(p.Warnings, &AgentInDoubt{p.ClusterName, strings.Join(doubts, "; ")})
	return nil
}

// readDaemonSets adds the step that checks the agent according to the
// DaemonSets. problem blocks the step if no DaemonSet of the agent has a ready
// pod, or if the add-on could be read but RBAC denies reading the DaemonSets.
func (m Mover) readDaemonSets(ctx context.Context, p *Plan, problem *NoAgent) error {
	agents, err := m.findDaemonSets(ctx, p)
	switch {
	case errors.As(err, new(*controller.Forbidden)):
		problem.DaemonSetErr = err
		if problem.AddonErr == nil {
			p.addCheck(StepAgent, Agent, problem)
			return nil
		}
		p.add(StepAgent, Unknown, "", Agent, nil)
		p.Warnings = append(p.Warnings, &AgentUnknown{p.ClusterName, problem.AddonErr, err})
	case err != nil:
		return err
	case len(agents.running) == 0:
		problem.DaemonSets = agents.all
		p.addCheck(StepAgent, Agent, problem)
	case len(agents.doubts) > 0:
		p.add(StepAgent, Unknown, "", describeDaemonSets(agents.all), nil)
		p.Warnings = append(p.Warnings, &AgentInDoubt{p.ClusterName, strings.Join(agents.doubts, "; ")})
	default:
		p.addCheck(StepAgent, describeDaemonSets(agents.running), nil)
	}
	return nil
}

// agentSets are the DaemonSets of the agent: all of them, those with a ready pod,
// and why it is unknown whether they provide all pods with credentials.
type agentSets struct {
	all, running []DaemonSet
	doubts       []string
}

// findDaemonSets lists the DaemonSets of the agent in all namespaces. For
// hybrid nodes, the chart can create a second DaemonSet. Without such nodes,
// the second DaemonSet has no pods.
func (m Mover) findDaemonSets(ctx context.Context, p *Plan) (agents agentSets, err error) {
	var all []daemonSetObject
	if err := m.Cluster.List(ctx, daemonSets, "", "", &all); err != nil {
		return agents, err
	}
	for _, one := range all {
		if !one.isAgent() {
			continue
		}
		agent := DaemonSet{one.Metadata.Namespace, one.Metadata.Name, one.Status.NumberReady, one.Status.DesiredNumberScheduled}
		agents.all = append(agents.all, agent)
		if agent.Ready > 0 {
			agents.running = append(agents.running, agent)
		}
		if doubt := one.doubt(p.ClusterName); doubt != "" {
			agents.doubts = append(agents.doubts, agent.String()+": "+doubt)
		}
	}
	return agents, nil
}

// NoAgent is the problem when the EKS Pod Identity agent is missing or does not
// work.
type NoAgent struct {
	Cluster string
	Status  string // the status of the add-on; "" when the add-on is not installed, or its status is unknown
	Issues  []string
	// AddonErr is why the add-on could not be read, and DaemonSetErr why the
	// DaemonSets could not be read. Each may be nil.
	AddonErr, DaemonSetErr error
	// DaemonSets are the DaemonSets of the agent. None has a ready pod.
	DaemonSets []DaemonSet
}

func (e *NoAgent) Error() string {
	text := fmt.Sprintf("the add-on %s is not installed in cluster %s", Agent, e.Cluster)
	switch {
	case e.AddonErr != nil:
		text = fmt.Sprintf("it is unknown whether cluster %s has the add-on %s: %v", e.Cluster, Agent, e.AddonErr)
	case e.Status != "":
		text = fmt.Sprintf("the add-on %s of cluster %s is %s, not ACTIVE", Agent, e.Cluster, e.Status)
		if len(e.Issues) > 0 {
			text += ": " + strings.Join(e.Issues, "; ")
		}
	}
	switch {
	case len(e.DaemonSets) > 0:
		text += "; the agent does not run: " + describeDaemonSets(e.DaemonSets)
	case e.DaemonSetErr != nil:
		text += fmt.Sprintf("; it is unknown whether the agent was installed in another way: %v", e.DaemonSetErr)
	case !e.isDeleting():
		text += "; no DaemonSet runs the agent, which gives pods their credentials"
	}
	return text
}

// isDeleting reports whether the add-on is being deleted, or its deletion has
// failed. The deletion also deletes the pods of the agent.
func (e *NoAgent) isDeleting() bool { return strings.HasPrefix(e.Status, "DELET") }

// AgentUnknown is the warning when neither the add-on nor the DaemonSets of the
// cluster could be read.
type AgentUnknown struct {
	Cluster                string
	AddonErr, DaemonSetErr error
}

func (e *AgentUnknown) Error() string {
	return fmt.Sprintf("it is unknown whether cluster %s has the EKS Pod Identity agent, which gives pods their credentials: %v; %v", e.Cluster, e.AddonErr, e.DaemonSetErr)
}

// AgentInDoubt is the warning when the agent runs, but it is unknown whether it
// provides the pods on every node with credentials.
type AgentInDoubt struct {
	Cluster string
	Doubts  string // about the DaemonSets, or about nodes that may not have the agent
}

func (e *AgentInDoubt) Error() string {
	return fmt.Sprintf("it is unknown whether the EKS Pod Identity agent of cluster %s gives the controllers credentials: %s", e.Cluster, e.Doubts)
}
