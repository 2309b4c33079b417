// Tests that the text of a caller becomes a principal of the right kind.

package simulate_test

import (
	"testing"

	"capaboot/policies/simulate"
)

func TestParsePrincipalKinds(t *testing.T) {
	for text, kind := range map[string]string{
		"ec2.amazonaws.com":              "Service",
		"ec2.amazonaws.com.cn":           "Service",
		"ec2.c2s.ic.gov":                 "Service",
		"ec2.amazonaws.eu":               "Service",
		"www.amazon.com":                 "Federated",
		"cognito-identity.amazonaws.com": "Federated",
		"accounts.google.com":            "Federated",
		"Service=ec2.amazonaws.com":      "",
	} {
		p, ok := simulate.ParsePrincipal(text)
		if p.Kind != kind || ok != (kind != "") {
			t.Errorf("%s: got kind %q, %v, want %q", text, p.Kind, ok, kind)
		}
	}
}
