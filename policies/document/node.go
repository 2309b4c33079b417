// Nodes: a JSON or YAML file as a tree with positions.

package document

import "strconv"

// kind says what a node is.
type kind uint8

const (
	nullNode kind = iota
	textNode
	numberNode
	boolNode
	listNode
	mappingNode
)

// node is one value. A short-form intrinsic of YAML (!Ref X) is a mapping with
// one field, as its long form is.
type node struct {
	kind         kind
	value        string // of a scalar, as it is meant: without quotes
	fields       []field
	items        []*node
	line, column int

	decided *decided // nil for most nodes, which are many
}

// decided is what is known of a node by resolving the template.
type decided struct {
	branches []branch
	rests    []string
}

// branches are what an intrinsic may be, each under conditions of the template
// or with values of parameters; nil when that is unknown, or is one.
func (n *node) branches() []branch {
	if n.decided == nil {
		return nil
	}
	return n.decided.branches
}

func (n *node) setBranches(branches []branch) { n.decided = &decided{branches, n.rests()} }

// rests are the parameters whose defaults decided what the node is.
func (n *node) rests() []string {
	if n.decided == nil {
		return nil
	}
	return n.decided.rests
}

func (n *node) setRests(rests []string) {
	if n.decided != nil || len(rests) > 0 {
		n.decided = &decided{n.branches(), rests}
	}
}

type field struct {
	key          string
	value        *node
	line, column int
}

// Bounds. They are far above what AWS takes, and keep the work on a hostile
// file small.
const (
	// MaxFileSize: CloudFormation takes a template of 1 MB at most
	// (CloudFormation quotas, "Template body size in an Amazon S3 object").
	MaxFileSize = 4 << 20
	maxDepth    = 64
	maxNodes    = 500_000
	// maxValue: IAM takes 10,240 characters for the inline policies of a role
	// together, and less for any other single policy that it keeps (IAM
	// quotas); no one string can be longer.
	maxValue = 10_240
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

// sort says of what sort a node is, and not what it has: a whole file that is
// not a document may be a password.
func (n *node) sort() string {
	switch n.kind {
	case textNode:
		return "a single string"
	case numberNode:
		return "a number"
	}
	return n.describe()
}

// describe says what a node is, for messages.
func (n *node) describe() string {
	switch n.kind {
	case nullNode:
		return "nothing"
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
