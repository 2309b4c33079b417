// Tests of converting the data of the npm packages: corrections, and data that
// is refused.

package main

import (
	"slices"
	"strings"
	"testing"

	"capaboot/policies/authz"
	"capaboot/policies/authz/internal/encode"
)

func sampleReference() *reference {
	return &reference{
		names: map[string]string{"s": "Some Service"},
		actions: map[string]map[string]action{"s": {
			"b": {Name: "B", Description: "Grants  permission to\nb.", AccessLevel: "Tagging, Write", ConditionKeys: []string{"S:KEY", "aws:TagKeys", "s:Key"},
				ResourceTypes: []actionResource{{Name: "thing", Required: true}, {Name: "Thing", Required: true}}},
			"a": {Name: "a", AccessLevel: "Permissions management, Write"},
		}},
		resourceTypes: map[string]map[string]resourceType{"s": {
			"thing": {Key: "thing", ARN: "arn:${Partition}:s:::x/${X}, arn:${Partition}:s:::y/${Y}", ConditionKeys: []string{"s:Key"}},
		}},
		conditionKeys: map[string]map[string]conditionKey{"s": {
			"s:key": {Key: "s:Key", Type: "ARN"}, "aws:tagkeys": {Key: "aws:TagKeys", Type: "ArrayOfString"},
		}},
	}
}

func TestService(t *testing.T) {
	s, err := sampleReference().service("s", map[string][]string{"s:B": {"iam:PassRole"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Actions) != 2 || s.Actions[0].Name != "a" || s.Actions[0].Level != authz.PermissionsManagement || s.Actions[1].Level != authz.Tagging {
		t.Errorf("actions are %+v", s.Actions)
	}
	b := s.Actions[1]
	if !slices.Equal(b.ConditionKeys, []string{"aws:TagKeys", "s:Key"}) || len(b.Resources) != 1 || !b.Resources[0].Required ||
		!slices.Equal(b.DependentActions, []string{"iam:PassRole"}) || s.Descriptions[1] != "Grants permission to b" {
		t.Errorf("B is %+v, %q", b, s.Descriptions[1])
	}
	if got := s.ResourceTypes[0].ARNPatterns; !slices.Equal(got, []string{"arn:${Partition}:s:::x/${X}", "arn:${Partition}:s:::y/${Y}"}) {
		t.Errorf("the ARN patterns are %q", got)
	}
	if k := s.ConditionKeys[0]; k.Name != "aws:TagKeys" || !k.Multivalued || k.Type != authz.String {
		t.Errorf("the first key is %+v", k)
	}
	if _, _, err := encode.Services([]encode.Source{*s}); err != nil {
		t.Error(err)
	}
}

func TestServiceRefusesInvalidData(t *testing.T) {
	for name, damage := range map[string]func(*reference){
		"unknown access level": func(r *reference) { r.actions["s"]["a"] = action{Name: "a", AccessLevel: "Destroy"} },
		"unknown type":         func(r *reference) { r.conditionKeys["s"]["s:key"] = conditionKey{Key: "s:Key", Type: "Colour"} },
		"unknown condition key": func(r *reference) {
			r.actions["s"]["a"] = action{Name: "a", AccessLevel: "Read", ConditionKeys: []string{"s:Other"}}
		},
		"unknown resource type": func(r *reference) {
			r.actions["s"]["a"] = action{Name: "a", AccessLevel: "Read", ResourceTypes: []actionResource{{Name: "other"}}}
		},
		"invalid ARN pattern": func(r *reference) { r.resourceTypes["s"]["thing"] = resourceType{Key: "thing", ARN: "arn:x"} },
	} {
		r := sampleReference()
		damage(r)
		if _, err := r.service("s", nil); err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(name, "unknown ")) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestDependentActions(t *testing.T) {
	current := sampleReference()
	older := sampleReference()
	older.actions["s"]["b"] = action{Name: "B", DependentActions: []string{"s:A", "s:Gone"},
		ResourceTypes: []actionResource{{Name: "thing", DependentActions: []string{"s:b", "s:a"}}}}
	older.actions["s"]["old"] = action{Name: "Old", DependentActions: []string{"s:a"}}
	got := current.dependentActions(older)
	if len(got["s:B"]) != 2 || got["s:B"][0] != "s:B" || got["s:B"][1] != "s:a" {
		t.Errorf("got %v", got)
	}
	if len(got["s:Old"]) != 0 {
		t.Errorf("a removed action depends on %v", got["s:Old"])
	}
}
