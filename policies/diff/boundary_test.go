// Tests of comparing permissions boundaries, with the notes.

package diff

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestBoundaries(t *testing.T) {
	const allow, deny = "{Effect: Allow, Action: 'a:*', Resource: '*'}", "{Effect: Deny, Action: 'a:b', Resource: '*'}"
	const elsewhere = "'arn:aws:iam::111122223333:policy/"
	read := func(boundary, statements string) *document.Set {
		policy := func(name, statements string) string {
			return "\n  " + name + ": {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: " + name + ", PolicyDocument: {Version: '2012-10-17', Statement: [" + statements + "]}}}"
		}
		set, err := document.ReadSet("t.yaml", []byte("Parameters: {X: {Type: String}}\nConditions: {C: !Equals [!Ref X, x]}\nResources:\n  U: {Type: AWS::IAM::User, Properties: {PermissionsBoundary: "+boundary+"}}"+
			policy("P", statements)+policy("Q", "{Effect: Allow, Action: ['a:*', 'b:*'], Resource: '*'}")))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for name, test := range map[string]struct{ boundary, statements, boundaryAfter, statementsAfter, want string }{
		"a denial removed":       {"!Ref P", allow + ", " + deny, "!Ref P", allow, "+Deny a:b: this denial was removed"},
		"a denial added":         {"!Ref P", allow, "!Ref P", allow + ", " + deny, "-Deny a:b: this denial was added"},
		"other content":          {"!Ref P", allow, "!Ref P", strings.Replace(allow, "a:*", "a:b", 1), "-Allow a:*: still allowed for a:b on *"},
		"another policy":         {"!Ref P", allow, "!Ref Q", allow, "+Allow b:*: the permissions boundary Q replaces P"},
		"another equal policy":   {"!Ref Q", "{Effect: Allow, Action: ['a:*', 'b:*'], Resource: '*'}", "!Ref P", "{Effect: Allow, Action: ['a:*', 'b:*'], Resource: '*'}", ""},
		"unknown after":          {"!Ref P", allow, elsewhere + "x'", allow, "+P: 111122223333:policy/x is unknown, -arn:aws:iam::111122223333:policy/x: 111122223333:policy/x is unknown"},
		"unknown before":         {elsewhere + "x'", allow, "!Ref P", allow, "+arn:aws:iam::111122223333:policy/x: 111122223333:policy/x is unknown, -P: 111122223333:policy/x is unknown"},
		"unknown before, after":  {elsewhere + "x'", allow, elsewhere + "y'", allow, "+arn:aws:iam::111122223333:policy/x: 111122223333:policy/x and of arn:aws:iam::111122223333:policy/y is unknown, -arn:aws:iam::111122223333:policy/y: 111122223333:policy/x and of arn:aws:iam::111122223333:policy/y is unknown"},
		"one of several changed": {"!If [C, !Ref P, !Ref Q]", allow, "!If [C, !Ref P, !Ref Q]", deny, "+${If:C|${Ref:P}|${Ref:Q}}: one of the possible policies has changed (old content), -${If:C|${Ref:P}|${Ref:Q}}: one of the possible policies has changed (new content)"},
		"none of several":        {"!If [C, !Ref P, !Ref Q]", allow, "!If [C, !Ref P, !Ref Q]", allow, ""},
	} {
		var got []string
		for _, p := range Compare(read(test.boundary, test.statements), read(test.boundaryAfter, test.statementsAfter)).Principals {
			if p.Kind != string(document.UserKind) {
				continue // a policy that is a boundary on one side only
			}
			for sign, grants := range map[string][]Grant{"+": p.Gained, "-": p.Lost} {
				for _, g := range grants {
					what := g.Policy
					if g.Effect != "" {
						what = g.Effect + " " + g.Actions[0].Action
					}
					note := g.Note
					if _, after, found := strings.Cut(note, "the content of arn:aws:iam::"); found {
						note = after
					}
					note = strings.TrimPrefix(note, "the template chooses the permissions boundary by conditions, and ")
					got = append(got, sign+what+": "+note)
				}
			}
		}
		if len(got) == 2 && got[0] > got[1] {
			got[0], got[1] = got[1], got[0]
		}
		if text := strings.Join(got, ", "); text != test.want {
			t.Errorf("%s: %s, want %s", name, text, test.want)
		}
	}
}

// A boundary that is added excludes permissions, which are lost. The content of an AWS
// managed policy is known. The content of any other policy outside the template is not.
func TestAddedBoundaryExcludes(t *testing.T) {
	t.Parallel()
	read := func(boundary string) *document.Set {
		set, err := document.ReadSet("t.yaml", []byte(`Resources:
  U: {Type: AWS::IAM::User, Properties: {`+boundary+`Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: ['s3:GetObject', 'ec2:RunInstances'], Resource: '*'}]}}]}}
`))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for boundary, want := range map[string]string{
		"arn:aws:iam::aws:policy/AmazonS3FullAccess":  "Allow ec2:RunInstances, the boundary allows only s3:* and s3-object-lambda:*",
		"arn:aws:iam::aws:policy/PowerUserAccess":     "the boundary allows only all actions except iam:*, organizations:* and account:*; and account:GetAccountInformation, account:GetGovCloudAccountInformation, account:GetPrimaryEmail, account:ListRegions, iam:CreateServiceLinkedRole, iam:DeleteServiceLinkedRole and 3 more",
		"arn:aws:iam::aws:policy/AdministratorAccess": "the boundary allows everything, and so limits nothing",
		"arn:aws:iam::111122223333:policy/elsewhere":  "which permissions the boundary excludes is unknown, because its content is unknown",
	} {
		bounded, unbounded := read("PermissionsBoundary: '"+boundary+"', "), read("")
		for _, grants := range [][]Grant{Compare(unbounded, bounded).Principals[0].Lost, Compare(bounded, unbounded).Principals[0].Gained} {
			var got []string
			for _, g := range grants {
				if g.Effect != "" {
					got = append(got, g.Effect+" "+g.Actions[0].Action)
					continue
				}
				_, note, _ := strings.Cut(g.Note, ": ")
				got = append(got, strings.NewReplacer("allowed", "allows", "limited", "limits", "excluded", "excludes").Replace(note))
			}
			if text := strings.Join(got, ", "); text != want {
				t.Errorf("%s: %s, want %s", boundary, text, want)
			}
		}
	}
}

func TestWhatABoundaryLimits(t *testing.T) {
	t.Parallel()
	for statements, want := range map[string]string{
		`[]`: "the boundary allows nothing",
		`[{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]`:                                 "the boundary denies iam:*",
		`[{"Effect": "Allow", "Action": ["s3:*", "sqs:*"], "Resource": "*"}, {"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "arn:aws:s3:::b"}]`: "the boundary allows only s3:* and sqs:*, and denies all actions except s3:Get* on some resources",
		`[{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}]`:                    "the boundary allows only * under conditions",
	} {
		d, err := document.Read("b.json", []byte(`{"Version": "2012-10-17", "Statement": `+statements+`}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := limitsOf(d, presentTense); got != want {
			t.Errorf("%s: %s, want %s", statements, got, want)
		}
	}
}
