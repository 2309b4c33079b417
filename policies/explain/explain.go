// Package explain collects everything known about an action:
//   - which principals get it, through which statements
//   - since which release Cluster API Provider AWS (CAPA) grants it
//   - which part of CAPA's controllers calls it, and why
//   - what AWS documents about it
package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/meter"
	"capaboot/policies/authz"
	"capaboot/policies/authz/managed"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/stories"
)

// Answer is the explanation of one name. Its JSON is stable: fields may be
// added, but are not changed or removed.
type Answer struct {
	Asked string `json:"asked"`
	// Actions has the matching actions with a statement in the set or an entry
	// in CAPA's catalogue, sorted. An action that is the only match is always
	// included, and so are actions that policies neither grant nor deny.
	Actions []Action `json:"actions"`
	// NotGranted has the matching actions that are not in Actions.
	NotGranted []string `json:"notGranted"`
	// Notes say what could not be read or is unknown, and which parameter
	// values were assumed.
	Notes []string `json:"notes,omitempty"`
}

// Action is one action, with AWS's documentation of it and its grants.
type Action struct {
	Action           string         `json:"action"`
	AccessLevel      string         `json:"accessLevel,omitempty"`
	Description      string         `json:"description,omitempty"`
	ResourceTypes    []ResourceType `json:"resourceTypes"`
	ConditionKeys    []string       `json:"conditionKeys"`
	DependentActions []string       `json:"dependentActions"`
	// CalledFrom has the parts of CAPA's controllers that make the call in the
	// newest release; it is empty if that release does not make the call.
	CalledFrom []string `json:"calledFrom"`
	// Releases has the releases whose controllers make the call.
	// CalledInRelease means that the controllers of the selected release make
	// the call.
	Releases        []catalog.Span `json:"releases,omitempty"`
	CalledInRelease bool           `json:"made"`
	// UsedFor has the features of CAPA that need the action in the release
	// [catalog.FeaturesRelease]. A feature with Since needs the action only
	// since that later release.
	UsedFor []UsedFor `json:"usedFor,omitempty"`
	// Limit says how to limit the permission of the controllers. It is valid for
	// the release [catalog.FeaturesRelease].
	Limit *Limit `json:"limit,omitempty"`
	// Grants has the statements about the action: first each Allow in a policy,
	// then each Allow in a permissions boundary, then each Deny.
	Grants []Grant `json:"grants"`
	// WouldGrant has entries of CAPA's catalogue that allow the action with
	// another configuration or in another release. It is empty if [Action.Granted]
	// is true.
	WouldGrant []Offer `json:"wouldGrant,omitempty"`
	// Unknown means that AWS's reference has no such action.
	Unknown bool `json:"unknown,omitempty"`
	// Exempt says why policies neither grant nor deny the action: statements
	// about it have no effect. Exempt is "" for all other actions.
	Exempt string `json:"exempt,omitempty"`
	// Also says which policy must allow the action in addition to the caller's
	// policies: "key" for the policy of the KMS key, "role" for the trust policy
	// of the role, or "" for none.
	Also string `json:"also,omitempty"`
}

// Granted reports whether a statement allows the action, and the permissions
// boundary of its holder does not exclude the action. Conditions, denials and
// the resources of the boundary may still prevent it.
func (a *Action) Granted() bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return allows(g) && g.BoundedBy == "" })
}

// IsBounded reports whether a statement allows the action, but [Action.Granted] is
// false because of permissions boundaries.
func (a *Action) IsBounded() bool { return !a.Granted() && slices.ContainsFunc(a.Grants, allows) }

// ResourceType is a resource type that an action supports.
type ResourceType struct {
	Name          string   `json:"name"`
	Required      bool     `json:"required"`
	ARNs          []string `json:"arns"`
	ConditionKeys []string `json:"conditionKeys"`
}

