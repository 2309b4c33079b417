// Tests of comparing templates whose parameters have different defaults.

package diff

import (
	"fmt"
	"slices"
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
  NotProd: !Not [!Condition Prod]
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
	const nested = "  N: {Type: AWS::CloudFormation::Stack, Condition: Prod, Properties: {TemplateURL: 'https://a'}}"
	const byDefault, oldDefault = " (new default)", " (old default)"
	for name, tt := range map[string]struct{ before, after, statements, statementsAfter, rest, want string }{
		"a wider branch":                   {dev, prod, branches, branches, "", "+a:*" + byDefault},
		"a narrower branch":                {prod, dev, branches, branches, "", "-a:*" + byDefault},
		"the same default":                 {prod, prod, branches, branches, "", ""},
		"nothing depends on it":            {dev, prod, allow("'a:Get'"), allow("'a:Get'"), "", ""},
		"another branch is new too":        {dev, prod, onlyProd, onlyProd + ", !If [Prod, " + allow("'b:Get'") + ", !Ref AWS::NoValue]", "", "+b:Get when Prod +a:*" + byDefault + " +b:Get" + byDefault},
		"another parameter decides":        {dev, prod, "!If [ProdAndX, " + allow("'a:*'") + ", !Ref AWS::NoValue]", "", "", "+a:* when ProdAndX" + byDefault},
		"the key of a mapping":             {dev, prod, "{Effect: Allow, Action: !FindInMap [M, !Ref Env, what], Resource: '*'}", "", "", "+m:Prod" + byDefault + " -m:Dev" + byDefault},
		"an allowed value":                 {env("Default: dev, AllowedValues: [dev, prod]"), env("Default: prod, AllowedValues: [dev, prod]"), branches, "", "", "+a:*" + byDefault},
		"a resource":                       {dev, prod, onlyProd, "", role, "+a:*" + byDefault + " +sts:AssumeRole" + byDefault},
		"a value without a condition":      {dev, prod, value, "", "", "+a:Get -a:Get"},
		"a secret value":                   {env("NoEcho: true, Default: dev"), env("NoEcho: true, Default: prod"), value, "", "", "+a:Get" + byDefault + " -a:Get" + byDefault},
		"no secret any more":               {env("NoEcho: true, Default: dev"), env("Default: prod"), value, "", "", "+a:Get -a:Get -a:Get" + byDefault},
		"a new secret":                     {env("Default: dev"), env("NoEcho: true, Default: prod"), value, "", "", "+a:Get -a:Get"},
		"an empty default":                 {env("Description: x"), env("Default: ''"), "!If [Prod, " + allow("'a:Get'") + ", " + allow("'a:*'") + "]", "", "", "+a:*" + byDefault},
		"a secret that decides":            {env("NoEcho: true, Default: dev"), env("NoEcho: true, Default: prod"), branches, "", "", "+a:*" + byDefault},
		"a value from Systems Manager":     {fromSSM(dev), fromSSM(prod), value, "", "", "+a:Get" + byDefault + " -a:Get" + byDefault},
		"other allowed values too":         {env("Default: dev, AllowedValues: [dev]"), env("Default: prod, AllowedValues: [prod]"), value, "", "", "+a:Get -a:Get"},
		"no default before":                {env("Description: x"), prod, branches, branches, "", "+a:*" + byDefault},
		"no default after":                 {prod, env("Description: x"), branches, branches, "", "-a:*" + oldDefault},
		"a new default, no branch":         {env("Description: x"), prod, value, "", "", "+a:Get -a:Get"},
		"a new secret default":             {env("NoEcho: true"), env("NoEcho: true, Default: prod"), value, "", "", "+a:Get" + byDefault},
		"no secret default any more":       {env("NoEcho: true, Default: prod"), env("NoEcho: true"), value, "", "", "-a:Get" + oldDefault},
		"new in Systems Manager":           {fromSSM(env("Description: x")), fromSSM(prod), value, "", "", "+a:Get" + byDefault},
		"a new default that is refused":    {env("AllowedValues: [a, b]"), env("AllowedValues: [a, b], Default: c"), value, "", "", ""},
		"a new default, unused":            {env("Description: x"), prod, allow("'a:Get'"), "", "", ""},
		"allowed values in another order":  {env("Default: dev, AllowedValues: [dev, prod]"), env("Default: prod, AllowedValues: [prod, dev]"), branches, "", "", "+a:*" + byDefault},
		"only the order":                   {env("Default: dev, AllowedValues: [dev, prod]"), env("Default: dev, AllowedValues: [prod, dev]"), branches, "", "", ""},
		"one more allowed value":           {env("Default: dev, AllowedValues: [dev, prod]"), env("Default: prod, AllowedValues: [dev, prod, x]"), branches, "", "", "+a:Get when Env=dev|x +a:*" + byDefault},
		"a part that is not read":          {env("Default: dev, AllowedValues: [dev, prod]"), env("Default: prod, AllowedValues: [dev, prod]"), "", "", nested, "+AWS::CloudFormation::Stack N" + byDefault},
		"a part that is not read, gone":    {env("Default: prod, AllowedValues: [dev, prod]"), env("Default: dev, AllowedValues: [dev, prod]"), "", "", nested, "-AWS::CloudFormation::Stack N" + byDefault},
		"a part that is not read, changed": {dev, prod, "", "", nested, "+AWS::CloudFormation::Stack N -AWS::CloudFormation::Stack N"},
		"a setting": {env("Default: dev, AllowedValues: [dev, prod]"), env("Default: prod, AllowedValues: [dev, prod]"), "", "",
			strings.Replace(role, "Condition: Prod, Properties: {", "Properties: {MaxSessionDuration: !If [Prod, 7200, 3600], ", 1), "+sessions of up to 2 hours" + byDefault},
		"another default, and a new one": {"{X: {Type: String}, Env: {Type: String, Default: dev}}", "{X: {Type: String, Default: x}, Env: {Type: String, Default: prod}}", "!If [ProdAndX, " + allow("'a:*'") + ", !Ref AWS::NoValue]", "", "",
			"+a:* when ProdAndX" + byDefault + " +a:* (new default of X)"},
		"another default, and a removed one": {"{X: {Type: String, Default: x}, Env: {Type: String, Default: prod}}", "{X: {Type: String}, Env: {Type: String, Default: dev}}", "!If [ProdAndX, " + allow("'a:*'") + ", !Ref AWS::NoValue]", "", "",
			"-a:* when ProdAndX before the change" + byDefault + " -a:* (old default of X)"},
		"a new user":                       {dev, prod, "", "", "  U: {Type: AWS::IAM::User, Condition: Prod}", "new user U"},
		"no user any more":                 {prod, dev, "", "", "  U: {Type: AWS::IAM::User, Condition: Prod}", "gone user U"},
		"another name":                     {dev, prod, "", "", "  U: {Type: AWS::IAM::User, Properties: {UserName: !If [Prod, a, b]}}", "renamed user a"},
		"a user if there is no default":    {prod, env("Description: x"), "", "", "  U: {Type: AWS::IAM::User, Condition: NotProd}", ""},
		"no user, as without a default":    {env("Description: x"), prod, "", "", "  U: {Type: AWS::IAM::User, Condition: NotProd}", ""},
		"another value of the same branch": {env("Default: dev, AllowedValues: [dev, stage, prod]"), env("Default: stage, AllowedValues: [dev, stage, prod]"), branches, "", nested, ""},
	} {
		if tt.statementsAfter == "" {
			tt.statementsAfter = tt.statements
		}
		result := Compare(read(tt.before, tt.statements, tt.rest), read(tt.after, tt.statementsAfter, tt.rest))
		var got []string
		for _, p := range result.Principals {
			add := func(sign string, grants []Grant) {
				for _, g := range grants {
					text := sign + g.Policy
					if len(g.Actions) > 0 {
						text = sign + g.Actions[0].Action
					}
					if len(g.When) > 0 {
						text += " when " + strings.Join(g.When, " and ")
					}
					if strings.Contains(g.Note, "for a deployment that uses the new default of Env") {
						text += byDefault
					}
					if strings.Contains(g.Note, "for a deployment that used the removed default of Env") {
						text += oldDefault
					}
					if strings.Contains(g.Note, "for a deployment that uses the new default of X") {
						text += " (new default of X)"
					}
					if strings.Contains(g.Note, "for a deployment that used the removed default of X") {
						text += " (old default of X)"
					}
					got = append(got, text)
				}
			}
			add("+", p.Gained)
			add("-", p.Lost)
			if len(p.Gained)+len(p.Lost) == 0 {
				got = append(got, fmt.Sprint(p.Status, " ", p.Kind, " ", p.Name))
			}
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%s: %q, want %q", name, text, tt.want)
		}
		isUnused := slices.Contains([]string{"the same default", "nothing depends on it", "a new default that is refused", "a new default, unused", "only the order", "other allowed values too"}, name)
		if isUnused != (len(result.Defaults) == 0) {
			t.Errorf("%s: %d changed defaults in the result", name, len(result.Defaults))
		}
		for _, d := range result.Defaults {
			if strings.Contains(tt.before+tt.after, "NoEcho") && (strings.Contains(d.String(), "dev") || d.Before+d.After != "") {
				t.Errorf("%s: %q shows a secret", name, d)
			}
			if d.File != "" {
				t.Errorf("%s: %q names the only file", name, d)
			}
		}
	}
}

