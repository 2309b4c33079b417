package controllerview

// This file describes a change of the credentials in the Secret: the old value, the
// new value, and what needs confirmation.

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"capaboot/controller"
	"capaboot/credentials"
)

// The values of [Change.Result].
const (
	Updated   = "updated"
	Zeroed    = "zeroed"
	Unchanged = "unchanged"
)

// Change is a change of the credentials. Its JSON is documented in
// docs/management-cluster.md, and contains no secret.
type Change struct {
	Result   string               `json:"result"`
	Secret   Secret               `json:"secret"` // after the change
	Before   Side                 `json:"before"`
	After    Side                 `json:"after"`
	Managers []controller.Manager `json:"managers"`
	// Fallback describes the source of credentials that the controllers use if
	// the Secret has none. It is "" if the Secret has credentials, or if the
	// source is unknown.
	Fallback string `json:"instead,omitempty"`
	// Rollout is "complete" if the restarted controllers run, "started" if they
	// restart only when the Deployment is resumed, and "" without a restart. If the
	// restart failed, it is [RolloutFailed], [RolloutUnfinished], [RolloutUnknown] or
	// [NotRestarted], and Problem says why.
	Rollout string `json:"rollout,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// The values of [Change.Rollout] after a failed restart.
const (
	RolloutFailed     = "failed"      // the restart has started, and failed
	RolloutUnfinished = "unfinished"  // the command stopped waiting; the restart continues
	RolloutUnknown    = "unknown"     // it is unknown whether the restart has started
	NotRestarted      = "not started" // the Deployment was not changed
)

// SetRolloutError records a failed restart.
func (c *Change) SetRolloutError(err error) {
	c.Problem = err.Error()
	_, hasFailed := errors.AsType[*controller.RolloutFailed](err)
	switch {
	case controller.IsRolloutInProgress(err):
		c.Rollout = RolloutUnfinished
	case hasFailed:
		c.Rollout = RolloutFailed
	case controller.IsRestartUnknown(err):
		c.Rollout = RolloutUnknown
	default:
		c.Rollout = NotRestarted
	}
}

// Side describes the credentials in the Secret before or after a change.
type Side struct {
	State       controller.State `json:"state"`
	AccessKeyID string           `json:"accessKeyID,omitempty"` // masked
	Kind        string           `json:"kind,omitempty"`        // such as "long-lived access key"
	RoleARN     string           `json:"roleARN,omitempty"`
	Expires     string           `json:"expires,omitempty"` // in RFC 3339
	// Account and ARN are those of the identity to which the credentials belong, or
	// "" if unknown.
	Account string `json:"account,omitempty"`
	ARN     string `json:"arn,omitempty"`
	// Problem says why no default profile could be read from the value, or "".
	Problem string `json:"problem,omitempty"`
}

// NewSide describes a value of the Secret. inspection is nil if the value has no
// credentials.
func NewSide(state controller.State, inspection *credentials.Inspection) Side {
	side := Side{State: state}
	if inspection == nil {
		return side
	}
	hasDefault := false
	for _, p := range inspection.Profiles {
		if p.Name == "default" { // the profile that the controllers read
			hasDefault = true
			side.AccessKeyID, side.Kind, side.RoleARN, side.Account, side.Expires = p.AccessKeyID, p.Kind, p.RoleARN, p.RoleAccount, p.Expires
		}
	}
	if i := slices.IndexFunc(inspection.Problems, func(flaw credentials.Flaw) bool { return flaw.Fatal }); !hasDefault && i >= 0 {
		side.Problem = inspection.Problems[i].Message
	}
	if identity := inspection.Identity; identity != nil {
		side.Account, side.ARN = identity.Account, identity.ARN
	}
	return side
}

// String describes the credentials in one line.
func (s Side) String() string {
	if s.State != controller.Filled {
		return AbsenceText(s.State)
	}
	text := "access key " + s.AccessKeyID
	isTemporary := strings.HasPrefix(s.Kind, "temporary")
	if isTemporary {
		text = "temporary " + text
	}
	switch {
	case s.RoleARN != "":
		text = "role " + s.RoleARN
	case s.Problem != "":
		text = "no access key could be read (" + s.Problem + ")"
	case s.AccessKeyID == "":
		text = "no access key"
	}
	switch {
	case s.Expires != "":
		text += ", " + expiryVerb(s.Expires) + " " + s.Expires
	case isTemporary:
		text += ", expires at an unknown time"
	}
	text += ", account " + cmp.Or(s.Account, "unknown")
	if s.ARN != "" {
		text += ", " + s.ARN
	}
	return text
}

// expiryVerb returns the verb for a time of expiry, in RFC 3339.
func expiryVerb(at string) string {
	if expires, err := time.Parse(time.RFC3339, at); err == nil && !expires.After(time.Now()) {
		return "expired"
	}
	return "expires"
}

// AccountChange describes a change of the AWS account, or returns "" if the
// account stays the same or one of the accounts is unknown.
func (c *Change) AccountChange() string {
	if c.Before.Account == "" || c.After.Account == "" || c.Before.Account == c.After.Account {
		return ""
	}
	return fmt.Sprintf("the controllers would use another account: %s instead of %s", c.After.Account, c.Before.Account)
}

// AccountUnknown reports whether the Secret has credentials both before and
// after the change, and at least one of the two accounts is unknown.
func (c *Change) AccountUnknown() bool {
	return c.Before.State == controller.Filled && c.After.State == controller.Filled && (c.Before.Account == "" || c.After.Account == "")
}

// OverwriteWarnings returns a warning for each manager of the Secret: the
// manager will overwrite the change.
func (c *Change) OverwriteWarnings() (lines []string) {
	for _, manager := range c.Managers {
		lines = append(lines, fmt.Sprintf("%s manages the Secret (%s) and will overwrite the change; %s", manager.Name, manager.Evidence, manager.Remedy(c.After.State == controller.Zeroed)))
	}
	return lines
}

// Line describes the completed change in one line.
func (c *Change) Line() string {
	return fmt.Sprintf("Secret %s in namespace %s: %s\n", c.Secret.Name, c.Secret.Namespace, c.Result)
}
