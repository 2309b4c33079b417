// Tests of reading policy documents: what is accepted, and where problems are
// reported.

package document

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"capaboot/internal/problem"
)

// oneStatement returns a document with one statement. Its elements start in line
// 2.
func oneStatement(elements string) string {
	return "{\"Version\": \"2012-10-17\", \"Statement\": {\n" + elements + "}}"
}

func TestReadEveryElement(t *testing.T) {
	inJSON := `{
	"Version": "2012-10-17",
	"Id": "x",
	"Statement": [
		{"Sid": "a", "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com", "AWS": ["1", "2"]},
			"Action": "s3:*", "Resource": ["*"],
			"Condition": {"Bool": {"aws:SecureTransport": true}, "NumericLessThan": {"s3:max-keys": [10, "20"]}}},
		{"Effect": "Deny", "NotPrincipal": {"AWS": "*"}, "NotAction": ["iam:*"], "NotResource": "arn:aws:s3:::x"},
		{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
	]
}`
	inYAML := `
Version: 2012-10-17
Id: x
Statement:
- Sid: a
  Effect: Allow
  Principal: {Service: ec2.amazonaws.com, AWS: ["1", "2"]}
  Action: s3:*
  Resource: ["*"]
  Condition: {Bool: {aws:SecureTransport: true}, NumericLessThan: {s3:max-keys: [10, "20"]}}
- {Effect: Deny, NotPrincipal: {AWS: "*"}, NotAction: ["iam:*"], NotResource: "arn:aws:s3:::x"}
- {Effect: Allow, Principal: "*", Action: "sts:AssumeRole"}
`
	want := []Statement{
		{Sid: "a", Effect: Allow, Principals: []Principal{{"Service", "ec2.amazonaws.com"}, {"AWS", "1"}, {"AWS", "2"}},
			Actions: []string{"s3:*"}, Resources: []string{"*"},
			Conditions: []Condition{{Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"true"}},
				{Operator: "NumericLessThan", Key: "s3:max-keys", Values: []string{"10", "20"}, Mixed: true}}},
		{Index: 1, Effect: Deny, NotPrincipals: []Principal{{"AWS", "*"}}, NotActions: []string{"iam:*"}, NotResources: []string{"arn:aws:s3:::x"}},
		{Index: 2, Effect: Allow, Principals: []Principal{{"AWS", "*"}}, Actions: []string{"sts:AssumeRole"}},
	}
	lines := map[string][]int{inJSON: {5, 8, 9}, inYAML: {5, 11, 12}}
	columns := map[string]int{inJSON: 3, inYAML: 3}
	for _, text := range []string{inJSON, inYAML} {
		doc, err := Read("p", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if doc.Version != "2012-10-17" || doc.ID != "x" {
			t.Errorf("Version %q, ID %q", doc.Version, doc.ID)
		}
		for i := range doc.Statements {
			s := &doc.Statements[i]
			if s.Line != lines[text][i] || s.Column != columns[text] {
				t.Errorf("statement %d is at %d:%d, want %d:%d", i, s.Line, s.Column, lines[text][i], columns[text])
			}
			s.Line, s.Column = 0, 0
			for j := range s.Conditions {
				if s.Conditions[j].Line == 0 || s.Conditions[j].Column == 0 {
					t.Errorf("condition %d of statement %d has no position", j, i)
				}
				s.Conditions[j].Line, s.Conditions[j].Column = 0, 0
			}
		}
		if d := cmp.Diff(want, doc.Statements); d != "" {
			t.Error(d)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	deep := strings.Repeat("[", 100_000)
	for _, c := range []struct{ name, text, want string }{
		{"nothing", " \n", `p: it is empty`},
		{"a binary", "\x00\x01", `p: it is not UTF-8 text`},
		{"broken UTF-8", "Version: \"\xff\"", `p: it is not UTF-8 text`},
		{"text", "hello", `p:1:1: a policy document: want a mapping with Version and Statement, got a single string`},
		{"UTF-16", "\xff\xfe{\x00}\x00", `p: it is UTF-16 text; save the file as UTF-8`},
		{"half of a surrogate pair", `{"Id": "\ud800"}`, `p:1:8: invalid JSON: string with half of a surrogate pair`},
		{"neither resource nor principal", oneStatement(`"Effect": "Allow", "Action": "a:b"`), `p:1:40: missing Resource or NotResource in the statement (in a trust policy: Principal)`},
		{"a tag of another program", "Version: !!python/name:os.system x", `p:1:10: unknown tag !!python/name:os.system`},
		{"a set", "Statement: !!set {a}", `p:1:12: unknown tag !!set`},
		{"broken JSON", "{\n  \"a\" 1}", `p:2:7: invalid JSON: want ':' after the key "a", got '1'`},
		{"JSON cut off", `{"Statement": [`, `p:1:16: invalid JSON: want a value, got end of file`},
		{"a comma at the end", `{"Statement": [1,]}`, `p:1:18: invalid JSON: want a value, got ']'`},
		{"text after the end", `{} {}`, `p:1:4: invalid JSON: unexpected '{' after the end`},
		{"a raw line break in a string", "{\"a\": \"x\ny\"}", `p:1:7: invalid JSON: string without a closing quote`},
		{"broken YAML", "a: [1\nb: 2", `p:2:`},
		{"two YAML documents", "a: 1\n---\nb: 2", `p:2:1: a second YAML document`},
		{"depth of JSON", deep, `p:1:65: it is nested more than 64 levels deep`},
		{"depth of YAML", "a: " + deep, `exceeded max depth`},
		{"duplicate key of JSON", "{\"Statement\": [],\n \"Statement\": []}", `p:2:2: duplicate key "Statement": it is already on line 1`},
		{"duplicate key with an escape", `{"Statement": [], "Statem\u0065nt": []}`, `p:1:19: duplicate key "Statement"`},
		{"duplicate key of YAML", "Version: 2012-10-17\nVersion: 2012-10-17\n", `p:2:1: duplicate key "Version": it is already on line 1`},
		{"duplicate action", oneStatement(`"Effect": "Allow", "Action": "a:b", "Resource": "*", "Action": "c:d"`), `p:2:54: duplicate key "Action"`},
		{"merge key", "a: &a {b: 1}\nStatement: {<<: *a}", `p:2:13: merge keys (<<) are not supported`},
		{"no statement", `{"Version": "2012-10-17"}`, `p:1:1: missing Statement in the policy document`},
		{"unknown element", `{"Statment": []}`, `p:1:2: unknown element "Statment" of a policy document, did you mean "Statement"?`},
		{"wrong version", `{"Version": "2012-10-18", "Statement": []}`, `p:1:13: Version: want 2012-10-17 or 2008-10-17, got the string "2012-10-18"`},
		{"statement is text", `{"Statement": "x"}`, `p:1:15: a statement: want a mapping with Effect, Action and so on, got the string "x"`},
		{"unknown statement element", oneStatement(`"Effect": "Allow", "Actions": "a:b"`), `p:2:20: unknown element "Actions" of a statement, did you mean "Action"?`},
		{"no effect", oneStatement(`"Action": "a:b"`), `p:1:40: missing Effect in the statement: want Allow or Deny`},
		{"effect in another case", oneStatement(`"Effect": "allow", "Action": "a:b"`), `p:2:11: Effect: want Allow or Deny, got the string "allow"`},
		{"no action", oneStatement(`"Effect": "Allow", "Resource": "*"`), `p:1:40: missing Action or NotAction in the statement`},
		{"both actions", oneStatement(`"Effect": "Allow", "Action": "a:b", "NotAction": "a:b"`), `p:1:40: a statement cannot have both Action and NotAction: keep one of the two`},
		{"both resources", oneStatement(`"Effect": "Allow", "Action": "a:b", "Resource": "*", "NotResource": "*"`), `both Resource and NotResource`},
		{"both principals", oneStatement(`"Effect": "Allow", "Action": "a:b", "Principal": "*", "NotPrincipal": "*"`), `both Principal and NotPrincipal`},
		{"action is a number", oneStatement(`"Effect": "Allow", "Action": 5`), `p:2:30: Action: want a string or a list of strings, got the number 5`},
		{"action is a mapping", oneStatement(`"Effect": "Allow", "Action": {"a": 1, "b": 2}`), `got a mapping`},
		{"an action is null", oneStatement(`"Effect": "Allow", "Action": ["a:b", null]`), `p:2:38: an entry of Action: want a string, got null`},
		{"huge action", oneStatement(`"Effect": "Allow", "Action": "` + strings.Repeat("a*", 1<<20) + `"`), `p:2:30: Action has 2097152 bytes`},
		{"sid is a number", oneStatement(`"Sid": 1, "Effect": "Allow", "Action": "a:b"`), `p:2:8: Sid: want a string, got the number 1`},
		{"principal is an account", oneStatement(`"Effect": "Allow", "Action": "a:b", "Principal": "123456789012"`), `Principal: want "*", or a mapping whose keys are AWS or`},
		{"principal is a number", "Statement: {Effect: Allow, Action: a, Principal: {AWS: 123456789012}}", `Principal.AWS: want a string or a list of strings, got the number 123456789012`},
		{"unknown operator", oneStatement(`"Effect": "Allow", "Action": "a:b", "Condition": {"StringEqual": {"a": "b"}}`), `unknown condition operator "StringEqual", did you mean "StringEquals"?`},
		{"operator without keys", oneStatement(`"Effect": "Allow", "Action": "a:b", "Condition": {"StringEquals": "x"}`), `: want a mapping of condition keys`},
		{"NullIfExists", oneStatement(`"Effect": "Allow", "Action": "a:b", "Condition": {"NullIfExists": {"a": "true"}}`), `unknown condition operator`},
		{"nested condition value", oneStatement(`"Effect": "Allow", "Action": "a:b", "Condition": {"StringEquals": {"a": [["b"]]}}`), `got a list`},
		{"unknown tag", "Statement: {Effect: Allow, Action: !Subs x}", `p:1:36: unknown tag !Subs`},
		{"YAML that ends inside a list", "Statement: [a\n\n", `p:3:1: invalid YAML: `},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read("p", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			var problems problem.List
			if !errors.As(err, &problems) || len(err.Error()) > 3000 {
				t.Errorf("error is a %T of %d bytes", err, len(err.Error()))
			}
		})
	}
}

func TestIntrinsicsAreOpaqueAndDistinct(t *testing.T) {
	for _, c := range []struct{ yaml, want string }{
		{`!Ref X`, `${Ref:X}`},
		{`{Ref: X}`, `${Ref:X}`},
		{`!Sub "${X}"`, `${Ref:X}`},
		{`!Ref AWS::Partition`, `${AWS::Partition}`},
		{`!Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${X}"`, `arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${Ref:X}`},
		{`!Join ["", ["arn:", !Ref AWS::Partition, ":s3:::", !Ref X, "/*"]]`, `arn:${AWS::Partition}:s3:::${Ref:X}/*`},
		{`!Sub ["${a}/${!aws:username}/${B.Arn}", {a: !GetAtt C.D}]`, `${GetAtt:C.D}/${aws:username}/${GetAtt:B.Arn}`},
		{`{"Fn::GetAtt": [C, D]}`, `${GetAtt:C.D}`},
		{`!GetAtt C.D`, `${GetAtt:C.D}`},
		{`!ImportValue x`, `${ImportValue:x}`},
		{`!ImportValue {"Fn::Sub": "${X}-y"}`, `${ImportValue:${Ref:X}-y}`},
		{`!FindInMap [M, !Ref AWS::Region, k]`, `${FindInMap:M|${AWS::Region}|k}`},
		{`!Select [0, [a, b]]`, `${Select:0|[a|b]}`},
		{`!Select [0, ["a|b"]]`, `${Select:0|[a\|b]}`},
		// A literal text is never taken for an intrinsic.
		{`"${Ref:X}"`, `${!Ref:X}`},
		{`"${AWS::Partition}"`, `${!AWS::Partition}`},
		{`!Join ["", ["$", "{Ref:X}"]]`, `${Join:|[$|\{Ref:X\}]}`},
		{`"${aws:username}"`, `${aws:username}`},
		{`"a${"`, `a${`},
	} {
		doc, err := Read("p.yaml", []byte("Statement: {Effect: Allow, Action: a, Resource: ["+c.yaml+"]}"))
		if err != nil {
			t.Errorf("%s: %v", c.yaml, err)
			continue
		}
		if got := doc.Statements[0].Resources[0]; got != c.want {
			t.Errorf("%s is %s, want %s", c.yaml, got, c.want)
		}
	}
}

func TestFnIfExpandsStatements(t *testing.T) {
	doc, err := Read("p.yaml", []byte(`
Statement:
- !If
  - A
  - {Effect: Allow, Action: a, Resource: !If [A, x, y]}
  - !Ref AWS::NoValue
- Effect: Allow
  Action: !If [B, [b, c], d]
  Resource: "*"
  Condition: !If [C, {Bool: {k: true}}, !Ref AWS::NoValue]
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range doc.Statements {
		got = append(got, fmt.Sprint(s.Index, s.When, s.Actions, s.Resources, s.Conditions))
	}
	want := []string{
		"0 [A] [a] [x] []",
		"1 [B C] [b c] [*] [Bool k = true]", "1 [!C B] [b c] [*] []",
		"1 [!B C] [d] [*] [Bool k = true]", "1 [!B !C] [d] [*] []",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestFnIfExpandsLists(t *testing.T) {
	doc, err := Read("p.yaml", []byte(`
Statement:
- Effect: Allow
  Principal: {AWS: !If [A, "*", !Ref AWS::NoValue], Service: [s, !If [A, t, u]]}
  Action: [a, !If [B, !If [A, b, c], !Ref AWS::NoValue]]
- Effect: Deny
  Action: d
  Resource: !Join ["", [!If [A, x, y]]]
  Condition:
    StringEquals: {k: !If [B, v, !Ref AWS::NoValue], l: [!If [B, w, !Ref AWS::NoValue], z]}
    Bool: !If [B, {m: true}, !Ref AWS::NoValue]
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range doc.Statements {
		got = append(got, fmt.Sprint(s.Index, s.When, s.Principals, s.Actions, s.Resources, s.Conditions))
	}
	want := []string{
		"0 [A B] [AWS * Service s Service t] [a b] [] []",
		"0 [!B A] [AWS * Service s Service t] [a] [] []",
		"0 [!A B] [Service s Service u] [a c] [] []",
		"0 [!A !B] [Service s Service u] [a] [] []",
		"1 [B] [] [d] [${If:A|x|y}] [StringEquals k = v StringEquals l = w, z Bool m = true]",
		// A key whose value is removed is not a condition.
		"1 [!B] [] [d] [${If:A|x|y}] [StringEquals l = z]",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestReadIsBounded(t *testing.T) {
	var statements strings.Builder
	statements.WriteString(`{"Statement": [`)
	for i := range 10_000 {
		if i > 0 {
			statements.WriteString(",")
		}
		fmt.Fprintf(&statements, `{"Effect":"Allow","Action":"s3:Get%d","Resource":"*"}`, i)
	}
	statements.WriteString("]}")
	doc, err := Read("p", []byte(statements.String()))
	if err != nil || len(doc.Statements) != 10_000 {
		t.Fatalf("10,000 statements: %v", err)
	}
	// Nested aliases: nine levels of nine produce 400 million values.
	bomb := "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 9; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), ","))
	}
	if _, err := Read("p", []byte(bomb+"Statement: *a8")); err == nil {
		t.Error("a bomb of aliases is accepted")
	}
	// A list with one long text, to which a thousand aliases refer.
	long := "a: &a [" + strings.Repeat("x", 10_000) + "]\nStatement:\n" + strings.Repeat("- {Effect: Allow, Action: b, Resource: *a}\n", 1000)
	if _, err := Read("p.yaml", []byte(long)); err == nil || !strings.Contains(err.Error(), "aliases expanded") {
		t.Errorf("10 MB of aliases: %v", err)
	}
	// Each Fn::Sub is eight times as long as the nested one.
	sub := "x"
	for range 20 {
		sub = "!Sub ['${a}${a}${a}${a}${a}${a}${a}${a}', {a: " + sub + "}]"
	}
	join := "!Join [" + strings.Repeat("x", 9000) + ", [a" + strings.Repeat(",a", 20_000) + "]]"
	for _, resource := range []string{sub, join} {
		if _, err := Read("p.yaml", []byte("Statement: {Effect: Allow, Action: b, Resource: "+resource+"}")); err == nil || !strings.Contains(err.Error(), "longer than") {
			t.Errorf("a bomb of intrinsics: %v", err)
		}
	}
	// Each Fn::If doubles the statement.
	nested := "a"
	for i := range 40 {
		nested = fmt.Sprintf(`{"Fn::If": ["C%d", "x", %s]}`, i, map[bool]string{true: `"a"`, false: nested}[nested == "a"])
	}
	if _, err := Read("p", []byte(`{"Statement": {"Effect": `+nested+`, "Action": `+nested+`, "Resource": `+nested+`, "Sid": `+nested+`}}`)); err == nil {
		t.Error("a bomb of Fn::If is accepted")
	}
}

func FuzzRead(f *testing.F) {
	f.Add("{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"a:*\", \"Resource\": {\"Ref\": \"X\"}}]}")
	f.Add("Statement:\n- Effect: Deny\n  NotAction: [!Sub 'x${Y}']\n  Condition: {StringLike: {a: !If [C, b, c]}}\n")
	f.Add("{\"a\": [1, true, null, \"\\u0000\"]}")
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := Read("p", []byte(text))
		if err != nil {
			var problems problem.List
			if !errors.As(err, &problems) || len(problems) == 0 || len(problems) > maxProblems {
				t.Fatalf("error %T: %v", err, err)
			}
			return
		}
		for _, s := range doc.Statements {
			if s.Effect == "" || s.Actions == nil && s.NotActions == nil || s.Line == 0 || s.Column == 0 {
				t.Fatalf("incomplete statement %+v", s)
			}
		}
	})
}

// IAM accepts empty lists: a statement with one never applies or, if the list
// is in a Not... element, excludes nothing. Documents that IAM refuses but that
// can be read are left to policy review.
func TestReadEmptyLists(t *testing.T) {
	read := func(elements string) *Document {
		t.Helper()
		d, err := Read("p", []byte(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", `+elements+`}]}`))
		if err != nil {
			t.Fatalf("%s: %v", elements, err)
		}
		return d
	}
	for elements, empty := range map[string]string{
		`"Action": [], "Resource": "*"`:                            "Action",
		`"Action": "a:b", "Resource": []`:                          "Resource",
		`"Action": [], "Principal": {}`:                            "Action Principal",
		`"Action": "a:b", "Principal": {"AWS": []}`:                "Principal",
		`"NotAction": "a:b", "Resource": [], "Principal": "*"`:     "Resource",
		`"Action": "a:b", "Principal": {"AWS": [], "Service": []}`: "Principal",
	} {
		d := read(elements)
		if len(d.Statements) != 0 || len(d.Inert) != 1 || strings.Join(d.Inert[0].EmptyElements(), " ") != empty {
			t.Errorf("%s: %+v", elements, d)
		}
	}
	all := read(`"NotAction": [], "NotResource": [], "NotPrincipal": {}`).Statements
	if len(all) != 1 || all[0].Actions[0] != "*" || all[0].Resources[0] != "*" || all[0].Principals[0].ID != "*" || all[0].NotActions != nil || all[0].NotResources != nil || all[0].NotPrincipals != nil {
		t.Errorf("elements that exclude nothing are %+v", all)
	}
	statements := read(`"Action": "a:b", "Resource": "*", "Condition": {"StringEquals": {"aws:username": []}, "Bool": {}}`).Statements
	if len(statements) != 1 || len(statements[0].Conditions) != 1 || len(statements[0].Conditions[0].Values) != 0 {
		t.Errorf("a condition without values is %+v", statements)
	}
	other := read(`"Action": "a:b", "Principal": {"Services": "x"}`).Statements
	if len(other) != 1 || other[0].Principals[0] != (Principal{"Services", "x"}) {
		t.Errorf("a principal of a kind that IAM does not have is %+v", other)
	}
}
