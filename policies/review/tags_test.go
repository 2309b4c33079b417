// Tests of which conditions keep the tag of a guard from the holder.

package review

import (
	"fmt"
	"testing"

	"capaboot/policies/document"
)

func TestConditionsThatKeepATag(t *testing.T) {
	for _, test := range []struct {
		condition string // of ec2:CreateTags
		found     bool
	}{
		{`{}`, true},
		{`{"ForAllValues:StringEquals": {"aws:TagKeys": ["owner"]}}`, false},
		{`{"ForAllValues:StringEquals": {"aws:TagKeys": ["owner", "Team"]}}`, true},
		{`{"ForAnyValue:StringEquals": {"aws:TagKeys": ["owner"]}}`, true},
		// The keys that it may not set.
		{`{"ForAllValues:StringNotEquals": {"aws:TagKeys": ["team", "owner"]}}`, false},
		{`{"ForAllValues:StringNotEqualsIgnoreCase": {"aws:TagKeys": "TEAM"}}`, false},
		{`{"ForAllValues:StringNotLike": {"aws:TagKeys": ["te*"]}}`, false},
		{`{"StringNotEquals": {"aws:TagKeys": ["team"]}}`, false},
		{`{"ForAllValues:StringNotEquals": {"aws:TagKeys": ["owner"]}}`, true},
		{`{"ForAllValues:StringNotLike": {"aws:TagKeys": ["o*"]}}`, true},
		{`{"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["team"]}}`, true}, // one other key next to it is enough
		// The values that it may not set.
		{`{"StringNotEquals": {"aws:RequestTag/team": ["a", "b"]}}`, false},
		{`{"StringNotLike": {"aws:RequestTag/Team": "*"}}`, false},
		{`{"StringNotEquals": {"aws:RequestTag/team": "b"}}`, true},
		{`{"StringNotEquals": {"aws:RequestTag/owner": "a"}}`, true},
		// The tag is not in the request.
		{`{"Null": {"aws:RequestTag/team": "true"}}`, false},
		{`{"Null": {"aws:TagKeys": "true"}}`, false},
		{`{"Null": {"aws:RequestTag/team": "false"}}`, true},
		{`{"Null": {"aws:TagKeys": "false"}}`, true},
	} {
		set, err := document.ReadSet("p.json", fmt.Appendf(nil, `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":"ec2:TerminateInstances","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}},
			{"Effect":"Allow","Action":"ec2:CreateTags","Resource":"*","Condition":%s}]}`, test.condition))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"tags-by-holder"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(report.Findings) > 0; got != test.found {
			t.Errorf("%s: a finding: %v, want %v", test.condition, got, test.found)
		}
	}
}
