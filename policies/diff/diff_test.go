// Tests of each rule of the comparison with short pairs of policies.

package diff

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"capaboot/policies/authz/managed"
	"capaboot/policies/document"
)

// formatResult formats a result with one line per grant: + gained, - lost.
func formatResult(r Result) string {
	var b strings.Builder
	for _, p := range r.Principals {
		if p.Status != Changed {
			fmt.Fprintf(&b, "%s %s %s%s\n", p.Status, p.Kind, p.Name, strings.TrimSuffix(" from "+p.RenamedFrom, " from ")+strings.TrimSuffix(" within "+p.Boundary, " within "))
		}
		for sign, grants := range map[string][]Grant{"+": p.Gained, "-": p.Lost} {
			for _, g := range grants {
				b.WriteString(sign + grantLine(g) + "\n")
			}
		}
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	// Gains (+) come before losses (-), each in the order of the result.
	var sorted []string
	for _, sign := range []string{"", "+", "-"} {
		for _, l := range lines {
			if isEntry := strings.HasPrefix(l, "+") || strings.HasPrefix(l, "-"); sign == "" && !isEntry || sign != "" && strings.HasPrefix(l, sign) {
				sorted = append(sorted, l)
			}
		}
	}
	return strings.TrimSpace(strings.Join(sorted, "\n"))
}

func grantLine(g Grant) string {
	var parts []string
	add := func(name string, list []string) {
		if len(list) > 0 {
			parts = append(parts, name+strings.Join(list, ","))
		}
	}
	if g.Trust {
		parts = append(parts, "trust")
	}
	if g.Boundary {
		parts = append(parts, "boundary")
	}
	if g.Effect != "" {
		parts = append(parts, g.Effect)
	} else {
		parts = append(parts, g.Policy)
	}
	var actions []string
	for _, a := range g.Actions {
		actions = append(actions, a.Action)
	}
	add("", actions)
	add("not ", g.NotActions)
	add("on ", g.Resources)
	add("not on ", g.NotResources)
	add("by ", g.Principals)
	add("not by ", g.NotPrincipals)
	for _, c := range g.Conditions {
		parts = append(parts, fmt.Sprintf("if %s(%s: %s)", c.Operator, c.Key, strings.Join(c.Values, ",")))
	}
	add("when ", g.When)
	return strings.Join(parts, " ")
}

// readStatements reads statements, one per line: "Deny" or "Allow", followed by
// a YAML flow mapping. A line "2008" selects the old document version.
func readStatements(t *testing.T, lines string) *document.Set {
	t.Helper()
	version, text := "2012-10-17", ""
	for line := range strings.Lines(lines) {
		switch line = strings.TrimSpace(line); line {
		case "":
		case "2008":
			version = "2008-10-17"
		default:
			effect, elements, _ := strings.Cut(line, " ")
			text += "- {Effect: " + effect + ", " + elements + "}\n"
		}
	}
	if text == "" {
		text = " []"
	}
	s, err := document.ReadSet("p.yaml", []byte("Version: "+version+"\nStatement:\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCompareStatements(t *testing.T) {
	for _, c := range []struct{ name, before, after, want string }{
		{"nothing", ``, ``, ``},
		{"an action in another statement, another letter case, a list",
			"Allow Action: [a:b, a:c], Resource: '*'", "Allow Action: [A:C], Resource: '*'\nAllow Action: a:B, Resource: ['*']", ``},
		{"a new action", "Allow Action: a:b, Resource: '*'", "Allow Action: [a:b, a:c], Resource: '*'", `+Allow a:c on *`},
		{"a wildcard covers", "Allow Action: 'ec2:Describe*', Resource: '*'", "Allow Action: [ec2:DescribeVpcs, 'ec2:Describe*'], Resource: '*'", ``},
		{"a wildcard narrowed", "Allow Action: 'ec2:Describe*', Resource: '*'", "Allow Action: ec2:DescribeVpcs, Resource: '*'", `-Allow ec2:Describe* on *`},
		{"a narrower resource", "Allow Action: [a:b, a:c], Resource: '*'", "Allow Action: [a:b, a:c], Resource: 'arn:x'", `-Allow a:b,a:c on *`},
		{"another resource", "Allow Action: a:b, Resource: [x, y]", "Allow Action: a:b, Resource: [y, z]", "+Allow a:b on z\n-Allow a:b on x"},
		{"resources are case-sensitive", "Allow Action: a:b, Resource: x", "Allow Action: a:b, Resource: X", "+Allow a:b on X\n-Allow a:b on x"},
		{"an added condition", "Allow Action: a:b, Resource: '*'", "Allow Action: a:b, Resource: '*', Condition: {Bool: {k: true}}", `-Allow a:b on *`},
		{"a removed condition", "Allow Action: a:b, Resource: '*', Condition: {Bool: {k: true}}", "Allow Action: a:b, Resource: '*'", `+Allow a:b on *`},
		{"a new denial", "Allow Action: 'a:*', Resource: '*'", "Allow Action: 'a:*', Resource: '*'\nDeny Action: a:b, Resource: x", `-Deny a:b on x`},
		{"a removed denial", "Allow Action: 'a:*', Resource: '*'\nDeny Action: a:b, Resource: x", "Allow Action: 'a:*', Resource: '*'", `+Deny a:b on x`},
		{"a denial that applies less often", "Deny Action: a:b, Resource: x", "Deny Action: a:b, Resource: x, Condition: {Bool: {k: true}}", `+Deny a:b on x`},
		{"an added Allow for a denied action", "Deny Action: 'a:*', Resource: '*'", "Allow Action: a:b, Resource: '*'\nDeny Action: 'a:*', Resource: '*'", ``},
		{"a removed denial of an allowed action", "Allow Action: a:b, Resource: '*'\nDeny Action: 'a:*', Resource: '*'", "Allow Action: a:b, Resource: '*'",
			"+Allow a:b on *\n+Deny a:* on *"},
		{"NotAction that excludes less", "Allow NotAction: [a:b, a:c], Resource: '*'", "Allow NotAction: 'a:b', Resource: '*'", `+Allow not a:b on *`},
		{"NotAction that excludes more", "Allow NotAction: a:b, Resource: '*'", "Allow NotAction: 'a:*', Resource: '*'", `-Allow not a:b on *`},
		{"NotAction covers an action", "Allow NotAction: 'a:*', Resource: '*'\nAllow Action: b:c, Resource: '*'", "Allow NotAction: 'a:*', Resource: '*'", ``},
		{"NotAction does not cover what it may exclude", "Allow NotAction: 'a:b*', Resource: '*'", "Allow NotAction: 'a:b*', Resource: '*'\nAllow Action: 'a:*', Resource: '*'", `+Allow a:* on *`},
		{"all actions cover NotAction", "Allow Action: '*', Resource: '*'", "Allow NotAction: a:b, Resource: '*'", `-Allow * on *`},
		{"NotResource", "Allow Action: a:b, NotResource: [x, y]", "Allow Action: a:b, NotResource: x", `+Allow a:b not on x`},
		{"NotResource covers a resource", "Allow Action: a:b, NotResource: 'x*'", "Allow Action: a:b, NotResource: 'x*'\nAllow Action: a:b, Resource: y", ``},
		{"NotResource and a resource that it excludes", "Allow Action: a:b, NotResource: 'x*'", "Allow Action: a:b, NotResource: 'x*'\nAllow Action: a:b, Resource: xy", `+Allow a:b on xy`},
		{"a wildcard instead of a list", "Allow Action: [a:b, a:c], Resource: '*'", "Allow Action: 'a:*', Resource: '*'", `+Allow a:* on *`},
		{"actions and resources of two statements do not combine", "Allow Action: a:b, Resource: x\nAllow Action: a:c, Resource: y", "Allow Action: [a:b, a:c], Resource: [x, y]",
			"+Allow a:b on y\n+Allow a:c on x"},
		{"duplicates", "Allow Action: a:b, Resource: x", "Allow Action: [a:b, A:B], Resource: [x, x]\nAllow Action: a:b, Resource: x", ``},
		{"a condition of the template", "Allow Action: a:b, Resource: x", "Allow Action: a:b, Resource: !If [C, x, y]", "+Allow a:b on y when !C\n-Allow a:b on x"},
		{"policy variables need the newer version", "Allow Action: a:b, Resource: 'x${aws:username}'", "2008\nAllow Action: a:b, Resource: 'x${aws:username}'",
			"+Allow a:b on x${aws:username}\n-Allow a:b on x${aws:username}"},
		{"the version without policy variables", "Allow Action: a:b, Resource: !Sub 'x${AWS::Region}'", "2008\nAllow Action: a:b, Resource: !Sub 'x${AWS::Region}'", ``},
		{"an intrinsic and its text", "Allow Action: a:b, Resource: !Ref X", "Allow Action: a:b, Resource: '${Ref:X}'", "+Allow a:b on ${!Ref:X}\n-Allow a:b on ${Ref:X}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := formatResult(Compare(readStatements(t, c.before), readStatements(t, c.after))); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestCompareConditions(t *testing.T) {
	for _, c := range []struct{ name, covered, covering string }{
		{"fewer conditions", `{Bool: {k: true}, StringEquals: {l: x}}`, `{Bool: {k: true}}`},
		{"fewer values", `{StringEquals: {k: x}}`, `{StringEquals: {k: [x, y]}}`},
		{"more values of a negated operator", `{StringNotEquals: {k: [x, y]}}`, `{StringNotEquals: {k: x}}`},
		{"IfExists", `{StringEquals: {k: x}}`, `{StringEqualsIfExists: {k: x}}`},
		{"a wildcard in StringLike", `{StringLike: {k: 'ab*'}}`, `{StringLike: {k: 'a*'}}`},
		{"more values in a set operator", `{'ForAllValues:StringEquals': {k: x}}`, `{'ForAllValues:StringEquals': {k: [x, y]}}`},
	} {
		covered, covering := "Allow Action: a:b, Resource: x, Condition: "+c.covered, "Allow Action: a:b, Resource: x, Condition: "+c.covering
		if r := Compare(readStatements(t, covered), readStatements(t, covering)); r.Empty() || len(r.Principals[0].Gained) != 1 || len(r.Principals[0].Lost) != 0 {
			t.Errorf("%s: widened:\n%s", c.name, formatResult(r))
		}
		if r := Compare(readStatements(t, covering), readStatements(t, covered)); r.Empty() || len(r.Principals[0].Gained) != 0 || len(r.Principals[0].Lost) != 1 {
			t.Errorf("%s: narrowed:\n%s", c.name, formatResult(r))
		}
	}
	for _, c := range []struct{ name, a, b string }{
		{"order, lists, case of operators and keys", `{StringEquals: {k: [x, y], L: z}}`, `{stringequals: {l: [z], K: [y, x, x]}}`},
		{"booleans and text", `{Bool: {k: true}}`, `{Bool: {k: ["True"]}}`},
	} {
		a, b := "Allow Action: a:b, Resource: x, Condition: "+c.a, "Allow Action: a:b, Resource: x, Condition: "+c.b
		if r := Compare(readStatements(t, a), readStatements(t, b)); !r.Empty() {
			t.Errorf("%s: not equal:\n%s", c.name, formatResult(r))
		}
	}
	for _, c := range []struct{ name, a, b string }{
		{"another key", `{StringEquals: {k: x}}`, `{StringEquals: {l: x}}`},
		{"another operator", `{StringEquals: {k: x}}`, `{StringEqualsIgnoreCase: {k: x}}`},
		{"another value", `{StringEquals: {k: x}}`, `{StringEquals: {k: X}}`},
		{"another set operator", `{'ForAllValues:StringEquals': {k: x}}`, `{'ForAnyValue:StringEquals': {k: x}}`},
		{"StringEquals has no wildcards", `{StringEquals: {k: 'a*'}}`, `{StringEquals: {k: ab}}`},
		{"segments of ARNs", `{ArnLike: {k: 'arn:*:x'}}`, `{ArnLike: {k: 'arn:aws:x'}}`},
	} {
		a, b := "Allow Action: a:b, Resource: x, Condition: "+c.a, "Allow Action: a:b, Resource: x, Condition: "+c.b
		if r := Compare(readStatements(t, a), readStatements(t, b)); r.Empty() || len(r.Principals[0].Gained) != 1 || len(r.Principals[0].Lost) != 1 {
			t.Errorf("%s: not reported as gained and lost:\n%s", c.name, formatResult(r))
		}
	}
}

func TestComparePrincipals(t *testing.T) {
	const (
		trust    = `AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}}`
		allow    = `{Version: "2012-10-17", Statement: {Effect: Allow, Action: "a:b", Resource: "*"}}`
		allowAll = `{Version: "2012-10-17", Statement: {Effect: Allow, Action: "a:*", Resource: "*"}}`
	)
	trusts := func(statement string) string {
		return `R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: ` + statement + `}}}`
	}
	assume := func(principal, condition string) string {
		return trusts(`{Effect: Allow, Principal: ` + principal + `, Action: "sts:AssumeRole", Condition: ` + condition + `}`)
	}
	role := func(properties string) string {
		return `R: {Type: AWS::IAM::Role, Properties: {` + trust + `, ` + properties + `}}`
	}
	policy := func(properties string) string {
		return "\nP: {Type: AWS::IAM::ManagedPolicy, Properties: {" + properties + "}}"
	}
	for _, c := range []struct{ name, before, after, want string }{
		{"inline to attached", role("Policies: [{PolicyName: x, PolicyDocument: " + allow + "}]"), role("ManagedPolicyArns: [!Ref P]") + policy("PolicyDocument: "+allow), ``},
		{"attached in the policy instead of the role", role("ManagedPolicyArns: [!Ref P]") + policy("PolicyDocument: "+allow), role("Path: /") + policy("PolicyDocument: "+allow+", Roles: [!Ref R]"), ``},
		{"detached", role("ManagedPolicyArns: [!Ref P]") + policy("PolicyDocument: "+allow), role("Path: /") + policy("PolicyDocument: "+allow),
			"-Allow a:b on *"},
		{"an unknown managed policy", role("ManagedPolicyArns: [x, y]"), role("ManagedPolicyArns: [y, z]"), "+z\n-x"},
		{"a boundary added", role("Path: /"), role("PermissionsBoundary: arn"), "-boundary arn"},
		{"a boundary removed", role("PermissionsBoundary: arn"), role("Path: /"), "+boundary arn"},
		{"a boundary of the template added", role("Path: /") + policy("PolicyDocument: "+allow), role("PermissionsBoundary: !Ref P") + policy("PolicyDocument: "+allow), "-boundary P"},
		{"another boundary", role("PermissionsBoundary: arn"), role("PermissionsBoundary: arn2"), "+boundary arn\n-boundary arn2"},
		{"an AWS managed boundary", role("PermissionsBoundary: 'arn:aws:iam::aws:policy/AmazonEKSVPCResourceController'"), role("PermissionsBoundary: 'arn:aws:iam::aws:policy/AdministratorAccess'"), "+boundary Allow * on *"},
		{"an AWS managed boundary and one of the template", role("PermissionsBoundary: !Ref P") + policy("PolicyDocument: "+allow), role("PermissionsBoundary: 'arn:aws:iam::aws:policy/AdministratorAccess'"),
			"+boundary Allow * on *"},
		{"the same AWS managed boundary", role("PermissionsBoundary: 'arn:aws:iam::aws:policy/AdministratorAccess'"), role("PermissionsBoundary: 'arn:aws:iam::aws:policy/AdministratorAccess', Description: x"), ``},
		{"a known boundary narrowed", role("PermissionsBoundary: !Ref P") + policy("PolicyDocument: "+allowAll), role("PermissionsBoundary: !Ref P") + policy("PolicyDocument: "+allow),
			"-boundary Allow a:* on *"},
		{"a gained action outside of the boundary", role("PermissionsBoundary: !Ref P") + policy("PolicyDocument: "+allow),
			role("PermissionsBoundary: !Ref P, Policies: [{PolicyName: x, PolicyDocument: {Statement: {Effect: Allow, Action: 'c:d', Resource: '*'}}}]") + policy("PolicyDocument: "+allow), ``},
		{"another service may assume the role", assume("{Service: ec2.amazonaws.com}", "{}"), assume("{Service: [ec2.amazonaws.com, ecs.amazonaws.com]}", "{}"),
			"+trust Allow sts:AssumeRole by Service ecs.amazonaws.com"},
		{"an account by ID and by its root user", assume("{AWS: '123456789012'}", "{}"), assume("{AWS: 'arn:aws:iam::123456789012:root'}", "{}"), ``},
		{"anyone", assume("{AWS: '123456789012'}", "{}"), assume("'*'", "{}"), "+trust Allow sts:AssumeRole by AWS *"},
		{"a removed external ID", assume("{AWS: '1'}", "{StringEquals: {'sts:ExternalId': x}}"), assume("{AWS: '1'}", "{}"), "+trust Allow sts:AssumeRole by AWS 1"},
		{"principals of different kinds", assume("{AWS: x}", "{}"), assume("{Federated: x}", "{}"), "+trust Allow sts:AssumeRole by Federated x\n-trust Allow sts:AssumeRole by AWS x"},
		{"a denial in the trust policy", trusts("[{Effect: Allow, Principal: '*', Action: 'sts:*'}]"),
			trusts("[{Effect: Allow, Principal: '*', Action: 'sts:*'}, {Effect: Deny, NotPrincipal: {AWS: '1'}, Action: 'sts:*'}]"), "-trust Deny sts:* not by AWS 1"},
		{"a new role", `{}`, role("Path: /"), "new role R\n+trust Allow sts:AssumeRole by Service ec2.amazonaws.com"},
		{"a removed role", role("Path: /"), `{}`, "gone role R\n-trust Allow sts:AssumeRole by Service ec2.amazonaws.com"},
		{"a new role with a boundary loses nothing", `{}`, role("PermissionsBoundary: arn"), "new role R within arn\n+trust Allow sts:AssumeRole by Service ec2.amazonaws.com"},
		{"a removed role with a boundary and a denial gains nothing", role("PermissionsBoundary: arn, Policies: [{PolicyName: x, PolicyDocument: {Statement: {Effect: Deny, Action: 'c:d', Resource: '*'}}}]"), `{}`,
			"gone role R\n-trust Allow sts:AssumeRole by Service ec2.amazonaws.com"},
		{"a renamed role that loses its boundary", role("RoleName: x, PermissionsBoundary: arn"), role("RoleName: y"), "renamed role y from x\n+boundary arn"},
		{"a renamed role", role("RoleName: x"), role("RoleName: y"), "renamed role y from x"},
		{"a user in an unknown group", `U: {Type: AWS::IAM::User}`, `U: {Type: AWS::IAM::User, Properties: {Groups: [admins]}}`, "+group admins"},
		{"a role that depends on a condition", role("ManagedPolicyArns: [x]"), strings.Replace(role("ManagedPolicyArns: [x]"), "Properties", "Condition: C, Properties", 1),
			"+x (when C)\n-trust Allow sts:AssumeRole by Service ec2.amazonaws.com\n-x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			read := func(text string) *document.Set {
				s, err := document.ReadSet("p.yaml", []byte("Resources:\n"+indent(text)))
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			if got := formatResult(Compare(read(c.before), read(c.after))); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

func TestResultJSONAndAnnotations(t *testing.T) {
	r := Compare(readStatements(t, ""), readStatements(t, "Allow Action: [a:b, a:c], Resource: x, Condition: {Bool: {k: true}}"))
	calls := 0
	r.Annotate(func(g *Grant, action string) Annotation {
		place := g.Of
		calls++
		if place.Holder.Name != "p" || place.Policy.Name != "p" || !slices.Contains(place.Statement.Actions, action) {
			t.Errorf("annotating %s of %+v", action, place)
		}
		return Annotation{AccessLevel: "Write", Why: "of " + action}
	})
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"principals":[{"kind":"policy","name":"p","status":"changed","gained":[{"effect":"Allow","actions":[` +
		`{"action":"a:b","accessLevel":"Write","why":"of a:b"},{"action":"a:c","accessLevel":"Write","why":"of a:c"}],"resources":["x"],` +
		`"conditions":[{"operator":"Bool","key":"k","values":["true"]}],"policy":"p","statement":"Statement[0]"}],"lost":[]}]}`
	if d := cmp.Diff(want, string(text)); d != "" {
		t.Error(d)
	}
	if calls != 2 {
		t.Errorf("%d annotations for two actions", calls)
	}
	if text, _ := json.Marshal(Compare(readStatements(t, ""), readStatements(t, ""))); string(text) != `{"principals":[]}` {
		t.Errorf("an empty result is %s", text)
	}
}

// AWS managed policies are compared by their statements, but are not a
// difference if both sides attach them.
func TestCompareAttachedPolicies(t *testing.T) {
	role := func(properties string) *document.Set {
		t.Helper()
		set, err := document.ReadSet("t.json", []byte(`{"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r",
			"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}`+properties+`}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	policy, ok := managed.Lookup("arn:aws:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy")
	if !ok {
		t.Fatal("the policy is unknown")
	}
	text, err := policy.Document()
	if err != nil {
		t.Fatal(err)
	}
	const attached = `, "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy"]`
	withoutPolicy, byARN := role(""), role(attached)
	china := role(strings.ReplaceAll(attached, `"arn:aws:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy"`, `{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy"}`))
	inline := role(`, "Policies": [{"PolicyName": "own", "PolicyDocument": ` + string(text) + `}]`)
	unknown := role(`, "ManagedPolicyArns": ["arn:aws:iam::aws:policy/NoSuchPolicy"]`)
	// conditional returns a role to which a policy is attached under each of
	// the given conditions.
	conditional := func(conditions ...string) *document.Set {
		var entries []string
		for _, c := range conditions {
			entries = append(entries, `{"Fn::If": ["`+c+`", "arn:aws:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy", {"Ref": "AWS::NoValue"}]}`)
		}
		return role(`, "ManagedPolicyArns": [` + strings.Join(entries, ", ") + `]`)
	}
	for _, test := range []struct {
		name          string
		before, after *document.Set
		gained, lost  int
		policy        string
	}{
		{"attached", withoutPolicy, byARN, 1, 0, "AmazonEKSFargatePodExecutionRolePolicy"},
		{"detached", byARN, withoutPolicy, 0, 1, "AmazonEKSFargatePodExecutionRolePolicy"},
		{"on both sides", byARN, byARN, 0, 0, ""},
		{"with the ARN of another partition", byARN, china, 0, 0, ""},
		{"the same document inline", byARN, inline, 0, 0, ""},
		{"an unknown policy", withoutPolicy, unknown, 1, 0, "arn:aws:iam::aws:policy/NoSuchPolicy"},
		{"attached under two conditions", withoutPolicy, conditional("A", "B"), 2, 0, "AmazonEKSFargatePodExecutionRolePolicy"},
		{"attached under one condition less", conditional("A", "B"), conditional("A"), 0, 1, "AmazonEKSFargatePodExecutionRolePolicy"},
		{"attached under the same conditions", conditional("A", "B"), conditional("A", "B"), 0, 0, ""},
	} {
		r := Compare(test.before, test.after)
		gained, lost := 0, 0
		for _, p := range r.Principals {
			gained, lost = gained+len(p.Gained), lost+len(p.Lost)
			for _, g := range slices.Concat(p.Gained, p.Lost) {
				if g.Policy != test.policy || (g.Note == "") != strings.HasPrefix(test.policy, "Amazon") {
					t.Errorf("%s: policy %q, note %q", test.name, g.Policy, g.Note)
				}
			}
		}
		if gained != test.gained || lost != test.lost {
			t.Errorf("%s: %d gained, %d lost, want %d and %d:\n%s", test.name, gained, lost, test.gained, test.lost, formatResult(r))
		}
	}
}

func TestCompareEqualLargeSets(t *testing.T) {
	lines := make([]string, 3000)
	for i := range lines {
		effect := []string{"Allow", "Deny"}[i%2]
		lines[i] = fmt.Sprintf("%s Action: 's3:*%d*', Resource: 'arn:aws:s3:::*%d*'", effect, i, i)
	}
	before := readStatements(t, strings.Join(lines, "\n"))
	slices.Reverse(lines)
	if r := Compare(before, readStatements(t, strings.Join(lines, "\n"))); !r.Empty() {
		t.Errorf("reordered statements differ in %d grants", len(r.Principals[0].Gained))
	}
	lines[7] = strings.Replace(lines[7], "Action: '", "Action: 'x", 1)
	if r := Compare(readStatements(t, strings.Join(lines[:20], "\n")), readStatements(t, strings.Join(lines[1:20], "\n"))); r.Empty() {
		t.Error("a removed statement is not reported")
	}
}

func TestCompareNotesTheVersion(t *testing.T) {
	const statement = "Allow Action: a:b, Resource: '*', Condition: {StringLike: {k: 'x${aws:username}'}}"
	p := Compare(readStatements(t, statement), readStatements(t, "2008\n"+statement)).Principals[0]
	if p.Gained[0].Note != "the policy does not have Version 2012-10-17, so policy variables are plain text" || p.Lost[0].Note != "" {
		t.Errorf("gained %q, lost %q", p.Gained[0].Note, p.Lost[0].Note)
	}
}

// Short ARNs, statements that IAM refuses and actions that need no permission
// are compared as they are evaluated.
func TestEvaluationOfPatterns(t *testing.T) {
	policy := func(statements string) *document.Set {
		doc, err := document.Read("p", []byte(`{"Version": "2012-10-17", "Statement": [`+statements+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		return &document.Set{Principals: []*document.Holder{{Kind: document.PolicyKind, Name: "p", Policies: []document.Policy{{Name: "p", Document: doc}}}}}
	}
	for _, test := range []struct{ name, a, b, gained, lost string }{
		{"a short ARN and its completion", `{"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs"}`, `{"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:*:*"}`, "", ""},
		{"a short ARN covers", `{"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:eu-west-1"}`, `{"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:eu-west-1:123456789012:q"}`, "", "sqs:* arn:aws:sqs:eu-west-1"},
		{"in a Deny", `{"Effect": "Deny", "NotAction": "sqs:*", "NotResource": "arn:aws:sqs"}`, `{"Effect": "Deny", "NotAction": "sqs:*", "NotResource": "arn:aws:sqs:*:*:*"}`, "", ""},
		{"a refused action covers nothing", `{"Effect": "Allow", "Action": "*:GetObject", "Resource": "*"}`, `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}`, "s3:GetObject *", "*:GetObject *"},
		{"a refused action in another statement", `{"Effect": "Allow", "Action": ["*:GetObject", "s3:PutObject"], "Resource": "*"}`, `{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}, {"Effect": "Allow", "Action": "*:GetObject", "Resource": "*"}`, "", ""},
		{"actions that need no permission", `{"Effect": "Deny", "Action": "sts:GetCallerIdentity", "Resource": "*"}`, `{"Effect": "Allow", "Action": ["sts:GetSessionToken", "sts:GetCallerIdentity"], "Resource": "*"}`, "", ""},
		{"actions that need no permission, with others", `{"Effect": "Allow", "Action": ["sts:GetCallerIdentity"], "Resource": "*"}`, `{"Effect": "Allow", "Action": ["sts:GetCallerIdentity", "s3:GetObject"], "Resource": "*"}`, "s3:GetObject *", ""},
	} {
		text := func(grants []Grant) string {
			var all []string
			for _, g := range grants {
				for _, a := range g.Actions {
					all = append(all, a.Action+" "+strings.Join(g.Resources, ","))
				}
			}
			return strings.Join(all, "; ")
		}
		gained, lost := "", ""
		for _, p := range Compare(policy(test.a), policy(test.b)).Principals {
			gained, lost = text(p.Gained), text(p.Lost)
		}
		if gained != test.gained || lost != test.lost {
			t.Errorf("%s: gained %q, lost %q", test.name, gained, lost)
		}
	}
}

// A report shows Change separately, so OtherNote leaves it out of the note.
func TestOtherNote(t *testing.T) {
	for note, want := range map[string]string{
		"this denial was removed":                                                                               "",
		"this denial was removed; known only at deployment: x":                                                  "known only at deployment: x",
		"this permissions boundary was removed: it limited x":                                                   "it limited x",
		"for a deployment that uses the new default of X; this permissions boundary was removed: it is unknown": "for a deployment that uses the new default of X; it is unknown",
		"for a deployment that uses the new default of X; this denial was removed":                              "for a deployment that uses the new default of X",
		"not certain: y": "not certain: y",
	} {
		if got := (Grant{Note: note, Change: ChangeRemoved}).OtherNote(); got != want {
			t.Errorf("%q: %q, want %q", note, got, want)
		}
	}
}
