// Finds the parameters whose defaults determine the content of a set.

package document

import "slices"

// allDefaultedParameters returns the parameters whose defaults determined any
// part of a node, in any of its branches. It leaves out the fields with the given
// keys.
func (n *node) allDefaultedParameters(except ...string) []string {
	var all []string
	var seen map[*node]bool // the nodes with branches, which can share nodes
	var walk func(n *node)
	walk = func(n *node) {
		if n == nil {
			return
		}
		all = append(all, n.defaultedParameters()...)
		if branches := n.branches(); branches != nil && !seen[n] {
			if seen == nil {
				seen = map[*node]bool{}
			}
			seen[n] = true
			for _, b := range branches {
				walk(b.n)
			}
		}
		for _, f := range n.fields {
			if !slices.Contains(except, f.key) {
				walk(f.value)
			}
		}
		for _, item := range n.items {
			walk(item)
		}
	}
	walk(n)
	return sortedCompact(all)
}

// recordDefaultsOf records the parameters whose defaults determined a node. Call it for
// a node that becomes a part of the set, or removes a part.
func (d *decoder) recordDefaultsOf(n *node) {
	d.defaultedParameters = append(d.defaultedParameters, n.allDefaultedParameters()...)
}

// principalTypes are the types of resources whose properties all become a part of
// the set, except the otherProperties, on which no permission depends.
var (
	principalTypes = []string{"AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy",
		"AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy", "AWS::IAM::UserToGroupAddition", "AWS::IAM::InstanceProfile", "AWS::IAM::AccessKey", permissionSetType}
	otherProperties = []string{"Description", "PolicyName", "LoginProfile"}
)

// recordDefaultsOfResource records the parameters whose defaults determined the
// properties of a resource, if it has one of the principalTypes.
func (r *templateReader) recordDefaultsOfResource(f field, t string) {
	if slices.Contains(principalTypes, t) {
		r.defaultedParameters = append(r.defaultedParameters, f.value.get("Properties").allDefaultedParameters(otherProperties...)...)
	}
}

func sortedCompact(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// Defaulted returns the template parameters whose defaults determine anything in
// the set, sorted. No default decides a condition or a key of a mapping; see
// [Options.Parameters]. A deployment can replace each of these defaults.
func (s *Set) Defaulted() []string {
	var all []string
	for _, part := range s.partsOrSelf() {
		all = append(all, part.defaulted...)
	}
	return sortedCompact(all)
}
