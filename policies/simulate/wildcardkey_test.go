// Tests of condition keys with a wildcard. No request has such a key.

package simulate

import (
	"testing"

	"capaboot/policies/document"
)

func TestKeysWithWildcards(t *testing.T) {
	t.Parallel()
	const tag = "aws:ResourceTag/kubernetes.io/cluster/"
	for name, test := range map[string]struct {
		effect, operator, key string
		want                  Decision
		conditional           int
	}{
		"a wildcard":               {"Allow", "StringLike", tag + "*", ImplicitDeny, 0},
		"a question mark":          {"Allow", "StringLike", tag + "pro?", ImplicitDeny, 0},
		"the same text as the key": {"Allow", "StringLike", tag + "literal*", ImplicitDeny, 0},
		"the key of the request":   {"Allow", "StringLike", tag + "prod", Allowed, 0},
		"another key":              {"Allow", "StringLike", tag + "test", ImplicitDeny, 1},
		"negated":                  {"Allow", "StringNotLike", tag + "*", Allowed, 0},
		"if it exists":             {"Allow", "StringLikeIfExists", tag + "*", Allowed, 0},
		"absent":                   {"Allow", "Null", tag + "*", ImplicitDeny, 0},
	} {
		doc, err := document.Read("p.json", []byte(`{"Version":"2012-10-17","Statement":{"Effect":"`+test.effect+`","Action":"ec2:DeleteVolume","Resource":"*","Condition":{"`+test.operator+`":{"`+test.key+`":"`+map[bool]string{true: "false", false: "owned"}[test.operator == "Null"]+`"}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		var s Simulation
		if err := s.AddPolicy(document.Policy{Name: "p", Document: doc}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AddAction("ec2:DeleteVolume"); err != nil {
			t.Fatal(err)
		}
		if err := s.AddResource("arn:aws:ec2:eu-west-1:111122223333:volume/v"); err != nil {
			t.Fatal(err)
		}
		if !s.AddContext(tag+"prod", "owned") || s.AddContext(tag+"literal*", "owned") {
			t.Error("the wrong key is unknown")
		}
		outcomes, err := s.Run()
		if err != nil {
			t.Fatal(err)
		}
		if o := outcomes[0]; o.Decision != test.want || len(o.Conditional) != test.conditional || o.Unknown {
			t.Errorf("%s: %s, unknown: %t, conditional: %v", name, o.Decision, o.Unknown, o.Conditional)
		}
	}
}
