// Attached policies with the ARN of an AWS managed policy whose document is unknown. All
// documents of AWS are embedded, so AWS probably has no policy with this ARN, and the
// deployment fails. Often, the ARN lacks a path, such as "service-role/".

package review

import (
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz/managed"
)

// lookupWork is the work of looking for the name that is closest to a misspelt one.
const lookupWork = 20_000

// explainAWSPolicy adds to a finding about an attached policy why the document is unknown,
// if the policy has the ARN of an AWS managed policy.
func (r *run) explainAWSPolicy(f *Finding, policyARN string) {
	before, path, ok := strings.Cut(policyARN, ":iam::aws:policy/")
	if !ok || strings.Contains(path, "$") {
		return
	}
	r.spend(lookupWork)
	switch found := managed.CheckPath(path); {
	case found.Known:
	case found.ServiceLinked:
		f.Message = f.Message.append(PlainSentence("; only service-linked roles can have this policy, so IAM refuses to attach the policy here"))
		f.Remedy = "remove the policy"
	case found.Closest != "":
		meant := arn.IAM(strings.TrimPrefix(before, "arn:"), "aws", "policy/"+found.Closest)
		f.Message = f.Message.append(sentencef("; it is not among AWS's managed policies as of %s: did you mean %s?", found.Date, meant))
		f.Remedy = "correct the ARN: IAM refuses to attach a policy that does not exist"
	default:
		f.Message = f.Message.append(sentencef("; it is not among AWS's managed policies as of %s", found.Date))
		f.Remedy = "correct the ARN: IAM refuses to attach a policy that does not exist"
	}
}
