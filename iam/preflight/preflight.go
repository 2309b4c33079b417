// Package preflight checks before a deployment whether it can work: whether the
// configuration fits the account, whether each call would be allowed, whether names
// are free, quotas have room, and what the template refers to exists. It changes
// nothing.
//
// Its promise is one-sided. A check has passed only when everything that it is about
// was seen; a look that was denied or failed makes it "not possible", never one of
// the others. The names of the checks are those of --skip.
package preflight

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"capaboot/iam"
	"capaboot/iam/verify"
	"capaboot/internal/nearword"
)

// Name names a check.
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
)

// Result is how a check ended, or a finding of one.
type Result string

// The results.
const (
	Passed      Result = "passed"
	Failed      Result = "failed"
	NotPossible Result = "not possible"
	Skipped     Result = "skipped"
)

// check is a row of the table of checks.
type check struct {
	name Name
	run  func(*run, context.Context)
	// cheap: it takes a few requests at most, and no name, state or permission of
	// others makes it fail where a deployment would work.
	cheap bool
}

// checks are in the order in which they are shown.
func checks() []check {
	return []check{
		{Identity, (*run).identity, true},
		{Stack, (*run).stack, true},
		{Names, (*run).names, true},
		{AttachedPolicies, (*run).attachedPolicies, true},
		{Replacements, (*run).replacements, true},
		{Permissions, (*run).permissions, false},
		{PolicyVersions, (*run).policyVersions, false},
		{Quotas, (*run).quotas, false},
		{TrustPrincipals, (*run).trustPrincipals, false},
	}
}

// All returns the names of the checks, and Cheap those of the ones that a
// deployment begins with.
func All() []Name { return namesOf(func(check) bool { return true }) }

// Cheap returns the names of the checks that a deployment begins with.
func Cheap() []Name { return namesOf(func(c check) bool { return c.cheap }) }

func namesOf(keep func(check) bool) (all []Name) {
	for _, c := range checks() {
		if keep(c) {
			all = append(all, c.name)
		}
	}
	return all
}

// CheckNames returns an error for a name that no check has.
func CheckNames(names []string) error {
	var all []string
	for _, name := range All() {
		all = append(all, string(name))
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return fmt.Errorf("unknown check %q%s", name, nearword.Allowed(name, all))
		}
	}
	return nil
}

// Input is what is checked.
type Input struct {
	Template *iam.Template
	// Unfilled are the placeholders that are left in the configuration.
	Unfilled []string
	// Partition is that of the template, AccountPartition that of the account.
	Partition, AccountPartition string
	Account, Region             string
	// ConfiguredRegion is that of the configuration, "" for none.
	ConfiguredRegion string
	// Caller is the ARN of the caller, as STS has it.
	Caller string
	// ServiceRole is the ARN of the role that CloudFormation works with; "" means
	// the caller's permissions.
	ServiceRole string
	// PassesRole: the deployment names the service role, and not only the stack has it.
	PassesRole bool
	StackName  string
	// Found is the stack, nil when it does not exist. StackUnseen and
	// TemplateUnseen say that it, or its template, could not be read.
	Found                       *verify.Stack
	StackUnseen, TemplateUnseen *verify.Unseen
	// Blocked: a deployment does not change a stack with this status. Recreated: it
	// deletes the stack first.
	Blocked, Recreated bool
	// ImportExisting: the deployment adopts what exists outside any stack.
	ImportExisting bool
	// StackOf finds the stack of a region that has a resource, by its physical ID; ""
	// when none has it. Without it, owners are unknown. AllRegions: it is asked in
	// each region of the partition, not only in that of the stack.
	StackOf    func(ctx context.Context, region, physicalID string) (string, *verify.Unseen)
	AllRegions bool
	// Time is how long the looks may take in all; those that are not made in it are
	// not possible. 0 means [DefaultTime].
	Time time.Duration
	// Only are the checks to run, Skip those to leave out; none of Only means all.
	Only, Skip []Name
}

// Place is a stack in a region.
type Place struct {
	Stack  string `json:"stack"`
	Region string `json:"region"`
}

// Report is what the checks found. Its JSON is stable: names are not changed or
// taken away, only added.
type Report struct {
	Checks []Check `json:"checks"`
}

