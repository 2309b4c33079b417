// Rules of AWS for names, paths, ARNs and tags.
//
// Sources: IAM User Guide, "IAM and AWS STS quotas" (characters and lengths of
// names), the patterns in the IAM and CloudFormation API references, and the
// ARN format in the AWS General Reference.

package iam

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"capaboot/internal/nearword"
	"capaboot/policies/arn"
	"capaboot/policies/authz/managed"
)

// Maximum lengths, in characters, and counts.
const (
	maxRoleName   = 64
	maxUserName   = 64
	maxGroupName  = 128
	maxPolicyName = 128 // managed and inline policies
	maxStackName  = 128
	maxPath       = 512
	maxARN        = 2048
	maxGroups     = 10 // groups of a user
	maxTags       = 50
	maxTagKey     = 128
	maxTagValue   = 256
	maxBucketName = 63
)

// nameProblem returns what is wrong with an IAM name, or "".
func nameProblem(name string, longest int) string {
	if name == "" {
		return "missing name"
	}
	for i, r := range name {
		if !isNameRune(r) {
			return fmt.Sprintf("%q has %s at character %d; allowed: letters, digits and +=,.@_-", clip(name), describeRune(r), utf8.RuneCountInString(name[:i])+1)
		}
	}
	if len(name) > longest {
		return fmt.Sprintf("%q has %d characters; allowed: %d", clip(name), len(name), longest)
	}
	return ""
}

func isNameRune(r rune) bool {
	return isAlphanumeric(r) || strings.ContainsRune("+=,.@_-", r)
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

func describeRune(r rune) string {
	if r == ' ' {
		return "a space"
	}
	if unicode.IsPrint(r) {
		return strconv.QuoteRune(r)
	}
	return fmt.Sprintf("U+%04X", r)
}

// pathProblem returns what is wrong with the path of a role, user or policy, or
// "". Source: IAM API Reference, CreateRole, Path.
func pathProblem(path string) string {
	if len(path) > maxPath {
		return fmt.Sprintf("has %d characters; allowed: %d", len(path), maxPath)
	}
	if path == "/" {
		return ""
	}
	if !strings.HasPrefix(path, "/") || !strings.HasSuffix(path, "/") {
		return fmt.Sprintf("%q does not begin and end with a slash, did you mean %q?", clip(path), "/"+strings.Trim(clip(path), "/")+"/")
	}
	for _, r := range path {
		if r < '!' || r > '~' {
			return fmt.Sprintf("%q has %s; allowed: printable ASCII without spaces", clip(path), describeRune(r))
		}
	}
	if strings.Contains(path, "//") {
		return fmt.Sprintf("%q has an empty part between two slashes", clip(path))
	}
	return ""
}

// awsPolicy returns the name of an AWS managed policy with its path
// ("service-role/AmazonEBSCSIDriverPolicy"), or "" if the policy does not exist.
// The argument can lack the path.
func awsPolicy(name string) string {
	if nameProblem(name[strings.LastIndexByte(name, '/')+1:], maxPolicyName) != "" {
		return ""
	}
	found := managed.CheckPath(name)
	switch {
	case found.Known:
		return name
	case strings.HasSuffix("/"+found.Closest, "/"+name):
		return found.Closest
	}
	return ""
}

// policyARNProblem returns what is wrong with the ARN of a managed policy in
// the given partition, or "".
func policyARNProblem(text, partition string) string {
	const form = "the ARN of a managed policy, such as arn:%s:iam::aws:policy/ReadOnlyAccess or arn:%[1]s:iam::123456789012:policy/name"
	wanted := fmt.Sprintf(form, partition)
	a, ok := arn.Parse(text)
	if !ok {
		if path := awsPolicy(text); path != "" {
			return fmt.Sprintf("%q is the name of a policy, want its ARN, did you mean %q?", clip(text), arn.IAM(partition, "aws", "policy/"+path))
		}
		return fmt.Sprintf("%q is not an ARN, want %s", clip(text), wanted)
	}
	name, isPolicy := strings.CutPrefix(a.Resource, "policy/")
	switch {
	case len(text) > maxARN:
		return fmt.Sprintf("has %d characters; allowed: %d", len(text), maxARN)
	case partitionProblem(text, a.Partition, partition) != "":
		return partitionProblem(text, a.Partition, partition)
	case a.Service != "iam" || a.Region != "" || !isPolicy:
		return fmt.Sprintf("%q is not %s", clip(text), wanted)
	case a.Account != "aws" && !arn.IsAccount(a.Account):
		return fmt.Sprintf("%q names the account %q, want \"aws\" or 12 digits", clip(text), clip(a.Account))
	}
	path, last := "/", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		path, last = "/"+name[:i+1], name[i+1:]
	}
	if problem := pathProblem(path); problem != "" {
		return "the path in the ARN: " + problem
	}
	if problem := nameProblem(last, maxPolicyName); problem != "" {
		return "the policy name in the ARN: " + problem
	}
	return ""
}

