// Tests the escalation routes: the table, and how denies, boundaries and
// conditions limit a route.

package review

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// Every action and resource type in the table must exist. A route with an
// unknown action or type would never be found.
func TestEscalationTable(t *testing.T) {
	facts := loadEscalations.Get()
	seen := map[string]bool{}
	for _, row := range rows(escalationsTSV, 7) {
		rule, ok := ruleByID(row[0])
		if !ok || rule.Group != Escalation {
			t.Errorf("%s is not a rule of the group", row[0])
		}
		if key := row[0] + " " + row[1]; seen[key] {
			t.Errorf("%s appears twice", key)
		} else {
			seen[key] = true
		}
		if !slices.Contains([]string{"worse", "nothing", "-"}, row[3]) {
			t.Errorf("%s: self is %q", row[1], row[3])
		}
		if passes := strings.HasPrefix(row[1], "iam:PassRole "); passes != (row[4] != "-") || passes != (row[0] == "escalation-pass-role") {
			t.Errorf("%s of %s passes a role to %q", row[1], row[0], row[4])
		}
		for _, service := range strings.Fields(strings.TrimPrefix(row[4], "-")) {
			if !strings.HasSuffix(service, ".amazonaws.com") {
				t.Errorf("%s: %s is not a service principal", row[1], service)
			}
		}
		if row[5] == "" || row[6] == "" || strings.HasSuffix(row[5], ".") {
			t.Errorf("%s gains %q, from %q", row[1], row[5], row[6])
		}
		for _, step := range strings.Fields(row[1]) {
			for _, option := range strings.Split(step, "|") {
				action, request, hasRequest := strings.Cut(option, "?")
				name, types, narrowed := strings.Cut(action, "@")
				a, ok := authz.Lookup(name)
				if !ok || a.String() != name {
					t.Errorf("%s is not an action", name)
					continue
				}
				if key, value, _ := strings.Cut(request, "="); hasRequest && (value == "" || a.Supports(key) == authz.Unsupported) {
					t.Errorf("%s has no key %s", name, request)
				}
				for _, typeName := range strings.Split(types, "+") {
					typeName, _, _ = strings.Cut(typeName, "/")
					if narrowed && a.Resource(typeName) == nil {
						t.Errorf("%s has no resource type %s", name, typeName)
					}
				}
			}
		}
	}
	for _, rule := range Rules() {
		if rule.Group == Escalation && rule.ID != chainRuleID && len(facts.routes[rule.ID]) == 0 {
			t.Errorf("%s has no route", rule.ID)
		}
	}
}

func TestEveryRouteIsFound(t *testing.T) {
	for _, row := range rows(escalationsTSV, 7) {
		var actions []string
		for _, step := range strings.Fields(row[1]) {
			first, _, _ := strings.Cut(step, "|")
			first, _, _ = strings.Cut(first, "?")
			name, _, _ := strings.Cut(first, "@")
			if !slices.Contains(actions, name) { // a later step may need the same action on other resources
				actions = append(actions, name)
			}
		}
		for i := range actions {
			// The route must not be found without one of its actions.
			otherActions := slices.Delete(slices.Clone(actions), i, i+1)
			if found := reviewEscalations(t, allowStatement(otherActions, "*")); slices.ContainsFunc(found, func(f Finding) bool {
				return f.Rule == row[0] && slices.Equal(sortedList(f.Actions), sortedList(actions))
			}) {
				t.Errorf("%s is found with only %v", row[1], otherActions)
			}
		}
		found := reviewEscalations(t, allowStatement(actions, "*"))
		if !slices.ContainsFunc(found, func(f Finding) bool {
			severity, _ := ParseSeverity(row[2])
			return f.Rule == row[0] && f.Severity >= severity && !slices.ContainsFunc(actions, func(a string) bool { return !slices.Contains(f.Actions, a) })
		}) {
			t.Errorf("%s is not found by %s: %+v", row[1], row[0], found)
		}
		// The route must also be found if its actions are in two statements,
		// and must not be found if one of the actions is denied.
		if len(actions) > 1 {
			if separate := reviewEscalations(t, allowStatement(actions[:1], "*"), allowStatement(actions[1:], "*")); !slices.ContainsFunc(separate, func(f Finding) bool { return f.Rule == row[0] && len(f.Path) == 2 }) {
				t.Errorf("%s in two statements: %+v", row[1], separate)
			}
		}
		for _, a := range actions {
			deny := fmt.Sprintf(`{"Effect": "Deny", "Action": %q, "Resource": "*"}`, a)
			for _, f := range reviewEscalations(t, allowStatement(actions, "*"), deny) {
				if slices.Contains(f.Actions, a) {
					t.Errorf("%s with %s denied: %s", row[1], a, WriteSentence(f.Message))
				}
			}
		}
	}
}

