package move

// This file plans: what is there, what is to be done, what is in the way.

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"capaboot/controller"
)

// The steps, in their order. The first four are looked at and never made.
const (
	StepAgent       = "agent"       // the add-on of EKS Pod Identity is active
	StepRole        = "role"        // the role exists
	StepProvider    = "provider"    // IAM has the OIDC provider of the cluster
	StepTrust       = "trust"       // the role trusts the pods
	StepAssociation = "association" // EKS gives the service account the role
	StepAnnotation  = "annotation"  // the service account names the role
	StepSecret      = "secret"      // the Secret has no credentials
	StepRollout     = "rollout"     // the controllers are restarted
	StepRunning     = "running"     // they run, with credentials of the new kind
)

// State is how far a step is.
type State string

// The states.
const (
	Done    State = "done"    // it was so already
	Todo    State = "todo"    // it is to be made
	Blocked State = "blocked" // something is in the way
	Made    State = "made"    // by this run
	Failed  State = "failed"  // in this run
	Open    State = "open"    // this run did not come to it
	Unknown State = "unknown" // whether it is so depends on what is unknown
)

// Step is a step of a plan.
type Step struct {
	Name  string `json:"step"`
	State State  `json:"state"`
	// Before and After are what changes: ARNs of roles, states of the Secret; Before is ""
	// where there was nothing.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	// Problem is what is in the way, or went wrong.
	Problem error `json:"-"`
}

// Plan is what a move would do.
type Plan struct {
	Target
	Cluster EKSCluster
	Role    Role
	// ProviderARN is that of the cluster's OIDC provider, for IRSA.
	ProviderARN string
	// Association is that of the service account, nil for none.
	Association  *Association
	Installation *controller.Installation
	Steps        []Step
	// Doubts are what a person should say yes to, besides the changes.
	Doubts []error
}

// Plan looks at everything that a move needs, and changes nothing. What is in the way is in
// the plan; the error is about what could not be looked at.
func (m Mover) Plan(ctx context.Context, target Target) (*Plan, error) {
	p := &Plan{Target: target}
	for _, read := range []func(context.Context, *Plan) error{m.readCluster, m.readPods, m.readRole, m.readAssociation, m.readTrust, m.readIdentities} {
		if err := read(ctx, p); err != nil {
			return nil, err
		}
	}
	p.planTemplate()
	p.planAccount()
	p.planSecret()
	p.planRollout()
	return p, nil
}

func (p *Plan) add(name string, state State, before, after string, problem error) {
	p.Steps = append(p.Steps, Step{name, state, before, after, problem})
}

// doneOr is Done, or Blocked when there is a problem.
func (p *Plan) doneOr(name, what string, problem error) {
	state := Done
	if problem != nil {
		state = Blocked
	}
	p.add(name, state, "", what, problem)
}

// CompareServers returns an [*OtherServer] when a kubeconfig names another API server than
// that of the cluster, nil when it is the same or one of the two is unknown.
func CompareServers(server string, c EKSCluster) error {
	if c.Endpoint != "" && server != "" && host(c.Endpoint) != host(server) {
		return &OtherServer{server, c.Name, c.Endpoint}
	}
	return nil
}

// host is the name of the host of a URL.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return strings.ToLower(u.Host)
}

func (m Mover) readCluster(ctx context.Context, p *Plan) (err error) {
	if p.Cluster, err = m.EKS.Cluster(ctx, p.ClusterName); err != nil {
		return err
	}
	if doubt := CompareServers(p.Server, p.Cluster); doubt != nil {
		p.Doubts = append(p.Doubts, doubt)
	}
	if p.Way != PodIdentity {
		return nil
	}
	agent, err := m.EKS.Agent(ctx, p.ClusterName)
	if err != nil {
		return err
	}
	switch {
	case agent == nil && p.Cluster.AutoMode:
		p.doneOr(StepAgent, "EKS Auto Mode", nil)
	case agent == nil:
		p.doneOr(StepAgent, Agent, &NoAgent{Cluster: p.ClusterName})
	case agent.Status != "ACTIVE":
		p.doneOr(StepAgent, Agent, &NoAgent{p.ClusterName, agent.Status, agent.Issues})
	default:
		p.doneOr(StepAgent, Agent, nil)
	}
	return nil
}