// partitionProblem returns what is wrong with the partition of the ARN text, or
// "". wanted is the partition of the configuration.
func partitionProblem(text, partition, wanted string) string {
	switch {
	case !arn.IsPartition(partition):
		return fmt.Sprintf("%q has the unknown partition %q%s", clip(text), clip(partition), nearword.Allowed(partition, arn.Partitions()))
	case partition != wanted && arn.IsPartition(wanted):
		return fmt.Sprintf("%q is in the partition %s, but this configuration is for %s", clip(text), partition, wanted)
	}
	return ""
}

// rolePatternProblem returns what is wrong with a pattern for role names, or
// "". The pattern becomes the end of an ARN in the Resource of a statement,
// where * matches any text, slashes included, and ? matches any character.
func rolePatternProblem(pattern string) string {
	if pattern == "" {
		return "an empty pattern matches no role: write a pattern, or remove the item"
	}
	if strings.HasPrefix(pattern, "arn:") {
		problem := fmt.Sprintf("%q is an ARN, want the path and name of a role, which can contain the wildcards * and ?", clip(pattern))
		if _, name, ok := strings.Cut(pattern, ":role/"); ok {
			problem += fmt.Sprintf(", did you mean %q?", clip(name))
		}
		return problem
	}
	if strings.HasPrefix(pattern, "/") || strings.Contains(pattern, "//") {
		return fmt.Sprintf("%q begins with a slash or has an empty part, did you mean %q?", clip(pattern), strings.ReplaceAll(strings.TrimLeft(clip(pattern), "/"), "//", "/"))
	}
	for _, r := range pattern {
		if !isNameRune(r) && !strings.ContainsRune("*?/", r) {
			return fmt.Sprintf("%q has %s; allowed: letters, digits, +=,.@_-, slashes, and the wildcards * and ?", clip(pattern), describeRune(r))
		}
	}
	if len(pattern) > maxPath+maxRoleName {
		return fmt.Sprintf("%q has %d characters; allowed: %d", clip(pattern), len(pattern), maxPath+maxRoleName)
	}
	return ""
}

// stackNameProblem returns what is wrong with the name of a stack, or "".
// Source: CloudFormation API Reference, CreateStack, StackName.
func stackNameProblem(name string) string {
	if len(name) > maxStackName {
		return fmt.Sprintf("%q has %d characters; allowed: %d", clip(name), len(name), maxStackName)
	}
	for i, r := range name {
		if !isAlphanumeric(r) && r != '-' || i == 0 && !unicode.IsLetter(r) {
			return fmt.Sprintf("%q is not the name of a stack; allowed: letters, digits and hyphens, beginning with a letter", clip(name))
		}
	}
	return ""
}

