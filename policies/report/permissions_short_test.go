// Tests of shortened permissions, and of the alerts of a plan.

package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/authz"
	"capaboot/policies/diff"
)

// manyReads is a grant with so many actions that a text is shortened.
func manyReads() diff.Grant {
	g := diff.Grant{Effect: "Allow", Policy: "p", Resources: []string{"*"}}
	for i := range 60 {
		g.Actions = append(g.Actions, diff.Action{Action: fmt.Sprint("ecr:Read", i), Annotation: diff.Annotation{AccessLevel: "Read"}})
	}
	return g
}

// dangers are grants that no text may leave out if an existing principal gains
// them.
func dangers() []diff.Grant {
	action := func(name, level string) []diff.Action {
		return []diff.Action{{Action: name, Annotation: diff.Annotation{AccessLevel: level}}}
	}
	return []diff.Grant{
		{Effect: "Allow", Actions: action("iam:PassRole", "Permissions management"), Policy: "p"},
		{Effect: "Allow", Actions: action("x:Unknown", ""), Policy: "p"},
		{Effect: "Allow", NotActions: []string{"s3:*"}, Policy: "p"},
		{Policy: "arn:aws:iam::aws:policy/AdministratorAccess"},
		{Effect: "Allow", Trust: true, Actions: action("sts:AssumeRole", "Write"), Principals: []string{"AWS 999988887777"}},
		{Policy: "arn:boundary", Boundary: true, Change: diff.ChangeRemoved},
		{Effect: "Deny", Actions: action("s3:GetObject", "Read"), Change: diff.ChangeRemoved},
		{Effect: "Allow", Actions: action("sqs:SendMessage", "Write"), Principals: []string{"AWS *"}},
	}
}

var dangerTexts = []string{"iam:PassRole", "x:Unknown", "all actions except", "AdministratorAccess", "by AWS 999988887777", "boundary removed: arn:boundary", "deny removed", "by AWS *"}

