// Tests of what AWS's documentation leaves open about a statement.

package document

import (
	"strings"
	"testing"
)

func TestUnclear(t *testing.T) {
	t.Parallel()
	isMultivalued := func(key string) bool { return key == "aws:TagKeys" }
	allow := func(elements string) string { return `{"Effect":"Allow","Action":"s3:GetObject",` + elements + `}` }
	deny := func(elements string) string { return `{"Effect":"Deny","Action":"s3:GetObject",` + elements + `}` }
	condition := func(operator, key, value string) string {
		return allow(`"Resource":"*","Condition":{"` + operator + `":{"` + key + `":"` + value + `"}}`)
	}
	for _, test := range []struct {
		statement        string
		isResourcePolicy bool
		want             string // a part of the text, "" for none
	}{
		{condition("ForAnyValue:StringLikeIfExists", "aws:TagKeys", "x"), false, "if the request lacks aws:TagKeys, the result of ForAnyValue:StringLikeIfExists"},
		{condition("foranyvalue:stringlikeifexists", "aws:TagKeys", "x"), false, "if the request lacks aws:TagKeys, the result of foranyvalue:stringlikeifexists"},
		{condition("ForAnyValue:StringLike", "aws:TagKeys", "x"), false, ""},
		{condition("ForAllValues:StringLikeIfExists", "aws:TagKeys", "x"), false, ""},
		{condition("StringLike", "aws:TagKeys", "x"), false, "aws:TagKeys is compared without"},
		{condition("StringLike", "aws:username", "x"), false, ""},
		{condition("Null", "aws:TagKeys", "true"), false, ""},
		{condition("Bool", "aws:SecureTransport", "${aws:username}"), false, "Bool does not support policy variables, but the condition has the value ${aws:username}"},
		{condition("Null", "aws:username", "${aws:username}"), false, "Null does not support policy variables"},
		{condition("StringEquals", "aws:username", "${aws:username}"), false, ""},
		{condition("ArnNotLike", "aws:SourceArn", "${aws:username}"), false, ""},
		{condition("ArnNotEquals", "aws:SourceArn", "*"), false, "AWS does not document what ArnLike matches with"},
		{condition("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"), false, ""},
		{condition("ArnNotLike", "aws:SourceArn", "bucket"), false, "AWS does not document the result of a negated operator"},
		{condition("NotIpAddress", "aws:SourceIp", "office"), false, "AWS does not document the result of a negated operator"},
		{condition("IpAddress", "aws:SourceIp", "office"), false, ""},
		{condition("NumericNotEquals", "s3:max-keys", "10"), false, ""},
		{condition("StringNotEquals", "aws:username", ""), false, ""},
		{allow(`"Resource":["arn:aws:iam","arn:aws:iam:*","arn:aws:iam::*","arn:aws:*:*","arn:*","*"]`), false, ""},
		{allow(`"Resource":["arn:aws:s3*:b/k","arn:aws:s3:::b*c/k"]`), false, "matched by the wildcards of the ARN (arn:aws:s3*:b/k)"},
		{allow(`"NotResource":["arn:?:s3*x","arn:aws:a*b","arn:aws:c*d","arn:aws:e*f","arn:aws:g*h"]`), false, "(arn:?:s3*x, arn:aws:a*b, arn:aws:c*d and 2 more)"},
		{allow(`"Resource":"arn:aws:iam::"`), false, ""},
		{allow(`"Principal":"*","Resource":"arn:aws:iam::"`), true, "(arn:aws:iam::)"},
		{allow(`"Principal":"*","Resource":"arn:aws:s3*"`), true, ""},
		{allow(`"NotPrincipal":{"AWS":"111122223333"}`), true, "AWS does not support NotPrincipal"},
		{deny(`"NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/u"}`), true, "NotPrincipal lists a principal but not the account"},
		{deny(`"NotPrincipal":{"AWS":["arn:aws:iam::111122223333:user/u","arn:aws:iam::111122223333:root"]}`), true, ""},
		{deny(`"NotPrincipal":{"AWS":["arn:aws:iam::111122223333:user/u","111122223333"]}`), true, ""},
		{deny(`"NotPrincipal":{"AWS":["arn:aws:iam::111122223333:user/u","444455556666"]}`), true, "NotPrincipal lists a principal but not the account of that principal"},
		{deny(`"NotPrincipal":{"Service":"s3.amazonaws.com"}`), true, ""},
	} {
		set, err := ReadSet("p.json", []byte(`{"Version":"2012-10-17","Statement":[`+test.statement+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		found := set.Principals[0].Policies[0].Document.Statements[0].Unclear(test.isResourcePolicy, isMultivalued)
		switch {
		case test.want == "" && len(found) > 0:
			t.Errorf("%s: %v", test.statement, found)
		case test.want != "" && (len(found) != 1 || !strings.Contains(found[0].String(), test.want)):
			t.Errorf("%s: got %v, want %q", test.statement, found, test.want)
		}
	}
}

// A part that is known only at deployment does not count as unclear.
func TestUnclearIgnoresUnknownValues(t *testing.T) {
	t.Parallel()
	set, err := ReadSet("t.yaml", []byte(`
Parameters: {X: {Type: String}}
Resources:
  P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: [!Sub 'arn:aws:*${X}', !Sub 'arn:${AWS::Partition}:iam'], Condition: {Bool: {aws:SecureTransport: !Ref X}, NumericNotEquals: {s3:max-keys: !Ref X}}}]}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	if found := set.Principals[0].Policies[0].Document.Statements[0].Unclear(false, func(string) bool { return false }); len(found) > 0 {
		t.Error(found)
	}
}

// The number of interpretations that Unclear checks is limited.
func TestUnclearIsBounded(t *testing.T) {
	t.Parallel()
	s := &Statement{Effect: Allow}
	for range 2000 {
		s.Resources = append(s.Resources, "arn:"+strings.Repeat("*x", 200))
	}
	if found := s.Unclear(false, func(string) bool { return false }); len(found) != 1 {
		t.Error(found)
	}
}
