// Sets: the principals of a template, or of several files, with everything
// that they hold.

package document

import (
	"cmp"
	"slices"
	"strings"
)

// Set is what some files grant, principal by principal.
type Set struct {
	// Principals are sorted by kind and name.
	Principals []*Holder
	// Unread are the parts that grant something, or take part in it, and are not
	// read, in the order of their files.
	Unread []Unread
	// Definitions are what references and conditions of a template rest on, as
	// text: "Ref:X" for a parameter or a resource, "GetAtt:X" for all attributes of
	// one, "FindInMap:X", "Condition:X". Of several
	// templates those of the same name stand together.
	Definitions map[string]string
	// Assumed are the parameters whose defaults or allowed values count, in the
	// order of their files and names.
	Assumed []Assumed
	// Parameters are the names of all parameters of the templates.
	Parameters []string
	// Bytes is how much text was read, and Largest that of the largest file.
	Bytes, Largest int

	// rests are the parameters on whose defaults it rests that something is not
	// there.
	rests []string
	// known are the logical IDs of what templates make and name themselves: a
	// reference to one is to that resource.
	known map[string]bool
}

// Kind is what a holder is.
type Kind string

// The kinds of holders. PolicyKind is a policy by itself: a bare document,
// a managed policy that nothing of the template has attached, or the policy of a
// resource.
const (
	RoleKind   Kind = "role"
	UserKind   Kind = "user"
	GroupKind  Kind = "group"
	PolicyKind Kind = "policy"
)

// Holder is a role, user or group with its policies, or a policy by itself.
type Holder struct {
	Kind Kind
	// Name is the name in AWS, or the logical ID when AWS makes the name up,
	// or the name of the file of a bare policy document.
	Name string
	// LogicalID is that in the template, "" outside of one.
	LogicalID string
	// Of is the type of the resource whose policy it is ("AWS::S3::BucketPolicy");
	// "" for what is not a policy of a resource.
	Of string
	// Protects are patterns of the ARNs of that resource, with opaque texts for what
	// is unknown; nil if nothing is known of it.
	Protects []string
	File     string
	Line     int
	Column   int

	// Release is the release of CAPA that it was generated for ("v2.8.4"), "" for
	// what was read.
	Release string

	// When is the condition of the template on which the resource depends, or
	// "". The statements have it too.
	When string
	// Rests are the parameters of the template whose defaults it depends on what it
	// has attached.
	Rests []string

	// Trust says who may assume the role; nil for other kinds.
	Trust *Document
	// Policies are the identity policies, inline and attached ones, sorted by
	// name. They apply together.
	Policies []Policy
	// Attached are the ARNs of attached managed policies whose documents are
	// not in the set, sorted: those of AWS, or ones made elsewhere.
	Attached []string
	// AttachedWhen has, for those of Attached that are not always attached, the
	// conditions of the template: of one of the lists all must hold.
	AttachedWhen map[string][][]string
	// AttachedAt has, for those of Attached that the file names, where it does
	// so first.
	AttachedAt map[string]Position
	// Boundary is the ARN, or the opaque text, of the permissions boundary,
	// "" when there is none. BoundaryPolicy is its document, when the template
	// has it.
	Boundary       string
	BoundaryPolicy *Document
	// Groups are the groups of the template that a user is in. Their policies
	// are in Policies too.
	Groups []string
}

// Position is a place in a file; both count from 1.
type Position struct{ Line, Column int }

// attachedAt takes note of where a policy is attached.
func (h *Holder) attachedAt(arn string, at Position) {
	if _, known := h.AttachedAt[arn]; known || at.Line == 0 {
		return
	}
	if h.AttachedAt == nil {
		h.AttachedAt = map[string]Position{}
	}
	h.AttachedAt[arn] = at
}

// Policy is one policy that a holder has.
type Policy struct {
	// Name is the policy's name, or its logical ID when AWS makes it up.
	Name      string
	LogicalID string
	Inline    bool
	AWS       bool // managed by AWS
	Document  *Document
}

// Place is where a statement is in a set.
type Place struct {
	Holder *Holder
	// Policy is nil for the trust policy of a role, and for a boundary.
	Policy *Policy
	// Boundary: it is in the permissions boundary, which grants nothing.
	Boundary  bool
	Statement *Statement
}

// Merge puts sets together, as for the files of a folder. Nothing is dropped:
// principals of the same kind and name stay apart, told by their File.
func Merge(sets ...*Set) *Set {
	merged := &Set{}
	for _, s := range sets {
		merged.Principals = append(merged.Principals, s.Principals...)
		merged.Unread = append(merged.Unread, s.Unread...)
		merged.Assumed = append(merged.Assumed, s.Assumed...)
		merged.Parameters = append(merged.Parameters, s.Parameters...)
		merged.Bytes, merged.Largest = merged.Bytes+s.Bytes, max(merged.Largest, s.Largest)
		for id, known := range s.known {
			if merged.known == nil {
				merged.known = map[string]bool{}
			}
			// Of one name in two templates what is unknown counts.
			if before, there := merged.known[id]; there {
				known = known && before
			}
			merged.known[id] = known
		}
		for name, text := range s.Definitions {
			if merged.Definitions == nil {
				merged.Definitions = map[string]string{}
			}
			merged.Definitions[name] += text + "\n"
		}
	}
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
