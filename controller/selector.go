package controller

// This file formats label selectors for a query.

import (
	"maps"
	"slices"
	"strings"
)

// String returns the selector in query form: "a=b,c in (d,e),!f".
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
func (s LabelSelector) String() string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		parts = append(parts, key+"="+s.MatchLabels[key])
	}
	for _, requirement := range s.MatchExpressions {
		values := " (" + strings.Join(requirement.Values, ",") + ")"
		switch requirement.Operator {
		case "In":
			parts = append(parts, requirement.Key+" in"+values)
		case "NotIn":
			parts = append(parts, requirement.Key+" notin"+values)
		case "Exists":
			parts = append(parts, requirement.Key)
		case "DoesNotExist":
			parts = append(parts, "!"+requirement.Key)
		}
	}
	return strings.Join(parts, ",")
}
