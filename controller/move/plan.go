package move

// This file plans a move: it reads the current state, and determines the steps,
// the problems and the warnings.

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"capaboot/controller"
)

// The steps, in order. The first four and the last are checks, which change
// nothing.
const (
	StepAgent       = "agent"       // the cluster has the EKS Pod Identity agent
	StepRole        = "role"        // the role exists
	StepProvider    = "provider"    // IAM has the OIDC provider of the cluster
	StepTrust       = "trust"       // the role trusts the pods
	StepAssociation = "association" // EKS associates the service account with the role
	StepAnnotation  = "annotation"  // the service account is annotated with the role
	StepSecret      = "secret"      // the Secret has no credentials
	StepRollout     = "rollout"     // the controllers are restarted
	StepRunning     = "running"     // the controllers run, with the new source of credentials
)

// State is the state of a step.
type State string

// The states.
const (
	Done       State = "done"    // nothing needs to change
	Todo       State = "todo"    // needs to be done
	Blocked    State = "blocked" // a problem blocks it
	DoneNow    State = "made"    // done by this run
	Failed     State = "failed"  // failed in this run
	NotReached State = "open"    // not reached by this run
	Unknown    State = "unknown" // cannot be determined
)

// Step is a step of a plan.
type Step struct {
	Name  string `json:"step"`
	State State  `json:"state"`
	// Before and After are the old and the new value: ARNs of roles, or states
	// of the Secret. Before is "" if there was none, or if nothing needs to
	// change. For a check, After is what was found, such as the name of the
	// add-on.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	// Problem is the reason why the step is blocked or failed.
	Problem error `json:"-"`
}

// Plan is the plan of a move.
type Plan struct {
	Target
	Cluster EKSCluster
	Role    Role
	// ProviderARN is the ARN of the cluster's OIDC provider in IAM, for IRSA.
	ProviderARN string
	// Association is the association of the service account, or nil.
	Association  *Association
	Installation *controller.Installation
	Steps        []Step
	// Warnings are risks to confirm in addition to the changes.
	Warnings []error
}

// Plan reads everything that a move depends on, and changes nothing. Problems
// are part of the plan. An error means that something could not be read.
func (m Mover) Plan(ctx context.Context, target Target) (*Plan, error) {
	p := &Plan{Target: target}
	for _, read := range []func(context.Context, *Plan) error{m.readCluster, m.readInstallation, m.readRole, m.readAssociation, m.readTrust, m.readIdentities} {
		if err := read(ctx, p); err != nil {
			return nil, err
		}
	}
	p.planTemplate()
	p.planAccount()
	p.planSecret()
	p.planRollout()
	return p, m.checkAccess(ctx, p)
}

func (p *Plan) add(name string, state State, before, after string, problem error) {
	p.Steps = append(p.Steps, Step{name, state, before, after, problem})
}

// addCheck adds a step that is [Done], or [Blocked] if there is a problem.
// description is what the check found.
func (p *Plan) addCheck(name, description string, problem error) {
	state := Done
	if problem != nil {
		state = Blocked
	}
	p.add(name, state, "", description, problem)
}

// CompareServers returns an [*OtherServer] if the server in a kubeconfig is not the
// API server of the EKS cluster. It returns nil if the two servers are the same, or
// if one of them is unknown.
func CompareServers(server string, c EKSCluster) error {
	if c.Endpoint != "" && server != "" && hostAndPort(c.Endpoint) != hostAndPort(server) {
		return &OtherServer{server, c.Name, c.Endpoint}
	}
	return nil
}

// hostAndPort returns the host name and the port of a URL, without the default
// port of HTTPS.
func hostAndPort(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return strings.TrimSuffix(strings.ToLower(u.Host), ":443")
}

// readCluster reads the EKS cluster and, for EKS Pod Identity, the agent.
func (m Mover) readCluster(ctx context.Context, p *Plan) (err error) {
	if p.Cluster, err = m.EKS.Cluster(ctx, p.ClusterName); err != nil {
		return err
	}
	if warning := CompareServers(p.Server, p.Cluster); warning != nil {
		p.Warnings = append(p.Warnings, warning)
	}
	if p.Method != PodIdentity {
		return nil
	}
	return m.readAgent(ctx, p)
}

