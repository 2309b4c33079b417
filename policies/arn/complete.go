// Completion: ARNs with fewer than six parts, in place of a resource.

package arn

import "strings"

// Complete returns the pattern of a resource with a "*" for each part that it
// lacks: arn:aws:sqs is arn:aws:sqs:*:*:*. What does not begin with "arn:" stays
// as it is, and so does what may have the parts that seem to be missing: they may
// be in a value that only a deployment knows, or in what a wildcard in the last
// part stands for ("arn:aws:ec2:*").
//
// Policies keep the text that they have; only what judges a resource completes it.
//
// Source: IAM User Guide, "Identify AWS resources with Amazon Resource Names
// (ARNs)": in an identity policy, wildcards are added for the missing fields of an
// ARN with fewer than six.
func Complete(pattern string) string {
	a := ParsePattern(pattern)
	if a.Prefix != "arn" || a.Parts == 1 || a.Parts == 6 || strings.Contains(a.Fields()[a.Parts-1], "*") || holdsParts(pattern) {
		return pattern
	}
	return Extend(pattern)
}

// Extend is Complete without a look at wildcards and values: it adds a part
// wherever there are fewer than six colons between them.
func Extend(pattern string) string {
	if a := ParsePattern(pattern); a.Prefix == "arn" && a.Parts > 1 {
		return pattern + strings.Repeat(":*", 6-a.Parts)
	}
	return pattern
}

// holdsParts reports whether a text has a reference of a template whose value may
// have colons in it: ${Ref:Bucket}. Those to pseudo parameters have none, and
// policy variables begin with the name of a service in lower case.
func holdsParts(text string) bool {
	for {
		_, after, found := strings.Cut(text, "${")
		if !found {
			return false
		}
		if after != "" && after[0] >= 'A' && after[0] <= 'Z' && !strings.HasPrefix(after, "AWS::") {
			return true
		}
		text = after
	}
}
