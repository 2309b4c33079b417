// Settings of roles and users other than policies: how long a session lasts, and the
// tags that conditions of policies can compare.

package document

import (
	"slices"
	"strconv"
	"strings"
)

// Tag is a tag of a role or user. The key and the value can have opaque texts.
// When has the template conditions under which the tag exists.
type Tag struct {
	Key, Value string
	When       []string
}

// DefaultMaxSession is the maximum session duration, in seconds, of a role
// without MaxSessionDuration and of a permission set without SessionDuration.
// Sources: CloudFormation Template Reference, "AWS::IAM::Role"; IAM Identity
// Center User Guide, "Set session duration for AWS accounts".
const DefaultMaxSession = "3600"

func (r *templateReader) readSettings(h *Holder, properties *node) {
	if n := properties.get("MaxSessionDuration"); n != nil && h.Kind == RoleKind {
		h.MaxSession = settingText(n)
	}
	for _, e := range r.entries("Tags", properties.get("Tags")) {
		if key, value := e.n.get("Key"), e.n.get("Value"); key != nil && value != nil {
			h.Tags = append(h.Tags, Tag{settingText(key), settingText(value), e.conditions})
		}
	}
}

// settingText returns a number or text, or the opaque text of an intrinsic
// function, or "".
func settingText(n *node) string {
	if _, _, intrinsic := n.intrinsic(); intrinsic && !n.isNoValue() {
		return n.opaque()
	}
	if n.isScalar() {
		return literal(n.value)
	}
	return ""
}

// sessionSeconds returns a duration in ISO 8601 notation, such as PT8H, in
// seconds. Another text stays as it is. Source: CloudFormation Template
// Reference, "AWS::SSO::PermissionSet", SessionDuration.
func sessionSeconds(text string) string {
	rest, ok := strings.CutPrefix(text, "PT")
	total := 0
	for ok && rest != "" {
		i := strings.IndexAny(rest, "HMS")
		if i < 0 {
			return text
		}
		n, err := strconv.Atoi(rest[:i])
		if err != nil {
			return text
		}
		total += n * map[byte]int{'H': 3600, 'M': 60, 'S': 1}[rest[i]]
		rest = rest[i+1:]
	}
	if total <= 0 {
		return text
	}
	return strconv.Itoa(total)
}

// TagKeys returns the keys of the tags of principals and resources that policies of
// the set compare or refer to, in lower case and sorted. A key that is only known
// at deployment contains an opaque text.
func (s *Set) TagKeys() []string {
	found := map[string]bool{}
	text := func(text string) {
		for rest := strings.ToLower(text); ; {
			i := strings.Index(rest, "tag/")
			if i < 0 {
				return
			}
			isTag := strings.HasSuffix(rest[:i], "principal") || strings.HasSuffix(rest[:i], "resource")
			rest = rest[i+len("tag/"):]
			if isTag {
				key, _, _ := strings.Cut(rest, "}")
				key, _, _ = strings.Cut(key, ",") // a default value can follow the key
				if strings.Contains(key, "${") {
					key = rest
				}
				found[key] = true
			}
		}
	}
	for _, h := range s.Principals {
		documents := []*Document{h.Trust, h.BoundaryPolicy}
		for _, p := range h.Policies {
			documents = append(documents, p.Document)
		}
		for _, d := range documents {
			if d == nil {
				continue
			}
			for _, statement := range d.Statements {
				for _, c := range statement.Conditions {
					text(c.Key)
					for _, value := range c.Values {
						text(value)
					}
				}
				for _, resource := range slices.Concat(statement.Resources, statement.NotResources) {
					text(resource)
				}
			}
		}
	}
	var keys []string
	for key := range found {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