func TestShortPermissionsListDangers(t *testing.T) {
	role := func(name string, status diff.Status, gained, lost []diff.Grant) diff.Principal {
		return diff.Principal{Kind: "role", Name: name, Status: status, Gained: gained, Lost: lost}
	}
	write := diff.Grant{Effect: "Allow", Policy: "p", Actions: []diff.Action{{Action: "ec2:RunInstances", Annotation: diff.Annotation{AccessLevel: "Write"}}}}
	result := diff.Result{Principals: []diff.Principal{
		role("a-plain", diff.Changed, nil, []diff.Grant{manyReads()}),
		role("b-dangerous", diff.Changed, append([]diff.Grant{manyReads(), write}, dangers()...), []diff.Grant{manyReads()}),
		role("c-removed", diff.Removed, []diff.Grant{}, []diff.Grant{{Effect: "Allow", Trust: true, Actions: write.Actions, Principals: []string{"Service x"}}, manyReads()}),
	}}
	text := permissionsText(result, changeWords, 40, false)
	_, dangerous, _ := strings.Cut(text, "role b-dangerous\n")
	for _, want := range dangerTexts {
		if !strings.Contains(dangerous, want) {
			t.Errorf("without %q:\n%s", want, text)
		}
	}
	for _, want := range []string{"  + others: 1 Write, 60 Read\n", "  - 60 Read\n", "role c-removed, which is removed\n  - 1 Write, 60 Read\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("without %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "ecr:Read") || strings.Index(text, "b-dangerous") > strings.Index(text, "a-plain") || strings.Index(text, "AWS 999988887777") > strings.Index(text, "iam:PassRole") {
		t.Errorf("plain reads are counted, and dangers come first:\n%s", text)
	}
	for _, test := range []struct {
		grants []diff.Grant
		limit  int
		want   bool
	}{{[]diff.Grant{manyReads()}, 40, true}, {[]diff.Grant{manyReads()}, 60, false}, {[]diff.Grant{manyReads()}, 0, false}, {dangers(), 1, false}} {
		for _, p := range []diff.Principal{role("gains", diff.Changed, test.grants, nil), role("loses", diff.Changed, nil, test.grants)} {
			want := test.want || p.Name == "loses" && test.limit == 1 // beyond the limit, lost actions are only counted
			if got := (Plan{Permissions: diff.Result{Principals: []diff.Principal{p}}}).OmitsPermissions(test.limit); got != want {
				t.Errorf("%d grants, limit %d, %s: %t", len(test.grants), test.limit, p.Name, got)
			}
		}
	}
	verified := verifiedPermissions(result)
	if !strings.HasPrefix(verified, "role b-dangerous\n") || !strings.Contains(verified, "ec2:RunInstances") || !strings.Contains(verified, "  + others: 60 Read\n") || !strings.Contains(verified, "-o json lists each action") {
		t.Errorf("verify:\n%s", verified)
	}
	// For a new role, counts are enough, except for its trust policy and for
	// patterns of actions.
	all := diff.Grant{Effect: "Allow", Policy: "p", Actions: []diff.Action{{Action: "*", Annotation: diff.Annotation{AccessLevel: "Permissions management"}}}}
	isNew := shortPermissions(diff.Result{Principals: []diff.Principal{role("n", diff.New, dangers()[:1], nil), role("a", diff.New, []diff.Grant{all}, nil), role("m", diff.New, dangers()[4:5], nil)}}, changeWords, authz.PermissionsManagement)
	if isNew != "role a, which is new\n  + allow\n    in policy p\n      * [Permissions management]\nrole m, which is new\n  + allow assuming the role\n    in trust policy\n      sts:AssumeRole [Write]\n    by AWS 999988887777\nrole n, which is new\n  + 1 Permissions management\n" {
		t.Errorf("new roles:\n%s", isNew)
	}
	// If a new user and an existing user gain the same action, the action is
	// counted for the new user, but listed for the existing one.
	user := func(name string, status diff.Status) diff.Principal {
		return diff.Principal{Kind: "user", Name: name, Status: status, Gained: dangers()[:1]}
	}
	both := shortPermissions(diff.Result{Principals: []diff.Principal{user("n", diff.New), user("o", diff.Changed)}}, changeWords, authz.PermissionsManagement)
	if both != "user o\n  + allow\n    in policy p\n      iam:PassRole [Permissions management]\nuser n, which is new\n  + 1 Permissions management\n" {
		t.Errorf("a new and another user:\n%s", both)
	}
}

// In a comment that is too long, plain permissions are left out first.
func TestMarkdownLeavesOutPlainPermissionsFirst(t *testing.T) {
	var all []diff.Principal
	for i := range 20 {
		all = append(all, diff.Principal{Kind: "role", Name: fmt.Sprint("a", i), Status: diff.Changed, Gained: []diff.Grant{manyReads()}, Lost: []diff.Grant{{Policy: fmt.Sprint("p", i)}}})
	}
	all = append(all, diff.Principal{Kind: "role", Name: "z", Status: diff.Changed, Gained: append([]diff.Grant{manyReads()}, dangers()...), Lost: []diff.Grant{}})
	text := permissionsMarkdown(diff.Result{Principals: all}, changeWords, 4_000)
	if !strings.Contains(text, "by AWS 999988887777") || !strings.Contains(text, "**boundary removed:** arn:boundary") || !strings.Contains(text, "Left out") {
		t.Errorf("%s", text)
	}
	if before := all[20].Gained[0].Actions[0].Action; before != "ecr:Read0" {
		t.Errorf("the order of the result changed: %s", before)
	}
}

