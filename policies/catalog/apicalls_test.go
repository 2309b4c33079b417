// Tests of the API calls: that each is an action that AWS knows, and that what they say of grants is what the catalogue says.

package catalog

import (
	"slices"
	"testing"

	"capaboot/policies/authz"
)

func TestCallsAndGrantsAreActionsThatAWSKnows(t *testing.T) {
	calls, err := APICalls()
	if err != nil {
		t.Fatal(err)
	}
	if len(calls) < 200 {
		t.Errorf("%d calls, which are far too few", len(calls))
	}
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, call := range calls {
		names = append(names, call.Action)
	}
	for _, p := range c.Policies {
		for _, s := range p.Statements {
			for _, g := range s.Actions {
				names = append(names, g.Name)
			}
		}
	}
	for _, name := range names {
		if len(authz.Match(name)) == 0 {
			closest, _ := authz.Closest(name)
			t.Errorf("%s is no action of the reference (closest: %q)", name, closest)
		}
	}
}

// TestCallsAgreeWithTheCatalogue compares the gates of each call with those of
// the controllers' policies.
func TestCallsAgreeWithTheCatalogue(t *testing.T) {
	calls, err := APICalls()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	gates := map[string][]Gate{}
	for _, id := range []string{"AWSIAMManagedPolicyControllers", "AWSIAMManagedPolicyControllersEKS"} {
		for _, s := range c.Policy(id).Statements {
			for _, g := range s.Actions {
				if g.Since.Compare(APICallsOf) > 0 {
					continue
				}
				gate := s.When
				if g.When != "" {
					gate = g.When
				}
				if !slices.Contains(gates[g.Name], gate) {
					gates[g.Name] = append(gates[g.Name], gate)
				}
			}
		}
	}
	listed := map[string]bool{}
	for _, call := range calls {
		listed[call.Action] = true
		got, want := slices.Sorted(slices.Values(gates[call.Action])), slices.Sorted(slices.Values(call.GrantedWhen))
		if !slices.Equal(got, want) {
			t.Errorf("%s: the catalogue grants it when %q, the list of calls says %q", call.Action, got, want)
		}
	}
	for action := range gates {
		if !listed[action] {
			t.Errorf("%s is granted and not listed", action)
		}
	}
}

func TestParseAPICallsRefusesWhatDoesNotFit(t *testing.T) {
	for _, text := range []string{"ec2:X\n", "ec2:X\t-\n", "ec2:X\t\talways\n", "ec2:X\t-\talways\tmore\n", "ec2:X\t-\talways\nec2:A\t-\talways\n", "\n"} {
		if calls, err := parseAPICalls(text); err == nil {
			t.Errorf("parseAPICalls(%q) is %+v", text, calls)
		}
	}
}
