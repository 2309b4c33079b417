// Package catalog holds the catalogue of what every release of Cluster API
// Provider AWS (CAPA) grants.
//
// The catalogue is data: the YAML files of this folder say for each action in
// which release it came, which part of CAPA uses it, and why. [Load] reads it,
// [Policy.Document] renders one policy for a release and a configuration.
package catalog

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/nearword"
)

// Catalogue is everything that the YAML files of this folder say. As [Load]
// returns it, it is without the stories: UsedBy and Why of the grants are
// empty. [LoadStories] returns it with them.
type Catalogue struct {
	Releases []DatedRelease // oldest first
	Policies []Policy
	Roles    []Role
}

// Policy is one managed policy that CAPA needs.
type Policy struct {
	// LogicalID is the policy's key in the CloudFormation template.
	LogicalID string `yaml:"policy"`
	// Name is the policy's name in IAM, without prefix and suffix.
	Name string `yaml:"name"`
	// Description is the policy's description in IAM. It never changes:
	// CloudFormation would replace the policy.
	Description string              `yaml:"description"`
	Statements  []StatementTemplate `yaml:"statements"`
}

// StatementTemplate is one statement, before a release and a configuration
// have decided what of it is granted.
type StatementTemplate struct {
	// Name tells statements of a policy apart. It is not printed.
	Name string `yaml:"name"`
	// Sid is that of the statement, "" for none: CAPA's own have none.
	Sid       string     `yaml:"sid"`
	When      Gate       `yaml:"when"`
	Effect    string     `yaml:"effect"`
	Resources []string   `yaml:"resources"`
	Condition Conditions `yaml:"condition"`
	Actions   []Grant    `yaml:"actions"`
	// Services are the service principals of a trust policy's statement.
	Services []Grant `yaml:"services"`
}

// Grant is one action, service principal or attached managed policy with its
// history: since when, under which gate, for which part of CAPA, and why.
type Grant struct {
	// Name is the action ("ec2:RunInstances"), the service principal
	// ("ec2.amazonaws.com") or the AWS managed policy's name.
	Name  string  `yaml:"name"`
	Since Release `yaml:"since"`
	// Releases are those that have it, where that is not every one since then.
	Releases []Span `yaml:"releases"`
	// When, if set, is a gate of this grant alone, besides its statement's.
	When Gate `yaml:"when"`
	// UsedBy names the parts of CAPA, or other programs, that make the call.
	// It is empty where no direct call was found in CAPA's controllers.
	UsedBy []string `yaml:"usedBy"`
	// Why says in one phrase what the holder does with it.
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
	// Name is the role's name in IAM, without prefix and suffix, or whole if
	// FixedName is set.
	Name      string `yaml:"name"`
	FixedName bool   `yaml:"fixedName"`
	// Trust says who may take the role.
	Trust []StatementTemplate `yaml:"trust"`
	// Attachments are the AWS managed policies of the role, in order;
	// [ExtraAttachments] is where those of the configuration go.
	Attachments []Grant `yaml:"attachments"`
}

// ExtraAttachments is the name of the entry of [Role.Attachments] that stands
// for the configuration's extraPolicyAttachments.
const ExtraAttachments = "{{extraPolicyAttachments}}"

// compiled is the catalogue without its stories, made by "go generate" from
// the YAML files: reading those takes longer than a whole run may.
//
//go:generate go run ./internal/compile
//go:embed compiled.generated.tsv
var compiled string

var load = lazy.Values[*Catalogue, error]{Make: func() (*Catalogue, error) { return decompile(compiled) }}

// Load returns the catalogue. It is decoded at the first call; callers share
// it and must not change it. An error means that the program was built wrong.
func Load() (*Catalogue, error) { return load.Get() }

// NewestRelease returns the newest release of the catalogue, without decoding
// the rest. An error means that the program was built wrong.
func NewestRelease() (Release, error) {
	releases, _, _ := strings.Cut(compiled, "\npolicy\t")
	_, name, _ := strings.Cut(releases[strings.LastIndexByte(releases, '\n')+1:], "\t")
	name, _, _ = strings.Cut(name, "\t")
	return parseRelease(name)
}

// Policy returns the policy with that logical ID, or nil.
func (c *Catalogue) Policy(logicalID string) *Policy {
	for i := range c.Policies {
		if c.Policies[i].LogicalID == logicalID {
			return &c.Policies[i]
		}
	}
	return nil
}

// CheckPolicy returns an error for a logical ID that no policy has; it names those
// that exist.
func (c *Catalogue) CheckPolicy(id string) error {
	if c.Policy(id) != nil {
		return nil
	}
	var names []string
	for _, policy := range c.Policies {
		names = append(names, policy.LogicalID)
	}
	question := ","
	if near := nearword.ClosestByWords(id, names, "AWSIAM", "Managed", "Policy"); near != "" {
		question = fmt.Sprintf(", did you mean %q?", near)
	}
	return fmt.Errorf("unknown policy %q%s allowed: %s", id, question, strings.Join(names, ", "))
}

// Role returns the role with that logical ID, or nil.
func (c *Catalogue) Role(logicalID string) *Role {
	for i := range c.Roles {
		if c.Roles[i].LogicalID == logicalID {
			return &c.Roles[i]
		}
	}
	return nil
}
