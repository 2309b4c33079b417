// Tests of comparing statements that depend on template conditions.

package diff

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
)

// The default of a parameter decides no condition. What both branches grant is
// certain.
func TestBranches(t *testing.T) {
	read := func(statements, attached string) *document.Set {
		set, err := document.ReadSet("t.yaml", []byte(`
Parameters: {Env: {Type: String, Default: prod}, Stage: {Type: String, Default: a, AllowedValues: [a, b]}}
Mappings: {M: {prod: {what: 's3:GetObject'}, dev: {what: '*'}}}
Conditions:
  Prod: !Equals [!Ref Env, prod]
  NotProd: !Not [!Condition Prod]
  Dev: !Equals [!Ref Env, dev]
  Both: !And [!Condition Prod, !Condition Dev]
  IsA: !Equals [!Ref Stage, a]
Resources:
  G: {Type: AWS::IAM::Group, Properties: {GroupName: g, ManagedPolicyArns: `+attached+`, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [`+statements+`]}}]}}
`))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	const get, put, nothing = "{Effect: Allow, Action: 's3:GetObject', Resource: '*'}", "{Effect: Allow, Action: 's3:PutObject', Resource: '*'}", "!Ref 'AWS::NoValue'"
	const all = "{Effect: Allow, Action: 's3:*', Resource: '*'}"
	const x, y = "'arn:aws:iam::111122223333:policy/x'", "'arn:aws:iam::111122223333:policy/y'"
	attached := "[]"
	for name, tt := range map[string]struct{ before, after, attachedBefore, attachedAfter, want string }{
		"new in one branch":              {get, get + ", !If [Dev, " + put + ", " + nothing + "]", "", "", "+s3:PutObject when Dev"},
		"both branches grant it":         {get, "!If [Prod, " + get + ", " + all + "]", "", "", "+s3:* when !Prod"},
		"both, the other way round":      {"!If [Prod, " + get + ", " + all + "]", get, "", "", "-s3:* when !Prod"},
		"a condition and its negation":   {get, "!If [Prod, " + get + ", " + nothing + "], !If [NotProd, " + get + ", " + nothing + "]", "", "", ""},
		"one branch":                     {get, "!If [Prod, " + get + ", " + nothing + "]", "", "", "-s3:GetObject"},
		"a third value":                  {get, "!If [Prod, " + get + ", " + nothing + "], !If [Dev, " + get + ", " + nothing + "]", "", "", "-s3:GetObject"},
		"a branch that cannot exist":     {get, get + ", !If [Both, " + all + ", " + nothing + "]", "", "", ""},
		"every allowed value":            {get, "!If [IsA, " + get + ", " + all + "]", "", "", "+s3:* when Stage=b"},
		"one allowed value":              {get, "!If [IsA, " + get + ", " + nothing + "]", "", "", "-s3:GetObject"},
		"a mapping":                      {get, "{Effect: Allow, Action: ['s3:GetObject', !FindInMap [M, !Ref Env, what]], Resource: '*'}", "", "", "+* when Env=dev -s3:GetObject"},
		"a Deny of both branches":        {"{Effect: Deny, Action: 's3:*', Resource: '*'}", "!If [Prod, {Effect: Deny, Action: 's3:*', Resource: '*'}, {Effect: Deny, Action: '*', Resource: '*'}]", "", "", "-* when !Prod"},
		"attached in both branches":      {get, get, "[" + x + "]", "!If [Prod, [" + x + "], [" + x + "]]", ""},
		"also attached in one branch":    {get, get, "[" + x + "]", "!If [Prod, [" + x + "], [" + x + ", " + y + "]]", "+" + strings.Trim(y, "'") + " (when !Prod)"},
		"attached in one branch only":    {get, get, "[" + x + "]", "!If [Prod, [" + x + "], []]", "+" + strings.Trim(x, "'") + " (when Prod) -" + strings.Trim(x, "'")},
		"the same conditions both sides": {"!If [Prod, " + get + ", " + put + "]", "!If [Prod, " + get + ", " + put + "]", "", "", ""},
	} {
		if tt.attachedBefore == "" {
			tt.attachedBefore, tt.attachedAfter = attached, attached
		}
		var got []string
		for _, p := range Compare(read(tt.before, tt.attachedBefore), read(tt.after, tt.attachedAfter)).Principals {
			add := func(sign string, grants []Grant) {
				for _, g := range grants {
					text := sign + g.Policy
					if len(g.Actions) > 0 {
						text = sign + fmt.Sprint(g.Actions[0].Action)
					}
					if len(g.When) > 0 {
						text += " when " + strings.Join(g.When, " and ")
					}
					got = append(got, text)
				}
			}
			add("+", p.Gained)
			add("-", p.Lost)
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%s: %q, want %q", name, text, tt.want)
		}
	}
}
