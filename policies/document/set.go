// Sets: the principals of a template, or of several files, with all their
// policies.

package document

import (
	"cmp"
	"slices"
	"strings"
)

// Set has everything that the files grant, by principal.
type Set struct {
	// Principals has the roles, users and groups, and the policies without a
	// principal, sorted by kind and name.
	Principals []*Holder
	// Boundaries has the managed policies that are only permissions boundaries, as
	// policies without a principal.
	Boundaries []*Holder
	// AttachedPolicies has the managed policies that principals have, as policies
	// without a principal: their statements do not depend on the template conditions
	// under which a principal has the policy.
	AttachedPolicies []*Holder
	// Unread has the parts that are not read but grant permissions or take part
	// in granting them, in the order of their files.
	Unread []UnreadPart
	// Guards has the settings of S3 resources that limit public access, or access by
	// access control lists. They are for comparing: no analysis evaluates them.
	Guards []UnreadPart
	// CredentialSources has the instance profiles, access keys, passwords and
	// resources that use a role, in the order of their files.
	CredentialSources []*CredentialSource
	// Secrets has the secrets that are visible in clear text, in the order of their
	// files.
	Secrets []Secret
	// Definitions has the definitions that determine references and conditions
	// of a template, as text: "Ref:X" for a parameter or a resource, "GetAtt:X"
	// for all attributes of a resource, "FindInMap:X", "Condition:X". If
	// several templates define a name differently, the text has all of the
	// definitions.
	Definitions map[string]string
	// ResourceNames has the ARNs of the managed policies. For other resources whose
	// names the template gives, except IAM resources, it has the names and the ARNs. The
	// key is the intrinsic function that returns the name or ARN: "Ref:X" or
	// "GetAtt:X.Arn". Parameters in a name or ARN are opaque.
	ResourceNames map[string]string
	// Defaults has the defaults of the parameters without a given value, by
	// name. It is nil in a merged set: see [Set.Templates].
	Defaults map[string]Default
	// AssumedParameters has the parameters without a given value on which
	// anything in the set depends, in the order of their files and names.
	AssumedParameters []AssumedParameter
	// Parameters has the names of all parameters of the templates, and of undeclared
	// parameters that have a given value and a reference. FromSSM has the names of the
	// parameters whose values are read from Systems Manager at deployment: the given
	// value of such a parameter is the name of a parameter of Systems Manager.
	Parameters, FromSSM []string
	// SecretParameters has the names of the parameters whose values must not be shown:
	// with NoEcho, or with the value of a secret.
	SecretParameters []string
	// TokenProviders has the OIDC providers, in the order of their files.
	TokenProviders []TokenProvider
	// Absent has the roles, users and groups that do not exist because their
	// template condition is false.
	Absent []AbsentPrincipal
	// Skipped has the files of a folder that are not read, because they are not
	// policies, templates or configurations, in the order of their names.
	Skipped []SkippedFile
	// Bytes is the total size of the text that was read, and Largest the size
	// of the largest file.
	Bytes, Largest int

	// conditions has the definitions of the conditions of the templates. A
	// definition that differs between the templates is nil.
	conditions map[string]*node
	// starExcluded has the parameters of the template, and whether their limits
	// exclude the value "*".
	starExcluded map[string]bool
	// freeValues has the values of the parameters that only AllowedValues
	// limits; nil for a set of several templates. See [Set.SameChoices].
	freeValues map[string]freeValues
	// withConditions counts the templates that have conditions.
	withConditions int
	// defaulted has the parameters whose defaults determine anything in the set, sorted.
	// It is nil in a merged set: see [Set.Defaulted].
	defaulted []string
	// knownIDs has the logical IDs and the parameters of the templates. The value is
	// true if a reference to the ID identifies a resource.
	knownIDs map[string]bool
	// source is what a template was read from; nil for other sets.
	source *templateSource
	// parts has the sets that were merged, none of which was merged itself. linked means
	// that LinkBoundaries was called.
	parts  []*Set
	linked bool
	// account is the given value of AWS::AccountId, or "".
	account string
}

// AbsentPrincipal is a role, user or group whose template condition is false.
type AbsentPrincipal struct {
	Kind            Kind
	Name, LogicalID string // Name is LogicalID if AWS generates the name, or if the name is unknown
	When            string // the condition
}

// SkippedFile is a file of a folder that is not read.
type SkippedFile struct {
	File string
	// Suppressions is true for a suppression file, and false for a file of any
	// other kind.
	Suppressions bool
}

// Kind says whether a holder is a role, a user, a group or a policy.
type Kind string

