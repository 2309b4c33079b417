// Mistakes in the ARN of an attached policy or of a permissions boundary. IAM refuses
// to attach a policy that does not exist.

package review

import (
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz/managed"
)

// lookupWork is the work of looking for the name that is closest to a misspelt one.
const lookupWork = 20_000

// policyARNRemedy is the remedy for all mistakes of this file.
const policyARNRemedy = "look up the policy in AWS's documentation, and correct the ARN or remove the policy"

// policyARNMistake is a cached [run.checkPolicyARN], because a template can attach one
// policy to thousands of roles.
func (r *run) policyARNMistake(text string) Sentence {
	mistake, ok := r.policyMistakes[text]
	if !ok {
		mistake = r.checkPolicyARN(text)
		if r.policyMistakes == nil {
			r.policyMistakes = map[string]Sentence{}
		}
		r.policyMistakes[text] = mistake
	}
	return mistake
}

// checkPolicyARN says what is wrong with a text that must be the ARN of a managed
// policy. It returns nil if the policy may exist, or if a part of the text is known
// only at deployment.
//
// Source: IAM API Reference, AttachRolePolicy and PutRolePermissionsBoundary; both
// need an ARN. See [managed.CheckPath] about AWS managed policies that do not exist.
func (r *run) checkPolicyARN(text string) Sentence {
	partition, known := arn.DefaultPartition, text
	if rest, isReference := strings.CutPrefix(text, "arn:${AWS::Partition}:"); isReference {
		partition, known = "${AWS::Partition}", "arn:"+arn.DefaultPartition+":"+rest
	}
	// A text with spaces is not an ARN, but stands for a policy that SAM adds; see
	// [document.IsAddedBySAM].
	if hasUnknownPart(known) || strings.Contains(known, " ") {
		return nil
	}
	a, isARN := arn.Parse(known)
	path, isPolicy := strings.CutPrefix(a.Resource, "policy/")
	if !isARN || a.Service != "iam" || a.Region != "" || !isPolicy || a.Account != "aws" && !arn.IsAccount(a.Account) {
		if _, path, isPolicy = strings.Cut(known, "policy/"); !isPolicy {
			path = known
		}
		r.spend(lookupWork)
		return sentencef("%q is not the ARN of a managed policy%s", text, didYouMeanPolicy(partition, policyOfName(path)))
	}
	if problem := partitionProblem(known, ""); problem != "" {
		return sentencef("%s: %s", text, problem)
	}
	if a.Account != "aws" {
		return nil
	}
	if partition == arn.DefaultPartition {
		partition = a.Partition
	}
	r.spend(lookupWork)
	switch found := managed.CheckPath(path); {
	case found.ServiceLinked:
		return sentencef("%s is only for service-linked roles, so IAM refuses to attach the policy here", text)
	case !found.Known:
		return sentencef("%s is not among AWS's managed policies as of %s%s", text, found.Date, didYouMeanPolicy(partition, found.Closest))
	}
	return nil
}

// reportServiceLinked reports the AWS managed policies with known content that IAM
// refuses to attach to a principal, or to use as its boundary.
//
// Source: IAM API Reference, AttachRolePolicy and PutRolePermissionsBoundary,
// PolicyNotAttachable.
func (r *run) reportServiceLinked(s *subject) {
	isLinked := func(text string) bool {
		_, path, _ := strings.Cut(text, ":policy/")
		return strings.HasPrefix(path, managed.ServiceLinkedPrefix)
	}
	for _, text := range s.Attached {
		if !isLinked(text) || slices.Contains(s.unknownPolicies, text) {
			continue
		}
		if mistake := r.policyARNMistake(text); mistake != nil {
			r.reportSubject(s, Finding{Policy: text, Location: attachedAt(s.Holder, text), Message: mistake, Remedy: policyARNRemedy, HeldWhen: s.withConditions(s.AttachedWhen[text])})
		}
	}
	if isLinked(s.Boundary) && r.boundary(s) != nil {
		if mistake := r.policyARNMistake(s.Boundary); mistake != nil {
			r.reportSubject(s, Finding{Policy: s.Boundary, Message: sentencef("the permissions boundary %s", mistake), Remedy: policyARNRemedy})
		}
	}
}

// policyOfName returns the path of the AWS managed policy with a name or a path, or ""
// if there is none.
func policyOfName(name string) string {
	found := managed.CheckPath(name)
	switch {
	case found.Known:
		return name
	case strings.HasSuffix("/"+found.Closest, "/"+name):
		return found.Closest
	}
	return ""
}

func didYouMeanPolicy(partition, path string) Sentence {
	if path == "" {
		return nil
	}
	return sentencef(", did you mean %q?", arn.IAM(partition, "aws", "policy/"+path))
}