func allowStatement(actions []string, resource string) string {
	return fmt.Sprintf(`{"Effect": "Allow", "Action": [%s], "Resource": %q}`, `"`+strings.Join(actions, `", "`)+`"`, resource)
}

func reviewEscalations(t testing.TB, statements ...string) []Finding {
	t.Helper()
	return reviewRules(t, []string{Escalation}, statements...)
}

func reviewRules(t testing.TB, rules []string, statements ...string) []Finding {
	t.Helper()
	text := `{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ", ") + "]}"
	if text = strings.ReplaceAll(text, `"Action": [""]`, `"Action": "ec2:DescribeInstances"`); len(statements) == 0 {
		return nil
	}
	set, err := document.ReadSet("policy.json", []byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	report, err := Review(set, Options{Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	return report.Findings
}

func TestReachOf(t *testing.T) {
	for resource, want := range map[string]reach{
		"*": reachAll, "arn:aws:iam::*:*": reachAll, "arn:aws:iam:*": reachAll, "arn:aws:iam::123456789012:role/*": reachAll, "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*": reachAll,
		"arn:aws:lambda:eu-west-1:123456789012:function:*": reachAll, "arn:aws:cloudformation:*:*:stack/*/*": reachAll,
		"arn:*:iam::*:role/*.cluster-api-provider-aws.sigs.k8s.io": reachSome, "arn:aws:iam::*:role/app/*": reachSome, "arn:aws:iam::*:role/${aws:PrincipalTag/team}-*": reachSome, "arn:aws:iam::*:role/app-?": reachSome,
		"arn:aws:iam::*:role/app": reachOne, "arn:aws:iam::*:user/${aws:username}": reachOne, "${GetAtt:Role.Arn}": reachOne, "arn:aws:iam::*:role/${*}": reachOne,
	} {
		if got := reachOf(resource); got != want {
			t.Errorf("reach of %s is %d, want %d", resource, got, want)
		}
	}
}

func TestResultWhenPassedTo(t *testing.T) {
	for _, test := range []struct {
		operator, key, values string
		want                  truth // whether the condition holds when the role is passed to ec2.amazonaws.com
	}{
		{"StringEquals", "iam:PassedToService", "ec2.amazonaws.com", truthYes},
		{"stringequals", "IAM:passedtoservice", "lambda.amazonaws.com ec2.amazonaws.com", truthYes},
		{"StringEquals", "iam:PassedToService", "lambda.amazonaws.com", truthNo},
		{"StringEquals", "iam:PassedToService", "ec2.*", truthNo},
		{"StringEquals", "iam:PassedToService", "EC2.amazonaws.com", truthNo},
		{"StringEqualsIgnoreCase", "iam:PassedToService", "EC2.amazonaws.com", truthYes},
		{"StringEquals", "iam:PassedToService", "ec2.amazonaws.com.cn", truthYes},
		{"StringEquals", "iam:PassedToService", "ec2.${AWS::URLSuffix}", truthYes},
		{"StringEquals", "iam:PassedToService", "${Ref:Service}", truthMaybe},
		{"StringEquals", "iam:PassedToService", "lambda.${Ref:Suffix}", truthNo},
		{"StringNotEquals", "iam:PassedToService", "${Ref:Service}", truthMaybe},
		{"StringLikeIfExists", "iam:PassedToService", "ec2.*", truthYes},
		{"ForAnyValue:StringLike", "iam:PassedToService", "lambda.*", truthNo},
		{"StringNotEquals", "iam:PassedToService", "ec2.amazonaws.com", truthNo},
		{"StringNotLike", "iam:PassedToService", "lambda.*", truthYes},
		{"Null", "iam:PassedToService", "true", truthNo},
		{"Null", "iam:PassedToService", "false", truthYes},
		{"ArnLike", "iam:PassedToService", "ec2.amazonaws.com", truthMaybe},
		{"StringEquals", "aws:RequestedRegion", "eu-west-1", truthMaybe},
	} {
		c := document.Condition{Operator: test.operator, Key: test.key, Values: strings.Fields(test.values)}
		if got := resultWhenPassedTo(c, "ec2.amazonaws.com"); got != test.want {
			t.Errorf("%s: %d, want %d", c, got, test.want)
		}
	}
}

// Denied resources determine whether a route exists and how severe it is.
func TestDeniesLimitRoutes(t *testing.T) {
	const create = `{"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}`
	for _, test := range []struct{ name, allow, deny, resources, severity string }{
		{"nothing denied", `"Resource": "*"`, "", "*", "high"},
		{"all roles", `"Resource": "*"`, `"Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/*"`, "", ""},
		{"service-linked roles", `"Resource": "arn:aws:iam::*:role/aws-service-role/*"`, "", "", ""},
		{"all roles of the account", `"Resource": "*"`, `"Action": "iam:Pass*", "Resource": "arn:aws:iam::123456789012:role/*"`, "", ""},
		{"all users", `"Resource": "*"`, `"Action": "iam:PassRole", "Resource": "arn:aws:iam::*:user/*"`, "*", "high"},
		{"some roles", `"Resource": "*"`, `"Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/admin-*"`, "*", "high"},
		{"all other roles", `"Resource": "*"`, `"Action": "iam:PassRole", "NotResource": "arn:aws:iam::*:role/app-*"`, "arn:aws:iam::*:role/app-*", "medium"},
		{"other actions", `"Resource": "*"`, `"NotAction": "iam:PassRole", "Resource": "*"`, "*", ""},
		{"one of two roles", `"Resource": ["arn:aws:iam::*:role/a", "arn:aws:iam::*:role/b*"]`, `"Action": "*", "Resource": "arn:aws:iam::*:role/b*"`, "arn:aws:iam::*:role/a", "low"},
		{"under a condition", `"Resource": "*"`, `"Action": "iam:PassRole", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}`, "*", "high"},
		{"for the service", `"Resource": "*"`, `"Action": "iam:PassRole", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}`, "", ""},
		{"for other services", `"Resource": "*"`, `"Action": "iam:PassRole", "Resource": "*", "Condition": {"StringNotEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}`, "*", "high"},
		{"all but a role", `"NotResource": "arn:aws:iam::*:role/admin"`, "", "*", "high"},
		{"all but roles", `"NotResource": "arn:aws:iam::*:role/*"`, "", "", ""},
		{"known at deployment only", `"Resource": {"Fn::GetAtt": ["Role", "Arn"]}`, "", "*", "high"},
	} {
		statements := []string{`{"Effect": "Allow", "Action": "iam:PassRole", ` + test.allow + "}", create}
		if test.deny != "" {
			statements = append(statements, `{"Effect": "Deny", `+test.deny+"}")
		}
		resources, severity := "", ""
		for _, f := range reviewEscalations(t, statements...) {
			if f.Rule == "escalation-pass-role" {
				resources, severity = strings.Join(f.Resources, " "), f.Severity.String()
			}
		}
		if test.severity == "" {
			test.resources = "" // without a finding there are no resources
		}
		if resources != test.resources || severity != test.severity {
			t.Errorf("%s: %q %s, want %q %s", test.name, resources, severity, test.resources, test.severity)
		}
	}
}

// User data is a separate attribute: a condition on ec2:Attribute that allows
// only other attributes blocks the route.
func TestConditionsOnAttributesBlockRoutes(t *testing.T) {
	t.Parallel()
	const stop = `{"Effect": "Allow", "Action": ["ec2:StopInstances", "ec2:StartInstances"], "Resource": "*"}`
	for _, test := range []struct {
		allow, deny string
		want        bool
	}{
		{`"StringEquals": {"ec2:Attribute": "InstanceType"}`, "", false},
		{`"StringEqualsIfExists": {"ec2:Attribute": ["InstanceType", "EbsOptimized"]}`, "", false},
		{`"StringLike": {"ec2:attribute": "Instance*"}`, "", false},
		{`"StringNotEquals": {"ec2:Attribute": "UserData"}`, "", false},
		{`"Null": {"ec2:Attribute": "true"}`, "", false},
		{`"StringEquals": {"ec2:Attribute": ["InstanceType", "UserData"]}`, "", true},
		{`"StringEquals": {"ec2:Attribute": "userData"}`, "", true},
		{`"StringNotEquals": {"ec2:Attribute": "userData"}`, "", true},
		{`"StringEquals": {"ec2:Attribute": "${aws:PrincipalTag/attribute}"}`, "", true},
		{`"StringLike": {"ec2:Attribute": "*Data"}`, "", true},
		{`"StringEquals": {"ec2:InstanceType": "t3.micro"}`, "", true},
		{`"Null": {"ec2:Attribute": "false"}`, "", true},
		{"", `"StringEquals": {"ec2:Attribute": "UserData"}`, false},
		{"", `"StringNotEquals": {"ec2:Attribute": "InstanceType"}`, false},
		{"", `"StringEquals": {"ec2:Attribute": "InstanceType"}`, true},
		{"", `"StringEquals": {"ec2:Attribute": "UserData", "aws:PrincipalTag/team": "a"}`, true},
	} {
		statements := []string{stop, `{"Effect": "Allow", "Action": "ec2:ModifyInstanceAttribute", "Resource": "arn:aws:ec2:*:*:instance/*", "Condition": {` + test.allow + `}}`}
		if test.deny != "" {
			statements = append(statements, `{"Effect": "Deny", "Action": "ec2:ModifyInstanceAttribute", "Resource": "*", "Condition": {`+test.deny+`}}`)
		}
		found := reviewEscalations(t, statements...)
		if got := slices.ContainsFunc(found, func(f Finding) bool { return f.Rule == "escalation-run-on-instance" }); got != test.want {
			t.Errorf("allowed %s, denied %s: %t, want %t", test.allow, test.deny, got, test.want)
		}
	}
}

// A condition that requires a tag on the document excludes AWS's own documents,
// which have no tags of the account. The route must then not be found.
func TestTagConditionsExcludeDocumentsOfAWS(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		condition string
		want      bool
	}{
		{`"StringEquals": {"aws:ResourceTag/scripts": "true"}`, false},
		{`"Null": {"ssm:resourceTag/scripts": "false"}`, false},
		{`"StringEqualsIfExists": {"aws:ResourceTag/scripts": "true"}`, true},
		{`"StringNotEquals": {"aws:ResourceTag/scripts": "false"}`, true},
		{`"StringEquals": {"aws:PrincipalTag/scripts": "true"}`, true},
	} {
		found := reviewEscalations(t, allowStatement([]string{"ssm:SendCommand"}, "arn:aws:ec2:*:*:instance/*"),
			`{"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": "arn:aws:ssm:*:*:document/*", "Condition": {`+test.condition+`}}`)
		if got := len(found) > 0; got != test.want {
			t.Errorf("%s: %t, want %t", test.condition, got, test.want)
		}
	}
}

