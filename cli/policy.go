// What the policy commands share: reading what somebody wants to look at, be
// it generated, a file, a folder, or deployed.

package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"go.yaml.in/yaml/v4"

	"capaboot/iam"
	"capaboot/internal/input"
	"capaboot/policies/document"
)

// policyGroup is the group of the commands for reviewers.
func (r *runner) policyGroup() *cli.Command {
	all := group("policy", "review what is granted, to whom, since when and why", r.policyReview(), r.policyDiff(), r.policyExplain(), r.policySimulate())
	for _, command := range all.Subcommands {
		command.Action = interruptible(command.Action)
	}
	return all
}

// interruptible ends a command that computes as soon as its context does: what
// it had is not printed, and the process ends soon.
func interruptible(action cli.ActionFunc) cli.ActionFunc {
	return func(c *cli.Context) error {
		done := make(chan error, 1)
		go func() { done <- action(c) }()
		select {
		case err := <-done:
			return err
		case <-c.Context.Done():
			return c.Context.Err()
		}
	}
}

// maxDocument is the size of the largest file that is read: an account's
// authorization details are larger than any template.
const maxDocument = 32 << 20

// releasePrefix begins the name of what a release generates.
const releasePrefix = "release:"

// deployedName is the name of what is in the account.
const deployedName = "deployed"

// policySet returns what a name stands for: "release:v2.8.4", "deployed", a
// configuration, a template, a policy document, a folder of them, or "-".
func (r *runner) policySet(c *cli.Context, name string) (*document.Set, error) {
	switch {
	case strings.HasPrefix(name, releasePrefix):
		return r.releaseSet(c, strings.TrimPrefix(name, releasePrefix))
	case name == deployedName:
		return r.deployedSet(c)
	case name == "":
		return nil, usagef("the name of the file is empty")
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return r.folderSet(c, name)
	}
	return r.fileSet(c, name)
}

// releaseSet is what the configuration of --config, or the default, generates
// for a release.
func (r *runner) releaseSet(c *cli.Context, name string) (*document.Set, error) {
	catalogue, _, err := r.release(c)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, usagef("%s names no release: write it as %s%s", releasePrefix, releasePrefix, catalogue.Newest())
	}
	release, err := catalogue.Resolve(name)
	if err != nil {
		return nil, usagef("%s%s: %w", releasePrefix, name, err)
	}
	loaded, err := r.loadFor(c, catalogue, release)
	if err != nil {
		return nil, err
	}
	return templateSet(loaded.Template, releasePrefix+release.String())
}

// configuredSet is what the configuration generates for the release that the
// flags name.
func (r *runner) configuredSet(c *cli.Context) (*document.Set, error) {
	loaded, err := r.load(c)
	if err != nil {
		return nil, err
	}
	return templateSet(loaded.Template, "the generated template")
}

// templateSet reads what we generate as everything else is read.
func templateSet(template *iam.Template, name string) (*document.Set, error) {
	text, err := json.Marshal(template.Tree())
	if err != nil {
		return nil, fmt.Errorf("writing the template: %w", err)
	}
	set, err := document.ReadSet(name, text)
	if err != nil {
		return nil, err
	}
	forgetPlaces(set)
	madeFor(set, template.Release)
	return set, nil
}

// fileSet reads one file.
func (r *runner) fileSet(c *cli.Context, path string) (*document.Set, error) {
	name, text, err := input.Read(c.Context, path, r.Stdin, maxDocument)
	if err != nil {
		return nil, usageError{err}
	}
	if isConfiguration(text) {
		catalogue, release, err := r.release(c)
		if err != nil {
			return nil, err
		}
		loaded, err := iam.Load(name, text, iam.Options{Catalogue: catalogue, Release: release, RaisedQuotas: c.Bool("raised-quotas")})
		if problems := (iam.Problems)(nil); errors.As(err, &problems) {
			return nil, invalidConfiguration(c, problems)
		}
		if err != nil {
			return nil, err
		}
		return templateSet(loaded.Template, name)
	}
	set, err := document.ReadSet(name, text)
	if err != nil {
		return nil, usageError{err}
	}
	return set, nil
}

