// Package preflight checks before a deployment whether it would succeed: the
// configuration must fit the account, each call must be allowed, names must be
// free, quotas must have room, and referenced resources must exist. It changes
// nothing.
//
// A check passes only when it could read everything that it needs. If a lookup
// was denied or failed, the result is "not possible", unless something else
// failed the check. The names of the checks are the values of --skip.
package preflight

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"capaboot/iam"
	"capaboot/iam/account"
	"capaboot/iam/verify"
	"capaboot/internal/nearword"
	"capaboot/internal/stacktemplate"
)

// Name is the name of a check.
type Name string

// The checks.
const (
	Identity         Name = "identity"
	Stack            Name = "stack"
	Names            Name = "names"
	AttachedPolicies Name = "attached-policies"
	Permissions      Name = "permissions"
	Replacements     Name = "replacements"
	PolicyVersions   Name = "policy-versions"
	Quotas           Name = "quotas"
	TrustPrincipals  Name = "trust-principals"
	Groups           Name = "groups"
)

// Result is the outcome of a check or a finding.
type Result string

// The results.
const (
	Passed      Result = "passed"
	Failed      Result = "failed"
	NotPossible Result = "not possible"
	Skipped     Result = "skipped"
)

type checkRow struct {
	name Name
	run  func(*run, context.Context)
	// cheap marks a check that needs few requests, and whose failure always means
	// that the deployment would fail, or would remove the resources of another
	// application.
	cheap bool
}

// checks returns the checks in display order.
func checks() []checkRow {
	return []checkRow{
		{Identity, (*run).checkIdentity, true},
		{Stack, (*run).checkStack, true},
		{Names, (*run).checkNames, true},
		{AttachedPolicies, (*run).checkAttachedPolicies, true},
		{Groups, (*run).checkGroups, true},
		{Replacements, (*run).checkReplacements, true},
		{Permissions, (*run).checkPermissions, false},
		{PolicyVersions, (*run).checkPolicyVersions, false},
		{Quotas, (*run).checkQuotas, false},
		{TrustPrincipals, (*run).checkTrustPrincipals, false},
	}
}

// AllChecks returns the names of all checks.
func AllChecks() []Name { return namesOf(func(checkRow) bool { return true }) }

// CheapChecks returns the names of the checks that run before every deployment.
func CheapChecks() []Name { return namesOf(func(c checkRow) bool { return c.cheap }) }

func namesOf(keep func(checkRow) bool) (all []Name) {
	for _, c := range checks() {
		if keep(c) {
			all = append(all, c.name)
		}
	}
	return all
}

// ValidateNames returns an error if a name is not the name of a check.
func ValidateNames(names []string) error {
	var all []string
	for _, name := range AllChecks() {
		all = append(all, string(name))
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return fmt.Errorf("unknown check %q%s", name, nearword.Allowed(name, all))
		}
	}
	return nil
}

// Input is the input of the checks.
type Input struct {
	Template *iam.Template
	// Unfilled are the placeholders left in the configuration, with their
	// paths.
	Unfilled []string
	// Partition is the template's partition, AccountPartition the account's.
	Partition, AccountPartition string
	Account, Region             string
	// ConfiguredRegion is the region in the configuration, or "".
	ConfiguredRegion string
	// NamedPolicies are the ARNs of the policies that the configuration names,
	// each with the fields of spec that name it. CAPA also attaches policies that
	// are not in NamedPolicies.
	NamedPolicies map[string][]string
	// Caller is the ARN of the caller, from STS.
	Caller string
	// ServiceRole is the ARN of the role that CloudFormation uses; "" for the
	// caller's permissions.
	ServiceRole string
	// PassesRole means that the deployment passes ServiceRole. Otherwise the
	// stack keeps it from an earlier deployment.
	PassesRole bool
	StackName  string
	// Found is the stack, or nil if it does not exist. StackNotRead and
	// TemplateNotRead mean that the stack or its template could not be read.
	Found                         *verify.Stack
	StackNotRead, TemplateNotRead *verify.NotRead
	// Repaired means that a deployment repairs the stack first, and
	// NeedsConfirmation that it asks for confirmation before the repair.
	Repaired, NeedsConfirmation bool
	// Blocked means that the stack's status makes a deployment impossible.
	// Recreated means that the deployment deletes the stack first. Retained then
	// has the resources that the deletion retains, and Found has the other
	// resources. If TemplateNotRead is set, Found may have retained resources too.
	// Protected means that the stack has termination protection.
	Blocked, Recreated, Protected bool
	Retained                      []iam.StackResource
	// Root is the name of the root stack of a nested stack, or "".
	Root string
	// ImportExisting means that the deployment adopts resources that are in no
	// stack.
	ImportExisting bool
	// StackOf returns the name of the stack in a region to which the resource
	// with a physical ID belongs, or "" if it belongs to none. Without StackOf,
	// owners are unknown. AllRegions means that every region of the partition
	// is searched, instead of only the stack's region.
	StackOf    func(ctx context.Context, region, physicalID string) (string, *verify.NotRead)
	AllRegions bool
	// Time limits the duration of all lookups together. A lookup that does not
	// end in time counts as failed. 0 means [DefaultTime].
	Time time.Duration
	// Only are the checks to run, all if empty. Skip are the checks to leave
	// out.
	Only, Skip []Name
}