func (m Mover) readInstallation(ctx context.Context, p *Plan) (err error) {
	if p.Installation, err = m.Cluster.ReadInstallation(ctx, p.Namespace, nil); err != nil {
		return err
	}
	for _, unread := range p.Installation.Unread {
		// A move changes the Secret and the service account, and checks the pods.
		if slices.Contains([]string{controller.PartSecret, controller.PartServiceAccount, controller.PartPods}, unread.Part) {
			return unread.Err
		}
	}
	return nil
}

// planTemplate blocks the agent step if the pods run on AWS Fargate, where EKS
// Pod Identity does not work. It adds a warning if the Deployment sets, or may
// set, credentials that take precedence over the new ones, and if the
// Deployment sets AWS_PROFILE.
func (p *Plan) planTemplate() {
	if node := p.Installation.FargateNode(); node != "" && p.Method == PodIdentity {
		for i := range p.Steps {
			if step := &p.Steps[i]; step.Name == StepAgent && step.State != Blocked {
				step.State, step.Problem = Blocked, &OnFargate{node}
			}
		}
	}
	template := p.Installation.Deployment.Spec.Template.Spec
	source := controller.SourceOf(template, false)
	switch {
	case source.Kind == controller.SourceInstance, source.Kind == controller.SourceNone:
	case source.Kind == controller.SourceFile:
		if p.Method == PodIdentity { // IRSA takes precedence over the file
			p.Warnings = append(p.Warnings, &OtherCredentialsFile{template.CredentialsFile()})
		}
	case source.Kind != p.newSource() || source.RoleARN != "" && source.RoleARN != p.Role.ARN:
		p.Warnings = append(p.Warnings, &OtherSource{source.Kind})
	}
	if template.SetsConfigFile() && p.Method == PodIdentity { // IRSA takes precedence over every profile
		p.Warnings = append(p.Warnings, &ConfigFileVariable{})
	}
	if template.HasOtherVariables() {
		p.Warnings = append(p.Warnings, &OtherVariables{})
	}
	if profile, isNeeded := template.Profile(); isNeeded {
		p.Warnings = append(p.Warnings, &ProfileVariable{profile})
	}
}

// readRole adds the step that checks the role.
func (m Mover) readRole(ctx context.Context, p *Plan) (err error) {
	if p.Role, err = m.IAM.Role(ctx, p.RoleName); err != nil {
		if absent := (*NoRole)(nil); errors.As(err, &absent) {
			p.addCheck(StepRole, p.RoleName, err)
			return nil
		}
		return err
	}
	p.addCheck(StepRole, p.Role.ARN, nil)
	return nil
}