// The kinds of holders. PolicyKind is a policy without a principal: a
// standalone document, a managed policy that the template does not attach, or a
// resource policy.
const (
	RoleKind   Kind = "role"
	UserKind   Kind = "user"
	GroupKind  Kind = "group"
	PolicyKind Kind = "policy"
)

// Holder is a role, user or group with its policies, or a policy without a
// principal.
type Holder struct {
	Kind Kind
	// Name is the name in AWS. If AWS generates the name, or if the holder is a resource
	// with a policy, it is the logical ID. For a permission set, it is the name of the
	// set; for a standalone document, the file name without its extension. If a resource
	// has several policies, the property of the policy follows the logical ID.
	Name string
	// HasGeneratedName means that AWS generates the name: Name is the logical
	// ID, or the name from which AWS derives the name of the role of a
	// permission set.
	HasGeneratedName bool
	// PossibleNames has the names that the holder can have if its name depends on
	// template conditions.
	PossibleNames []string
	// Path is the IAM path of a role, user, group or managed policy ("/team/"), or "".
	Path string
	// LogicalID is the logical ID in the template, or "" outside of a template.
	LogicalID string
	// ResourceType is the type of the resource ("AWS::S3::BucketPolicy") if the
	// holder is a resource policy or the role of a permission set; otherwise
	// "".
	ResourceType string
	// Protects has patterns of the ARNs of the resources that a resource policy
	// protects, with opaque texts for unknown parts; nil if nothing is known
	// about them.
	Protects []string
	// Target has the properties that say which resource a resource policy
	// protects, as text, if Protects is nil. It is for comparing.
	Target string
	File   string
	Line   int
	Column int

	// Release is the release of CAPA for which the holder was generated
	// ("v2.8.4"), or "" if the holder was read from a file.
	Release string

	// When is the template condition on the resource, or "". The statements of
	// the resource have the condition too.
	When string

	// Trust is the trust policy of a role; nil for other kinds, and for a role
	// whose trust policy is not in the template.
	Trust *Document
	// Policies has those inline and attached identity policies of a principal
	// whose documents are in the template, sorted by name, or the policy of a
	// holder of the kind [PolicyKind]. All of them apply.
	Policies []Policy
	// Attached names the attached managed policies whose documents are not in
	// the set, sorted: the ARNs of AWS managed policies or of policies from
	// elsewhere, or texts such as "SAM policy template X {...}" if
	// there is no ARN.
	Attached []string
	// AttachedWhen has lists of template conditions for the policies in
	// Attached that are not always attached. A policy is attached if all
	// conditions of one of its lists hold.
	AttachedWhen map[string][][]string
	// AttachedAt has the first position in the file of each policy in Attached
	// that the file names.
	AttachedAt map[string]Position
	// Boundary is the ARN or the opaque text of the permissions boundary, or ""
	// if there is none. BoundaryPolicy is the document of the boundary, if the
	// template creates the policy or [Set.LinkBoundaries] has found it in
	// another file.
	Boundary       string
	BoundaryPolicy *Document
	// BoundaryName and BoundaryLogicalID identify BoundaryPolicy, as Name and
	// LogicalID of a [Policy] do.
	BoundaryName, BoundaryLogicalID string
	// BoundaryFile is the file of BoundaryPolicy, or "" if it is the holder's
	// File.
	BoundaryFile string
	// If template conditions choose the boundary among several policies of the template,
	// BoundaryContent is a hash of these policies, and BoundaryPolicy is nil.
	BoundaryContent string
	// Groups has the names of the groups of a user. Policies includes the
	// policies of the groups that are in the template. Like AttachedWhen,
	// GroupsWhen has lists of template conditions: for each group that the user
	// joins only under conditions.
	Groups     []string
	GroupsWhen map[string][][]string
	// MaxSession is the maximum duration of a session of a role or a permission
	// set, in seconds, or an opaque text, or "" for [DefaultMaxSession].
	MaxSession string
	Tags       []Tag
}

// Position is a line and a column of a file, both counted from 1.
type Position struct{ Line, Column int }

// recordAttachedAt records where the file attaches a policy. It keeps the first
// position that is recorded.
func (h *Holder) recordAttachedAt(arn string, position Position) {
	if _, known := h.AttachedAt[arn]; known || position.Line == 0 {
		return
	}
	if h.AttachedAt == nil {
		h.AttachedAt = map[string]Position{}
	}
	h.AttachedAt[arn] = position
}

// Policy is a policy that a holder has, with its document.
type Policy struct {
	// Name is the policy's name, or its logical ID if AWS generates the name.
	// For a policy that a user has from a group, it ends with the group.
	Name      string
	LogicalID string // "" if the policy is not a resource of a template
	Inline    bool
	AWS       bool // managed by AWS
	Document  *Document
}