// Check is one check.
type Check struct {
	Name   Name   `json:"name"`
	Result Result `json:"result"`
	// Findings are never empty, except for a check that was skipped.
	Findings []Finding `json:"findings"`
}

// Finding is one thing that a check found.
type Finding struct {
	Kind   Kind   `json:"kind"`
	Result Result `json:"result"`
	// LogicalID is that of the resource that it is about, "" for none; Subject is
	// its name or ARN, or what else it is about.
	LogicalID string `json:"logicalID,omitempty"`
	Subject   string `json:"subject,omitempty"`
	// What is the property, quota or status that it is about.
	What string `json:"what,omitempty"`
	// Count and Limit are numbers; see the kinds.
	Count int `json:"count,omitempty"`
	Limit int `json:"limit,omitempty"`
	// Fields are the fields of spec that change the name that it is about; Disable is
	// the one that leaves out a resource whose name is fixed.
	Fields  []string `json:"fields,omitempty"`
	Disable string   `json:"disable,omitempty"`
	// Places are the stacks that have the resource.
	Places []Place `json:"places,omitempty"`
	// Everywhere is whether every region of the partition was asked for the stack.
	Everywhere bool `json:"-"`
	// Unseen are the looks that failed.
	Unseen []verify.Unseen `json:"unseen,omitempty"`
	// Simulation is the answer of IAM's simulation.
	Simulation *Simulation `json:"simulation,omitempty"`
}

// Failed and NotPossible return the names of the checks with these results.
func (r *Report) Failed() []Name { return r.with(Failed) }

// NotPossible returns the names of the checks that were not possible.
func (r *Report) NotPossible() []Name { return r.with(NotPossible) }

// LookDenied is whether a look was denied, so that a permission to read would help.
func (r *Report) LookDenied() bool {
	for _, c := range r.Checks {
		for _, f := range c.Findings {
			if slices.ContainsFunc(f.Unseen, func(u verify.Unseen) bool { return u.Denied }) {
				return true
			}
		}
	}
	return false
}

func (r *Report) with(result Result) (names []Name) {
	for _, c := range r.Checks {
		if c.Result == result {
			names = append(names, c.Name)
		}
	}
	return names
}

// run is one run of the checks.
type run struct {
	Input
	api     API
	current *Check
	// wanted are the resources of the template as they should be, by logical ID.
	wanted []*iam.Found
	// template and deployed are the resources of the template, and of that of the
	// stack, as JSON values; deployed is nil when there is none.
	template, deployed map[string]resource
	// deployedErr is why the stack's template cannot be read.
	deployedErr   error
	templateBytes int
	looks         *looks
	// seen are the resources that are looked up, and policies the list of those of the
	// account: each once.
	seen     memory[presence]
	policies memory[policyList]
}

// DefaultTime is how long the looks of all checks may take. Some have one look in each
// region.
const DefaultTime = 2 * time.Minute

// Run runs the checks. The errors are of contexts, and of templates of ours that
// cannot be written.
func Run(ctx context.Context, api API, in Input) (*Report, error) {
	r := &run{Input: in, api: api, wanted: in.Template.Wanted(in.Partition, in.Account, nil)}
	r.looks = &looks{time: cmp.Or(in.Time, DefaultTime), slots: make(chan struct{}, mostAtOnce)}
	looking, cancel := context.WithTimeout(ctx, r.looks.time)
	defer cancel()
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
			c.run(r, looking)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
		if r.current.Result == "" {
			r.current.Result = resultOf(r.current.Findings)
		}
		report.Checks = append(report.Checks, *r.current)
	}
	return report, nil
}

// ofName is a finding about the name of a resource.
func (r *run) ofName(f Finding) Finding {
	naming, _ := r.Template.Naming(f.LogicalID)
	f.Fields, f.Disable = naming.Fields, naming.Disable
	return f
}

func (r *run) add(f Finding) { r.current.Findings = append(r.current.Findings, f) }

// unseen adds looks that failed.
func (r *run) unseen(all ...verify.Unseen) {
	for _, u := range all {
		r.add(Finding{Kind: KindLookFailed, Result: NotPossible, LogicalID: u.LogicalID, Subject: u.Name, Unseen: []verify.Unseen{u}})
	}
}

// resultOf is failed when a finding is, else not possible when one is. Without any
// finding nothing was seen.
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