func (m Mover) readPods(ctx context.Context, p *Plan) (err error) {
	if p.Installation, err = m.Cluster.ReadInstallation(ctx, p.Namespace, nil); err != nil {
		return err
	}
	for _, unread := range p.Installation.Unread {
		// Without the parts that it changes, and the pods that it shows, a move is blind.
		if slices.Contains([]string{controller.PartSecret, controller.PartServiceAccount, controller.PartPods}, unread.Part) {
			return unread.Err
		}
	}
	return nil
}

// planTemplate has a doubt when the Deployment itself gives the controllers credentials that
// come before the new ones, or the pods are where EKS gives them none.
func (p *Plan) planTemplate() {
	if node := p.Installation.FargateNode(); node != "" && p.Way == PodIdentity {
		p.Doubts = append(p.Doubts, &OnFargate{node})
	}
	template := p.Installation.Deployment.Spec.Template.Spec
	source := controller.SourceOf(template, false)
	if source.Kind != controller.SourceInstance && source.Kind != controller.SourceNone && (source.Kind != p.source() || source.RoleARN != "" && source.RoleARN != p.Role.ARN) {
		p.Doubts = append(p.Doubts, &OwnSource{source.Kind})
	}
	if profile, needed := template.Profile(); needed {
		p.Doubts = append(p.Doubts, &OwnProfile{profile})
	}
}

func (m Mover) readRole(ctx context.Context, p *Plan) (err error) {
	if p.Role, err = m.IAM.Role(ctx, p.RoleName); err != nil {
		if absent := (*NoRole)(nil); errors.As(err, &absent) {
			p.doneOr(StepRole, p.RoleName, err)
			return nil
		}
		return err
	}
	p.doneOr(StepRole, p.Role.ARN, nil)
	return nil
}

func (m Mover) readTrust(ctx context.Context, p *Plan) error {
	if p.Way == IRSA {
		if p.Cluster.Issuer == "" {
			p.doneOr(StepProvider, "", &NoProvider{Cluster: p.ClusterName})
			return nil
		}
		p.ProviderARN = ProviderARN(p.Cluster)
		audiences, exists, err := m.IAM.Provider(ctx, p.ProviderARN)
		if err != nil {
			return err
		}
		var problem error
		if !exists {
			problem = &NoProvider{p.ClusterName, p.ProviderARN, ""}
		} else if !slices.Contains(audiences, Audience) {
			problem = &NoProvider{p.ClusterName, p.ProviderARN, Audience}
		}
		p.doneOr(StepProvider, p.ProviderARN, problem)
	}
	if p.Role.ARN == "" {
		return nil
	}
	trusted, err := m.IAM.Trusts(p.Role, p.Target, p.Cluster, p.ProviderARN, p.Association != nil && p.Association.DisableSessionTags)
	switch {
	case err != nil:
		return err
	case trusted.Allowed:
		p.doneOr(StepTrust, p.Role.ARN, nil)
	case trusted.Unknown:
		p.add(StepTrust, Unknown, "", p.Role.ARN, nil)
		p.Doubts = append(p.Doubts, &TrustUnknown{p.Role.ARN, trusted.Reason})
	default:
		p.doneOr(StepTrust, p.Role.ARN, &NotTrusted{p.Target, p.Role.ARN, p.Cluster.ARN, p.ProviderARN, trusted.Reason})
	}
	return nil
}

// Audience is that of the tokens that EKS gives pods for IRSA.
const Audience = "sts.amazonaws.com"