// Grant is one statement about an action.
type Grant struct {
	Effect document.Effect `json:"effect"`
	// Kind and Name identify the holder of the policy.
	Kind document.Kind `json:"kind"`
	Name string        `json:"name"`
	// Policy is the name of the policy, the name or the ARN of the permissions
	// boundary, or "trust policy".
	Policy string `json:"policy"`
	// Statement is "Statement[2]", counted from 0, with the Sid if there is one.
	Statement string `json:"statement"`
	// Trust means that the statement is in a trust policy. Boundary means that
	// it is in a permissions boundary, which by itself grants nothing.
	Trust    bool `json:"trust,omitempty"`
	Boundary bool `json:"boundary,omitempty"`
	// AWS means that the policy is an AWS managed policy.
	AWS bool `json:"aws,omitempty"`
	// Pattern is the entry of Action that the action matches; "" for a statement
	// with NotAction.
	Pattern       string   `json:"pattern,omitempty"`
	NotActions    []string `json:"notActions,omitempty"`
	Resources     []string `json:"resources,omitempty"`
	NotResources  []string `json:"notResources,omitempty"`
	Principals    []string `json:"principals,omitempty"`
	NotPrincipals []string `json:"notPrincipals,omitempty"`
	Conditions    []string `json:"conditions,omitempty"`
	// When has the conditions of the CloudFormation template under which the
	// statement exists.
	When []string `json:"when,omitempty"`
	// UnknownParts has the parts of the statement that are only known at
	// deployment.
	UnknownParts []string `json:"unknown,omitempty"`
	// Unclear says what AWS's documentation leaves open about the statement.
	Unclear []string `json:"unclear,omitempty"`
	// Useless means that the action supports none of the resources, or that AWS
	// refuses the action on all of them.
	Useless bool `json:"useless,omitempty"`
	// Unsupported means an Allow with NotPrincipal, which AWS does not support:
	// it is unknown which principals it allows.
	Unsupported bool `json:"unsupported,omitempty"`
	// Refused means that IAM refuses the statement. Either the entry that matches
	// the action is invalid, or an element is forbidden or missing; Misplaced
	// then describes the element. A refused Allow allows nothing. A refused Deny
	// is assumed to apply.
	Refused   bool   `json:"refused,omitempty"`
	Misplaced string `json:"misplaced,omitempty"`
	// BoundedBy is the permissions boundary of the role or user if it never allows
	// the action: the statement then has no effect. It is set only for an Allow
	// in the answers of [Explainer.Explain].
	BoundedBy string `json:"boundedBy,omitempty"`
	// File and Line are the position of the statement; absent for AWS managed
	// policies.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Story
}

// Story is the catalogue's information about a permission.
type Story = stories.Story

// Offer is an entry of the catalogue that would grant an action.
type Offer struct {
	// Policy is the IAM name of a policy, or of a role if Trust is set, without
	// prefix and suffix. Trust means that the entry is in the role's trust
	// policy.
	Policy string `json:"policy"`
	Trust  bool   `json:"trust,omitempty"`
	// When has the gates of the entry; all of them must be open.
	When []catalog.Gate `json:"when"`
	// Feature is the feature of clusterAPIControllers.features that enables the
	// entry, if any.
	Feature string `json:"feature,omitempty"`
	// On means that the selected release has the entry and that the
	// configuration opens its gates. Resources are the resources that the entry
	// covers with the values of the configuration or, if these are unknown, with
	// any values. Field is the field of the configuration whose values must match
	// the denied resource, because the present values do not, or may not. All
	// three are set only for denied requests, and Resources only if they do not
	// match the denied resource.
	On        bool     `json:"on,omitempty"`
	Resources []string `json:"resources,omitempty"`
	Field     string   `json:"field,omitempty"`
	// Later means that the selected release does not have the entry.
	Later bool `json:"-"`
	Story
}

// UnknownName is the error for an action or service that neither AWS nor the set
// has.
type UnknownName struct {
	Asked string
	Near  string // the action or service with the most similar name, or ""
}

func (u *UnknownName) Error() string {
	text := fmt.Sprintf("AWS has no action or service %q", u.Asked)
	if u.Near != "" {
		text += fmt.Sprintf(", did you mean %q?", u.Near)
	}
	return text
}

// Hint says which names are valid.
func (u *UnknownName) Hint() string {
	return `name an action (ec2:RunInstances), several with a wildcard (ec2:Describe*), or a service (ec2)`
}

// maxGrants limits the grants of one answer, and the grants of all explained
// denials together. It is far more than a person reads. More grants are an
// error.
const maxGrants = 100_000

// Explainer answers questions about one set of policies.
type Explainer struct {
	// Deployed means that the set is the deployed stack, as it is in the account.
	// If the set allows a denied request, the stack then needs no update.
	Deployed bool

	calls              map[string]*catalog.APICall // by action in lower case
	features           []catalog.Feature
	catalogue          *catalog.Catalogue
	release            catalog.Release
	settings           *catalog.Settings
	controllerPolicies []heldPolicy // cache of policiesOfControllers
	// stories finds the catalogue's information about the permissions of the set,
	// and the entries that grant other permissions.
	stories     *stories.Finder
	set         *document.Set
	policies    []heldPolicy
	notes       []string
	meter       *meter.Meter
	texts       map[*document.Statement]*statementTexts // cache of textsOf
	foundGrants map[string][]Grant                      // cache of cachedGrants
	without     map[string]*Explainer                   // without the default of a parameter; nil if the templates cannot be read
	keptGrants  int                                     // the number of statements in the explained denials
}

