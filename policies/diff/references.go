// References to resources with given names: !GetAtt Bucket.Arn grants the same as the
// ARN of the bucket.

package diff

import (
	"strings"

	"capaboot/policies/document"
)

// replaceReferences returns a copy of the set in which the names and ARNs of resources
// replace the references to these resources. It replaces a reference only if the
// template gives the whole name, without parameters. If it replaces none, it returns
// the set itself.
func replaceReferences(set *document.Set) *document.Set {
	var pairs []string
	add := func(reference, text string) {
		if isPlain(text) {
			pairs = append(pairs, "${"+reference+"}", text)
		}
	}
	for reference, text := range set.ResourceNames {
		if strings.Contains(text, ":policy/") {
			continue // attached policies are compared by their references
		}
		add(reference, text)
	}
	for _, h := range set.Principals {
		if h.LogicalID == "" || h.Kind != document.RoleKind && h.Kind != document.UserKind || set.IsAmbiguous(h.LogicalID) {
			continue
		}
		add("GetAtt:"+h.LogicalID+".Arn", h.ARN())
		add("Ref:"+h.LogicalID, h.IAMName())
	}
	if len(pairs) == 0 {
		return set
	}
	return marker{text: strings.NewReplacer(pairs...).Replace}.markSet(set)
}

// isPlain reports whether a text has no wildcards, and no unknown parts other than the
// partition, region and account.
func isPlain(text string) bool {
	for _, pseudo := range []string{"${AWS::Partition}", "${AWS::Region}", "${AWS::AccountId}"} {
		text = strings.ReplaceAll(text, pseudo, "")
	}
	return !strings.ContainsAny(text, "$*?{}|")
}