// bucketPrefixProblem returns what is wrong with the prefix of bucket names, or
// "". Source: Amazon S3 User Guide, "General purpose bucket naming rules".
func bucketPrefixProblem(prefix string) string {
	for i, r := range prefix {
		lower := 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
		if !lower && (i == 0 || r != '-' && r != '.') {
			return fmt.Sprintf("%q cannot begin the name of a bucket; allowed: lower case letters, digits, hyphens and dots, beginning with a letter or digit", clip(prefix))
		}
	}
	if len(prefix) >= maxBucketName {
		return fmt.Sprintf("has %d characters; allowed: %d (a bucket name, which begins with the prefix, can have %d characters)", len(prefix), maxBucketName-1, maxBucketName)
	}
	return ""
}

// aliasPatternProblem returns what is wrong with a pattern for KMS aliases, or
// "". Source: AWS KMS API Reference, CreateAlias, AliasName.
func aliasPatternProblem(pattern string) string {
	if strings.HasPrefix(pattern, "alias/") {
		return fmt.Sprintf("%q begins with %q, which is added automatically: remove this prefix", clip(pattern), "alias/")
	}
	for _, r := range pattern {
		if !isAlphanumeric(r) && !strings.ContainsRune("/_-*?", r) {
			return fmt.Sprintf("%q has %s; allowed: letters, digits, slashes, _ and -, and the wildcards * and ?", clip(pattern), describeRune(r))
		}
	}
	if len(pattern) > 250 {
		return fmt.Sprintf("has %d characters; allowed: 250", len(pattern))
	}
	return ""
}

func checkTags(r *report, path string, tags map[string]string) {
	addTagProblems(r, path, findTagProblems(tags))
}

// addTagProblems reports problems with the tags at path.
func addTagProblems(r *report, path string, problems []tagProblem) {
	for _, p := range problems {
		field := path
		if p.key != nil {
			field = join(path, *p.key)
			if p.inKey {
				field += keyMark
			}
		}
		r.addOnKey(path, field, "%s", p.text)
	}
}

// tagProblem is a problem with one tag, or with all tags when key is nil.
type tagProblem struct {
	key   *string
	inKey bool
	text  string
}

// findTagProblems returns what is wrong with tags. Sources: IAM User Guide, "Tags
// for AWS Identity and Access Management resources", and the CloudFormation API
// Reference, Tag.
func findTagProblems(tags map[string]string) []tagProblem {
	var all []tagProblem
	if len(tags) > maxTags {
		all = append(all, tagProblem{text: fmt.Sprintf("has %d tags; allowed: %d", len(tags), maxTags)})
	}
	seen := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		add := func(inKey bool, format string, args ...any) {
			all = append(all, tagProblem{&key, inKey, fmt.Sprintf(format, args...)})
		}
		if first, repeated := seen[strings.ToLower(key)]; repeated {
			add(true, "the tags %q and %q differ only in letter case, which IAM ignores", clip(first), clip(key))
		}
		seen[strings.ToLower(key)] = key
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			add(true, "the tag %q begins with \"aws:\", which only AWS can use", clip(key))
		}
		for _, text := range tagTextProblems("key", key, maxTagKey) {
			add(true, "%s", text)
		}
		for _, text := range tagTextProblems("value", tags[key], maxTagValue) {
			add(false, "%s", text)
		}
		if key == "" {
			add(true, "missing key of a tag")
		}
	}
	return all
}

func tagTextProblems(name, text string, longest int) []string {
	var all []string
	for _, c := range text {
		if !unicode.In(c, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", c) {
			all = append(all, fmt.Sprintf("the %s of a tag, %q, has %s; allowed: letters, digits, spaces and _.:/=+-@", name, clip(text), describeRune(c)))
			break
		}
	}
	if n := utf8.RuneCountInString(text); n > longest {
		all = append(all, fmt.Sprintf("the %s of a tag, %q, has %d characters; allowed: %d", name, clip(text), n, longest))
	}
	return all
}

// addOnKey reports a problem with the value at path. The message names path,
// but the position is that of field, a path inside the value.
func (r *report) addOnKey(path, field, format string, args ...any) {
	r.addAt(r.positionOf(field), "%s: %s", path, fmt.Sprintf(format, args...))
}