// Place is a stack in a region.
type Place struct {
	Stack  string `json:"stack"`
	Region string `json:"region"`
}

// Report is the result of all checks. Its JSON is stable: fields and kinds are
// added, but never changed or removed.
type Report struct {
	Checks []Check `json:"checks"`
	// Unreached is the error if CloudFormation did not respond to the request for the
	// stack, or if IAM responded to none of the lookups; otherwise nil.
	Unreached error `json:"-"`
}

// Check is the result of one check.
type Check struct {
	Name   Name   `json:"name"`
	Result Result `json:"result"`
	// Findings is empty for a skipped check.
	Findings []Finding `json:"findings"`
}

// Finding is one finding of a check.
type Finding struct {
	Kind   Kind   `json:"kind"`
	Result Result `json:"result"`
	// LogicalID is the logical ID of the resource, or "". Subject is the name
	// or ARN of the resource or, for some kinds, another subject, such as the
	// caller.
	LogicalID string `json:"logicalID,omitempty"`
	Subject   string `json:"subject,omitempty"`
	// What is the property, quota, status, action and so on, depending on the
	// kind.
	What string `json:"what,omitempty"`
	// Count and Limit are numbers whose meaning depends on the kind.
	Count int `json:"count,omitempty"`
	Limit int `json:"limit,omitempty"`
	// Fields are the fields of spec that change the name, that determine the
	// partition, or that name the policy; none for a policy that CAPA attaches.
	// Disable is the field that leaves out a resource with a fixed name.
	Fields  []string `json:"fields,omitempty"`
	Disable string   `json:"disable,omitempty"`
	// Places has the stacks that own the resource.
	Places []Place `json:"places,omitempty"`
	// Everywhere means that every region of the partition was searched.
	Everywhere bool `json:"-"`
	// UnreadRegions has the regions that could not be searched for the owner of
	// the resource. It is empty without [Input.AllRegions]. NotRead also has
	// these lookups.
	UnreadRegions []UnreadRegion `json:"-"`
	// NotRead has the lookups that failed.
	NotRead []verify.NotRead `json:"unseen,omitempty"`
	// Simulation is the result of IAM's simulation.
	Simulation *Simulation `json:"simulation,omitempty"`
}

// UnreadRegion is a region that could not be read, with the failed lookup.
type UnreadRegion struct {
	Name   string
	Lookup verify.NotRead
}

// Failed returns the names of the checks that failed.
func (r *Report) Failed() []Name { return r.namesWith(Failed) }

// NotPossible returns the names of the checks that were not possible.
func (r *Report) NotPossible() []Name { return r.namesWith(NotPossible) }

// LookupDenied reports whether a lookup was denied, so that a read permission
// would help.
func (r *Report) LookupDenied() bool {
	_, ok := r.firstNotRead(func(u verify.NotRead) bool { return u.Denied })
	return ok
}

// Intercepted returns the error of a lookup whose response is not from AWS, or
// nil if there is none.
func (r *Report) Intercepted() error {
	u, _ := r.firstNotRead(func(u verify.NotRead) bool { return u.Intercepted != nil })
	return u.Intercepted
}

// unreachedError returns an error if a finding depends on a service that did
// not respond, and otherwise nil.
func (r *run) unreachedError(report *Report) error {
	if u, ok := report.firstNotRead(func(u verify.NotRead) bool { return u.Silent }); ok {
		return errors.New("CloudFormation: " + u.Reason)
	}
	// Skipped lookups do not count, because they do not say why IAM did not respond.
	isFailed := func(u verify.NotRead) bool {
		return strings.HasPrefix(u.Action, "iam:") && u.Reason != account.ErrNotTried.Error()
	}
	if u, ok := report.firstNotRead(isFailed); ok && r.lookups.isSilent() {
		return errors.New("IAM: " + u.Reason)
	}
	return nil
}

