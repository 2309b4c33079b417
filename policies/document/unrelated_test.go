// Tests of the files that are clearly not policies.

package document

import "testing"

func TestIsUnrelated(t *testing.T) {
	for text, want := range map[string]bool{
		"kind: Deployment\nspec: {a: b}\n":                                     true,
		"---\nkind: Deployment\nspec: {a: b}\n":                                true,
		"---\r\nkind: Deployment\r\nspec: {a: b}\r\n":                          true,
		"--- # values\nfoo: bar\n---\nkind: Deployment\nspec: {a: b}\n":        true,
		"foo: bar\n---\nspec: {stackName: a}\n":                                false, // maybe a configuration
		"---\nspec: {stackName: a}\n":                                          false,
		"foo: bar\n---\nStatement: [{Effect: Allow}]\n":                        false,
		"foo: bar\n--- \nVersion: '2012-10-17'\nStatment: [{Effect: Allow}]\n": false,
		"---\n---\n": false,
	} {
		if got := IsUnrelated("t.yaml", []byte(text)); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
