// Nodes: a JSON or YAML file as a tree with positions.

package document

import "strconv"

type nodeKind uint8

const (
	nullNode nodeKind = iota
	textNode
	numberNode
	boolNode
	listNode
	mappingNode
)

// node is one value. A short-form intrinsic of YAML (!Ref X) is a mapping with
// one field, like its long form.
type node struct {
	kind         nodeKind
	value        string // the value of a scalar, without quotes
	fields       []field
	items        []*node
	line, column int

	resolution *resolution // nil for most nodes, to keep them small
}

// resolution is the result of resolving an intrinsic in the template.
type resolution struct {
	branches            []branch
	defaultedParameters []string
}

// branches returns the possible values of an intrinsic, each with its template
// conditions or parameter values. It returns nil if the value is unknown, or
// the same under all conditions.
func (n *node) branches() []branch {
	if n.resolution == nil {
		return nil
	}
	return n.resolution.branches
}

func (n *node) setBranches(branches []branch) {
	n.resolution = &resolution{branches, n.defaultedParameters()}
}

// defaultedParameters returns the parameters whose defaults determined the
// node.
func (n *node) defaultedParameters() []string {
	if n.resolution == nil {
		return nil
	}
	return n.resolution.defaultedParameters
}

func (n *node) setDefaultedParameters(parameters []string) {
	if n.resolution != nil || len(parameters) > 0 {
		n.resolution = &resolution{n.branches(), parameters}
	}
}

type field struct {
	key string
	// hasUnknownKey is true if the key has parts that are known only at deployment;
	// key is then an opaque text.
	hasUnknownKey bool
	value         *node
	line, column  int
}

// Limits, none below those of AWS. They keep the work on a hostile file small.
const (
	// MaxFileSize limits the size of a file in bytes. CloudFormation accepts a
	// template of at most 1 MB (CloudFormation quotas, "Template body size in
	// an Amazon S3 object").
	MaxFileSize = 4 << 20
	// maxDepth limits the levels of nested values, and maxNodes the number of
	// values in a file.
	maxDepth = 64
	maxNodes = 500_000
	// maxStringLength limits the length of one string of a policy in bytes. The
	// inline policies of a role together can have 10,240 characters (IAM
	// quotas). The policy of a resource can be longer, but no action, ARN or
	// condition value in it is.
	maxStringLength = 10_240
)

// get returns the value of a field of a mapping, or nil.
func (n *node) get(key string) *node {
	if n == nil || n.kind != mappingNode {
		return nil
	}
	for i := range n.fields {
		if n.fields[i].key == key {
			return n.fields[i].value
		}
	}
	return nil
}

// describeKind describes a node for messages without quoting a string or a
// number: a file that is not a policy may contain a password.
func (n *node) describeKind() string {
	switch n.kind {
	case textNode:
		return "a single string"
	case numberNode:
		return "a number"
	}
	return n.describe()
}

func (n *node) describe() string {
	switch n.kind {
	case nullNode:
		return "null"
	case textNode:
		return "the string " + strconv.Quote(clip(n.value))
	case numberNode:
		return "the number " + clip(n.value)
	case boolNode:
		return "the boolean " + clip(n.value)
	case listNode:
		return "a list"
	default:
		if name, _, ok := n.intrinsic(); ok {
			return "the intrinsic " + name
		}
		return "a mapping"
	}
}

// text returns the key of a field as text, in which only the parts that are known only
// at deployment are opaque.
func (f field) text() string {
	if f.hasUnknownKey {
		return f.key
	}
	return literal(f.key)
}
