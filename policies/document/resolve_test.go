// Tests of resolving intrinsic functions: values, choices, unknown values, and
// the limits.

package document

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const resolveTemplate = `
Parameters:
  Wide: {Type: String, Default: "*"}
  Open: {Type: String}
  Named: {Type: String, Default: M}
  Stage: {Type: String, Default: prod, AllowedValues: [dev, test, prod]}
  Names: {Type: CommaDelimitedList, Default: "a, b"}
  Secret: {Type: String, NoEcho: true, Default: FALSESECRET}
  Indirect: {Type: String, Default: "{{resolve:ssm:/a:1}}"}
  Either: {Type: String, AllowedValues: [x, "y-{{resolve:ssm:/a:1}}"]}
  IndirectNames: {Type: CommaDelimitedList, Default: "a, {{resolve:ssm:/a:1}}"}
  Stored: {Type: "AWS::SSM::Parameter::Value<String>", Default: /wide}
Mappings:
  M: {dev: {scope: "*", list: [x, y]}, test: {scope: t}, prod: {scope: p}}
  ByRegion: {eu-west-1: {v: eu}, us-east-1: {v: us}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  NotProd: !Not [!Condition IsProd]
  IsWide: !And [!Equals [!Ref Wide, "*"], !Equals [a, a]]
  Never: !And [!Equals [a, b], !Condition NotWide]
  NotWide: !Not [{Condition: IsWide}]
  InEurope: !Equals [!Ref "AWS::Region", eu-west-1]
  HasSecret: !Not [!Equals [!Ref Secret, ""]]
  IsIndirect: !Equals [!Ref Indirect, x]
  Circle: !Not [!Condition Circle]
Resources:
  B: {Type: AWS::S3::Bucket}
  C: {Type: Custom::Thing}
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "a:b", Resource: [VALUE]}}}
`

