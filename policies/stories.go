// Stories: reading the catalogue's YAML files, with who uses each permission
// and why. It takes longer than a command that only generates may take; that
// one reads the compiled form (see catalogue.go).

package policies

import (
	"errors"
	"fmt"
	"io/fs"

	"go.yaml.in/yaml/v4"
)

// policyFiles are the files with one policy each, in the order in which the
// policies are listed for people.
var policyFiles = []string{
	"controllers.yaml", "controllers-eks.yaml", "control-plane.yaml", "nodes.yaml", "csi.yaml", "eks-console.yaml",
}

// ReadFiles reads the catalogue's YAML files, stories included. Unknown fields
// and entries that miss a name, a first release or a reason are errors.
func ReadFiles(files fs.FS) (*Catalogue, error) {
	var c Catalogue
	var problems []error
	read := func(name string, into any) {
		text, err := fs.ReadFile(files, name)
		if err == nil {
			err = yaml.Load(text, into, yaml.WithKnownFields())
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
		}
	}
	read("releases.yaml", &struct {
		Releases *[]DatedRelease `yaml:"releases"`
	}{&c.Releases})
	read("roles.yaml", &struct {
		Roles *[]Role `yaml:"roles"`
	}{&c.Roles})
	c.Policies = make([]Policy, len(policyFiles))
	for i, name := range policyFiles {
		read(name, &c.Policies[i])
	}
	for i := 1; i < len(c.Releases); i++ {
		if c.Releases[i-1].Release.Compare(c.Releases[i].Release) >= 0 {
			problems = append(problems, fmt.Errorf("releases.yaml: %s does not come after %s", c.Releases[i].Release, c.Releases[i-1].Release))
		}
	}
	return &c, errors.Join(problems...)
}

// grantYAML is a grant as the files have it: what is granted stands under the
// name of its kind.
type grantYAML struct {
	Action  string   `yaml:"action"`
	Service string   `yaml:"service"`
	Policy  string   `yaml:"policy"`
	Since   *Release `yaml:"since"`
	When    Gate     `yaml:"when"`
	UsedBy  []string `yaml:"usedBy"`
	Why     string   `yaml:"why"`
}

// UnmarshalYAML reads one entry of actions, services or attachments.
func (g *Grant) UnmarshalYAML(node *yaml.Node) error {
	var entry grantYAML
	if err := node.Load(&entry, yaml.WithKnownFields()); err != nil {
		return err
	}
	name := entry.Action + entry.Service + entry.Policy
	if name == "" || entry.Since == nil || entry.Why == "" {
		return fmt.Errorf("line %d: an entry needs action, service or policy, and since and why", node.Line)
	}
	*g = Grant{Name: name, Since: *entry.Since, When: entry.When, UsedBy: entry.UsedBy, Why: entry.Why}
	return nil
}