// heldPolicy is a policy with its holder.
type heldPolicy struct {
	place            document.Place // with an empty Statement
	name             string
	doc              *document.Document
	isResourcePolicy bool // a resource policy or trust policy
}

func (s heldPolicy) isTrustPolicy() bool { return s.place.Policy == nil && !s.place.Boundary }
func (s heldPolicy) isAWSManaged() bool  { return s.place.Policy != nil && s.place.Policy.AWS }

// New returns an explainer for a set. The catalogue must have been loaded with
// its stories. The error is a [meter.TooMuch], or means a mistake in the
// embedded tables.
func New(set *document.Set, catalogue *catalog.Catalogue) (e *Explainer, err error) {
	defer meter.Catch(&err)
	calls, err := catalog.APICalls()
	if err != nil {
		return nil, err
	}
	features, err := catalog.Features()
	if err != nil {
		return nil, err
	}
	if _, _, err := catalog.LimitOf(""); err != nil {
		return nil, err
	}
	e = &Explainer{set: set, meter: meter.New(meter.LimitFor(set.Bytes, set.Largest)), texts: map[*document.Statement]*statementTexts{}, foundGrants: map[string][]Grant{}, calls: map[string]*catalog.APICall{}, features: features, catalogue: catalogue,
		release: catalogue.Newest(), stories: stories.New(catalogue).FinderFor(set)}
	for i := range calls {
		e.calls[strings.ToLower(calls[i].Action)] = &calls[i]
	}
	for _, h := range set.Principals {
		if h.Trust != nil {
			e.policies = append(e.policies, heldPolicy{document.Place{Holder: h}, "trust policy", h.Trust, true})
		}
		for i := range h.Policies {
			p := &h.Policies[i]
			e.policies = append(e.policies, heldPolicy{document.Place{Holder: h, Policy: p}, p.Name, p.Document, h.IsResourcePolicy(p.Document)})
		}
		attached, unknown := managed.Attached(h)
		for _, arn := range unknown {
			e.notes = append(e.notes, fmt.Sprintf("%s %s also has the policy %s, whose content is unknown", h.Kind, h.Name, arn))
		}
		for _, name := range h.Attached {
			if note := managed.AssumedNote(name); managed.IsAssumed(name) && !slices.Contains(e.notes, note) {
				e.notes = append(e.notes, note)
			}
		}
		for i := range attached {
			p := &attached[i]
			e.meter.Spend(100 * len(p.Document.Statements))
			e.policies = append(e.policies, heldPolicy{document.Place{Holder: h, Policy: p}, p.Name, p.Document, false})
		}
		switch boundary, isManaged := managed.Read(h.Boundary); {
		case h.BoundaryPolicy != nil:
			e.policies = append(e.policies, heldPolicy{document.Place{Holder: h, Boundary: true}, cmp.Or(h.BoundaryName, h.Boundary), h.BoundaryPolicy, false})
		case isManaged:
			e.policies = append(e.policies, heldPolicy{document.Place{Holder: h, Policy: &boundary, Boundary: true}, h.Boundary, boundary.Document, false})
		case h.Boundary != "":
			e.notes = append(e.notes, fmt.Sprintf("the permissions boundary %s of %s %s is unknown, and may limit what is granted", document.Readable(h.Boundary), h.Kind, h.Name))
		}
	}
	for _, p := range e.policies {
		e.noteUnknownActions(p)
	}
	e.notes = append(e.notes, templateNotes(set)...)
	return e, nil
}

// SetRelease sets the release of CAPA that the explanations are for (by default
// the newest), and the settings of the configuration (nil if they are unknown).
func (e *Explainer) SetRelease(release catalog.Release, settings *catalog.Settings) {
	e.release, e.settings = release, settings
}

// Release returns the release of CAPA that the explanations are for.
func (e *Explainer) Release() catalog.Release { return e.release }

// IsForeign reports whether the set has principals, but none of them comes from CAPA's
// templates; see [stories.Finder.IsForeign].
func (e *Explainer) IsForeign() bool {
	return len(e.set.Principals) > 0 && !slices.ContainsFunc(e.set.Principals, func(h *document.Holder) bool { return !e.stories.IsForeign(h) })
}

