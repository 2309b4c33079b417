// Tests of reads that are denied, fail, or get incomplete or invalid responses.

package verify

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"capaboot/iam"
	"capaboot/iam/account"
)

// operations returns every operation that a full comparison calls.
func operations(t *testing.T) []string {
	w := newWorld(t, everything)
	w.keys = []types.AccessKeyMetadata{{AccessKeyId: aws.String("AKIAFALSEKEYEXAMPLE0")}}
	w.lastUse["AKIAFALSEKEYEXAMPLE0"] = &types.AccessKeyLastUsed{}
	f := w.resource(groupOfUser)
	f.Inline = append(f.Inline, iam.InlinePolicy{Name: "hand", Document: allows("s3:*")})
	w.read()
	if len(w.calls) != 21 {
		t.Fatalf("the comparison calls %v", slices.Sorted(maps.Keys(w.calls)))
	}
	return slices.Sorted(maps.Keys(w.calls))
}

// TestFailedLookups checks that every operation that is denied, throttled or
// answered with HTML is reported as not read, with its action, and that this
// causes no differences.
func TestFailedLookups(t *testing.T) {
	html := errors.New("unexpected response from IAM: HTML instead of XML")
	for _, operation := range operations(t) {
		for name, fault := range map[string]error{
			"unreadable": account.InvalidDocument("the policy document is not a JSON object"),
			"denied":     denied(operation), "throttled": &smithy.GenericAPIError{Code: "Throttling", Message: "Rate exceeded"}, "HTML": html,
		} {
			w := newWorld(t, everything)
			w.keys = []types.AccessKeyMetadata{{AccessKeyId: aws.String("AKIAFALSEKEYEXAMPLE0")}}
			w.lastUse["AKIAFALSEKEYEXAMPLE0"] = &types.AccessKeyLastUsed{}
			f := w.resource(groupOfUser)
			f.Inline = append(f.Inline, iam.InlinePolicy{Name: "hand", Document: allows("s3:*")})
			w.faults[operation] = fault
			got := w.read()
			if got.Same() || !got.Partial() {
				t.Errorf("%s %s: counts as complete", operation, name)
			}
			if !slices.ContainsFunc(got.NotRead, func(u NotRead) bool {
				return u.Action == "iam:"+operation && u.Denied == (name == "denied") && u.Invalid == (name == "unreadable") && u.Reason != "" && u.Name != ""
			}) {
				t.Errorf("%s %s: notRead %+v", operation, name, got.NotRead)
			}
			for _, d := range differences(got) {
				if d != "inline-policy-added "+groupOfUser+" hand" {
					t.Errorf("%s %s: the failed lookup causes the difference %s", operation, name, d)
				}
			}
			for _, p := range got.Permissions.Principals {
				if p.LogicalID != groupOfUser && p.LogicalID != userBootstrap {
					t.Errorf("%s %s: the failed lookup changes the permissions of %s: %+v", operation, name, p.Name, p)
				}
			}
		}
	}
}

// TestIncompleteResponses checks that a response that lacks the requested data,
// or has invalid data, counts as a failed lookup.
func TestIncompleteResponses(t *testing.T) {
	for operation, damage := range map[string]func(any){
		"GetRole":                  func(out any) { out.(*awsiam.GetRoleOutput).Role.AssumeRolePolicyDocument = nil },
		"ListRolePolicies":         func(out any) { out.(*awsiam.ListRolePoliciesOutput).IsTruncated = true },
		"ListAttachedRolePolicies": func(out any) { out.(*awsiam.ListAttachedRolePoliciesOutput).Marker = aws.String("0") },
		"GetRolePolicy":            func(out any) { out.(*awsiam.GetRolePolicyOutput).PolicyDocument = aws.String("<html>") },
		"GetPolicy":                func(out any) { out.(*awsiam.GetPolicyOutput).Policy = nil },
		"GetPolicyVersion":         func(out any) { out.(*awsiam.GetPolicyVersionOutput).PolicyVersion.Document = aws.String("%zz") },
		"GetGroup": func(out any) {
			out.(*awsiam.GetGroupOutput).Users = append(out.(*awsiam.GetGroupOutput).Users, types.User{})
		},
		"GetInstanceProfile": func(out any) {
			out.(*awsiam.GetInstanceProfileOutput).InstanceProfile.Roles = []types.Role{{}}
		},
		"ListEntitiesForPolicy": func(out any) {
			out.(*awsiam.ListEntitiesForPolicyOutput).PolicyRoles = []types.PolicyRole{{}}
		},
		"GetUserPolicy": func(out any) { out.(*awsiam.GetUserPolicyOutput).PolicyDocument = aws.String("null") },
		"GetUser":       func(out any) { out.(*awsiam.GetUserOutput).User = nil },
	} {
		w := newWorld(t, everything)
		w.changeResponse[operation] = damage
		got := w.read()
		if !slices.ContainsFunc(got.NotRead, func(u NotRead) bool { return u.Action == "iam:"+operation && !u.Denied }) {
			t.Errorf("%s: notRead %+v, differences %v", operation, got.NotRead, differences(got))
		}
	}
}