// readTrust adds the steps that check the OIDC provider, for IRSA, and the trust
// policy of the role. Without an OIDC issuer for IRSA, or without the role, it adds
// no step for the trust policy.
func (m Mover) readTrust(ctx context.Context, p *Plan) error {
	if p.Method == IRSA {
		if p.Cluster.Issuer == "" {
			p.addCheck(StepProvider, "", &NoProvider{Cluster: p.ClusterName})
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
		p.addCheck(StepProvider, p.ProviderARN, problem)
	}
	if p.Role.ARN == "" {
		return nil
	}
	trusted, err := m.IAM.Trusts(p.Role, p.Target, p.Cluster, p.ProviderARN, p.Association != nil && p.Association.DisableSessionTags)
	switch {
	case err != nil:
		return err
	case trusted.Allowed:
		p.addCheck(StepTrust, p.Role.ARN, nil)
	case trusted.Unknown:
		p.add(StepTrust, Unknown, "", p.Role.ARN, nil)
		p.Warnings = append(p.Warnings, &TrustUnknown{p.Role.ARN, trusted.Reason})
	default:
		p.addCheck(StepTrust, p.Role.ARN, &NotTrusted{p.Target, p.Role.ARN, p.Cluster.ARN, p.ProviderARN, trusted.Reason})
	}
	return nil
}

// Audience is the audience of the tokens that pods get for IRSA.
const Audience = "sts.amazonaws.com"

// ProviderARN returns the ARN in IAM of a cluster's OIDC provider, or "" if the
// ARN of the cluster is malformed.
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

// planAccount adds the step that gives the service account its role.
func (p *Plan) planAccount() {
	if current := p.Installation.ServiceAccountName(); current != p.ServiceAccount {
		p.add(p.accountStep(), Blocked, "", p.Role.ARN, &OtherServiceAccount{p.Namespace, p.ServiceAccount, current})
		return
	}
	if p.Method == IRSA {
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
		p.add(StepAssociation, Blocked, a.RoleARN, p.Role.ARN, &OwnedByAddon{*a})
	default:
		p.add(StepAssociation, Todo, a.RoleARN, p.Role.ARN, nil)
		p.Warnings = append(p.Warnings, &ReplacesRole{p.ServiceAccount, a.RoleARN, p.Role.ARN})
	}
	if a.TargetRoleARN != "" || a.HasPolicy {
		p.Warnings = append(p.Warnings, &LimitedAssociation{*a})
	}
}

// accountStep returns the name of the step that planAccount adds.
func (p *Plan) accountStep() string {
	if p.Method == IRSA {
		return StepAnnotation
	}
	return StepAssociation
}

// planAnnotation adds the step that annotates the service account.
func (p *Plan) planAnnotation() {
	switch current := p.Installation.RoleARN(); {
	case p.Installation.ServiceAccount == nil:
		p.add(StepAnnotation, Blocked, "", p.Role.ARN, &controller.NotFound{Resource: controller.ServiceAccounts, Namespace: p.Namespace, Name: p.ServiceAccount})
	case p.Association != nil:
		// The association takes precedence: amazon-eks-pod-identity-webhook,
		// pkg/handler/handler.go.
		p.add(StepAnnotation, Blocked, current, p.Role.ARN, &PrecedingAssociation{p.ClusterName, *p.Association})
	case current == p.Role.ARN && current != "":
		p.add(StepAnnotation, Done, "", p.Role.ARN, nil)
	default:
		p.add(StepAnnotation, Todo, current, p.Role.ARN, nil)
		if current != "" {
			p.Warnings = append(p.Warnings, &ReplacesRole{p.ServiceAccount, current, p.Role.ARN})
		}
		for _, manager := range p.Installation.ServiceAccount.Managers() {
			p.Warnings = append(p.Warnings, &ManagedServiceAccount{manager})
		}
	}
}

// planSecret adds the step that zeroes the Secret. The step is blocked if the
// Secret is missing and the pods cannot start without it, or if the Secret must
// be zeroed but is immutable.
func (p *Plan) planSecret() {
	secret := p.Installation.Secret
	if secret == nil {
		var problem error
		if p.Installation.Deployment.Spec.Template.Spec.NeedsSecret() {
			problem = &controller.NotFound{Resource: controller.Secrets, Namespace: p.Namespace, Name: controller.SecretName}
		}
		p.addCheck(StepSecret, "", problem)
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
		for _, manager := range p.Installation.ManagersOfSecret() {
			p.Warnings = append(p.Warnings, &ManagedSecret{manager})
		}
	}
}

// planRollout adds the restart and the check after it. If the Deployment is paused
// or scaled to 0, it adds only the restart, which is blocked. Both steps are done
// already if every earlier step is done or unknown, and the pods run with the new
// credentials.
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
	if changes || p.needsRestart() {
		p.add(StepRollout, Todo, "", "", nil)
		p.add(StepRunning, Todo, "", "", nil)
		return
	}
	p.add(StepRollout, Done, "", "", nil)
	p.add(StepRunning, Done, "", "", nil)
}

// Problems returns the problems that block the plan.
func (p *Plan) Problems() (all []error) {
	for _, step := range p.Steps {
		if step.State == Blocked {
			all = append(all, step.Problem)
		}
	}
	return all
}

// ChangesAnything reports whether the plan changes anything.
func (p *Plan) ChangesAnything() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.State == Todo })
}
