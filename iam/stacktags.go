// Checks the tags that a role or user gets together with the tags of the stack.
//
// Source: CloudFormation User Guide, "Resource tag": CloudFormation copies the tags
// of the stack to its resources.

package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// tagged is a role or user that the template creates, with its own tags.
type tagged struct {
	path string // in the file, such as "spec.nodes.tags"
	own  map[string]string
}

func (s *Spec) tagged() []tagged {
	var all []tagged
	for _, role := range s.roles() {
		if s.createsRole(role) {
			all = append(all, tagged{role.path + ".tags", role.spec.Tags})
		}
	}
	if s.BootstrapUser.Enable {
		all = append(all, tagged{"spec.bootstrapUser.tags", s.BootstrapUser.Tags})
	}
	return all
}

// findSharedTagProblems returns the problems that the tags of a resource have only
// together with those of the stack.
func findSharedTagProblems(own, stack map[string]string) []tagProblem {
	var all []tagProblem
	together := maps.Clone(stack)
	maps.Copy(together, own)
	if len(together) > maxTags && len(own) <= maxTags && len(stack) <= maxTags {
		all = append(all, tagProblem{text: fmt.Sprintf("with the tags of the stack, the resource would have %d tags; allowed: %d", len(together), maxTags)})
	}
	keys := map[string]string{} // the keys of the stack's tags, by their lower case
	for _, key := range slices.Sorted(maps.Keys(stack)) {
		keys[strings.ToLower(key)] = key
	}
	for _, key := range slices.Sorted(maps.Keys(own)) {
		if other, ok := keys[strings.ToLower(key)]; ok && other != key {
			all = append(all, tagProblem{&key, true, fmt.Sprintf("the tag %q and the tag %q of the stack differ only in letter case, which IAM ignores", clip(key), clip(other))})
		}
	}
	return all
}

// checkSharedTags reports what is wrong with the tags of a role or user and of the
// stack together.
func checkSharedTags(r *report, s *Spec) {
	if len(s.StackTags) == 0 {
		return
	}
	for _, t := range s.tagged() {
		if len(t.own) > 0 {
			addTagProblems(r, t.path, findSharedTagProblems(t.own, s.StackTags))
		}
	}
}

// StackTagProblems returns what is wrong with tags of the stack, alone and together
// with the tags of each role and user, one line per problem. s must have its
// defaults.
func (s *Spec) StackTagProblems(stack map[string]string) []string {
	var lines []string
	for _, p := range findTagProblems(stack) {
		lines = append(lines, p.text)
	}
	for _, t := range s.tagged() {
		if len(t.own) == 0 {
			continue
		}
		for _, p := range findSharedTagProblems(t.own, stack) {
			lines = append(lines, t.path+": "+p.text)
		}
	}
	return lines
}
