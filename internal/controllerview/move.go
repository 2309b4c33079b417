package controllerview

// This file shows a move of the controllers to credentials without a Secret: the plan,
// the progress, the result.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"capaboot/controller"
	"capaboot/controller/move"
	"capaboot/internal/escape"
	"capaboot/internal/terminal"
)

// Move is a planned, completed or stopped move. Its JSON is documented in
// docs/schemas/controller-move.schema.json, and contains no secret.
type Move struct {
	Result         string          `json:"result"` // [MovePlanned], ...
	Method         move.Method     `json:"way"`
	Cluster        move.EKSCluster `json:"cluster"`
	Namespace      string          `json:"namespace"`
	ServiceAccount string          `json:"serviceAccount"`
	RoleARN        string          `json:"roleARN,omitempty"`
	ProviderARN    string          `json:"providerARN,omitempty"` // the OIDC provider of the cluster, for IRSA
	AssociationID  string          `json:"association,omitempty"`
	Steps          []MoveStep      `json:"steps"`
	// Warnings are risks to consider before confirming.
	Warnings []string `json:"doubts"`
	// Pods are the running pods after the move, also if the move stopped
	// because they do not have the new credentials. In other cases, Pods is
	// empty.
	Pods []move.Pod `json:"pods"`
}

// The values of [Move.Result].
const (
	MovePlanned   = "planned"   // a plan with changes
	MoveBlocked   = "blocked"   // a plan that cannot be carried out
	MoveUnchanged = "unchanged" // everything was done before
	MoveDone      = "moved"
	MoveStopped   = "stopped" // an error, a timeout or an interruption ended the move
)

// MoveStep is a step with its description, and the problem that blocks it or made
// it fail.
type MoveStep struct {
	move.Step
	Text    string `json:"text"`
	Problem string `json:"problem,omitempty"`
}

// NewMove describes a move from the current state of its plan.
func NewMove(p *move.Plan, result string, pods []move.Pod) *Move {
	m := &Move{Result: result, Method: p.Method, Cluster: p.Cluster, Namespace: p.Namespace, ServiceAccount: p.ServiceAccount, RoleARN: p.Role.ARN, ProviderARN: p.ProviderARN,
		Steps: []MoveStep{}, Warnings: []string{}, Pods: pods}
	if p.Association != nil {
		m.AssociationID = p.Association.ID
	}
	if m.Pods == nil {
		m.Pods = []move.Pod{}
	}
	for _, step := range p.Steps {
		one := MoveStep{Step: step, Text: stepText(p, step)}
		if step.Problem != nil {
			one.Problem = step.Problem.Error()
		}
		m.Steps = append(m.Steps, one)
	}
	for _, warning := range p.Warnings {
		m.Warnings = append(m.Warnings, warning.Error())
	}
	return m
}

// NewStoppedMove describes a move that stopped. The step that did not complete
// has the reason.
func NewStoppedMove(p *move.Plan, stopped *move.Stopped) *Move {
	var pods []move.Pod
	if notRunning, ok := errors.AsType[*move.NotRunning](stopped.Err); ok {
		pods = notRunning.Pods
	}
	m := NewMove(p, MoveStopped, pods)
	for i := range m.Steps {
		if m.Steps[i].State == move.Failed && errors.Is(stopped.Err, context.Canceled) {
			m.Steps[i].Problem = interruption(stopped)
		}
	}
	return m
}

// interruption describes how far an interrupted step got.
func interruption(stopped *move.Stopped) string {
	if ended, ok := errors.AsType[*controller.RolloutEnded](stopped.Err); ok {
		return "interrupted; the restart continues in the cluster: " + ended.Replicas.String()
	}
	hasUnknownOutcome := func(u move.Undo) bool { return u.Step == stopped.Step.Name && u.OutcomeUnknown }
	if slices.ContainsFunc(stopped.Undo, hasUnknownOutcome) || stopped.Step.Name == move.StepRollout && controller.MayHaveChanged(stopped.Err) {
		return "interrupted; it is unknown whether this step was done"
	}
	return "interrupted"
}

func methodText(method move.Method) string {
	if method == move.IRSA {
		return "IAM roles for service accounts"
	}
	return "EKS Pod Identity"
}

// stepText describes a step according to its state: what is to be done, or, for a
// check or a step that was done before the run, what was found.
func stepText(p *move.Plan, step move.Step) string {
	doneBefore := step.State == move.Done
	unlessBlocked := func(text, blocked string) string {
		if step.State == move.Blocked {
			return blocked
		}
		return text
	}
	switch step.Name {
	case move.StepAgent:
		text := "the cluster has the EKS Pod Identity agent"
		if step.After != move.Agent && strings.Contains(step.After, "DaemonSet") { // not an add-on
			text += ": " + step.After
		}
		return unlessBlocked(text, "the cluster has no working EKS Pod Identity agent")
	case move.StepRole:
		return unlessBlocked("the role exists", "the role does not exist")
	case move.StepProvider:
		return unlessBlocked("IAM has the OIDC provider of the cluster", "IAM does not have the OIDC provider of the cluster, or the provider lacks the required audience")
	case move.StepTrust:
		return unlessBlocked("the role trusts", "the role does not trust") + " the service account through " + methodText(p.Method)
	case move.StepAssociation:
		switch {
		case doneBefore:
			return "the service account is associated with the role"
		case step.Before != "":
			return "associate the service account with this role instead of " + step.Before
		}
		return "associate the service account with the role"
	case move.StepAnnotation:
		switch {
		case doneBefore:
			return "the service account is annotated with the role"
		case step.Before != "":
			return "annotate the service account with this role instead of " + step.Before
		}
		return "annotate the service account with the role"
	case move.StepSecret:
		if doneBefore {
			return "the Secret has no credentials"
		}
		return "remove the credentials from the Secret"
	case move.StepRollout:
		if doneBefore {
			return "the pods started after the last change"
		}
		return "restart the controllers"
	case move.StepRunning:
		if !doneBefore && step.State != move.DoneNow {
			return "check that the controllers run with credentials of " + methodText(p.Method)
		}
		return "the controllers run with credentials of " + methodText(p.Method)
	}
	return step.Name
}

