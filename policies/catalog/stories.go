// Stories: what uses each permission, and why. They are in the catalogue's YAML
// files, which [ReadFiles] reads for the generator. The program embeds them in
// compiled form, separate from the rest of the catalogue, because commands that
// only generate do not need them:
//
//	GRANT USED-BY WHY
//
// There is one line for each grant, in the order of the catalogue. The fields
// are separated by tabs, several entries of USED-BY by commas.

package catalog

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"capaboot/internal/lazy"
)

//go:embed stories.generated.tsv
var storiesTSV string

var sharedCatalogueWithStories = lazy.Values[*Catalogue, error]{Make: func() (*Catalogue, error) {
	c, err := sharedCatalogue.Get()
	if err != nil {
		return nil, err
	}
	c = c.withOwnGrants()
	return c, c.addStories(storiesTSV)
}}

// withOwnGrants returns a copy whose grants can be modified.
func (c *Catalogue) withOwnGrants() *Catalogue {
	withOwn := func(statements []StatementTemplate) []StatementTemplate {
		statements = slices.Clone(statements)
		for i := range statements {
			t := &statements[i]
			t.Actions, t.Services = slices.Clone(t.Actions), slices.Clone(t.Services)
		}
		return statements
	}
	c = &Catalogue{Releases: c.Releases, Policies: slices.Clone(c.Policies), Roles: slices.Clone(c.Roles)}
	for i := range c.Policies {
		c.Policies[i].Statements = withOwn(c.Policies[i].Statements)
	}
	for i := range c.Roles {
		r := &c.Roles[i]
		r.Attachments, r.Trust = slices.Clone(r.Attachments), withOwn(r.Trust)
	}
	return c
}

// LoadStories returns the catalogue with its stories: like [Load], but the
// grants have UsedBy and Why. It decodes a separate copy once; callers share it
// and must not modify it. An error means that the embedded data is invalid.
func LoadStories() (*Catalogue, error) { return sharedCatalogueWithStories.Get() }

// CompileStories returns the text of stories.generated.tsv: a line for each grant,
// with its name, UsedBy and Why.
func CompileStories(c *Catalogue) ([]byte, error) {
	var w compiler
	c.eachGrant(func(g *Grant) error {
		for _, part := range g.UsedBy {
			if strings.Contains(part, ",") {
				w.err = fmt.Errorf("compiling the stories: %q of %s has a comma", part, g.Name)
			}
		}
		w.line(g.Name, strings.Join(g.UsedBy, ","), g.Why)
		return nil
	})
	return []byte(w.String()), w.err
}

func (c *Catalogue) addStories(stories string) error {
	number := 0
	last, lastList := "", []string{}
	err := c.eachGrant(func(g *Grant) error {
		number++
		line, rest, _ := strings.Cut(stories, "\n")
		stories = rest
		name, after, _ := strings.Cut(line, "\t")
		usedBy, reason, _ := strings.Cut(after, "\t")
		if name != g.Name || reason == "" || strings.Contains(reason, "\t") {
			return fmt.Errorf("line %d: %q is not the story of %s", number, line, g.Name)
		}
		// Neighbouring grants often have the same list, which is then split
		// only once.
		if usedBy != last {
			if last, lastList = usedBy, []string{}; usedBy != "" {
				lastList = strings.Split(usedBy, ",")
			}
		}
		g.UsedBy, g.Why = slices.Clip(lastList), reason
		return nil
	})
	if err == nil && stories != "" {
		err = fmt.Errorf("line %d: more stories than grants", number+1)
	}
	if err != nil {
		return fmt.Errorf("reading the embedded stories: %w", err)
	}
	return nil
}

// eachGrant calls f with every grant of the catalogue, in order, until f
// returns an error.
func (c *Catalogue) eachGrant(f func(*Grant) error) error {
	visitGrants := func(grants []Grant) error {
		for i := range grants {
			if err := f(&grants[i]); err != nil {
				return err
			}
		}
		return nil
	}
	inStatements := func(statements []StatementTemplate) error {
		for _, s := range statements {
			if err := visitGrants(s.Services); err != nil {
				return err
			}
			if err := visitGrants(s.Actions); err != nil {
				return err
			}
		}
		return nil
	}
	for _, p := range c.Policies {
		if err := inStatements(p.Statements); err != nil {
			return err
		}
	}
	for _, r := range c.Roles {
		if err := visitGrants(r.Attachments); err != nil {
			return err
		}
		if err := inStatements(r.Trust); err != nil {
			return err
		}
	}
	return nil
}

// policyFiles are the files with one policy each, in the order in which
// policies are listed in output.
var policyFiles = []string{
	"controllers.yaml", "controllers-eks.yaml", "controllers-features.yaml", "control-plane.yaml", "nodes.yaml", "csi.yaml", "eks-console.yaml",
}

// ReadFiles reads the catalogue's YAML files, including the stories. Unknown
// fields are errors, and so are releases that are not in ascending order and
// entries without a name, a first release or a reason.
func ReadFiles(files fs.FS) (*Catalogue, error) {
	var c Catalogue
	var problems []error
	read := func(name string, destination any) {
		text, err := fs.ReadFile(files, name)
		if err == nil {
			err = yaml.Load(text, destination, yaml.WithKnownFields())
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
			problems = append(problems, fmt.Errorf("releases.yaml: %s is not newer than %s", c.Releases[i].Release, c.Releases[i-1].Release))
		}
	}
	return &c, errors.Join(problems...)
}

// grantYAML is a grant in the YAML files. The name of the grant is in Action,
// Service or Policy.
type grantYAML struct {
	Action  string   `yaml:"action"`
	Service string   `yaml:"service"`
	Policy  string   `yaml:"policy"`
	Since   *Release `yaml:"since"`
	// Releases has spans that are separated by spaces.
	Releases string   `yaml:"releases"`
	When     Gate     `yaml:"when"`
	UsedBy   []string `yaml:"usedBy"`
	Why      string   `yaml:"why"`
}

// UnmarshalYAML reads one entry of actions, services or attachments.
func (g *Grant) UnmarshalYAML(node *yaml.Node) error {
	var entry grantYAML
	if err := node.Load(&entry, yaml.WithKnownFields()); err != nil {
		return err
	}
	name := entry.Action + entry.Service + entry.Policy
	if name == "" || entry.Since == nil || entry.Why == "" {
		return fmt.Errorf("line %d: an entry needs since, why, and one of action, service or policy", node.Line)
	}
	releases, err := parseSpans(entry.Releases)
	if err != nil {
		return fmt.Errorf("line %d: %w", node.Line, err)
	}
	*g = Grant{Name: name, Since: *entry.Since, Releases: releases, When: entry.When, UsedBy: entry.UsedBy, Why: entry.Why}
	return nil
}
