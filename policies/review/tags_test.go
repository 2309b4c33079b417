// Tests which conditions prevent the holder from setting a required tag.

package review

import (
	"fmt"
	"testing"

	"capaboot/policies/document"
)

func TestConditionsThatProtectATag(t *testing.T) {
	for _, test := range []struct {
		condition string // for ec2:CreateTags
		found     bool
	}{
		{`{}`, true},
		{`{"ForAllValues:StringEquals": {"aws:TagKeys": ["owner"]}}`, false},
		{`{"ForAllValues:StringEquals": {"aws:TagKeys": ["owner", "Team"]}}`, true},
		{`{"ForAnyValue:StringEquals": {"aws:TagKeys": ["owner"]}}`, true},
		// Conditions that exclude tag keys.
		{`{"ForAllValues:StringNotEquals": {"aws:TagKeys": ["team", "owner"]}}`, false},
		{`{"ForAllValues:StringNotEqualsIgnoreCase": {"aws:TagKeys": "TEAM"}}`, false},
		{`{"ForAllValues:StringNotLike": {"aws:TagKeys": ["te*"]}}`, false},
		{`{"StringNotEquals": {"aws:TagKeys": ["team"]}}`, false},
		{`{"ForAllValues:StringNotEquals": {"aws:TagKeys": ["owner"]}}`, true},
		{`{"ForAllValues:StringNotLike": {"aws:TagKeys": ["o*"]}}`, true},
		{`{"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["team"]}}`, true}, // any other key in the request is enough
		// Conditions that exclude values of the tag.
		{`{"StringNotEquals": {"aws:RequestTag/team": ["a", "b"]}}`, false},
		{`{"StringNotLike": {"aws:RequestTag/Team": "*"}}`, false},
		{`{"StringNotEquals": {"aws:RequestTag/team": "b"}}`, true},
		{`{"StringNotEquals": {"aws:RequestTag/owner": "a"}}`, true},
		// Conditions on whether the request has the tag.
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