func stateText(s move.State) string {
	return map[move.State]string{move.Done: "already", move.Todo: "to do", move.Blocked: "problem", move.DoneNow: "done", move.Failed: "failed", move.NotReached: "to do", move.Unknown: "unknown"}[s]
}

// Text returns the report of the move as text.
func (m *Move) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cluster:          %s\n", escape.Text(m.Cluster.ARN))
	fmt.Fprintf(&b, "service account:  %s in namespace %s\n", escape.Text(m.ServiceAccount), escape.Text(m.Namespace))
	if m.RoleARN != "" {
		fmt.Fprintf(&b, "role:             %s\n", escape.Text(m.RoleARN))
	}
	b.WriteByte('\n')
	for _, step := range m.Steps {
		fmt.Fprintf(&b, "%-8s %s\n", stateText(step.State), escape.Text(step.Text))
	}
	if len(m.Pods) > 0 {
		b.WriteByte('\n')
	}
	for _, pod := range m.Pods {
		fmt.Fprintf(&b, "%s\n", escape.Text(podText(pod, m.Method)))
	}
	return b.String()
}

// podText describes a pod in one line. pod.Source is the source that the pod
// would use if the Secret had no credentials. If the move does not aim at that
// source, the text does not name it, because the pod may use the Secret.
func podText(pod move.Pod, method move.Method) string {
	text := fmt.Sprintf("pod %s: ", pod.Name)
	if pod.Ready {
		text += "ready"
	} else {
		text += "not ready"
	}
	if pod.Started != nil {
		text += ", started at " + pod.Started.UTC().Format(time.RFC3339)
	}
	switch pod.Problem {
	case move.ProblemOldTemplate:
		return text + ", not restarted yet"
	case move.ProblemOtherSource:
		return text + ", without credentials of " + methodText(method)
	case move.ProblemFargate:
		return text + ", on AWS Fargate, without credentials of " + methodText(method)
	case move.ProblemStartedEarly:
		text += ", may have started before the last change"
	}
	text += ", credentials of " + methodText(method)
	if pod.RoleARN != "" {
		text += ", role " + pod.RoleARN
	}
	return text
}

// MoveView shows the progress of a move.
type MoveView struct {
	talk    terminal.Talk
	plan    *move.Plan
	rollout *RolloutView
	screen  func() *terminal.Screen
}

// NewMoveView returns a view. screen returns the screen on which a restart is
// redrawn, or nil to print lines.
func NewMoveView(talk terminal.Talk, plan *move.Plan, screen func() *terminal.Screen) *MoveView {
	return &MoveView{talk: talk, plan: plan, screen: screen}
}

// Observe shows the progress of the move.
func (v *MoveView) Observe(p move.Progress) {
	switch {
	case p.Waiting > 0:
		v.Close()
		if p.Waiting >= time.Second {
			v.talk.Say("waiting %s for the change to reach every part of EKS", p.Waiting)
		}
	case p.Rollout != nil:
		if v.rollout == nil {
			v.rollout = NewRolloutView(v.talk, v.screen())
		}
		v.rollout.Observe(*p.Rollout)
	case p.Step.State == move.Todo:
		v.talk.Say("%s", stepText(v.plan, p.Step))
	default:
		v.Close()
	}
}

// Close ends the view of a restart. A later event opens a new view.
func (v *MoveView) Close() {
	if v.rollout != nil {
		v.rollout.Close()
		v.rollout = nil
	}
}

// PrintStopped prints which steps of a stopped move were done in this run, and
// which were not begun.
func PrintStopped(talk terminal.Talk, err *move.Stopped) {
	for _, step := range err.Steps {
		if step.State == move.DoneNow || step.State == move.NotReached {
			talk.Say("%s: %s", step.Name, map[move.State]string{move.DoneNow: "done in this run", move.NotReached: "not begun"}[step.State])
		}
	}
}

// StoppedError returns the error of a stopped move, with the description of the
// step.
func StoppedError(plan *move.Plan, err *move.Stopped) error {
	return fmt.Errorf("%s: %w", stepText(plan, err.Step), err.Err)
}

// IsNotRunning reports whether a move failed because the controllers do not run
// with the new credentials.
func IsNotRunning(err error) bool {
	_, ok := errors.AsType[*move.NotRunning](err)
	return ok
}