// ProviderARN is the OIDC provider of a cluster, as IAM names it in the account.
func ProviderARN(c EKSCluster) string {
	parts := strings.SplitN(c.ARN, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return "arn:" + parts[1] + ":iam::" + parts[4] + ":oidc-provider/" + c.Issuer
}

func (m Mover) readAssociation(ctx context.Context, p *Plan) (err error) {
	p.Association, err = m.EKS.Association(ctx, p.ClusterName, p.Namespace, p.ServiceAccount)
	return err
}

// planAccount plans what gives the service account its role.
func (p *Plan) planAccount() {
	if have := p.Installation.ServiceAccountName(); have != p.ServiceAccount {
		p.add(p.accountStep(), Blocked, "", p.Role.ARN, &OtherServiceAccount{p.Namespace, p.ServiceAccount, have})
		return
	}
	if p.Way == IRSA {
		p.planAnnotation()
		return
	}
	a := p.Association
	switch {
	case a == nil:
		p.add(StepAssociation, Todo, "", p.Role.ARN, nil)
		return
	case a.RoleARN == p.Role.ARN:
		p.add(StepAssociation, Done, "", p.Role.ARN, nil)
	case a.OwnerARN != "":
		p.add(StepAssociation, Blocked, a.RoleARN, p.Role.ARN, &Owned{*a})
	default:
		p.add(StepAssociation, Todo, a.RoleARN, p.Role.ARN, nil)
		p.Doubts = append(p.Doubts, &ReplacesRole{p.ServiceAccount, a.RoleARN, p.Role.ARN})
	}
	if a.TargetRoleARN != "" || a.HasPolicy {
		p.Doubts = append(p.Doubts, &Narrowed{*a})
	}
}

func (p *Plan) accountStep() string {
	if p.Way == IRSA {
		return StepAnnotation
	}
	return StepAssociation
}

func (p *Plan) planAnnotation() {
	switch have := p.Installation.RoleARN(); {
	case p.Installation.ServiceAccount == nil:
		p.add(StepAnnotation, Blocked, "", p.Role.ARN, &controller.NotFound{Resource: controller.ServiceAccounts, Namespace: p.Namespace, Name: p.ServiceAccount})
	case p.Association != nil:
		// EKS prefers it: amazon-eks-pod-identity-webhook, pkg/handler/handler.go.
		p.add(StepAnnotation, Blocked, have, p.Role.ARN, &Shadowed{p.ClusterName, *p.Association})
	case have == p.Role.ARN && have != "":
		p.add(StepAnnotation, Done, "", p.Role.ARN, nil)
	default:
		p.add(StepAnnotation, Todo, have, p.Role.ARN, nil)
		if have != "" {
			p.Doubts = append(p.Doubts, &ReplacesRole{p.ServiceAccount, have, p.Role.ARN})
		}
	}
}

// planSecret plans to zero the Secret. Without one there is nothing to zero, unless the
// pods cannot start without it.
func (p *Plan) planSecret() {
	secret := p.Installation.Secret
	if secret == nil {
		var problem error
		if p.Installation.Deployment.Spec.Template.Spec.NeedsSecret() {
			problem = &controller.NotFound{Resource: controller.Secrets, Namespace: p.Namespace, Name: controller.SecretName}
		}
		p.doneOr(StepSecret, "", problem)
		return
	}
	_, state := secret.Credentials()
	switch {
	case state != controller.Filled && (state != controller.KeyAbsent || !p.Installation.Deployment.Spec.Template.Spec.NeedsSecret()):
		p.add(StepSecret, Done, "", string(state), nil)
	case secret.Immutable:
		p.add(StepSecret, Blocked, string(state), string(controller.Zeroed), &controller.Immutable{Namespace: p.Namespace, Name: controller.SecretName})
	default:
		p.add(StepSecret, Todo, string(state), string(controller.Zeroed), nil)
		for _, manager := range secret.Managers() {
			p.Doubts = append(p.Doubts, &Managed{manager})
		}
	}
}

// planRollout plans a restart, unless the pods have started with everything as it is.
func (p *Plan) planRollout() {
	if p.Installation.Deployment.Spec.Paused {
		p.add(StepRollout, Blocked, "", "", &controller.PausedDeployment{Namespace: p.Namespace, Name: controller.DeploymentName})
		return
	}
	if replicas := p.Installation.Deployment.Spec.Replicas; replicas != nil && *replicas == 0 {
		p.add(StepRollout, Blocked, "", "", &ScaledToZero{Namespace: p.Namespace, Name: controller.DeploymentName})
		return
	}
	changes := slices.ContainsFunc(p.Steps, func(s Step) bool { return s.State != Done && s.State != Unknown })
	if changes || p.stale() {
		p.add(StepRollout, Todo, "", "", nil)
		p.add(StepRunning, Todo, "", "", nil)
		return
	}
	p.add(StepRollout, Done, "", "", nil)
	p.add(StepRunning, Done, "", "", nil)
}

// Problems are the reasons why the plan cannot be carried out.
func (p *Plan) Problems() (all []error) {
	for _, step := range p.Steps {
		if step.State == Blocked {
			all = append(all, step.Problem)
		}
	}
	return all
}

// Changes reports whether there is something to do.
func (p *Plan) Changes() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.State == Todo })
}
