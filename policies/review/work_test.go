// Tests the work of a review: it must end or refuse hostile inputs, and read a
// shared boundary once.

package review

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"capaboot/internal/meter"
	"capaboot/policies/document"
)

func documentOf(n int, statement func(i int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = statement(i)
	}
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(all, ",") + `]}`
}

// TestHostilePoliciesEnd counts the work for policies from untrusted sources.
// Each review must end within its limit of work, or be refused without a report.
func TestHostilePoliciesEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		limit      int
		refused    bool
	}{
		{"alternating Allow and Deny", documentOf(200, func(i int) string {
			return fmt.Sprintf(`{"Effect": "%s", "Action": "iam:*", "Resource": "arn:aws:iam::*:role/r%d", "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-%d"}}}`,
				[]string{"Allow", "Deny"}[i%2], i, i)
		}), 10_000_000, false},
		{"many different NotAction lists", documentOf(20, func(i int) string {
			return fmt.Sprintf(`{"Effect": "Allow", "NotAction": "s3:Get%d*", "Resource": "arn:aws:s3:::b%d"}`, i, i)
		}), 10_000_000, false},
		{"too many different NotAction lists", documentOf(600, func(i int) string {
			return fmt.Sprintf(`{"Effect": "Allow", "NotAction": "s3:Get%d*", "Resource": "arn:aws:s3:::b%d"}`, i, i)
		}), 3_000_000, true},
		{"services that do not exist", documentOf(500, func(i int) string {
			return fmt.Sprintf(`{"Effect": "Allow", "Action": "nosuch%d:Get", "Resource": "*"}`, i)
		}), 2_000_000, false},
		{"thousands of unknown regions", documentOf(1, func(int) string {
			regions := make([]string, 3000)
			for k := range regions {
				regions[k] = fmt.Sprintf(`"eu-wst-%d"`, k)
			}
			return `{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": [` + strings.Join(regions, ",") + `]}}}`
		}), 1_000_000, true},
		{"hundreds of conditions", documentOf(40, func(i int) string {
			keys := make([]string, 300)
			for k := range keys {
				keys[k] = fmt.Sprintf(`"aws:RequestTag/%d": "*a"`, k)
			}
			return `{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {` + strings.Join(keys, ",") + `}}}`
		}), 1_000_000, true},
		{"the same statement many times", documentOf(1000, func(int) string {
			return `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}`
		}), 10_000_000, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			set, err := document.ReadSet("p.json", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			m := meter.New(test.limit)
			report, err := reviewWith(set, Options{}, Rules(), m)
			if _, ok := errors.AsType[*meter.TooMuch](err); ok != test.refused || err != nil && report != nil {
				t.Errorf("spent %d of %d, report %t, error: %v", m.Spent(), test.limit, report != nil, err)
			}
			if test.refused && !strings.Contains(fmt.Sprint(err), "policy p") {
				t.Errorf("the error does not name the policy: %v", err)
			}
			t.Logf("spent %d", m.Spent())
		})
	}
}

func TestTooManyFindingsAreRefused(t *testing.T) {
	r := newRun(&document.Set{}, Options{}, meter.New(meter.Limit))
	r.rule = &Rule{ID: "x"}
	add := func() (err error) {
		defer meter.Catch(&err)
		r.report(Finding{})
		return nil
	}
	for range maxFindingsOfOneFile {
		if err := add(); err != nil {
			t.Fatal(err)
		}
	}
	if err := add(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("more than %d findings", maxFindingsOfOneFile)) {
		t.Errorf("got %v", err)
	}
}

// TestSharedBoundaryIsReadOnce checks that principals with the same permissions
// boundary share one policy.
func TestSharedBoundaryIsReadOnce(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"Resources":{"B":{"Type":"AWS::IAM::ManagedPolicy","Properties":{"PolicyDocument":{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}}}`)
	for i := range 3 {
		fmt.Fprintf(&b, `,"R%d":{"Type":"AWS::IAM::Role","Properties":{"AssumeRolePolicyDocument":{"Statement":[]},"PermissionsBoundary":{"Ref":"B"}}}`, i)
	}
	set, err := document.ReadSet("t.json", []byte(b.String()+"}}"))
	if err != nil {
		t.Fatal(err)
	}
	r := newRun(set, Options{}, meter.New(meter.Limit))
	boundaries := map[*policy]bool{}
	for _, s := range r.subjects {
		if p := r.boundary(s); p != nil {
			boundaries[p] = true
		}
	}
	if len(boundaries) != 1 {
		t.Errorf("%d boundaries, want one for three roles", len(boundaries))
	}
}
