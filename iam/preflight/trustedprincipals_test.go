// Tests which principals of trust policies are looked up.

package preflight

import (
	"testing"

	"capaboot/internal/stacktemplate"
)

// A text can be a principal of several kinds.
func TestTrustedPrincipals(t *testing.T) {
	t.Parallel()
	statement := func(principal map[string]any) any {
		return map[string]any{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
	}
	r := &run{template: map[string]stacktemplate.Resource{"R": {Properties: map[string]any{"AssumeRolePolicyDocument": map[string]any{"Statement": []any{
		statement(map[string]any{"AWS": "x", "Federated": []any{"x", "y"}}),
		statement(map[string]any{"AWS": []any{"x"}}),
	}}}}}}
	got := ""
	for _, p := range r.trustedPrincipals() {
		got += p.kind + " " + p.id + "\n"
	}
	if want := "AWS x\nFederated x\nFederated y\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
