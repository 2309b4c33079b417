// Tests of comparing templates whose parameters have other defaults.

package diff

import (
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestChangedDefaults(t *testing.T) {
	read := func(parameters, statements, rest string) *document.Set {
		t.Helper()
		set, err := document.ReadSet("t.yaml", []byte("Parameters: "+parameters+`
Mappings: {M: {dev: {what: 'm:Dev'}, prod: {what: 'm:Prod'}}}
Conditions:
  Prod: !Equals [!Ref Env, prod]
  ProdAndX: !And [!Condition Prod, !Equals [!Ref X, x]]
Resources:
  P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [`+statements+`]}}}
`+rest))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	env := func(attributes string) string { return "{X: {Type: String}, Env: {Type: String, " + attributes + "}}" }
	dev, prod := env("Default: dev"), env("Default: prod")
	fromSSM := func(parameters string) string {
		return strings.Replace(parameters, "Env: {Type: String", "Env: {Type: 'AWS::SSM::Parameter::Value<String>'", 1)
	}
	allow := func(action string) string { return "{Effect: Allow, Action: " + action + ", Resource: '*'}" }
	branches := "!If [Prod, " + allow("'a:*'") + ", " + allow("'a:Get'") + "]"
	const onlyProd = "!If [Prod, {Effect: Allow, Action: 'a:*', Resource: '*'}, !Ref AWS::NoValue]"
	value := "{Effect: Allow, Action: 'a:Get', Resource: !Ref Env}"
	const role = "  R: {Type: AWS::IAM::Role, Condition: Prod, Properties: {RoleName: r, AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}}}}"
	const byDefault = " (new default)"
	for name, tt := range map[string]struct{ before, after, statements, statementsAfter, rest, want string }{
		"a wider branch":               {dev, prod, branches, branches, "", "+a:*" + byDefault},
		"a narrower branch":            {prod, dev, branches, branches, "", "-a:*" + byDefault},
		"the same default":             {prod, prod, branches, branches, "", ""},
		"nothing depends on it":        {dev, prod, allow("'a:Get'"), allow("'a:Get'"), "", ""},
		"another branch is new too":    {dev, prod, onlyProd, onlyProd + ", !If [Prod, " + allow("'b:Get'") + ", !Ref AWS::NoValue]", "", "+b:Get when Prod +a:*" + byDefault + " +b:Get" + byDefault},
		"another parameter decides":    {dev, prod, "!If [ProdAndX, " + allow("'a:*'") + ", !Ref AWS::NoValue]", "", "", "+a:* when ProdAndX" + byDefault},
		"the key of a mapping":         {dev, prod, "{Effect: Allow, Action: !FindInMap [M, !Ref Env, what], Resource: '*'}", "", "", "+m:Prod" + byDefault + " -m:Dev" + byDefault},
		"an allowed value":             {env("Default: dev, AllowedValues: [dev, prod]"), env("Default: prod, AllowedValues: [dev, prod]"), branches, "", "", "+a:*" + byDefault},
		"a resource":                   {dev, prod, onlyProd, "", role, "+a:*" + byDefault + " +sts:AssumeRole" + byDefault},
		"a value without a condition":  {dev, prod, value, "", "", "+a:Get -a:Get"},
		"a secret value":               {env("NoEcho: true, Default: dev"), env("NoEcho: true, Default: prod"), value, "", "", "+a:Get" + byDefault + " -a:Get" + byDefault},
		"a secret that decides":        {env("NoEcho: true, Default: dev"), env("NoEcho: true, Default: prod"), branches, "", "", "+a:*" + byDefault},
		"a value from Systems Manager": {fromSSM(dev), fromSSM(prod), value, "", "", "+a:Get" + byDefault + " -a:Get" + byDefault},
		"other allowed values too":     {env("Default: dev, AllowedValues: [dev]"), env("Default: prod, AllowedValues: [prod]"), value, "", "", "+a:Get -a:Get"},
		"no default before":            {env("Description: x"), prod, branches, branches, "", ""},
	} {
		if tt.statementsAfter == "" {
			tt.statementsAfter = tt.statements
		}
		result := Compare(read(tt.before, tt.statements, tt.rest), read(tt.after, tt.statementsAfter, tt.rest))
		var got []string
		for _, p := range result.Principals {
			add := func(sign string, grants []Grant) {
				for _, g := range grants {
					text := sign + fmt.Sprint(g.Actions[0].Action)
					if len(g.When) > 0 {
						text += " when " + strings.Join(g.When, " and ")
					}
					if strings.Contains(g.Note, "for a deployment that uses the new default of Env") {
						text += byDefault
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
		for _, d := range result.Defaults {
			if strings.Contains(tt.before, "NoEcho") && (strings.Contains(d.String(), "dev") || d.Before+d.After != "") {
				t.Errorf("%s: %q shows a secret", name, d)
			}
		}
	}
}

// The defaults of two templates can differ. Then it is unknown which of them a
// reference means.
func TestDefaultsOfSeveralTemplates(t *testing.T) {
	read := func(a, b string) *document.Set {
		var sets []*document.Set
		for i, text := range []string{a, b} {
			set, err := document.ReadSet("t.yaml", []byte(fmt.Sprintf(`
Parameters: {Env: {Type: String, Default: %s}}
Conditions: {Prod: !Equals [!Ref Env, prod]}
Resources:
  P%d: {Type: AWS::IAM::ManagedPolicy, Condition: Prod, Properties: {PolicyDocument: {Statement: {Effect: Allow, Action: 'a:Get', Resource: '*'}}}}
`, text, i)))
			if err != nil {
				t.Fatal(err)
			}
			sets = append(sets, set)
		}
		return document.Merge(sets...)
	}
	if r := Compare(read("dev", "dev"), read("dev", "dev")); !r.Empty() {
		t.Errorf("the same templates: %v", r.Principals)
	}
	if r := Compare(read("dev", "dev"), read("prod", "prod")); len(r.Principals) != 2 || len(r.Principals[0].Lost) != 0 {
		t.Errorf("both defaults changed: %v", r.Principals)
	}
	if r := Compare(read("dev", "dev"), read("dev", "prod")); r.Empty() {
		t.Error("one default changed: no change")
	}
}
