// Parameters of a template: what a request says of them.

package simulate

import (
	"strings"

	"capaboot/policies/arn"
)

// parameter returns the value of what is in an opaque text of a template:
// "AWS::AccountId" of a pseudo parameter, "Ref:Name" of another one.
//
// A template is of one partition, account and region. Those that no one names
// are taken from the request: from the ARN of the resource, or else of the caller.
// No request goes to another partition, but one may go to another account or
// region: a note says how these were taken. The rest is unknown.
//
// Source: CloudFormation Template Reference, "Pseudo parameters reference".
func (e *evaluation) parameter(text string) (value string, known bool) {
	name := strings.TrimPrefix(text, "Ref:")
	if value, known = e.Parameters[name]; known {
		return value, true
	}
	switch name {
	case "AWS::Partition":
		value = e.ofARN(func(a arn.ARN) string {
			if a.Partition == "aws" || strings.HasPrefix(a.Partition, "aws-") {
				return a.Partition
			}
			return ""
		})
	case "AWS::AccountId":
		value = e.ofARN(func(a arn.ARN) string { return account(a.Account) })
		if value == "" && arn.IsAccount(e.Principal.ID) {
			value = e.Principal.ID
		}
	case "AWS::Region":
		value = e.region()
	case "AWS::URLSuffix":
		partition, _ := e.parameter("AWS::Partition")
		value = arn.Domain(partition)
	}
	if name == "AWS::AccountId" || name == "AWS::Region" {
		if value != "" {
			e.note("${%s} is assumed to be %s, as in the request", name, value)
		}
	}
	return value, value != ""
}

// ofARN returns a part of the ARN of the resource or, where it is "", of the
// caller.
func (e *evaluation) ofARN(part func(arn.ARN) string) string {
	for _, text := range []string{e.Resource, e.Principal.ID} {
		if a, ok := arn.Parse(text); ok && part(a) != "" {
			return part(a)
		}
	}
	return ""
}

func (e *evaluation) region() string {
	if values := e.Context["aws:requestedregion"]; len(values) == 1 {
		return values[0]
	}
	return e.ofARN(func(a arn.ARN) string {
		if strings.ContainsAny(a.Region, "*?${}") {
			return ""
		}
		return a.Region
	})
}
