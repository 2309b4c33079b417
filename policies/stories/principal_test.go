// Tests of the stories of the principals of a trust policy.

package stories_test

import (
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/stories"
)

// TestStoryOfPrincipal: a trust policy has one action for several services. For
// some of the services, the story begins with the first release that trusts one
// of them.
func TestStoryOfPrincipal(t *testing.T) {
	set, _ := generateSet(t, "", catalogue(t).Newest(), nil)
	c, err := stories.Load()
	if err != nil {
		t.Fatal(err)
	}
	finder := c.FinderFor(set)
	i := slices.IndexFunc(set.Principals, func(h *document.Holder) bool { return finder.RoleID(h) == "AWSIAMRoleControllers" })
	role := set.Principals[i]
	place := document.Place{Holder: role, Statement: &role.Trust.Statements[0]}
	const ec2, pods = "Service ec2.amazonaws.com", "Service pods.eks.amazonaws.com"
	for _, test := range []struct {
		action     string
		principals []string
		since, why string
	}{
		{"sts:AssumeRole", []string{pods}, "v2.12.1", "controllers' pods"},
		{"sts:AssumeRole", []string{ec2}, "v1.0.0", "for the instances or pods that run the controllers"},
		{"sts:AssumeRole", []string{ec2, pods}, "v1.0.0", "for the instances or pods that run the controllers"},
		{"sts:AssumeRole", nil, "v1.0.0", "for the instances or pods that run the controllers"},
		{"sts:AssumeRole", []string{pods, "AWS 111122223333"}, "v1.0.0", "for the instances or pods that run the controllers"},
		{"sts:TagSession", []string{pods}, "v2.12.1", "tag the session"},
	} {
		story := finder.FindFor(place, test.action, test.principals)
		if story.Since != test.since || !strings.Contains(story.Why, test.why) {
			t.Errorf("%s for %q: %+v", test.action, test.principals, story)
		}
	}
}
