// This file formats an inspection as text for people.

package credentials

import (
	"cmp"
	"fmt"
	"strings"

	"capaboot/internal/escape"
)

// assumedWith describes the credentials that assume the role of a profile.
func assumedWith(p InspectedProfile) string {
	switch {
	case p.SourceProfile != "":
		return "profile " + p.SourceProfile
	case p.CredentialSource != "":
		return p.CredentialSource
	case p.AccessKeyID != "":
		return "the keys of the profile"
	}
	return "the credentials of the pod or its instance"
}

// Report returns the inspection as text for people.
func (i Inspection) Report() string {
	var b strings.Builder
	for _, p := range i.Profiles {
		token := "none"
		if p.SessionToken {
			token = "present"
		}
		fmt.Fprintf(&b, "profile %s\n  access key ID:  %s\n  kind:           %s\n  session token:  %s\n",
			escape.Text(p.Name), cmp.Or(escape.Text(p.AccessKeyID), "none"), cmp.Or(p.Kind, "none"), token)
		if p.RoleARN != "" {
			fmt.Fprintf(&b, "  role:           %s\n  assumed with:   %s\n", escape.Text(p.RoleARN), escape.Text(assumedWith(p)))
		}
		if p.Expires != "" {
			fmt.Fprintf(&b, "  expires:        %s\n", p.Expires)
		}
		fmt.Fprintf(&b, "  region:         %s\n", cmp.Or(escape.Text(p.Region), "none"))
	}
	if i.Identity != nil {
		fmt.Fprintf(&b, "account:          %s\nidentity:         %s\n", escape.Text(i.Identity.Account), escape.Text(i.Identity.ARN))
	}
	fmt.Fprintf(&b, "wrapping:         %s\n", i.Wrapping)
	fmt.Fprintf(&b, "usable by CAPA:   %s\n", i.verdict())
	for _, f := range i.Problems {
		kind := "note"
		if f.Fatal {
			kind = "problem"
		}
		fmt.Fprintf(&b, "\n%s: %s\n  fix: %s\n", kind, escape.Text(f.Message), escape.Text(f.Remedy))
	}
	return b.String()
}
