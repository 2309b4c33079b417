// The size of a document as IAM counts it against its quotas.

package document

import (
	"unicode"

	"capaboot/internal/render"
)

// characters returns the number of characters of a node as compact JSON,
// without white space. An intrinsic counts with the length of its opaque text,
// and an Fn::If with its longest branch.
//
// Source: IAM User Guide, "IAM and AWS STS quotas": white space does not count.
func (n *node) characters() int {
	if n == nil || n.isNoValue() {
		return 0
	}
	if choices, ok := n.choice(); ok {
		longest := 0
		for _, c := range choices {
			longest = max(longest, c.n.characters())
		}
		return longest
	}
	if _, _, ok := n.intrinsic(); ok {
		return 2 + countVisible(n.opaque())
	}
	switch n.kind {
	case mappingNode:
		total := 2 + max(0, len(n.fields)-1)
		for _, f := range n.fields {
			_, key := render.StringSize(f.key)
			total += key + 1 + f.value.characters()
		}
		return total
	case listNode:
		total := 2 + max(0, len(n.items)-1)
		for _, item := range n.items {
			total += item.characters()
		}
		return total
	case textNode:
		_, size := render.StringSize(n.value)
		return size
	case nullNode:
		return len("null")
	}
	return countVisible(n.value)
}

func countVisible(text string) int {
	count := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			count++
		}
	}
	return count
}
