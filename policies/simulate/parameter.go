// Parameters of a template: what a request says of them.

package simulate

import "strings"

// parameter returns the value of what stands in an opaque text of a template:
// "AWS::AccountId" of a pseudo parameter, "Ref:Name" of another one.
//
// A template is of one partition, account and region. Those that nobody names
// are taken from the request: from the ARN of the resource, or else of who asks.
// No request goes to another partition, but one may go to another account or
// region: a note says how these were taken. The rest is not known.
//
// Source: CloudFormation Template Reference, "Pseudo parameters reference".
func (e *evaluation) parameter(text string) (value string, known bool) {
	name := strings.TrimPrefix(text, "Ref:")
	if value, known = e.Parameters[name]; known {
		return value, true
	}
	switch name {
	case "AWS::Partition":
		value = e.ofARN(1, func(s string) bool { return s == "aws" || strings.HasPrefix(s, "aws-") })
	case "AWS::AccountId":
		if value = e.ofARN(4, isAccount); value == "" && isAccount(e.Principal.ID) {
			value = e.Principal.ID
		}
	case "AWS::Region":
		value = e.region()
	case "AWS::URLSuffix":
		partition, _ := e.parameter("AWS::Partition")
		value = suffixes[partition]
	}
	if name == "AWS::AccountId" || name == "AWS::Region" {
		if value != "" {
			e.note("${%s} is taken to be %s, as in the request", name, value)
		}
	}
	return value, value != ""
}

// suffixes are the domains of the partitions whose services are known under
// one. Source: CloudFormation Template Reference, "AWS::URLSuffix".
var suffixes = map[string]string{"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}

// ofARN returns a part of the ARN of the resource, or of who asks, if it is one
// that may be.
func (e *evaluation) ofARN(part int, may func(string) bool) string {
	for _, arn := range []string{e.Resource, e.Principal.ID} {
		if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 && parts[0] == "arn" && may(parts[part]) {
			return parts[part]
		}
	}
	return ""
}

func (e *evaluation) region() string {
	if values := e.Context["aws:requestedregion"]; len(values) == 1 {
		return values[0]
	}
	return e.ofARN(3, func(s string) bool { return s != "" && !strings.ContainsAny(s, "*?${}") })
}