// A boundary removes what it does not allow, or adds its conditions.
func TestBoundariesLimitRoutes(t *testing.T) {
	for _, test := range []struct{ boundary, want string }{
		{`"Action": "*", "Resource": "*"`, "high *"},
		{`"Action": "lambda:*", "Resource": "*"`, ""},
		{`"NotAction": "iam:*", "Resource": "*"`, ""},
		{`"Action": "*", "Resource": ["arn:aws:iam::*:role/app-*", "arn:aws:lambda:*:*:function:*"]`, "medium arn:aws:iam::*:role/app-*"},
		{`"Action": "*", "Resource": "arn:aws:lambda:*:*:function:*"`, ""},
		{`"Action": "*", "NotResource": "arn:aws:iam::*:role/*"`, ""},
		{`"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}`, "high *"},
		{`"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}`, ""},
		{`"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"s3:prefix": "x"}}`, ""},
		{`"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceAccount": "123456789012"}}`, "high *"},
		{`"Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"`, ""},
		{`"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}}, {"Effect": "Allow", "Action": "*", "Resource": "*"`, "high *"},
		// Another statement of the boundary allows the service of the route.
		{`"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}, {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}, {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"`, "medium *"},
		{`"Action": "*", "Resource": ["arn:aws:iam::*:role/app-*", "arn:aws:lambda:*:*:function:*"]}, {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/x"`, "medium arn:aws:iam::*:role/app-* arn:aws:iam::*:role/x"},
	} {
		text := `{"Resources": {"B": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", ` + test.boundary + `}]}}},
"R": {"Type": "AWS::IAM::Role", "Properties": {"PermissionsBoundary": {"Ref": "B"}, "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}},
"Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}}}]}}}}`
		set, err := document.ReadSet("t.json", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"escalation-pass-role"}})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range report.Findings {
			if slices.Contains(f.Principals, "R") {
				got += f.Severity.String() + " " + strings.Join(f.Resources, " ")
			}
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.boundary, got, test.want)
		}
	}
}

