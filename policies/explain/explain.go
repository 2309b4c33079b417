// Package explain tells all that is known of an action: who gets it by which
// statement, since which release of Cluster API Provider AWS (CAPA), which part
// of the controllers calls it and why, and what AWS says of it.
package explain

import (
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

// Answer is what is known of what was asked for. Its JSON is stable: names are
// not changed or taken away, only added.
type Answer struct {
	Asked string `json:"asked"`
	// Actions are those that something in the set is about, or that an entry of
	// CAPA's catalogue would grant, sorted; and the one that was requested by its
	// full name, whatever is known of it.
	Actions []Action `json:"actions"`
	// NotGranted are the other actions that match.
	NotGranted []string `json:"notGranted"`
	// Notes say what could not be looked at.
	Notes []string `json:"notes,omitempty"`
}

// Action is one action, with AWS's facts and the grants of it.
type Action struct {
	Action           string         `json:"action"`
	AccessLevel      string         `json:"accessLevel,omitempty"`
	Description      string         `json:"description,omitempty"`
	ResourceTypes    []ResourceType `json:"resourceTypes"`
	ConditionKeys    []string       `json:"conditionKeys"`
	DependentActions []string       `json:"dependentActions"`
	// CalledFrom are the parts of CAPA's controllers that make the call, in the
	// newest of the releases that make it.
	CalledFrom []string `json:"calledFrom"`
	// Releases are those whose controllers make the call. Made: the release that
	// was asked about does.
	Releases []catalog.Span `json:"releases,omitempty"`
	Made     bool           `json:"made"`
	// UsedFor are the features of CAPA that need it, and when, as of
	// catalog.APICallsOf.
	UsedFor []UsedFor `json:"usedFor,omitempty"`
	// Limit is how the controllers' permission can be limited, as of the same.
	Limit *Limit `json:"limit,omitempty"`
	// Grants are the statements about the action: first what allows it, then
	// what denies it.
	Grants []Grant `json:"grants"`
	// WouldGrant are entries of CAPA's catalogue that allow the action, under
	// another configuration or of another release. It is there when nothing in
	// the set allows it.
	WouldGrant []Offer `json:"wouldGrant,omitempty"`
	// Unknown: AWS's reference has no such action.
	Unknown bool `json:"unknown,omitempty"`
	// Exempt says why no policy grants or denies the action, if so: the statements
	// about it do nothing.
	Exempt string `json:"exempt,omitempty"`
	// Also says whose policy must allow the action besides those of the caller, if
	// so: "key" or "role".
	Also string `json:"also,omitempty"`
}

// Granted reports whether some statement allows the action. Conditions,
// denials and boundaries may take it away again.
func (a *Action) Granted() bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Effect == document.Allow && !g.Boundary && !g.Refused })
}

// ResourceType is a resource type of an action.
type ResourceType struct {
	Name          string   `json:"name"`
	Required      bool     `json:"required"`
	ARNs          []string `json:"arns"`
	ConditionKeys []string `json:"conditionKeys"`
}

// Grant is one statement about an action.
type Grant struct {
	Effect document.Effect `json:"effect"`
	// Kind and Name say whose it is.
	Kind   document.Kind `json:"kind"`
	Name   string        `json:"name"`
	Policy string        `json:"policy"`
	// Statement is "Statement[2]", counted from 0, with the Sid if there is one.
	Statement string `json:"statement"`
	// Trust: the statement says who may assume the role. Boundary: it is of the
	// permissions boundary, which by itself grants nothing.
	Trust    bool `json:"trust,omitempty"`
	Boundary bool `json:"boundary,omitempty"`
	// AWS: the policy is managed by AWS.
	AWS bool `json:"aws,omitempty"`
	// Pattern is the statement's entry that the action matches; with NotAction
	// it is empty.
	Pattern       string   `json:"pattern,omitempty"`
	NotActions    []string `json:"notActions,omitempty"`
	Resources     []string `json:"resources,omitempty"`
	NotResources  []string `json:"notResources,omitempty"`
	Principals    []string `json:"principals,omitempty"`
	NotPrincipals []string `json:"notPrincipals,omitempty"`
	Conditions    []string `json:"conditions,omitempty"`
	// When are conditions of the CloudFormation template.
	When []string `json:"when,omitempty"`
	// Unknown are parts of the statement that are known at deployment only.
	Unknown []string `json:"unknown,omitempty"`
	// Unclear is what AWS's documentation leaves open about the statement.
	Unclear []string `json:"unclear,omitempty"`
	// Useless: none of the resources is one that the action works on, or AWS
	// refuses the action on all of them.
	Useless bool `json:"useless,omitempty"`
	// Unsupported: an Allow with NotPrincipal, which AWS does not support: whom it
	// allows is unknown.
	Unsupported bool `json:"unsupported,omitempty"`
	// Refused: IAM refuses the statement, for an action that matches or for an
	// element. It then allows nothing, and is taken to deny. Misplaced is that
	// element, in words.
	Refused   bool   `json:"refused,omitempty"`
	Misplaced string `json:"misplaced,omitempty"`
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Story
}

