// What every principal is and holds, for a report's head.

package review

import (
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// PrincipalSummary is one principal, or a policy that nobody has.
type PrincipalSummary struct {
	Kind      document.Kind `json:"kind"`
	Name      string        `json:"name"`
	LogicalID string        `json:"logicalID,omitempty"`
	File      string        `json:"file,omitempty"`
	// AssumedBy says who can assume a role, statement by statement of its trust
	// policy.
	AssumedBy []Assumer `json:"assumedBy,omitempty"`
	// Policies are those that it holds; AWS managed ones whose content is not
	// known here have no Statements.
	Policies []PolicySummary `json:"policies"`
	Boundary string          `json:"boundary,omitempty"`
	Quotas   []Quota         `json:"quotas"`
	// Grants are what its policies allow together, sorted by service. What a
	// Deny takes away again is counted too.
	Grants []ServiceGrants `json:"grants"`
}

// Assumer is who may assume a role by one statement.
type Assumer struct {
	// Principals are as document.Principal writes them ("Service
	// ec2.amazonaws.com"); with Except, everyone but these.
	Principals []string `json:"principals"`
	Except     bool     `json:"except,omitempty"`
	Deny       bool     `json:"deny,omitempty"`
	Actions    []string `json:"actions"`
	Conditions []string `json:"conditions,omitempty"`
}

// PolicySummary is one policy of a principal.
type PolicySummary struct {
	Name       string `json:"name"`
	Inline     bool   `json:"inline,omitempty"`
	AWS        bool   `json:"aws,omitempty"` // managed by AWS
	Unknown    bool   `json:"unknown,omitempty"`
	Statements int    `json:"statements"`
	Characters int    `json:"characters"` // as IAM counts them, without white space
}

// ServiceGrants are the actions of a service that are allowed.
type ServiceGrants struct {
	Service string       `json:"service"` // the prefix ("ec2")
	Levels  []LevelCount `json:"levels"`  // the most serious first
}

// LevelCount is how many actions of an access level are allowed.
type LevelCount struct {
	Level   authz.Level `json:"accessLevel"`
	Actions int         `json:"actions"`
	// Everywhere counts those that are allowed on every resource.
	Everywhere int `json:"everywhere"`
}

func (r *run) summaries() []PrincipalSummary { return nil }
func (r *run) notes() []string               { return nil }
