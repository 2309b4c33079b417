// Package source reads the inputs of analyses into one model. An input is a
// release of CAPA ("release:v2.8.4"), a configuration, a CloudFormation
// template, a policy document, a folder of these, standard input ("-"), the deployed
// stack ("deployed"), or an AWS managed policy ("arn:aws:iam::aws:policy/ReadOnlyAccess").
//
// The caller passes the functions that generate templates and read the account.
package source

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"capaboot/internal/input"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// Special names. A name that begins with "arn:" is the ARN of an AWS managed
// policy; every other name is a path to a file or folder.
const (
	// ReleasePrefix is the prefix of the name of a release.
	ReleasePrefix = "release:"
	// Deployed is the name of the deployed stack.
	Deployed = "deployed"
	// Stdin is the name of standard input.
	Stdin = input.Stdin
)

// Reader reads inputs by name, for one command.
type Reader struct {
	Stdin io.Reader
	// Release returns the template of a release. name is the part after
	// [ReleasePrefix], such as "v2.8" or "".
	Release func(ctx context.Context, name string) (*Generated, error)
	// Configuration returns the template of a configuration, or nil if the text
	// of the file is not a configuration.
	Configuration func(file string, text []byte) (*Generated, error)
	// Deployed returns the deployed stack.
	Deployed func(ctx context.Context) (*Stack, error)
	// Parameters are values for template parameters, by name.
	Parameters map[string]string
	// CommandLine has the command, and then the names of its inputs as the user
	// wrote them, for a hint; it may be nil.
	CommandLine []string
	// Opened is called with the name of each file and folder that was read; it
	// may be nil.
	Opened func(path string)
	// AboutInput reports whether an error of the functions above is about the
	// named input, as an [*Error] is. A nil AboutInput counts as returning false
	// for every error.
	AboutInput func(error) bool
	// Suppressions is the path of the suppression file of this run, or "". The
	// file can be in a folder with policies.
	Suppressions string
	// Warn reports something that is not read, and Note reports files that are not
	// read because of their names. They must escape the text for output. Note may
	// be nil.
	Warn, Note func(text string)

	// bytes is the size of the text read so far; see maxTotalSize.
	bytes int
}

func (r *Reader) options() document.Options {
	return document.Options{Parameters: r.Parameters, AWSPolicyPath: awsPolicyPath}
}

// Generated is a generated template, with the release and settings that it was
// generated for.
type Generated struct {
	// Template is the template as maps, lists, strings, booleans, numbers and
	// nil.
	Template any
	Release  catalog.Release
	// Settings and Partition come from the configuration.
	Settings  catalog.Settings
	Partition string
}

// Stack is the deployed stack. Template describes the resources in the account
// as a template would; Generated is what the configuration of the stack
// generates.
type Stack struct {
	Template  any
	Generated Generated
}

// Found is the content of an input.
type Found struct {
	Set *document.Set
	// Generated has the release and settings of a generated template, or of the
	// configuration of the deployed stack; nil for an input that was only read.
	Generated *Generated
	// NoFile is true if the input is a release, the deployed stack or an AWS
	// managed policy, and false for a file, a folder and standard input.
	NoFile bool
}

// Error is an error about the named input, such as a file that does not exist
// or is not valid. Errors of the functions in a [Reader] are returned
// unchanged, except for errors about files in a folder.
type Error struct{ Err error }

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

func errorf(format string, args ...any) error { return &Error{fmt.Errorf(format, args...)} }

// Read reads the input with the given name.
func (r *Reader) Read(ctx context.Context, name string) (*Found, error) {
	switch {
	case strings.HasPrefix(name, ReleasePrefix) && !strings.Contains(name, ".."):
		generated, err := r.Release(ctx, strings.TrimPrefix(name, ReleasePrefix))
		if err != nil {
			return nil, err
		}
		found, err := FromGenerated(generated, ReleasePrefix+generated.Release.String())
		if err == nil {
			found.NoFile = true
		}
		return found, err
	case name == Deployed:
		return r.readDeployed(ctx)
	case strings.HasPrefix(name, arnPrefix):
		return r.readAWSPolicy(ctx, name)
	case name == "":
		return nil, errorf("the name of the file is empty")
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		r.opened(name)
		return r.readFolder(ctx, name)
	}
	return r.readFile(ctx, name)
}