func TestResolve(t *testing.T) {
	for _, c := range []struct{ value, want, unknown string }{
		{`!Ref Wide`, "* (Wide)", ""},
		{`!Ref Names`, "a b (Names)", ""},
		{`!Ref Open`, "${Ref:Open}", "${Ref:Open}"},
		{`!Ref Secret`, "${Ref:Secret}", "${Ref:Secret}"},
		{`!Ref Stored`, "${Ref:Stored}", "${Ref:Stored}"},
		{`!Ref Stage`, "dev if Stage=dev; test if Stage=test; prod if Stage=prod", ""},
		{`!Sub "${Wide}-${Stage}-${Open}"`, "*-dev-${Ref:Open} (Wide) if Stage=dev; *-test-${Ref:Open} (Wide) if Stage=test; *-prod-${Ref:Open} (Wide) if Stage=prod", "${Ref:Open}"},
		{`!Sub ["${a}/${Wide}/${!aws:username}", {a: !Ref Wide}]`, "*/*/${aws:username} (Wide)", ""},
		{`!Sub "${Stage}/${Stage}"`, "dev/dev if Stage=dev; test/test if Stage=test; prod/prod if Stage=prod", ""},
		{`!Join ["-", [a, !Ref Wide, !Join ["", [x, y]]]]`, "a-*-xy (Wide)", ""},
		{`!Sub ["${v}-x", {v: !Join [!Ref Open, [a, b]]}]`, "${Join:${Ref:Open}|[a|b]}-x", "${Join:${Ref:Open}|[a|b]}"},
		{`!Join [",", !Ref Names]`, "a,b (Names)", ""},
		{`!Join ["", ["$", "{Ref:X}"]]`, "${!Ref:X}", ""},
		{`!Select [1, !Ref Names]`, "b (Names)", ""},
		{`!Select [1, !Split ["|", "x|*"]]`, "*", ""},
		{`!Sub "a\0b-${Open}"`, "a\x00b-${Ref:Open}", "${Ref:Open}"},
		{`"{{resolve:ssm:/a}}\0"`, "${Resolve:ssm:/a}\x00", "${Resolve:ssm:/a}"},
		{`!Select ["0", [!Ref Wide, y]]`, "* (Wide)", ""},
		{`!Split [",", "x,y"]`, "x y", ""},
		{`!Select [2, !Split ["/", !Ref "AWS::StackId"]]`, "${Select:2|${Split:/|${AWS::StackId}}}", ""},
		{`!Select [0, !Split ["/", !Ref Open]]`, "${Select:0|${Split:/|${Ref:Open}}}", "${Select:0|${Split:/|${Ref:Open}}}"},
		{`!FindInMap [M, dev, scope]`, "*", ""},
		{`!FindInMap [!Ref Named, dev, scope]`, "${FindInMap:${Ref:Named}|dev|scope}", "${FindInMap:${Ref:Named}|dev|scope}"},
		{`!FindInMap [M, dev, list]`, "x y", ""},
		{`!FindInMap [M, !Ref Stage, scope]`, "* if Stage=dev; t if Stage=test; p if Stage=prod", ""},
		{`!FindInMap [ByRegion, !Ref "AWS::Region", v]`, "eu if AWS::Region=eu-west-1; us if AWS::Region=us-east-1", ""},
		{`!FindInMap [M, !Ref Open, scope]`, "* if Open=dev; t if Open=test; p if Open=prod", ""},
		{`!FindInMap [M, !Ref Open, scope, {DefaultValue: d}]`, "* if Open=dev; t if Open=test; p if Open=prod; d if ${Ref:Open}", ""},
		{`!FindInMap [M, !If [InEurope, dev, !ImportValue x], scope]`, "* if InEurope; ${FindInMap:M|${ImportValue:x}|scope} if !InEurope", "${FindInMap:M|${ImportValue:x}|scope}"},
		{`!FindInMap [M, !If [InEurope, dev, !ImportValue x], list, {DefaultValue: d}]`, "x y if InEurope; ${FindInMap:M|${ImportValue:x}|list|{DefaultValue=d}} if !InEurope", "${FindInMap:M|${ImportValue:x}|list|{DefaultValue=d}}"},
		{`!FindInMap [M, !ImportValue x, scope, {DefaultValue: d}]`, "${FindInMap:M|${ImportValue:x}|scope|{DefaultValue=d}}", "${FindInMap:M|${ImportValue:x}|scope|{DefaultValue=d}}"},
		{`!If [IsProd, x, y]`, "y if Stage=dev|test; x if Stage=prod", ""},
		{`!If [NotProd, x, !Ref Stage]`, "x if Stage=dev|test; prod if Stage=prod", ""},
		{`!If [IsWide, x, y]`, "x if IsWide; y if !IsWide", ""},
		{`!If [Never, x, y]`, "y", ""},
		{`!If [InEurope, x, y]`, "x if InEurope; y if !InEurope", ""},
		{`!Join ["", [p-, !If [InEurope, x, y]]]`, "p-x if InEurope; p-y if !InEurope", ""},
		{`!If [HasSecret, x, y]`, "x if HasSecret; y if !HasSecret", ""},
		{`!If [Circle, x, y]`, "x if Circle; y if !Circle", ""},
		{`"{{resolve:ssm:/a}}"`, "${Resolve:ssm:/a}", "${Resolve:ssm:/a}"},
		{`"x-{{resolve:ssm:/a}}-y"`, "x-${Resolve:ssm:/a}-y", "${Resolve:ssm:/a}"},
		{`!Ref Indirect`, "${Resolve:ssm:/a:1} (Indirect)", "${Resolve:ssm:/a:1}"},
		{`!Ref Either`, "x if Either=x; y-${Resolve:ssm:/a:1} if Either=y-{{resolve:ssm:/a:1}}", "${Resolve:ssm:/a:1}"},
		{`!Ref IndirectNames`, "a ${Resolve:ssm:/a:1} (IndirectNames)", "${Resolve:ssm:/a:1}"},
		{`!Join ["/", !Ref IndirectNames]`, "a/${Resolve:ssm:/a:1} (IndirectNames)", "${Resolve:ssm:/a:1}"},
		{`!If [IsIndirect, x, y]`, "x if IsIndirect; y if !IsIndirect", ""},
		{`!Sub "{{resolve:ssm:/${Wide}/${Open}}}"`, "${Resolve:ssm:/*/${Ref:Open}} (Wide)", "${Resolve:ssm:/*/${Ref:Open}}"},
		{`!ImportValue x`, "${ImportValue:x}", "${ImportValue:x}"},
		{`!GetAtt B.Arn`, "${GetAtt:B.Arn}", ""},
		{`!GetAtt C.Role`, "${GetAtt:C.Role}", "${GetAtt:C.Role}"},
		{`!GetAtt Nowhere.Arn`, "${GetAtt:Nowhere.Arn}", "${GetAtt:Nowhere.Arn}"},
		{`!Sub "arn:${AWS::Partition}:s3:::${B}/*"`, "arn:${AWS::Partition}:s3:::${Ref:B}/*", ""},
	} {
		set, err := ReadSet("t.yaml", []byte(strings.Replace(resolveTemplate, "VALUE", c.value, 1)))
		if err != nil {
			t.Errorf("%s: %v", c.value, err)
			continue
		}
		var got, unknown []string
		for _, s := range set.Principals[0].Policies[0].Document.Statements {
			text := strings.Join(s.Resources, " ")
			if len(s.DefaultedParameters) > 0 {
				text += " (" + strings.Join(s.DefaultedParameters, " ") + ")"
			}
			if len(s.When) > 0 {
				text += " if " + strings.Join(s.When, " and ")
			}
			got = append(got, text)
			unknown = set.Unknown(strings.Join(s.Resources, " "))
			for _, name := range append(s.DefaultedParameters, whenNames(s.When)...) {
				if !strings.HasPrefix(name, "AWS::") && !isAssumed(set, name) {
					t.Errorf("%s: %s is not in AssumedParameters", c.value, name)
				}
			}
		}
		if d := cmp.Diff([]string{c.want, c.unknown}, []string{strings.Join(got, "; "), strings.Join(unknown, " ")}); d != "" {
			t.Errorf("%s: %s", c.value, d)
		}
		for _, a := range set.AssumedParameters {
			if strings.Contains(fmt.Sprint(a, a.String()), "FALSESECRET") {
				t.Errorf("%s: the default of a secret is shown: %s", c.value, a)
			}
		}
	}
}

