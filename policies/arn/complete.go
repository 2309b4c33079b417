// Completion of resource ARNs that have fewer than six parts.

package arn

import "strings"

// Complete returns the pattern of a resource with a "*" for each missing part:
// arn:aws:sqs becomes arn:aws:sqs:*:*:*. It returns a text that does not begin
// with "arn:" unchanged. It also returns the pattern unchanged if the missing
// parts may be in a value that is known only at deployment, or may be matched
// by a wildcard in the last part ("arn:aws:ec2:*").
//
// Policies keep their original text; only code that evaluates a resource
// completes it.
//
// Source: IAM User Guide, "Identify AWS resources with Amazon Resource Names
// (ARNs)": in an identity policy, wildcards are added for the missing fields of
// an ARN with fewer than six.
func Complete(pattern string) string {
	a := ParsePattern(pattern)
	if a.Prefix != "arn" || a.Parts == 1 || a.Parts == 6 || strings.Contains(a.Fields()[a.Parts-1], "*") || mayHoldParts(pattern) {
		return pattern
	}
	return Extend(pattern)
}

// Extend adds a "*" for each missing part of an ARN, even if a wildcard or an
// unknown value may contain those parts. It returns a text that does not begin
// with "arn:" unchanged.
func Extend(pattern string) string {
	if a := ParsePattern(pattern); a.Prefix == "arn" && a.Parts > 1 {
		return pattern + strings.Repeat(":*", 6-a.Parts)
	}
	return pattern
}

// mayHoldParts reports whether a text has a template reference whose value may
// contain colons: ${Ref:Bucket}. Of the pseudo parameters, only AWS::StackId
// and AWS::NotificationARNs contain colons. Policy variables begin with the
// name of a service in lower case.
func mayHoldParts(text string) bool {
	for {
		_, after, found := strings.Cut(text, "${")
		if !found {
			return false
		}
		isReference := after != "" && after[0] >= 'A' && after[0] <= 'Z'
		isARN := strings.HasPrefix(after, "AWS::StackId") || strings.HasPrefix(after, "AWS::NotificationARNs")
		if isReference && (isARN || !strings.HasPrefix(after, "AWS::")) {
			return true
		}
		text = after
	}
}