// Each template of a folder has its own default, and is compared with its
// counterpart in the other set.
func TestDefaultsOfSeveralTemplates(t *testing.T) {
	type file struct{ name, policy, parameter string }
	read := func(files ...file) *document.Set {
		t.Helper()
		var sets []*document.Set
		for _, f := range files {
			set, err := document.ReadSet(f.name, []byte(fmt.Sprintf(`
Parameters: {Env: {Type: String, %s}}
Conditions: {Prod: !Equals [!Ref Env, prod]}
Resources:
  P: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: %s, PolicyDocument: {Statement: {Effect: Allow, Action: !If [Prod, 'a:*', 'a:Get'], Resource: '*'}}}}
`, f.parameter, f.policy)))
			if err != nil {
				t.Fatal(err)
			}
			sets = append(sets, set)
		}
		return document.Merge(sets...)
	}
	x := func(parameter string) file { return file{"a/x.yaml", "p", parameter} }
	y := func(parameter string) file { return file{"a/y.yaml", "q", parameter} }
	moved := func(f file) file { f.name = strings.Replace(f.name, "a/", "b/", 1); return f }
	for _, attributes := range []string{"", ", AllowedValues: [dev, prod]"} {
		dev, prod := "Default: dev"+attributes, "Default: prod"+attributes
		for name, tt := range map[string]struct {
			before, after *document.Set
			want          string
		}{
			"the same":              {read(x(dev), y(dev)), read(x(dev), y(dev)), ""},
			"other defaults":        {read(x(dev), y(prod)), read(x(dev), y(prod)), ""},
			"both":                  {read(x(dev), y(dev)), read(x(prod), y(prod)), "+p +q"},
			"one":                   {read(x(dev), y(dev)), read(x(dev), y(prod)), "+q"},
			"then both are equal":   {read(x(prod), y(dev)), read(x(dev), y(dev)), "-p"},
			"exchanged":             {read(x(dev), y(prod)), read(x(prod), y(dev)), "+p -q"},
			"in another folder":     {read(x(dev), y(dev)), read(moved(x(dev)), moved(y(prod))), "+q"},
			"in a renamed file":     {read(x(dev), y(dev)), read(x(dev), file{"a/z.yaml", "q", prod}), "+q"},
			"without a default":     {read(x(dev), y("Description: z"+attributes)), read(x(prod), y("Description: z"+attributes)), "+p"},
			"nothing before":        {read(), read(x(dev), y(dev)), "+p +q"},
			"nothing after":         {read(x(dev), y(dev)), read(), "-p -q"},
			"without the other one": {read(x(dev), y(dev)), read(y(prod)), "-p +q"},
		} {
			var got []string
			result := Compare(tt.before, tt.after)
			files := map[string]bool{}
			for _, d := range result.Defaults {
				if d.File == "" || files[d.File] {
					t.Errorf("%s%s: %q has no file, or is there twice", name, attributes, d)
				}
				files[d.File] = true
			}
			for _, p := range result.Principals {
				if len(p.Gained) > 0 {
					got = append(got, "+"+p.Name)
				}
				if len(p.Lost) > 0 {
					got = append(got, "-"+p.Name)
				}
			}
			if text := strings.Join(got, " "); text != tt.want {
				t.Errorf("%s%s: %q, want %q", name, attributes, text, tt.want)
			}
		}
	}
}