// groupText is between the name of a policy and the group from which a user has it.
// No policy name has a space.
const groupText = " of group "

// IsOfGroup reports whether a user has the policy from a group.
func (p *Policy) IsOfGroup() bool { return strings.Contains(p.Name, groupText) }

// Place says where in a set a statement is.
type Place struct {
	Holder *Holder
	// Policy is nil for the trust policy of a role, and can be nil for a boundary.
	Policy *Policy
	// Boundary is true if the policy is the permissions boundary, which grants
	// nothing.
	Boundary  bool
	Statement *Statement
}

// Defines reports whether a template of the set has a resource or parameter with
// this name.
func (s *Set) Defines(name string) bool {
	_, found := s.knownIDs[name]
	return found
}

// Merge merges sets, such as those of the files in a folder. Principals with
// the same kind and name stay separate; their File differs.
func Merge(sets ...*Set) *Set {
	merged, definitions := &Set{}, map[string][]string{}
	for _, s := range sets {
		merged.parts = append(merged.parts, s.partsOrSelf()...)
		merged.Principals = append(merged.Principals, s.Principals...)
		merged.Boundaries = append(merged.Boundaries, s.Boundaries...)
		merged.AttachedPolicies = append(merged.AttachedPolicies, s.AttachedPolicies...)
		merged.Unread = append(merged.Unread, s.Unread...)
		merged.Guards = append(merged.Guards, s.Guards...)
		merged.Secrets = append(merged.Secrets, s.Secrets...)
		merged.TokenProviders = append(merged.TokenProviders, s.TokenProviders...)
		merged.Absent = append(merged.Absent, s.Absent...)
		merged.Skipped = append(merged.Skipped, s.Skipped...)
		merged.CredentialSources = append(merged.CredentialSources, s.CredentialSources...)
		merged.AssumedParameters = append(merged.AssumedParameters, s.AssumedParameters...)
		merged.Parameters = append(merged.Parameters, s.Parameters...)
		merged.FromSSM = append(merged.FromSSM, s.FromSSM...)
		merged.SecretParameters = append(merged.SecretParameters, s.SecretParameters...)
		merged.Bytes, merged.Largest = merged.Bytes+s.Bytes, max(merged.Largest, s.Largest)
		for id, known := range s.knownIDs {
			if merged.knownIDs == nil {
				merged.knownIDs = map[string]bool{}
			}
			// If a name is known in one template and unknown in another, it is
			// unknown.
			if before, defined := merged.knownIDs[id]; defined {
				known = known && before
			}
			merged.knownIDs[id] = known
		}
		for name, excluded := range s.starExcluded {
			if merged.starExcluded == nil {
				merged.starExcluded = map[string]bool{}
			}
			if before, defined := merged.starExcluded[name]; defined {
				excluded = excluded && before
			}
			merged.starExcluded[name] = excluded
		}
		for name, text := range s.Definitions {
			if merged.Definitions == nil {
				merged.Definitions = map[string]string{}
			}
			merged.Definitions[name] += text + "\n"
			definitions[name] = append(definitions[name], text)
		}
		merged.account = cmp.Or(merged.account, s.account)
		merged.withConditions += s.withConditions
		for name, definition := range s.conditions {
			if merged.conditions == nil {
				merged.conditions = map[string]*node{}
			}
			if before, ok := merged.conditions[name]; ok && (before == nil || definition == nil || before.argumentText(false) != definition.argumentText(false)) {
				definition = nil
			}
			merged.conditions[name] = definition
		}
	}
	if len(sets) == 1 {
		merged.freeValues = sets[0].freeValues
	}
	for name, texts := range definitions {
		if len(slices.Compact(texts)) == 1 { // several equal definitions are like one
			merged.Definitions[name] = texts[0] + "\n"
		}
	}
	merged.mergeNames(sets)
	merged.connectRoleUses()
	merged.sort()
	return merged
}

func (s *Set) sort() {
	slices.SortStableFunc(s.Principals, func(a, b *Holder) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name),
			strings.Compare(a.LogicalID, b.LogicalID), strings.Compare(a.File, b.File))
	})
	for _, h := range s.Principals {
		slices.SortStableFunc(h.Policies, func(a, b Policy) int { return strings.Compare(a.Name, b.Name) })
		slices.Sort(h.Attached)
		h.Attached = slices.Compact(h.Attached)
		slices.Sort(h.Groups)
		h.Groups = slices.Compact(h.Groups)
	}
}
