// Tests the table of ways to more, and how the policies of a principal add up to one.

package review

import (
	"strings"
	"testing"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// Each action of the table exists, by its exact name, and each rule has ways.
func TestWays(t *testing.T) {
	table := loadRoutes()
	seen := map[string]bool{}
	for _, e := range escalations() {
		seen[e.id] = true
		if len(table.of[e.id]) == 0 {
			t.Errorf("rule %s has no ways", e.id)
		}
	}
	for id, all := range table.of {
		if !seen[id] {
			t.Errorf("escalations.tsv has ways of %s, which is no rule", id)
		}
		for _, w := range all {
			if (w.passed != "-") != (id == passRole) {
				t.Errorf("%s: passed to %q", id, w.passed)
			}
			for _, step := range w.steps {
				for _, name := range step {
					if a, ok := authz.Lookup(name); !ok || a.String() != name {
						t.Errorf("%s: AWS has no action %s", id, name)
					}
				}
			}
		}
	}
}

// Every single way is found, and is not when any one of its steps is missing.
func TestEveryWay(t *testing.T) {
	find := func(rule string, actions []string) []Finding {
		set, err := document.ReadSet("way.json", []byte(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Resource": "*", "Action": ["`+strings.Join(actions, `", "`)+`"]}}`))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{Escalation + "-" + rule}})
		if err != nil {
			t.Fatal(err)
		}
		return report.Findings
	}
	for id, all := range loadRoutes().of {
		for _, w := range all {
			steps := w.steps
			if id == passRole {
				steps = append([][]string{{passRoleAction}}, steps...)
			}
			for choice := range steps[len(steps)-1] { // each of the last step's alternatives
				var actions []string
				for _, step := range steps {
					actions = append(actions, step[min(choice, len(step)-1)])
				}
				if found := find(id, actions); len(found) != 1 || len(found[0].Path) != len(actions) {
					t.Errorf("%s with %v: %d findings", id, actions, len(found))
				}
				for i := range actions {
					rest := append(append([]string{"s3:GetObject"}, actions[:i]...), actions[i+1:]...)
					for _, f := range find(id, rest) {
						t.Errorf("%s with %v alone: %s", id, rest, f.Message)
					}
				}
			}
		}
	}
}

// The policies of a principal add up, those of its groups and of AWS included;
// the path says which statement of which policy each step is from.
func TestPoliciesAddUp(t *testing.T) {
	const template = `
Resources:
  Pass: {Type: "AWS::IAM::ManagedPolicy", Properties: {ManagedPolicyName: pass, Groups: [team], PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}, {Sid: Pass, Effect: Allow, Action: "iam:Pass*", Resource: "*"}]}}}
  Team: {Type: "AWS::IAM::Group", Properties: {GroupName: team}}
  Ann:
    Type: AWS::IAM::User
    Properties:
      UserName: ann
      Groups: [{Ref: Team}]
      Policies: [{PolicyName: run, PolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "ec2:RunInstances", Resource: "*"}}}]
`
	set, err := document.ReadSet("team.yaml", []byte(template))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Review(set, Options{Rules: []string{Escalation}})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) != 1 {
		t.Fatalf("%d findings: %s", len(report.Findings), describe(report.Findings))
	}
	f := report.Findings[0]
	var path []string
	for _, step := range f.Path {
		path = append(path, step.Policy+" "+step.Statement+" "+step.Action)
	}
	if got, want := strings.Join(path, ", "), "pass Statement[1] (Pass) iam:PassRole, run Statement[0] ec2:RunInstances"; got != want {
		t.Errorf("the path is %s, want %s", got, want)
	}
	if len(f.Principals) != 1 || f.Principals[0] != "ann" {
		t.Errorf("it is of %v, want ann alone: the group has no right to run anything", f.Principals)
	}
}

func TestPassesTo(t *testing.T) {
	for _, test := range []struct {
		condition string
		want      bool
	}{
		{`"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}`, true},
		{`"StringEquals": {"IAM:passedtoservice": ["eks.amazonaws.com", "EC2.amazonaws.com"]}`, true},
		{`"StringEquals": {"iam:PassedToService": "eks.amazonaws.com"}`, false},
		{`"StringEquals": {"iam:PassedToService": "*.amazonaws.com"}`, false},
		{`"StringLike": {"iam:PassedToService": "*.amazonaws.com"}`, true},
		{`"StringLikeIfExists": {"iam:PassedToService": "ecs*"}`, false},
		{`"StringNotEquals": {"iam:PassedToService": "ec2.amazonaws.com"}`, false},
		{`"StringNotLike": {"iam:PassedToService": ["eks*", "lambda*"]}`, true},
		{`"ForAnyValue:StringEquals": {"iam:PassedToService": "eks.amazonaws.com"}`, false},
		{`"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com.cn"}`, true},
		{`"Null": {"iam:PassedToService": "false"}`, true},
		{`"StringEquals": {"iam:AssociatedResourceArn": "eks.amazonaws.com"}`, true},
	} {
		set, err := document.ReadSet("pass.json", []byte(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Resource": "*", "Action": "iam:PassRole", "Condition": {`+test.condition+`}}}`))
		if err != nil {
			t.Fatal(err)
		}
		s := &statement{Statement: &set.Principals[0].Policies[0].Document.Statements[0]}
		if got := passesTo(s, "ec2.amazonaws.com"); got != test.want {
			t.Errorf("%s: %v, want %v", test.condition, got, test.want)
		}
	}
}
