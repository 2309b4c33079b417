// Values of template parameters, as far as the request determines them.

package simulate

import (
	"maps"
	"slices"
	"strings"

	"capaboot/policies/arn"
)

// parameter returns the value of a placeholder of a template: "AWS::AccountId"
// for a pseudo parameter, "Ref:Name" for another parameter.
//
// A template belongs to one partition, account and region. If no parameter
// gives one of them, it is taken from the ARN of the resource, or else from the
// ARN of the caller; the key aws:RequestedRegion takes precedence for the
// region. The resource and the caller are always in the partition of the
// template. They need not be in its account and region, so a note says which
// account and region were assumed. AWS::URLSuffix follows from the partition.
// Any other parameter is unknown unless its value is given.
//
// Source: CloudFormation Template Reference, "Pseudo parameters reference".
func (e *evaluation) parameter(text string) (value string, known bool) {
	name := strings.TrimPrefix(text, "Ref:")
	if value, known = e.Parameters[name]; known {
		return value, true
	}
	switch name {
	case "AWS::Partition":
		value = e.arnPart(func(a arn.ARN) string {
			if a.Partition == "aws" || strings.HasPrefix(a.Partition, "aws-") {
				return a.Partition
			}
			return ""
		})
	case "AWS::AccountId":
		value = e.arnPart(func(a arn.ARN) string { return account(a.Account) })
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

// arnPart returns a part of the resource's ARN or, if that part is empty, of the
// caller's ARN.
func (e *evaluation) arnPart(part func(arn.ARN) string) string {
	for _, text := range []string{e.Resource, e.Principal.ID} {
		if a := arn.ParsePattern(text); a.Prefix == "arn" && a.Parts == 6 && part(a) != "" {
			return part(a)
		}
	}
	return ""
}

func (e *evaluation) region() string {
	if values := e.Context["aws:requestedregion"]; len(values) == 1 {
		return values[0]
	}
	return e.arnPart(func(a arn.ARN) string {
		if strings.ContainsAny(a.Region, "*?${}") {
			return ""
		}
		return a.Region
	})
}

// givenParameters returns the given values of parameters. It leaves out values
// that are only names of Systems Manager parameters.
func (s *Simulation) givenParameters() map[string]string {
	if len(s.fromSSM) == 0 {
		return s.Parameters
	}
	all := maps.Clone(s.Parameters)
	maps.DeleteFunc(all, func(name, _ string) bool { return slices.Contains(s.fromSSM, name) })
	return all
}
