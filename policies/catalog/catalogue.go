// Package catalog contains the catalogue of everything that the releases of
// Cluster API Provider AWS (CAPA) grant.
//
// The catalogue is data: for each action, the YAML files in this folder have
// the release that introduced it, what uses it, and the reason. [Load] reads
// the catalogue, and [Policy.Document] renders a policy for a release and a
// configuration.
package catalog

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/nearword"
	"capaboot/policies/catalog/compiled"
)

// Catalogue has the contents of the YAML files in this folder. [LoadStories]
// returns all of them. [Load] leaves out the stories: UsedBy and Why of the grants
// are empty.
type Catalogue struct {
	Releases []DatedRelease // the lowest version first
	Policies []Policy
	Roles    []Role
}

// Policy is one managed policy that CAPA needs.
type Policy struct {
	// LogicalID is the policy's key in the CloudFormation template.
	LogicalID string `yaml:"policy"`
	// Name is the policy's name in IAM, without prefix and suffix.
	Name string `yaml:"name"`
	// Description is the policy's description in IAM. It must never change:
	// CloudFormation would replace the policy.
	Description string              `yaml:"description"`
	Statements  []StatementTemplate `yaml:"statements"`
}

// StatementTemplate is a statement before a release and a configuration
// determine which parts of it are granted.
type StatementTemplate struct {
	// Name identifies the statement within its policy. It is not part of the
	// output.
	Name string `yaml:"name"`
	// Sid is the statement's Sid, or "". The statements of CAPA have none.
	Sid       string     `yaml:"sid"`
	When      Gate       `yaml:"when"`
	Effect    string     `yaml:"effect"`
	Resources []string   `yaml:"resources"`
	Condition Conditions `yaml:"condition"`
	Actions   []Grant    `yaml:"actions"`
	// Services are the service principals of a statement in a trust policy.
	Services []Grant `yaml:"services"`
}

// Grant is one action, service principal or attached managed policy with its
// history: the first release, the gate, what uses it, and the reason.
type Grant struct {
	// Name is the action ("ec2:RunInstances"), the service principal
	// ("ec2.amazonaws.com") or the AWS managed policy's name.
	Name  string  `yaml:"name"`
	Since Release `yaml:"since"`
	// Releases are the releases with the grant if some release after the first
	// one lacks it; otherwise Releases is empty.
	Releases []Span `yaml:"releases"`
	// When, if set, is a gate of this grant, which must be open in addition to
	// the gate of its statement.
	When Gate `yaml:"when"`
	// UsedBy names what makes the call or uses the grant: parts of CAPA's
	// controllers in v2.11.1, other programs, or AWS services. It is empty if
	// none is known. For the controllers' policies in CAPA's templates, it names
	// only parts of the controllers.
	UsedBy []string `yaml:"usedBy"`
	// Why is the purpose of the grant, in one phrase.
	Why string `yaml:"why"`
}

// In reports whether a release has the grant.
func (g *Grant) In(r Release) bool {
	if len(g.Releases) == 0 {
		return g.Since.Compare(r) <= 0
	}
	return slices.ContainsFunc(g.Releases, func(s Span) bool { return s.Has(r) })
}

// Role is one IAM role that CAPA needs.
type Role struct {
	// LogicalID is the role's key in the CloudFormation template.
	LogicalID string `yaml:"role"`
	// Name is the role's name in IAM, without prefix and suffix. If FixedName
	// is set, it is the complete name.
	Name      string `yaml:"name"`
	FixedName bool   `yaml:"fixedName"`
	// Trust has the statements of the role's trust policy.
	Trust []StatementTemplate `yaml:"trust"`
	// Attachments are the AWS managed policies of the role, in order; [ExtraAttachments]
	// stands for those from the configuration.
	Attachments []Grant `yaml:"attachments"`
}

// ExtraAttachments is the name of the entry of [Role.Attachments] that stands
// for the configuration's extraPolicyAttachments.
const ExtraAttachments = "{{extraPolicyAttachments}}"

//go:generate go run ./internal/compile

var sharedCatalogue = lazy.Values[*Catalogue, error]{Make: func() (*Catalogue, error) { return decompile(compiled.Catalogue) }}

// Load returns the catalogue. The catalogue is decoded once; callers share the
// result and must not modify it. An error means that the embedded data is
// invalid.
func Load() (*Catalogue, error) { return sharedCatalogue.Get() }

// Policy returns the policy with the given logical ID, or nil.
func (c *Catalogue) Policy(logicalID string) *Policy {
	for i := range c.Policies {
		if c.Policies[i].LogicalID == logicalID {
			return &c.Policies[i]
		}
	}
	return nil
}

// CheckPolicy returns an error if no policy has the given logical ID; the error
// lists the existing IDs.
func (c *Catalogue) CheckPolicy(id string) error {
	if c.Policy(id) != nil {
		return nil
	}
	var names []string
	for _, policy := range c.Policies {
		names = append(names, policy.LogicalID)
	}
	question := ";"
	if closest := nearword.ClosestByWords(id, names, "AWSIAM", "Managed", "Policy"); closest != "" {
		question = fmt.Sprintf(", did you mean %q?", closest)
	}
	return fmt.Errorf("unknown policy %q%s allowed: %s", id, question, strings.Join(names, ", "))
}

// Role returns the role with the given logical ID, or nil.
func (c *Catalogue) Role(logicalID string) *Role {
	for i := range c.Roles {
		if c.Roles[i].LogicalID == logicalID {
			return &c.Roles[i]
		}
	}
	return nil
}