// The escalation rules skip administrators, and statements that allow
// everything under conditions; full-access reports both.
func TestAdministratorsHaveNoEscalations(t *testing.T) {
	for _, statement := range []string{
		`{"Effect": "Allow", "Action": "*", "Resource": "*"}`,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}`,
	} {
		if found := reviewEscalations(t, statement); len(found) > 0 {
			t.Errorf("%s: %+v", statement, found)
		}
	}
	if found := reviewEscalations(t, `{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}`, allowStatement([]string{"iam:CreateAccessKey"}, "*")); len(found) != 1 {
		t.Errorf("the unconditional grant of another statement is not reported: %+v", found)
	}
}

// A Deny may remove findings or make them less severe, but must never add one.
// No input may cause a panic.
func FuzzDeny(f *testing.F) {
	f.Add("iam:*", "arn:aws:iam::*:role/*", "iam:PassRole", "arn:aws:iam::*:role/x*")
	f.Add("*:*", "arn:aws:iam::*:r?le/*", "*", "*")
	f.Add("iam:P*", "${aws:username}", "iam:?assRole", "arn:${x}")
	f.Fuzz(func(t *testing.T, action, resource, deniedAction, denied string) {
		if len(action)+len(resource)+len(deniedAction)+len(denied) > 400 {
			return
		}
		statement := func(effect, action, resource string) document.Statement {
			return document.Statement{Effect: document.Effect(effect), Actions: []string{action}, Resources: []string{resource}}
		}
		worstSeverities := func(all ...document.Statement) map[string]Severity {
			doc := &document.Document{Version: "2012-10-17", Statements: []document.Statement{{Effect: document.Allow, Actions: []string{"ec2:*", "lambda:*"}, Resources: []string{"*"}}}}
			doc.Statements = append(doc.Statements, all...)
			set := &document.Set{Principals: []*document.Holder{{Kind: document.RoleKind, Name: "r", Policies: []document.Policy{{Name: "p", Document: doc}}}}}
			report, err := Review(set, Options{Rules: []string{Escalation}})
			if err != nil {
				t.Fatal(err)
			}
			found := map[string]Severity{}
			for _, f := range report.Findings {
				found[f.Rule] = max(found[f.Rule], f.Severity)
				if len(f.Path) == 0 || len(f.Actions) == 0 || len(f.Resources) == 0 || f.Statement == "" || f.Path[0].Statement != f.Statement || f.Path[0].Policy != f.Policy {
					t.Errorf("incomplete: %+v", f)
				}
			}
			return found
		}
		withoutDeny := worstSeverities(statement("Allow", action, resource))
		for rule, severity := range worstSeverities(statement("Allow", action, resource), statement("Deny", deniedAction, denied)) {
			if severity > withoutDeny[rule] {
				t.Errorf("%s is %s, and without the Deny %s", rule, severity, withoutDeny[rule])
			}
		}
	})
}

// A policy that is too large to compare is still reported, in limited time,
// with a note.
func TestTooManyDeniesAreNoted(t *testing.T) {
	t.Parallel()
	doc := &document.Document{Version: "2012-10-17", Statements: []document.Statement{{Effect: document.Allow, Actions: []string{"iam:*"}}, {Effect: document.Deny, Actions: []string{"iam:PutRolePolicy"}, Resources: []string{"*"}}}}
	for i := range 1000 {
		doc.Statements[0].Resources = append(doc.Statements[0].Resources, fmt.Sprintf("arn:aws:iam::*:role/a%d", i))
		doc.Statements = append(doc.Statements, document.Statement{Effect: document.Deny, Actions: []string{"iam:Attach*"}, Resources: []string{fmt.Sprintf("arn:aws:iam::*:role/b%d", i)}})
	}
	set := &document.Set{Principals: []*document.Holder{{Kind: document.RoleKind, Name: "r", Policies: []document.Policy{{Name: "p", Document: doc}}}}}
	report, err := Review(set, Options{Rules: []string{Escalation}})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(report.Findings, func(f Finding) bool { return f.Rule == "escalation-attach-policy" }) {
		t.Error("a grant that was not compared is not reported")
	}
	if !strings.Contains(notesText(report), "role r: too large") {
		t.Errorf("no note on it: %q", notesText(report))
	}
}