// Story is what CAPA's catalogue says of a permission.
type Story = stories.Story

// Offer is an entry of the catalogue that would grant an action.
type Offer struct {
	// Policy is the name of the policy or role in IAM, without prefix and
	// suffix. Trust: it is the role's trust policy.
	Policy string `json:"policy"`
	Trust  bool   `json:"trust,omitempty"`
	// When are the gates, all of which must be open.
	When []catalog.Gate `json:"when"`
	// Feature is one that clusterAPIControllers.features switches on, if that is what
	// grants it.
	Feature string `json:"feature,omitempty"`
	Story
}

// Unknown is an action or service that AWS does not have, and that nothing in
// the set names.
type Unknown struct {
	Asked string
	Near  string // the closest that AWS has, or ""
}

func (u *Unknown) Error() string {
	text := fmt.Sprintf("AWS has no action or service %q", u.Asked)
	if u.Near != "" {
		text += fmt.Sprintf(", did you mean %q?", u.Near)
	}
	return text
}

// Hint says what can be asked for.
func (u *Unknown) Hint() string {
	return `name an action (ec2:RunInstances), several with a wildcard (ec2:Describe*), or a service (ec2)`
}

// maxGrants bounds one answer: no one reads a tenth of it.
const maxGrants = 100_000

// Explainer answers questions about one set.
type Explainer struct {
	calls     map[string]*catalog.APICall // by action in lower case
	features  []catalog.Feature
	catalogue *catalog.Catalogue
	release   catalog.Release
	settings  *catalog.Settings
	own       []source // see controllers
	// stories describe the set's permissions, and of what would grant others.
	stories *stories.Finder
	set     *document.Set
	all     []source
	notes   []string
	meter   *meter.Meter
	texts   map[*document.Statement]*texts // see said
	found   map[string][]Grant             // see grantsOnce
	kept    int                            // the statements in the answers to denials
}

// source is a policy with its holder.
type source struct {
	at         document.Place // without the statement
	name       string
	doc        *document.Document
	ofResource bool // it is the policy of a resource, or a trust policy
}

func (s source) trust() bool { return s.at.Policy == nil && !s.at.Boundary }
func (s source) aws() bool   { return s.at.Policy != nil && s.at.Policy.AWS }