// TestNoSessionDuration checks that a role without a maximum session duration
// counts as not read: IAM always returns one.
func TestNoSessionDuration(t *testing.T) {
	w := newWorld(t, everything)
	w.changeResponse["GetRole"] = func(out any) { out.(*awsiam.GetRoleOutput).Role.MaxSessionDuration = nil }
	got := w.read()
	if len(got.Differences) > 0 || !slices.ContainsFunc(got.NotRead, func(u NotRead) bool { return u.Part == string(iam.PartSession) }) {
		t.Errorf("notRead %+v, differences %v", got.NotRead, differences(got))
	}
}

// TestInvalidDocument checks that a document that cannot be parsed does not
// affect the other documents.
func TestInvalidDocument(t *testing.T) {
	for name, change := range map[string]func(*world){
		"trust":   func(w *world) { w.resource(roleNodes).Trust = map[string]any{"Statement": 7} },
		"inline":  func(w *world) { w.resource(roleNodes).Inline[0].Document = map[string]any{} },
		"managed": func(w *world) { w.resource(policyNodes).Document = map[string]any{"x": "y"} },
	} {
		w := newWorld(t, everything)
		change(w)
		w.resource(userBootstrap).Groups = []string{"auditors"}
		got := w.read()
		if len(got.NotRead) != 1 || !got.NotRead[0].Invalid || len(got.Differences) != 1 || got.Differences[0].Kind != GroupLeft {
			t.Errorf("%s: notRead %+v, differences %v", name, got.NotRead, differences(got))
		}
	}
}

func TestReadingStopsWithoutResponses(t *testing.T) {
	w := newWorld(t, everything)
	for _, operation := range operations(t) {
		w.faults[operation] = errors.New("no response")
	}
	got := w.read()
	calls := 0
	for _, n := range w.calls {
		calls += n
	}
	if calls != 3 || len(got.NotRead) != got.Checked || len(got.Differences) > 0 {
		t.Errorf("%d calls, %d of %d resources notRead, differences %v", calls, len(got.NotRead), got.Checked, differences(got))
	}
	for _, operation := range operations(t) {
		w.faults[operation] = denied(operation)
	}
	if got = w.read(); slices.ContainsFunc(got.NotRead, func(u NotRead) bool { return !u.Denied }) {
		t.Errorf("with everything denied, a read was not tried: %+v", got.NotRead)
	}
	w = newWorld(t, everything)
	w.faults["ListRolePolicies"] = errors.New("no response") // other reads get a response in between
	if got = w.read(); slices.ContainsFunc(got.NotRead, func(u NotRead) bool { return u.Action != "iam:ListRolePolicies" || u.Reason != "no response" }) {
		t.Errorf("with one call without a response, another was not read: %+v", got.NotRead)
	}
	w.faults = map[string]error{"ListAttachedRolePolicies": denied("ListAttachedRolePolicies"), "ListEntitiesForPolicy": denied("ListEntitiesForPolicy")}
	if got = w.read(); len(got.Differences) > 0 {
		t.Errorf("neither side of the attachments can be read: %v", differences(got))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := Read(ctx, w.api(), w.in); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context ended: %+v, %v", got, err)
	}
}
