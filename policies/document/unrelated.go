// Distinguishes files of other kinds, such as values.yaml or package.json, from invalid
// policies, templates and configurations.

package document

import (
	"regexp"
	"slices"

	"capaboot/internal/lazy"
)

// IsUnrelated reports whether a text that cannot be read as a policy, template or
// configuration is clearly none of these: it is valid YAML or JSON, a mapping or a
// list with content, and nothing in it looks like a part of a policy. Every other
// text may be a policy with a mistake.
func IsUnrelated(file string, text []byte) bool {
	if len(text) > MaxFileSize || partOfPolicy.Get().Match(text) {
		return false
	}
	documents := documentSeparator.Get().Split(string(text), maxDocuments+1)
	if len(documents) > maxDocuments {
		return false
	}
	isAnything := false
	for _, one := range documents {
		root, err := parseJSONOrYAML(file, []byte(one))
		switch {
		case err != nil:
			return false
		case root == nil || root.kind == nullNode:
			continue
		case root.kind != mappingNode && root.kind != listNode:
			return false
		}
		// A mapping with spec but without kind may be a configuration with a
		// mistake.
		if root.get("spec") != nil && root.get("kind") == nil {
			return false
		}
		isAnything = isAnything || len(root.fields) > 0 || slices.ContainsFunc(root.items, func(n *node) bool { return n.kind != nullNode })
	}
	return isAnything
}

// maxDocuments limits the YAML documents that are parsed. A file with more of them does
// not count as unrelated.
const maxDocuments = 1000

// documentSeparator separates the documents in a YAML file. A line in a block
// scalar may look the same; then the parts may be invalid, and the text counts as
// a policy with a mistake.
var documentSeparator = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^---(?:\s.*)?$`)
}}

// partOfPolicy matches what a policy, template or configuration has and other
// files seldom have: the elements of a statement, an action, a resource type,
// the version of the policy language, the names of configurations and Terraform
// resources, and the ARN of a managed policy. It also matches elements in a
// policy that is a string, with escaped quotation marks.
var partOfPolicy = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?i:\bstate?ments?\b|policydocument|\beffect\\?["']?\s*:\s*\\?["']?(?:allow|deny)\b|awsiam|bootstrap\.aws\.infrastructure|awstemplateformat|aws_iam_|:iam::[^\s"']*:policy/)` +
		`|\bAWS::[A-Za-z0-9]+|2012-10-17|2008-10-17|\b(?:Not)?(?:Action|Resource|Principal)\\?["']?\s*:` +
		`|(?m:["'\s\[,][a-z][a-z0-9-]*:(?:\*|[A-Z][A-Za-z]+\*?)\\?(?:["'\s\],]|$))`)
}}