// firstNotRead returns the first failed lookup for which has returns true.
func (r *Report) firstNotRead(has func(verify.NotRead) bool) (u verify.NotRead, ok bool) {
	for _, c := range r.Checks {
		for _, f := range c.Findings {
			if i := slices.IndexFunc(f.NotRead, has); i >= 0 {
				return f.NotRead[i], true
			}
		}
	}
	return u, false
}

func (r *Report) namesWith(result Result) (names []Name) {
	for _, c := range r.Checks {
		if c.Result == result {
			names = append(names, c.Name)
		}
	}
	return names
}

// run is the state of one run of the checks.
type run struct {
	Input
	api     API
	current *Check
	// expected has the expected state of the template's resources, sorted by
	// logical ID.
	expected []*iam.ResourceState
	// template has the resources of the new template, deployed those of the
	// stack's template, as JSON values. deployed is nil if there is no stack,
	// or if the text of its template is unknown or cannot be parsed.
	template, deployed map[string]stacktemplate.Resource
	// deployedErr is the error of parsing the stack's template.
	deployedErr   error
	templateBytes int
	lookups       *lookups
	// presences caches lookups of resources. policies caches the list of the
	// account's policies.
	presences cache[presence]
	policies  cache[policyList]
}

// DefaultTime limits the lookups of all checks together. The check of names can
// search every region.
const DefaultTime = 2 * time.Minute

// Run runs the checks. It returns an error only when ctx ends, or when the
// generated template cannot be encoded or decoded.
func Run(ctx context.Context, api API, in Input) (*Report, error) {
	r := &run{Input: in, api: api, expected: in.Template.Expected(in.Partition, in.Account, nil)}
	r.lookups = &lookups{limit: cmp.Or(in.Time, DefaultTime), slots: make(chan struct{}, maxConcurrent)}
	lookupContext, cancel := context.WithTimeout(ctx, r.lookups.limit)
	defer cancel()
	defer time.AfterFunc(maxSilence, func() {
		if r.lookups.isSilent() {
			cancel()
		}
	}).Stop()
	text, err := json.Marshal(in.Template.Tree())
	if err != nil {
		return nil, fmt.Errorf("writing the template: %w", err)
	}
	r.templateBytes = len(text)
	if r.template, err = resourcesOf(string(text)); err != nil {
		return nil, err
	}
	if in.Found != nil && in.Found.Template != "" {
		r.deployed, r.deployedErr = resourcesOf(in.Found.Template)
	}
	report := &Report{}
	for _, c := range checks() {
		if len(in.Only) > 0 && !slices.Contains(in.Only, c.name) {
			continue
		}
		r.current = &Check{Name: c.name, Findings: []Finding{}}
		switch {
		case slices.Contains(in.Skip, c.name):
			r.current.Result = Skipped
		case c.name != Identity && in.Partition != in.AccountPartition:
			r.add(Finding{Kind: KindOtherPartition, Result: NotPossible, Subject: in.AccountPartition, What: in.Partition})
		default:
			c.run(r, lookupContext)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
		if r.current.Result == "" {
			r.current.Result = resultOf(r.current.Findings)
		}
		report.Checks = append(report.Checks, *r.current)
	}
	report.Unreached = r.unreachedError(report)
	return report, nil
}

// withNaming adds to a finding how to change the resource's name.
func (r *run) withNaming(f Finding) Finding {
	naming, _ := r.Template.Naming(f.LogicalID)
	f.Fields, f.Disable = naming.Fields, naming.DisableField
	return f
}

func (r *run) add(f Finding) { r.current.Findings = append(r.current.Findings, f) }

// addNotRead adds findings about failed lookups.
func (r *run) addNotRead(all ...verify.NotRead) {
	for _, u := range all {
		r.add(Finding{Kind: KindLookupFailed, Result: NotPossible, LogicalID: u.LogicalID, Subject: u.Name, NotRead: []verify.NotRead{u}})
	}
}

// resultOf returns Failed if any finding failed, or else NotPossible if any
// finding was not possible. Without findings it returns NotPossible, because
// nothing was checked.
func resultOf(findings []Finding) Result {
	has := func(result Result) bool {
		return slices.ContainsFunc(findings, func(f Finding) bool { return f.Result == result })
	}
	switch {
	case has(Failed):
		return Failed
	case has(NotPossible) || len(findings) == 0:
		return NotPossible
	}
	return Passed
}