func (r *Reader) opened(path string) {
	if r.Opened != nil && path != Stdin {
		r.Opened(path)
	}
}

// FromGenerated reads a generated template. file is its name in messages.
func FromGenerated(generated *Generated, file string) (*Found, error) {
	set, err := document.SetOf(file, generated.Template)
	if err != nil {
		return nil, err
	}
	found := &Found{Set: set, Generated: generated}
	found.SetRelease(generated.Release)
	return found, nil
}

// readDeployed reads the deployed stack. It converts the template to JSON, so that
// the set has positions.
func (r *Reader) readDeployed(ctx context.Context) (*Found, error) {
	stack, err := r.Deployed(ctx)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(stack.Template)
	if err != nil {
		return nil, fmt.Errorf("encoding the deployed stack: %w", err)
	}
	set, err := document.ReadSetWith(Deployed, text, r.options())
	if err != nil {
		return nil, err
	}
	return &Found{Set: set, Generated: &stack.Generated, NoFile: true}, nil
}

// FromText reads a template or another document from a string; an empty string
// is an empty set.
func FromText(file, text string) (*Found, error) {
	if text == "" {
		return &Found{Set: &document.Set{}}, nil
	}
	set, err := document.ReadSetWith(file, []byte(text), document.Options{AWSPolicyPath: awsPolicyPath})
	if err != nil {
		return nil, err
	}
	return &Found{Set: set}, nil
}

// Merge merges the contents of several inputs. The result has only the set.
func Merge(all ...*Found) *Found {
	var sets []*document.Set
	for _, found := range all {
		sets = append(sets, found.Set)
	}
	merged := document.Merge(sets...)
	merged.LinkBoundaries()
	return &Found{Set: merged}
}

// Empty reports whether the input has no principals, no unread parts that grant
// something or use a role, and no secrets in clear text.
func (f *Found) Empty() bool {
	return len(f.Set.Principals) == 0 && len(f.Set.Secrets) == 0 && !slices.ContainsFunc(f.Set.Unread, func(u document.UnreadPart) bool { return u.Grants || u.Role != "" })
}

// OnlyDocuments reports whether the input has policy documents that are not in a
// template, and nothing else.
func (f *Found) OnlyDocuments() bool {
	return len(f.Set.Principals) > 0 && !slices.ContainsFunc(f.Set.Principals, func(h *document.Holder) bool {
		return h.Kind != document.PolicyKind || h.LogicalID != ""
	})
}

// Skipped reports whether the input is a file that is not read.
func (f *Found) Skipped() bool { return len(f.Set.Principals) == 0 && len(f.Set.Skipped) > 0 }

// SetRelease sets the release of all principals.
func (f *Found) SetRelease(release catalog.Release) {
	for _, h := range f.Set.Principals {
		h.Release = release.String()
	}
}

// SetFile sets the file name in the positions of the principals, boundaries,
// secrets, guards, unread parts, credential sources and assumed parameters. ""
// means that positions have no file name.
func (f *Found) SetFile(file string) {
	for _, h := range slices.Concat(f.Set.Principals, f.Set.Boundaries) {
		h.File = file
	}
	for i := range f.Set.Secrets {
		f.Set.Secrets[i].File = file
	}
	for i := range f.Set.Guards {
		f.Set.Guards[i].File = file
	}
	for i := range f.Set.Unread {
		f.Set.Unread[i].File = file
	}
	for _, source := range f.Set.CredentialSources {
		source.File = file
	}
	for i := range f.Set.AssumedParameters {
		f.Set.AssumedParameters[i].File = file
	}
}

// IsPseudo reports whether a name is the name of a CloudFormation pseudo
// parameter; see [document.IsPseudo].
func IsPseudo(name string) bool { return document.IsPseudo(name) }