// New prepares to answer about a set. The catalogue must have its stories. The
// error means that the program was
// built wrong, or is a [meter.TooMuch].
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
	e = &Explainer{set: set, meter: meter.New(meter.LimitFor(set.Bytes, set.Largest)), texts: map[*document.Statement]*texts{}, found: map[string][]Grant{}, calls: map[string]*catalog.APICall{}, features: features, catalogue: catalogue,
		release: catalogue.Newest(), stories: stories.New(catalogue).For(set)}
	for i := range calls {
		e.calls[strings.ToLower(calls[i].Action)] = &calls[i]
	}
	for _, h := range set.Principals {
		if h.Trust != nil {
			e.all = append(e.all, source{document.Place{Holder: h}, "trust policy", h.Trust, true})
		}
		for i := range h.Policies {
			p := &h.Policies[i]
			e.all = append(e.all, source{document.Place{Holder: h, Policy: p}, p.Name, p.Document, h.OfResource(p.Document)})
			for i := range p.Document.Statements {
				st := &p.Document.Statements[i]
				if unknown := slices.IndexFunc(st.Actions, func(a string) bool { return strings.Contains(a, "${") }); unknown >= 0 {
					e.notes = append(e.notes, fmt.Sprintf("%s of policy %s also has actions that are only known at deployment: %s", st.Label(), p.Name, st.Actions[unknown]))
				}
			}
		}
		for _, arn := range h.Attached {
			p, ok := managed.Read(arn)
			if !ok {
				e.notes = append(e.notes, fmt.Sprintf("%s %s also has the policy %s, whose content is unknown", h.Kind, h.Name, arn))
				continue
			}
			e.meter.Spend(100 * len(p.Document.Statements))
			e.all = append(e.all, source{document.Place{Holder: h, Policy: &p}, p.Name, p.Document, false})
		}
		switch {
		case h.BoundaryPolicy != nil:
			e.all = append(e.all, source{document.Place{Holder: h, Boundary: true}, h.Boundary, h.BoundaryPolicy, false})
		case h.Boundary != "":
			e.notes = append(e.notes, fmt.Sprintf("the permissions boundary %s of %s %s is unknown, and may limit what is granted", h.Boundary, h.Kind, h.Name))
		}
	}
	e.notes = append(e.notes, templateNotes(set)...)
	return e, nil
}

// For says which release of CAPA is asked about, the newest by default, and which
// settings its configuration has, nil when they are unknown.
func (e *Explainer) For(release catalog.Release, settings *catalog.Settings) {
	e.release, e.settings = release, settings
}

// Release is the one that is asked about.
func (e *Explainer) Release() catalog.Release { return e.release }

