// Tests of an action that several policies grant for different reasons, and of
// what would grant an action.

package report

import (
	"strings"
	"testing"

	"capaboot/policies/explain"
)

// An action that two policies grant for different reasons is listed with both
// reasons, each after its policy.
func TestActionsWithSeveralStories(t *testing.T) {
	story := func(since, why string) explain.Story {
		return explain.Story{Since: since, UsedBy: []string{"x"}, Why: why}
	}
	grant := func(policy string, s explain.Story) explain.Grant {
		return explain.Grant{Policy: policy, Statement: "Statement[0]", Story: s}
	}
	oneStory := explain.Action{Action: "a:B", AccessLevel: "Write", Grants: []explain.Grant{grant("p", story("v1.0.0", "w")), {Policy: "aws"}, grant("p", story("v1.0.0", "w"))}}
	if got, want := actionStories(oneStory), "  a:B [Write; since v1.0.0; used by x]\n    w\n"; got != want {
		t.Errorf("one story:\n%s\nwant\n%s", got, want)
	}
	two := oneStory
	two.Grants = append(two.Grants, grant("q", story("v2.0.0", "other")), explain.Grant{Trust: true, Kind: "role", Name: "r", Story: story("v3.0.0", "third")})
	want := "  a:B [Write]\n    in policy p, Statement[0] [since v1.0.0; used by x]\n      w\n" +
		"    in policy q, Statement[0] [since v2.0.0; used by x]\n      other\n    in the trust policy of role r [since v3.0.0; used by x]\n      third\n"
	if got := actionStories(two); got != want {
		t.Errorf("several stories:\n%s\nwant\n%s", got, want)
	}
}

// If only a newer release would grant an action, the text must not say that
// other settings would grant it.
func TestOffersOfNewerReleases(t *testing.T) {
	offer := func(later bool) explain.Offer {
		return explain.Offer{Policy: "p", Later: later, Story: explain.Story{Since: "v2.10.0"}}
	}
	for want, offers := range map[string][]explain.Offer{
		"Other settings would grant the action\n":                            {offer(false)},
		"A newer release of CAPA would grant the action\n":                   {offer(true), offer(true)},
		"Other settings or a newer release of CAPA would grant the action\n": {offer(false), offer(true)},
	} {
		if got := offersText(explain.Action{WouldGrant: offers}); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
