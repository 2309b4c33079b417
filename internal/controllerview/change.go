package controllerview

// This file has a change of the credentials in the Secret: what was there, what
// comes in its place, and what a yes is needed for.

import (
	"cmp"
	"fmt"

	"capaboot/controller"
	"capaboot/credentials"
)

// Results of a change.
const (
	Updated   = "updated"
	Zeroed    = "zeroed"
	Unchanged = "unchanged"
)

// Change is a change of the credentials. Its JSON is documented in
// docs/management-cluster.md. It has no secret.
type Change struct {
	Result   string               `json:"result"`
	Secret   Secret               `json:"secret"` // at the end
	Before   Side                 `json:"before"`
	After    Side                 `json:"after"`
	Managers []controller.Manager `json:"managers"`
	// Instead is what the controllers use without credentials in the Secret, "" when
	// the Secret has some, or it is unknown.
	Instead string `json:"instead,omitempty"`
	// Rollout is "complete" when the controllers were restarted and run, "started"
	// when they were restarted, "" when they were not.
	Rollout string `json:"rollout,omitempty"`
}

// Side is what the Secret has before or after a change.
type Side struct {
	State       controller.State `json:"state"`
	AccessKeyID string           `json:"accessKeyID,omitempty"` // masked
	Kind        string           `json:"kind,omitempty"`
	RoleARN     string           `json:"roleARN,omitempty"`
	Expires     string           `json:"expires,omitempty"`
	// Account and ARN are whose the credentials are, "" when it is unknown.
	Account string `json:"account,omitempty"`
	ARN     string `json:"arn,omitempty"`
}

// NewSide describes what the Secret has, or will have.
func NewSide(state controller.State, inspection *credentials.Inspection) Side {
	side := Side{State: state}
	if inspection == nil {
		return side
	}
	for _, p := range inspection.Profiles {
		if p.Name == "default" { // the one that the controllers read
			side.AccessKeyID, side.Kind, side.RoleARN, side.Account, side.Expires = p.AccessKeyID, p.Kind, p.RoleARN, p.RoleAccount, p.Expires
		}
	}
	if identity := inspection.Identity; identity != nil {
		side.Account, side.ARN = identity.Account, identity.ARN
	}
	return side
}

// String is the side in a line.
func (s Side) String() string {
	if s.State != controller.Filled {
		return Missing(s.State)
	}
	text := "access key " + s.AccessKeyID
	switch {
	case s.RoleARN != "":
		text = "role " + s.RoleARN
	case s.AccessKeyID == "":
		text = "no access key"
	}
	if s.Expires != "" {
		text += ", expires " + s.Expires
	}
	text += ", account " + cmp.Or(s.Account, "not known")
	if s.ARN != "" {
		text += ", " + s.ARN
	}
	return text
}

// OtherAccount says which account comes in place of which, "" when it is the
// same, or not known.
func (c *Change) OtherAccount() string {
	if c.Before.Account == "" || c.After.Account == "" || c.Before.Account == c.After.Account {
		return ""
	}
	return fmt.Sprintf("the controllers would work in another account: %s instead of %s", c.After.Account, c.Before.Account)
}

// AccountUnknown is whether one account comes in place of another, or not, and
// that is unknown.
func (c *Change) AccountUnknown() bool {
	return c.Before.State == controller.Filled && c.After.State == controller.Filled && (c.Before.Account == "" || c.After.Account == "")
}

// Overwritten says of each manager of the Secret that it would undo the change.
func (c *Change) Overwritten() (lines []string) {
	for _, manager := range c.Managers {
		lines = append(lines, fmt.Sprintf("%s manages the Secret (%s) and will overwrite the change: make it there", manager.Who, manager.By))
	}
	return lines
}

// Line is the change in a line, when it is done.
func (c *Change) Line() string {
	return fmt.Sprintf("Secret %s in namespace %s: %s\n", c.Secret.Name, c.Secret.Namespace, c.Result)
}