// Two templates can have the same resources. If a default changes in both
// templates, the result has the changes of both.
func TestDefaultsOfEqualResources(t *testing.T) {
	read := func(value, action string) *document.Set {
		t.Helper()
		var sets []*document.Set
		for _, name := range []string{"a.yaml", "b.yaml"} {
			set, err := document.ReadSet(name, []byte(`
Parameters: {Env: {Type: String, Default: `+value+`}}
Conditions: {Prod: !Equals [!Ref Env, prod]}
Resources:
  P: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: '`+action+`', Resource: '*'}, !If [Prod, {Effect: Allow, Action: 'a:*', Resource: '*'}, !Ref AWS::NoValue]]}}}
  N: {Type: AWS::CloudFormation::Stack, Condition: Prod, Properties: {TemplateURL: 'https://a'}}
`))
			if err != nil {
				t.Fatal(err)
			}
			sets = append(sets, set)
		}
		return document.Merge(sets...)
	}
	describe := func(before, after *document.Set) string {
		var got []string
		for _, p := range Compare(before, after).Principals {
			got = append(got, fmt.Sprintf("%s +%d -%d", p.Name, len(p.Gained), len(p.Lost)))
		}
		return strings.Join(got, ", ")
	}
	for want, sets := range map[string][2]*document.Set{
		"p +2 -1, p +2 -1, AWS::CloudFormation::Stack N +1 -1, AWS::CloudFormation::Stack N +1 -1": {read("dev", "b:Get"), read("prod", "b:List")},
		"p +1 -2, p +1 -2, AWS::CloudFormation::Stack N +1 -1, AWS::CloudFormation::Stack N +1 -1": {read("prod", "b:Get"), read("dev", "b:List")},
	} {
		if got := describe(sets[0], sets[1]); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// Templates without principals are matched by their file name or by what they
// contain.
func TestDefaultsOfTemplatesWithoutPrincipals(t *testing.T) {
	read := func(file, value string) *document.Set {
		t.Helper()
		var sets []*document.Set
		for name, value := range map[string]string{"a.yaml": "dev", file: value} {
			set, err := document.ReadSet(name, []byte(`
Parameters: {Env: {Type: String, Default: `+value+`, AllowedValues: [dev, prod]}}
Conditions: {Prod: !Equals [!Ref Env, prod]}
Resources:
  N`+fmt.Sprint(name == "a.yaml")+`: {Type: AWS::CloudFormation::Stack, Condition: Prod, Properties: {TemplateURL: 'https://a'}}
`))
			if err != nil {
				t.Fatal(err)
			}
			sets = append(sets, set)
		}
		return document.Merge(sets...)
	}
	for _, file := range []string{"b.yaml", "c.yaml"} {
		result := Compare(read("b.yaml", "dev"), read(file, "prod"))
		if got := sourcesText(result); !strings.Contains(got, "Stack Nfalse") || strings.Contains(got, "Stack Ntrue") {
			t.Errorf("%s: %s", file, got)
		}
	}
}

// A principal can also change without the defaults. Each of its changes must be in the
// result once.
func TestDefaultsOfChangedPrincipal(t *testing.T) {
	read := func(value, path string) *document.Set {
		set, err := document.ReadSet("t.yaml", []byte(`
Parameters: {Env: {Type: String, Default: `+value+`, AllowedValues: [dev, prod]}}
Conditions: {Prod: !Equals [!Ref Env, prod]}
Resources: {R: {Type: AWS::IAM::Role, Properties: {RoleName: r, Path: `+path+`, MaxSessionDuration: !If [Prod, 7200, 3600], AssumeRolePolicyDocument: {Statement: []}}}}
`))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	result := Compare(read("dev", "/a/"), read("prod", "/b/"))
	if got, want := sourcesText(result), "role r changed, +path /b/, +sessions of up to 2 hours, -path /a/"; got != want || len(result.Defaults) != 1 {
		t.Errorf("%s, want %s; %v", got, want, result.Defaults)
	}
}

func TestChangedDefaultText(t *testing.T) {
	for want, c := range map[string]ChangedDefault{
		`parameter P: the default changes from "a" to "b"`:                {Parameter: "P", Before: "a", After: "b"},
		`parameter P of x.yaml: the default "b" is new`:                   {Parameter: "P", After: "b", Added: true, File: "x.yaml"},
		`parameter P: the default "a" is removed`:                         {Parameter: "P", Before: "a", Removed: true},
		`parameter P: the default, which is not shown, changes`:           {Parameter: "P", Secret: true},
		`parameter P: the default, which is not shown, is new`:            {Parameter: "P", Secret: true, Added: true},
		`parameter P of x.yaml: the default, which is not shown, changes`: {Parameter: "P", Secret: true, File: "x.yaml"},
	} {
		if c.String() != want {
			t.Errorf("got %q, want %q", c, want)
		}
	}
}

// A note names only the first five of many parameters.
func TestManyChangedDefaults(t *testing.T) {
	all := parameterNames{}
	for i := range 30 {
		all[fmt.Sprintf("P%02d", i)] = true
	}
	if got := all.note("of "); got != "of P00, P01, P02, P03, P04 and 25 more" {
		t.Error(got)
	}
}
