// Tests of policies that may belong to the caller.

package simulate_test

import (
	"strings"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

const ec2Trust = "AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}"

// A policy whose role, user or group is known only at deployment may belong to
// the caller. The outcome is unknown if the policy would change the decision.
func TestPoliciesThatMayBelongToCaller(t *testing.T) {
	t.Parallel()
	const (
		role       = "{Type: AWS::IAM::Role, Properties: {RoleName: %, Policies: [{PolicyName: own, PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: '*'}]}}], " + ec2Trust + "}}"
		r2         = "R2: " + role + "\n"
		statements = "PolicyDocument: {Statement: [{Effect: $, Action: '@', Resource: '*'}]}"
		attached   = "  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: x, Roles: [%], " + statements + "}}\n"
		user       = "U: {Type: AWS::IAM::User, Properties: {UserName: u2}}\n  V: {Type: AWS::IAM::User, Properties: {UserName: u3, Groups: [g]}}\n  G: {Type: AWS::IAM::Group, Properties: {GroupName: g, Policies: [{PolicyName: x, " + statements + "}]}}\n"
	)
	named := func(text, name string) string { return strings.ReplaceAll(text, "%", name) }
	for name, test := range map[string]struct {
		resources      string
		caller         string
		effect, action string
		note           string // of an unknown outcome; "" for a certain one
	}{
		"parameter": {named(r2, "r2") + named(attached, "!Ref Open"), "role r2", "Allow", "*",
			"the policy x belongs to the role ${Ref:Open}: if that is the role r2, the decision is allowed; pass the value with --parameter Open=VALUE"},
		"parameter with a default": {named(r2, "r2") + named(attached, "!Ref Usual"), "role r2", "Allow", "*",
			"the policy x belongs to the role ${Ref:Usual}: if that is the role r2, the decision is allowed"},
		"list":                    {named(r2, "r2") + strings.Replace(attached, "[%]", "!Ref List", 1), "role r2", "Allow", "*", "the decision is allowed"},
		"import":                  {named(r2, "r2") + named(attached, "!ImportValue x"), "role r2", "Allow", "*", "the decision is allowed"},
		"managed policy":          {named(r2, "r2") + strings.Replace(named(attached, "!Ref Open"), "IAM::Policy, Properties: {PolicyName: x", "IAM::ManagedPolicy, Properties: {ManagedPolicyName: x", 1), "role r2", "Allow", "*", "the decision is allowed"},
		"role policy":             {named(r2, "r2") + strings.Replace(named(attached, "!Ref Open"), "IAM::Policy, Properties: {PolicyName: x, Roles: [!Ref Open]", "IAM::RolePolicy, Properties: {PolicyName: x, RoleName: !Ref Open", 1), "role r2", "Allow", "*", "the decision is allowed"},
		"Deny":                    {named(r2, "r2") + named(attached, "!Ref Open"), "role r2", "Deny", "*", "the decision is explicitDeny"},
		"generated name":          {strings.Replace(r2, "RoleName: %, ", "", 1) + named(attached, "!Ref Open"), "role R2", "Allow", "*", "the role R2, the decision is allowed"},
		"name of role is unknown": {named(r2, "!Ref Open") + named(attached, "r2"), "role R2", "Allow", "*", "the policy x belongs to the role r2: if that is the role ${Ref:Open}"},
		"name of the stack":       {named(r2, "app-prod") + named(attached, "!Sub 'app-${AWS::StackName}'"), "role app-prod", "Allow", "*", "the decision is allowed"},
		"group of the user":       {user + "  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: y, Groups: [!Ref Open], PolicyDocument: {Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}}\n", "user u3", "Allow", "s3:PutObject", "the policy y belongs to the group ${Ref:Open}: if that is the group g, the decision is allowed"},
		"membership":              {user + "  M: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: !Ref G, Users: [!Ref Open]}}\n", "user u2", "Allow", "*", "the policy x of group g belongs to the user ${Ref:Open}: if that is the user u2, the decision is allowed"},
		"membership elsewhere":    {user + "  M: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: admins, Users: [!Ref Open]}}\n", "user u2", "Allow", "*", "the policies of the group admins belong to the user ${Ref:Open}: if that is the user u2, the decision is unknown"},
		"memberships elsewhere":   {user + "  M: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: admins, Users: [!Ref Open]}}\n  N: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: ops, Users: [!Ref Open]}}\n", "user u2", "Allow", "*", "the policies of the group ops belong to the user ${Ref:Open}: if that is the user u2, the decision is unknown"},
		"group of a membership":   {user + "  M: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: !Ref G, Users: [!Ref Usual]}}\n  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: y, Groups: [!Ref Open], PolicyDocument: {Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}}\n", "user u2", "Allow", "s3:PutObject", "the policy y belongs to the group ${Ref:Open}: if that is the group g, the decision is allowed"},
		"policy of a group, with unknown content": {strings.Replace(user, "GroupName: g,", "GroupName: g, ManagedPolicyArns: ['arn:aws:iam::111122223333:policy/x'],", 1) + "  M: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: !Ref G, Users: [!Ref Usual]}}\n", "user u2", "Allow", "s3:PutObject", "the policy arn:aws:iam::111122223333:policy/x belongs to the user ${Ref:Usual}: if that is the user u2, the decision is unknown"},
		"parameter of Systems Manager":            {named(r2, "r2") + named(attached, "!Ref Stored"), "role r2", "Allow", "*", "the policy x belongs to the role ${Ref:Stored}: if that is the role r2, the decision is allowed"},
		"some resources":                          {named(r2, "r2") + strings.Replace(named(attached, "!Ref Open"), "Resource: '*'", "Resource: 'arn:aws:iam::*:user/x'", 1), "role r2", "Allow", "*", "the decision is unknown"},
		"two parameters":                          {named(r2, "r2") + named(attached, "!Sub '${Open}${Usual}'"), "role r2", "Allow", "*", "the decision is allowed"},

		"a beginning":                      {named(r2, "!Sub '${Open}-app'") + named(attached, "!Ref Open"), "role R2", "Allow", "*", ""},
		"a longer name":                    {named(r2, "!Ref Open") + named(attached, "!Sub '${Open}-app'"), "role R2", "Allow", "*", ""},
		"a repeated beginning":             {named(r2, "!Sub 'a${Open}'") + named(attached, "!Sub 'aa${Open}'"), "role R2", "Allow", "*", ""},
		"a repeated beginning of the role": {named(r2, "!Sub 'aa${Open}'") + named(attached, "!Sub 'a${Open}'"), "role R2", "Allow", "*", ""},
		"two roles of the template":        {named(r2, "r2") + strings.NewReplacer("R2", "R3", "%", "!Ref Open", "s3:GetObject", "*").Replace(r2[:len(r2)-1]) + "\n", "role r2", "Allow", "*", ""},
		"a permission set":                 {"S: {Type: AWS::SSO::PermissionSet, Properties: {Name: s, InstanceArn: x}}\n" + named(attached, "!Ref Open"), "role S", "Allow", "*", ""},
		"a choice of names":                {named(r2, "!If [C, a, b]") + named(attached, "c"), "role R2", "Allow", "*", ""},
		"a name of a choice":               {named(r2, "!If [C, a, b]") + named(attached, "!Sub 'c${AWS::StackName}'"), "role R2", "Allow", "*", ""},
		"a beginning of a choice":          {named(r2, "!If [C, a, b-1]") + named(attached, "!Sub 'b-${AWS::StackName}'"), "role R2", "Allow", "*", "the decision is allowed"},
		"another action":                   {named(r2, "r2") + named(attached, "!Ref Open"), "role r2", "Allow", "s3:PutObject", ""},
		"another name":                     {named(r2, "r2") + named(attached, "r3"), "role r2", "Allow", "*", ""},
		"another name of the stack":        {named(r2, "r2") + named(attached, "!Sub 'app-${AWS::StackName}'"), "role r2", "Allow", "*", ""},
		"another end":                      {named(r2, "!Sub '${Open}-app'") + named(attached, "!Sub '${Open}-my-app'"), "role R2", "Allow", "*", ""},
		"name of stack is no random":       {strings.Replace(r2, "RoleName: %, ", "", 1) + named(attached, "!Sub 'app-${AWS::StackName}'"), "role R2", "Allow", "*", ""},
		"a user, not a role":               {named(r2, "r2") + strings.Replace(attached, "Roles: [%]", "Users: [!Ref Open]", 1), "role r2", "Allow", "*", ""},
		"a role, not a group":              {user + named(strings.Replace(attached, "$", "Allow", 1), "!Ref Open"), "user u3", "Allow", "s3:PutObject", ""},
		"not in the group":                 {user + "  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: y, Groups: [!Ref Open], PolicyDocument: {Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}}\n", "user u2", "Allow", "*", ""},
	} {
		resources := strings.NewReplacer("$,", test.effect+",", "@", test.action).Replace(test.resources)
		set, err := document.ReadSet("t.yaml", []byte("Parameters: {Open: {Type: String}, Usual: {Type: String, Default: other}, List: {Type: CommaDelimitedList}, Stored: {Type: 'AWS::SSM::Parameter::Value<String>'}}\nConditions: {C: !Equals [!Ref Open, x]}\nResources:\n  "+resources))
		if err != nil {
			t.Errorf("%s: %s", name, err)
			continue
		}
		kind, caller, _ := strings.Cut(test.caller, " ")
		o := simulateHolder(t, set, document.Kind(kind), caller, "iam:CreateUser")
		notes := strings.Join(o.Notes, "\n")
		for _, note := range o.Notes {
			if _, hint, ok := strings.Cut(note, "; pass the value with --parameter "); ok && hint != "Open=VALUE" && hint != "Usual=VALUE" && hint != "List=VALUE" {
				t.Errorf("%s: no parameter has this value: %s", name, note)
			}
		}
		if o.Decision != simulate.ImplicitDeny || o.Unknown != (test.note != "") || !strings.Contains(notes, test.note) || test.note == "" && strings.Contains(notes, "belong") {
			t.Errorf("%s: %s, unknown %t, notes %q", name, o.Decision, o.Unknown, o.Notes)
		}
	}
}

func simulateHolder(t *testing.T, set *document.Set, kind document.Kind, name, action string) simulate.Outcome {
	t.Helper()
	h, err := simulate.FindHolder(set, "t.yaml", kind, name)
	if err != nil {
		t.Fatal(err)
	}
	s := simulate.Simulation{ChecksDefaults: true, NamesAreGiven: name != h.LogicalID}
	s.SetHolder(h, set)
	if _, err := s.AddAction(action); err != nil {
		t.Fatal(err)
	}
	outcomes, err := s.Run()
	if err != nil {
		t.Fatal(err)
	}
	return outcomes[0]
}

// A policy that would allow a request under a condition makes the outcome unknown too.
func TestPossiblePolicyWithCondition(t *testing.T) {
	o := runAsRole(t, "Open: {Type: String}", "{Effect: Allow, Action: 's3:GetObject', Resource: '*'}",
		"  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: x, Roles: [!Ref Open], PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:PutObject', Resource: '*', Condition: {IpAddress: {'aws:SourceIp': 10.0.0.0/8}}}]}}}\n", "s3:PutObject", "arn:aws:s3:::b/x")
	if o.Decision != simulate.ImplicitDeny || !o.Unknown || !strings.Contains(strings.Join(o.Notes, "\n"), "the decision is allowed under a condition") {
		t.Errorf("%s, unknown %t, notes %q", o.Decision, o.Unknown, o.Notes)
	}
}

// A policy that would not change the decision leaves it certain.
func TestPossiblePolicyWithoutEffect(t *testing.T) {
	for statement, unknown := range map[string]bool{
		"{Effect: Allow, Action: 's3:*', Resource: '*'}":        false,
		"{Effect: Deny, Action: 's3:PutObject', Resource: '*'}": false,
		"{Effect: Deny, Action: 's3:GetObject', Resource: '*'}": true,
	} {
		o := runAsRole(t, "Open: {Type: String}", "{Effect: Allow, Action: 's3:GetObject', Resource: '*'}",
			"  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: x, Roles: [!Ref Open], PolicyDocument: {Statement: ["+statement+"]}}}\n", "s3:GetObject", "arn:aws:s3:::b/x")
		if o.Decision != simulate.Allowed || o.Unknown != unknown {
			t.Errorf("%s: %s, unknown %t, notes %q", statement, o.Decision, o.Unknown, o.Notes)
		}
	}
}

// A role of one template may be the role to which another template attaches a policy.
func TestPolicyOfRoleInAnotherFile(t *testing.T) {
	read := func(file, resource string) *document.Set {
		set, err := document.ReadSet(file, []byte("Parameters: {N: {Type: String}}\nResources:\n  "+resource+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for _, test := range []struct{ roleName, name, note string }{
		{"RoleName: r, ", "r", "the policy x belongs to the role r of b.yaml: if that is the role r of a.yaml, the decision is allowed"},
		{"RoleName: r, ", "other", ""},
		// The parameters of two stacks can have different values.
		{"RoleName: !Sub '${N}-app', ", "!Sub '${N}-my-app'", "the decision is allowed"},
		{"RoleName: !Sub '${N}-app', ", "!Sub '${N}-apps'", ""},
		// A template can contain the generated name of a role in an existing
		// stack.
		{"", "prod-R-1A2B3C", "if that is the role R of a.yaml, the decision is allowed"},
		{"", "prod-Q-1A2B3C", ""},
	} {
		role := read("a.yaml", "R: {Type: AWS::IAM::Role, Properties: {"+test.roleName+ec2Trust+"}}")
		policy := read("b.yaml", "P: {Type: AWS::IAM::Policy, Properties: {PolicyName: x, Roles: ["+test.name+"], PolicyDocument: {Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}}")
		o := simulateHolder(t, document.Merge(role, policy), document.RoleKind, "R", "iam:CreateUser")
		if notes := strings.Join(o.Notes, "\n"); o.Unknown != (test.note != "") || !strings.Contains(notes, test.note) {
			t.Errorf("%s%s: %s, unknown %t, notes %q", test.roleName, test.name, o.Decision, o.Unknown, o.Notes)
		}
	}
}