// unread tells of resources that grant something and are not looked at: each
// type once, with the first of it.
func unread(set *document.Set) (notes []string) {
	count := map[string]int{}
	for _, u := range set.Unread {
		count[u.Type]++
	}
	for _, u := range set.Unread {
		more := ""
		if n := count[u.Type]; n > 1 {
			more = fmt.Sprintf(" and %d more of this type", n-1)
		}
		if count[u.Type] > 0 {
			notes = append(notes, fmt.Sprintf("%s%s: what it grants is not looked at", u, more))
		}
		count[u.Type] = 0
	}
	return notes
}

// warnUnread says so on stderr.
func (r *runner) warnUnread(sets ...*document.Set) {
	for _, set := range sets {
		for _, note := range unread(set) {
			r.talk.warn("%s", printable(note))
		}
	}
}

// isConfiguration is whether a file is an AWSIAMConfiguration. What is no YAML
// at all is reported by whoever reads it.
func isConfiguration(text []byte) bool {
	if len(text) > iam.MaxFileSize || !strings.Contains(string(text), "AWSIAMConfiguration") {
		return false
	}
	var head struct {
		Kind string `yaml:"kind"`
	}
	return yaml.Load(text, &head) == nil && head.Kind == "AWSIAMConfiguration"
}

// maxFolder is how much text a folder may have: four times that of all the
// policies that AWS manages.
const maxFolder = 16 << 20

// maxBroken is how many files with errors of a folder are told of.
const maxBroken = 20

// folderSet reads every document in a folder and those below it. Links to files
// are followed, as ConfigMaps are made of them; links to folders are not.
func (r *runner) folderSet(c *cli.Context, folder string) (*document.Set, error) {
	var paths []string
	total := int64(0)
	// With the separator at its end a link is the folder that it leads to.
	root := strings.TrimRight(folder, string(filepath.Separator)) + string(filepath.Separator)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if strings.HasPrefix(entry.Name(), ".") && path != root {
				return fs.SkipDir
			}
			return c.Context.Err()
		}
		isDocument := slices.Contains([]string{".json", ".yaml", ".yml", ".template"}, strings.ToLower(filepath.Ext(path)))
		info, err := os.Stat(path)
		switch {
		case err == nil && info.IsDir() && strings.HasPrefix(entry.Name(), "."):
			return nil
		case err == nil && info.IsDir():
			r.talk.warn("%s: a link to a folder is not followed: name that folder too, if it has policies", printable(path))
			return nil
		case !isDocument:
			return nil
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			r.talk.warn("%s: is no regular file and is not read", printable(path))
			return nil
		}
		if total += info.Size(); total > maxFolder {
			return fmt.Errorf("has more than %d MiB of documents: name parts of it one by one", maxFolder>>20)
		}
		paths = append(paths, path)
		return c.Context.Err()
	})
	if err != nil {
		return nil, usageError{folderError(folder, err)}
	}
	if len(paths) == 0 {
		return nil, usagef("%s: no policy documents in this folder (*.json, *.yaml, *.yml, *.template)", folder)
	}
	var sets []*document.Set
	var problems []error
	for _, path := range paths {
		set, err := r.fileSet(c, path)
		if err != nil {
			problems = append(problems, err)
			if len(problems) < maxBroken {
				continue
			}
			problems = append(problems, fmt.Errorf("%s: more files were not read after %d with errors", folder, maxBroken))
			break
		}
		sets = append(sets, set)
	}
	if len(problems) > 0 {
		return nil, usageError{joined(problems)}
	}
	return document.Merge(sets...), nil
}

// folderError names the folder, unless the error names a file in it.
func folderError(folder string, err error) error {
	if in := (*fs.PathError)(nil); errors.As(err, &in) {
		return fmt.Errorf("%s: %w", in.Path, in.Err)
	}
	return fmt.Errorf("%s: %w", folder, err)
}