// Explain explains an action ("ec2:RunInstances"), several actions
// ("ec2:*Vpc*"), a service ("ec2"), or an action of any service
// ("RunInstances"). It ignores letter case. The error is an *UnknownName, a
// [meter.TooMuch] for a set that is too large, or says that the answer would
// have more than maxGrants statements.
func (e *Explainer) Explain(asked string) (answer Answer, err error) {
	if answer, err = e.answer(asked); err == nil {
		answer.Notes = append(slices.Clip(answer.Notes), e.assumedNotes(asked, answer)...)
	}
	return answer, err
}

// answer is [Explainer.Explain] without the notes on parameters.
func (e *Explainer) answer(asked string) (answer Answer, err error) {
	defer func() {
		if err != nil {
			answer = Answer{}
		}
	}()
	defer meter.Catch(&err)
	pattern := asked
	switch {
	case !strings.Contains(asked, ":") && authz.Known(asked):
		pattern = asked + ":*"
	case !strings.Contains(asked, ":") && strings.Trim(asked, "*") != "":
		pattern = "*:" + asked
	}
	answer = Answer{Asked: asked, Actions: []Action{}, NotGranted: []string{}, Notes: e.notes}
	matched := authz.Find(pattern)
	isSingle, total := len(matched) == 1, 0 // for a single action, the meter limits the grants
	for _, action := range matched {
		a := e.facts(action)
		a.Grants = e.grants(action.String(), action)
		if total += len(a.Grants); total > maxGrants && !isSingle {
			return Answer{}, fmt.Errorf("more than %d statements are about the actions of %s: name fewer actions", maxGrants, asked)
		}
		if !a.Granted() && a.Exempt == "" {
			a.WouldGrant = e.offers(a.Action)
		}
		if len(a.Grants)+len(a.WouldGrant) == 0 && !isSingle && a.Exempt == "" {
			answer.NotGranted = append(answer.NotGranted, a.Action)
			continue
		}
		answer.Actions = append(answer.Actions, a)
	}
	if len(matched) > 0 {
		answer.Notes = append(slices.Clip(e.notes), e.boundaryNotes(answer.Actions)...)
		answer.Notes = append(answer.Notes, e.userNameNotes(answer.Actions)...)
		return answer, nil
	}
	// A policy may contain an action that AWS does not have.
	if grants := e.grants(asked, nil); asked != "" && !strings.ContainsAny(asked, "*?") && slices.ContainsFunc(grants, func(g Grant) bool { return strings.EqualFold(g.Pattern, asked) }) {
		answer.Actions = append(answer.Actions, Action{Action: asked, Unknown: true, Grants: grants,
			ResourceTypes: []ResourceType{}, ConditionKeys: []string{}, DependentActions: []string{}, CalledFrom: []string{}})
		return answer, nil
	}
	unknown := &UnknownName{Asked: asked}
	switch service, name, found := strings.Cut(asked, ":"); {
	case asked == "":
	case found && name == "" && authz.Known(service):
		unknown.Near = service
	case found:
		unknown.Near, _ = authz.Closest(asked)
	default:
		if unknown.Near, _ = authz.ClosestService(asked); unknown.Near == "" {
			unknown.Near, _ = authz.Closest(asked)
		}
	}
	return Answer{}, unknown
}

// facts returns what AWS and CAPA document about an action.
func (e *Explainer) facts(action *authz.Action) Action {
	a := Action{Action: action.String(), AccessLevel: action.Level.String(), Description: action.Description(),
		ResourceTypes: []ResourceType{}, ConditionKeys: append([]string{}, action.ConditionKeys...),
		DependentActions: append([]string{}, action.DependentActions...),
		CalledFrom:       []string{}, UsedFor: e.usedFor(action.String()), Grants: []Grant{}}
	if call := e.calls[strings.ToLower(action.String())]; call != nil {
		a.CalledFrom, a.Releases, a.CalledInRelease = append(a.CalledFrom, call.CalledFrom...), call.Releases, call.MadeIn(e.release)
	}
	if limit, ok, _ := catalog.LimitOf(action.String()); ok { // New has checked for errors
		a.Limit = &Limit{How: limit.How, Sources: limit.Sources}
	}
	a.Exempt, _ = authz.NeedsNoPermission(action.String())
	switch {
	case authz.UsesKMSKey(action.String()):
		a.Also = "key"
	case authz.AssumesRole(action.String()):
		a.Also = "role"
	}
	for _, r := range action.Resources {
		keys := slices.Concat(r.ConditionKeys, r.Type.ConditionKeys)
		slices.Sort(keys)
		a.ResourceTypes = append(a.ResourceTypes, ResourceType{r.Type.Name, r.Required, r.Type.ARNPatterns, append([]string{}, slices.Compact(keys)...)})
	}
	return a
}