func whenNames(conditions []string) (names []string) {
	for _, w := range conditions {
		if name, _, ok := ParameterValues(w); ok {
			names = append(names, name)
		}
	}
	return names
}

func isAssumed(set *Set, name string) bool {
	for _, a := range set.AssumedParameters {
		if a.Name == name {
			return a.Line > 0
		}
	}
	return false
}

func TestGivenParameters(t *testing.T) {
	for _, c := range []struct{ name, value, resource, want string }{
		{"Stage", "dev", `!FindInMap [M, !Ref Stage, scope]`, "*"},
		{"Wide", "narrow", `!If [IsWide, x, y]`, "y"},
		{"Open", "o", `!Sub "${Open}-x"`, "o-x"},
		{"Names", "c,d", `!Ref Names`, "c d"},
		{"AWS::Region", "eu-west-1", `!If [InEurope, x, y]`, "x"},
		{"Stored", "/other", `!Ref Stored`, "${Ref:Stored}"},
		{"Secret", "FALSESECRET2", `!Ref Secret`, "${Ref:Secret}"},
	} {
		set, err := ReadSetWith("t.yaml", []byte(strings.Replace(resolveTemplate, "VALUE", c.resource, 1)), Options{Parameters: map[string]string{c.name: c.value}})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		statements := set.Principals[0].Policies[0].Document.Statements
		if got := strings.Join(statements[0].Resources, " "); got != c.want || len(statements) != 1 || len(set.AssumedParameters) != 0 {
			t.Errorf("%s=%s: %s, %d statements, assumed %v, want %s", c.name, c.value, got, len(statements), set.AssumedParameters, c.want)
		}
	}
	_, err := ReadSetWith("t.yaml", []byte(resolveTemplate), Options{Parameters: map[string]string{"Stage": "x"}})
	if err == nil || !strings.Contains(err.Error(), `t.yaml:6:3: parameter Stage: the value "x" is not one of its AllowedValues (dev, test, prod)`) {
		t.Errorf("a value that is not allowed: %v", err)
	}
}