// Explain answers about an action ("ec2:RunInstances"), several ("ec2:*Vpc*"),
// a service ("ec2") or an action of whatever service ("RunInstances"), all
// without regard to letter case. The error is *Unknown,
// or a [meter.TooMuch] about a set in which too much is to be looked at.
func (e *Explainer) Explain(asked string) (answer Answer, err error) {
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
	one, total := len(matched) == 1, 0 // the meter refuses too many of one
	for _, action := range matched {
		a := e.facts(action)
		a.Grants = e.grants(action.String(), action)
		if total += len(a.Grants); total > maxGrants && !one {
			return Answer{}, fmt.Errorf("%s is granted more than %d times: name fewer actions", asked, maxGrants)
		}
		if !a.Granted() && a.Exempt == "" {
			a.WouldGrant = e.offers(a.Action)
		}
		if len(a.Grants)+len(a.WouldGrant) == 0 && !one && a.Exempt == "" {
			answer.NotGranted = append(answer.NotGranted, a.Action)
			continue
		}
		answer.Actions = append(answer.Actions, a)
	}
	if len(matched) > 0 {
		return answer, nil
	}
	// What AWS does not have may be written in a policy anyway.
	if grants := e.grants(asked, nil); asked != "" && !strings.ContainsAny(asked, "*?") && slices.ContainsFunc(grants, func(g Grant) bool { return strings.EqualFold(g.Pattern, asked) }) {
		answer.Actions = append(answer.Actions, Action{Action: asked, Unknown: true, Grants: grants,
			ResourceTypes: []ResourceType{}, ConditionKeys: []string{}, DependentActions: []string{}, CalledFrom: []string{}})
		return answer, nil
	}
	unknown := &Unknown{Asked: asked}
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

// facts returns what AWS and CAPA say of an action.
func (e *Explainer) facts(action *authz.Action) Action {
	a := Action{Action: action.String(), AccessLevel: action.Level.String(), Description: action.Description(),
		ResourceTypes: []ResourceType{}, ConditionKeys: append([]string{}, action.ConditionKeys...),
		DependentActions: append([]string{}, action.DependentActions...),
		CalledFrom:       []string{}, UsedFor: e.usedFor(action.String()), Grants: []Grant{}}
	if call := e.calls[strings.ToLower(action.String())]; call != nil {
		a.CalledFrom, a.Releases, a.Made = append(a.CalledFrom, call.CalledFrom...), call.Releases, call.MadeIn(e.release)
	}
	if limit, ok, _ := catalog.LimitOf(action.String()); ok { // New has read them
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

// grants returns the statements about an action; action is nil when AWS has
// none of that name.
func (e *Explainer) grants(name string, action *authz.Action) []Grant {
	grants := []Grant{}
	for _, s := range e.all {
		for i := range s.doc.Statements {
			if g, ok := e.grant(s, &s.doc.Statements[i], name, action); ok {
				grants = append(grants, g)
			}
		}
		e.meter.LimitCount(len(grants), maxGrants, "statements about "+name)
	}
	slices.SortStableFunc(grants, func(a, b Grant) int { return rank(a) - rank(b) })
	return grants
}

// rank puts what allows first, then boundaries, then what denies.
func rank(g Grant) int {
	switch {
	case g.Effect != document.Allow:
		return 2
	case g.Boundary:
		return 1
	}
	return 0
}

// grantWork is what a [Grant] takes to make, to keep and to sort.
const grantWork = 100

func (e *Explainer) grant(s source, statement *document.Statement, name string, action *authz.Action) (Grant, bool) {
	e.meter.Spend(1 + 2*(len(statement.Actions)+len(statement.NotActions)))
	about, pattern, refused := aboutAction(statement, name)
	if !about {
		return Grant{}, false
	}
	said := e.said(statement, s.ofResource)
	e.meter.Spend(grantWork + said.size)
	s.at.Statement = statement
	g := Grant{Pattern: pattern, Refused: refused, Effect: statement.Effect, Kind: s.at.Holder.Kind, Name: s.at.Holder.Name, Policy: s.name, Statement: statement.Label(),
		Trust: s.trust(), Boundary: s.at.Boundary, AWS: s.aws(), NotActions: statement.NotActions,
		Resources: statement.Resources, NotResources: statement.NotResources, When: statement.When,
		Principals: said.principals, NotPrincipals: said.notPrincipals, Conditions: said.conditions, Unknown: said.unknown, Unclear: said.unclear}
	if service, ok := serviceOf(action); ok && service.Complete() && len(statement.Resources) > 0 {
		g.Useless = !slices.ContainsFunc(statement.Resources, func(r string) bool { return strings.Contains(r, "${") || action.Allows(r) })
	}
	if len(statement.Resources) > 0 && !slices.ContainsFunc(statement.Resources, func(r string) bool { _, refused := authz.AWSRefuses(name, r); return !refused }) {
		g.Useless = true
	}
	if misplaced := statement.Misplaced(s.ofResource, authz.AssumesRole(name)); misplaced != 0 {
		g.Refused, g.Misplaced = true, misplaced.String()
	}
	g.Unsupported = !g.Refused && statement.Effect == document.Allow && len(statement.NotPrincipals) > 0
	if !s.aws() {
		g.File, g.Line = s.at.Holder.File, statement.Line
		if !g.Refused {
			g.Story = e.stories.Find(s.at, name)
		}
	}
	return g, true
}

// aboutAction reports whether a statement is about an action, by which pattern.
// refused says that it is only if IAM takes what it refuses: a Deny counts then,
// an Allow does not.
func aboutAction(s *document.Statement, action string) (about bool, pattern string, refused bool) {
	listed, maybe := "", ""
	for _, p := range slices.Concat(s.Actions, s.NotActions) {
		switch matches, isRefused := document.MatchAction(p, action); {
		case matches && isRefused && maybe == "":
			maybe = p
		case matches && !isRefused && listed == "":
			listed = p
		}
	}
	switch {
	case len(s.NotActions) > 0:
		return listed == "", "", listed == "" && maybe != ""
	case listed != "":
		return true, listed, false
	}
	return maybe != "", maybe, true
}

func serviceOf(action *authz.Action) (*authz.Service, bool) {
	if action == nil {
		return nil, false
	}
	return authz.ForPrefix(action.Service)
}