func TestAlertsOfAPlan(t *testing.T) {
	trust := func(names ...string) diff.Grant { return diff.Grant{Effect: "Allow", Trust: true, Principals: names} }
	removed, added := diff.Grant{Policy: "b", Boundary: true, Change: diff.ChangeRemoved}, diff.Grant{Policy: "c", Boundary: true, Change: diff.ChangeAdded}
	wider := diff.Grant{Effect: "Allow", Actions: []diff.Action{{Action: "a:b"}}, Boundary: true}
	const account = "123456789012"
	const provider = "Federated arn:aws:iam::" + account + ":oidc-provider/x"
	limited := func(keys ...string) diff.Grant {
		grant := trust(provider)
		for _, key := range keys {
			grant.Conditions = append(grant.Conditions, diff.Condition{Operator: "StringEquals", Key: key, Values: []string{"v"}})
		}
		return grant
	}
	for _, c := range []struct {
		name         string
		status       diff.Status
		gained, lost []diff.Grant
		want         []string
	}{
		{"another account", diff.Changed, []diff.Grant{trust("AWS 999988887777", "AWS "+account)}, nil, []string{"role r would trust principals outside of account 123456789012: AWS 999988887777"}},
		{"a role of another account", diff.New, []diff.Grant{trust("AWS arn:${AWS::Partition}:iam::999988887777:role/x")}, nil, []string{"role r would trust principals outside of account 123456789012: AWS arn:${AWS::Partition}:iam::999988887777:role/x"}},
		{"anyone", diff.Changed, []diff.Grant{trust("AWS *")}, nil, []string{"role r would trust principals outside of account 123456789012: AWS *"}},
		{"an identity provider of the web", diff.Changed, []diff.Grant{trust("Federated accounts.google.com")}, nil, []string{"role r would trust principals outside of account 123456789012: Federated accounts.google.com"}},
		{"everyone but one", diff.Changed, []diff.Grant{{Effect: "Allow", Trust: true, NotPrincipals: []string{"AWS x"}}}, nil, []string{"role r would trust principals outside of account 123456789012: all principals except AWS x"}},
		{"this account", diff.Changed, []diff.Grant{trust("AWS "+account, "AWS ${AWS::AccountId}", "AWS arn:${AWS::Partition}:iam::${AWS::AccountId}:role/x", "Service ec2.amazonaws.com", "Federated arn:aws:iam::"+account+":saml-provider/x")}, nil, nil},
		{"an OIDC provider without a condition", diff.Changed, []diff.Grant{trust(provider)}, []diff.Grant{limited("x:sub")}, []string{"role r would trust every identity of an OIDC provider, because no condition limits the identities: " + provider}},
		{"an OIDC provider with a condition on the audience", diff.Changed, []diff.Grant{limited("x:aud")}, nil, []string{"role r would trust every identity of an OIDC provider, because no condition limits the identities: " + provider}},
		{"an OIDC provider with a condition on the identity", diff.Changed, []diff.Grant{limited("x:aud", "x:sub")}, nil, nil},
		{"a provider of another account", diff.Changed, []diff.Grant{trust("Federated arn:aws:iam::999988887777:oidc-provider/x")}, nil, []string{"role r would trust principals outside of account 123456789012: Federated arn:aws:iam::999988887777:oidc-provider/x"}},
		{"the policy of a resource", diff.Changed, []diff.Grant{{Effect: "Allow", Principals: []string{"AWS 999988887777"}}}, nil, nil},
		{"a provider of the template", diff.Changed, []diff.Grant{trust("Federated ${Ref:Provider}")}, nil, nil},
		{"less trust", diff.Changed, nil, []diff.Grant{trust("AWS 999988887777")}, nil},
		{"another condition for another account", diff.Changed, []diff.Grant{trust("AWS 999988887777", "AWS 999988886666")}, []diff.Grant{trust("AWS 999988887777")}, []string{
			"role r would trust principals outside of account 123456789012: AWS 999988886666",
			"role r would trust principals outside of account 123456789012 under other conditions or for other actions: AWS 999988887777"}},
		{"a removed denial", diff.Changed, []diff.Grant{{Effect: "Deny", Trust: true, Principals: []string{"AWS *"}, Change: diff.ChangeRemoved}}, nil,
			[]string{"role r would lose a Deny statement of its trust policy for principals outside of account 123456789012: AWS *"}},
		{"a removed denial for this account", diff.Changed, []diff.Grant{{Effect: "Deny", Trust: true, Principals: []string{"AWS " + account}, Change: diff.ChangeRemoved}}, nil, nil},
		{"a removed boundary", diff.Changed, []diff.Grant{removed}, nil, []string{"role r would lose its permissions boundary b"}},
		{"another boundary", diff.Changed, []diff.Grant{removed}, []diff.Grant{added}, []string{"role r would have the permissions boundary c instead of b; it is unknown whether the new one allows more"}},
		{"a boundary with other content", diff.Changed, []diff.Grant{removed}, []diff.Grant{{Policy: "b", Boundary: true, Change: diff.ChangeAdded}}, []string{"role r would have another permissions boundary; it is unknown whether the new one allows more"}},
		{"other policies", diff.Changed, []diff.Grant{{Policy: "p"}, {Effect: "Allow", Actions: wider.Actions}}, []diff.Grant{{Policy: "q"}}, nil},
		{"a wider boundary", diff.Changed, []diff.Grant{wider, {Effect: "Deny", NotActions: []string{"x:*"}, Boundary: true, Change: diff.ChangeRemoved}}, nil,
			[]string{"role r would have a permissions boundary that allows more than before: a:b, all actions except x:*"}},
		{"a narrower boundary", diff.Changed, nil, []diff.Grant{wider}, nil},
		{"a boundary added", diff.Changed, nil, []diff.Grant{added}, nil},
		{"a new role with a boundary", diff.New, nil, nil, nil},
		{"a removed role", diff.Removed, []diff.Grant{removed, trust("AWS *")}, nil, nil},
	} {
		p := Plan{Account: account, Permissions: diff.Result{Principals: []diff.Principal{{Kind: "role", Name: "r", Status: c.status, Gained: c.gained, Lost: c.lost}}}}
		if got := p.Alerts(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.name, got)
		}
		if got := p.Risks(); c.status == diff.New && len(got) > 0 || c.status != diff.New && !slices.Equal(got, c.want) {
			t.Errorf("risks of %s: %q", c.name, got)
		}
	}
	boundary := func(before, after *string) PlanChange {
		return PlanChange{Action: "change", LogicalID: "R", Properties: []PlanProperty{{Name: "PermissionsBoundary", Before: before, After: after}}}
	}
	unknown := Plan{PermissionsUnknown: "x", Changes: []PlanChange{boundary(pointerTo("b"), nil), boundary(nil, pointerTo("b")), boundary(nil, nil),
		{Action: "change", LogicalID: "R", Properties: []PlanProperty{{Name: "PermissionsBoundary", Added: true}}},
		{Action: "change", LogicalID: "T", Type: "AWS::IAM::Role", Properties: []PlanProperty{{Name: "AssumeRolePolicyDocument", Policy: true}}},
		{Action: "change", LogicalID: "N", Type: "AWS::IAM::Role"}, {Action: "change", LogicalID: "U", Type: "AWS::IAM::User"}, {Action: "change", LogicalID: "P", Type: "AWS::IAM::ManagedPolicy"},
		{Action: "add", LogicalID: "A", Type: "AWS::IAM::Role"}, {Action: "remove", LogicalID: "D", Type: "AWS::IAM::Role"}, {Action: "import", LogicalID: "I", Type: "AWS::IAM::Role"}}}
	if got := unknown.Risks(); !slices.Equal(got, []string{"R would lose its permissions boundary or have another one", "R would get, lose or replace its permissions boundary; the change set does not show which",
		"T would have another trust policy; it is unknown whether the role would trust principals outside of the account",
		"N would change; the change set does not show whether its trust policy or its permissions boundary changes",
		"U would change; the change set does not show whether its permissions boundary changes"}) {
		t.Errorf("permissions that cannot be compared: %q", got)
	}
	offline := Plan{Permissions: diff.Result{Principals: []diff.Principal{{Kind: "role", Name: "r", Status: diff.New, Gained: []diff.Grant{trust("AWS *", "AWS 999988887777")}}}}}
	if got := offline.Alerts(); len(got) > 0 {
		t.Errorf("without an account: %q", got)
	}
}