// A default decides no condition and no key of a mapping; a given value does.
func TestDefaultsDecideNoBranch(t *testing.T) {
	for _, c := range []struct{ value, given, want, assumed string }{
		{`!Ref Wide`, "", "*", `parameter Wide: capaboot assumes the default value "*"`},
		{`!If [IsWide, x, y]`, "", "x if IsWide; y if !IsWide", "parameter Wide: a deployment can replace the default, so conditions and mappings are evaluated for every value that makes a difference"},
		{`!If [IsWide, x, y]`, "*", "x", ""},
		{`!If [IsWide, x, y]`, "z", "y", ""},
		{`!If [HasSecret, x, y]`, "", "x if HasSecret; y if !HasSecret", "parameter Secret: a deployment can replace the default, so conditions and mappings are evaluated for every value that makes a difference"},
		{`!FindInMap [M, !Ref Wide, scope]`, "", "* if Wide=dev; t if Wide=test; p if Wide=prod", "parameter Wide: a deployment can replace the default, so conditions and mappings are evaluated for every value that makes a difference"},
		{`!FindInMap [M, !Ref Wide, scope]`, "test", "t", ""},
		{`!If [IsProd, x, y]`, "", "y if Stage=dev|test; x if Stage=prod", "parameter Stage: all its allowed values (dev, test, prod) are evaluated, and the worst case counts"},
		{`!If [InEurope, x, y]`, "", "x if InEurope; y if !InEurope", ""},
	} {
		options := Options{}
		if c.given != "" {
			options.Parameters = map[string]string{"Wide": c.given}
		}
		set, err := ReadSetWith("t.yaml", []byte(strings.Replace(resolveTemplate, "VALUE", c.value, 1)), options)
		if err != nil {
			t.Errorf("%s: %v", c.value, err)
			continue
		}
		var got, assumed []string
		for _, s := range set.Principals[0].Policies[0].Document.Statements {
			text := strings.Join(s.Resources, " ")
			if len(s.When) > 0 {
				text += " if " + strings.Join(s.When, " and ")
			}
			got = append(got, text)
		}
		for _, a := range set.AssumedParameters {
			assumed = append(assumed, a.String())
		}
		if d := cmp.Diff([]string{c.want, c.assumed}, []string{strings.Join(got, "; "), strings.Join(assumed, "; ")}); d != "" {
			t.Errorf("%s, given %q: %s", c.value, c.given, d)
		}
	}
}

// A resource whose condition cannot hold is absent. A parameter on which the
// condition depends is reported.
func TestResourcesThatDoNotExist(t *testing.T) {
	read := func(condition string) (*Set, error) {
		return ReadSet("t.yaml", []byte(strings.Replace(strings.Replace(resolveTemplate, "VALUE", "x", 1), "Type: AWS::IAM::ManagedPolicy", "Type: AWS::IAM::ManagedPolicy\n    Condition: "+condition, 1)))
	}
	for condition, want := range map[string]string{"Never": "0 Wide", "IsWide": "1 Wide", "IsProd": "1 Stage", "InEurope": "1 "} {
		set, err := read(condition)
		if err != nil {
			t.Fatal(err)
		}
		names := ""
		for _, a := range set.AssumedParameters {
			names += a.Name
		}
		if got := fmt.Sprint(len(set.Principals), " ", names); got != want {
			t.Errorf("%s: %s, want %s", condition, got, want)
		}
	}
}

// A parameter that decides only to which role an instance profile belongs is
// reported too.
func TestAssumedForInstanceProfile(t *testing.T) {
	set, err := ReadSet("t.yaml", []byte(`Parameters: {Stage: {Type: String, AllowedValues: [dev, prod]}}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}
Resources:
  R: {Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}}}}
  I: {Type: 'AWS::IAM::InstanceProfile', Properties: {Roles: [!If [IsProd, !Ref R, !Ref 'AWS::NoValue']]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	if principals := set.CredentialSources[0].Principals; len(principals) != 1 || len(principals[0].When) != 1 || !isAssumed(set, "Stage") {
		t.Errorf("principals %+v, assumed %v", principals, set.AssumedParameters)
	}
}

func TestResolvingIsBounded(t *testing.T) {
	choices := func(n int) string {
		var values []string
		for i := range n {
			values = append(values, fmt.Sprint("v", i))
		}
		return "[" + strings.Join(values, ",") + "]"
	}
	nested := "!Ref A0"
	parameters := ""
	for i := range 30 {
		parameters += fmt.Sprintf("  A%d: {Type: String, AllowedValues: %s}\n", i, choices(50))
		nested = fmt.Sprintf(`{"Fn::Sub": ["${x}${x}${A%d}", {x: %s}]}`, i, nested)
	}
	sub := "x"
	for range 20 {
		sub = "!Sub ['${a}${a}${a}${a}${a}${a}${a}${a}', {a: " + sub + "}]"
	}
	var names []string
	for i := range 30 {
		names = append(names, fmt.Sprintf("!Ref A%d", i))
	}
	for name, value := range map[string]string{"nested": nested, "a bomb": sub, "every": strings.Join(names, ", "), "one text": `!Join ["", [` + strings.Join(names, ", ") + `]]`} {
		set, err := ReadSet("t.yaml", []byte("Parameters:\n"+parameters+strings.Replace(resolveTemplate[strings.Index(resolveTemplate, "Mappings:"):], "VALUE", value, 1)))
		if err == nil && len(set.Principals[0].Policies[0].Document.Statements) > 64*maxVariants {
			t.Errorf("%s: %d statements", name, len(set.Principals[0].Policies[0].Document.Statements))
		}
	}
}
