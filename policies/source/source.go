// Package source reads what somebody wants to look at into one model: what a
// release of CAPA generates ("release:v2.8.4"), a configuration, a CloudFormation
// template, a policy document, a folder of these, standard input ("-"), or what
// is deployed ("deployed").
//
// It knows neither how a template is generated nor how an account is read:
// whoever asks hands that in.
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

// Names with a meaning of their own; every other one is that of a file or folder.
const (
	// ReleasePrefix begins the name of what a release generates.
	ReleasePrefix = "release:"
	// Deployed is the name of what is in the account.
	Deployed = "deployed"
	// Stdin is the name of standard input.
	Stdin = input.Stdin
)

// Reader reads what names stand for, for one command.
type Reader struct {
	Stdin io.Reader
	// Release returns what a release generates, by its name as it is given, "v2.8"
	// or "".
	Release func(ctx context.Context, name string) (*Generated, error)
	// Configuration returns what a configuration generates, nil when the text of
	// the file is none.
	Configuration func(file string, text []byte) (*Generated, error)
	// Deployed returns what is in the account.
	Deployed func(ctx context.Context) (*Stack, error)
	// Parameters are values for the parameters of templates, by name.
	Parameters map[string]string
	// Asked are the words of the command that asks, its name first, and then the
	// names that it reads, for a hint; nil for none.
	Asked []string
	// Mistaken reports whether an error of the functions above is about what somebody
	// named, as an [*Error] is; nil when none is.
	Mistaken func(error) bool
	// Warn reports something that is not read. The text is escaped by whoever
	// shows it.
	Warn func(text string)

	// bytes is how much text was read; see maxTotal.
	bytes int
}

// Generated is a template that was generated, with what it was generated for.
type Generated struct {
	// Template is the template as maps, lists, strings, booleans, numbers and nil.
	Template any
	Release  catalog.Release
	// Settings and Partition are those of the configuration.
	Settings  catalog.Settings
	Partition string
}

// Stack is what is in the account, as the template that would make it, with what
// the configuration of the stack generates.
type Stack struct {
	Template  any
	Generated Generated
}

// Found is what a name stands for.
type Found struct {
	Set *document.Set
	// Generated says what it was generated for, or what the configuration of the
	// deployed stack generates; nil for what is only read.
	Generated *Generated
	// Stream: it is in no file.
	Stream bool
}

// Error is an error about what somebody named: a file that is missing, or is
// nothing that can be read. Those of the functions of a [Reader] are passed on
// as they are, except for what is in a folder.
type Error struct{ Err error }

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

func errorf(format string, args ...any) error { return &Error{fmt.Errorf(format, args...)} }

// Read returns what a name stands for.
func (r *Reader) Read(ctx context.Context, name string) (*Found, error) {
	switch {
	case strings.HasPrefix(name, ReleasePrefix) && !strings.Contains(name, ".."):
		generated, err := r.Release(ctx, strings.TrimPrefix(name, ReleasePrefix))
		if err != nil {
			return nil, err
		}
		found, err := Of(generated, ReleasePrefix+generated.Release.String())
		if err == nil {
			found.Stream = true
		}
		return found, err
	case name == Deployed:
		return r.deployed(ctx)
	case name == "":
		return nil, errorf("the name of the file is empty")
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return r.folder(ctx, name)
	}
	return r.file(ctx, name)
}

// Of returns what was generated; file stands for it in messages.
func Of(generated *Generated, file string) (*Found, error) {
	set, err := document.SetOf(file, generated.Template)
	if err != nil {
		return nil, err
	}
	found := &Found{Set: set, Generated: generated}
	found.GeneratedFor(generated.Release)
	return found, nil
}

// deployed reads the account. What is read there is text like any other.
func (r *Reader) deployed(ctx context.Context) (*Found, error) {
	stack, err := r.Deployed(ctx)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(stack.Template)
	if err != nil {
		return nil, fmt.Errorf("writing what is deployed: %w", err)
	}
	set, err := document.ReadSetWith(Deployed, text, document.Options{Parameters: r.Parameters})
	if err != nil {
		return nil, err
	}
	return &Found{Set: set, Generated: &stack.Generated, Stream: true}, nil
}

// Text returns what a template, or another document, says; nothing for "".
func Text(file, text string) (*Found, error) {
	if text == "" {
		return &Found{Set: &document.Set{}}, nil
	}
	set, err := document.ReadSet(file, []byte(text))
	if err != nil {
		return nil, err
	}
	return &Found{Set: set}, nil
}

// Merge puts together what several names stand for.
func Merge(all ...*Found) *Found {
	var sets []*document.Set
	for _, found := range all {
		sets = append(sets, found.Set)
	}
	return &Found{Set: document.Merge(sets...)}
}

// Empty reports whether there is no one to grant anything to, and
// nothing that grants without being read.
func (f *Found) Empty() bool {
	return len(f.Set.Principals) == 0 && !slices.ContainsFunc(f.Set.Unread, func(u document.Unread) bool { return u.Grants })
}

// GeneratedFor takes note of the release that everything was generated for.
func (f *Found) GeneratedFor(release catalog.Release) {
	for _, h := range f.Set.Principals {
		h.Release = release.String()
	}
}

// From says that everything is from a file, or from what is called so; "" is
// for what needs no place.
func (f *Found) From(file string) {
	for _, h := range f.Set.Principals {
		h.File = file
	}
	for i := range f.Set.Unread {
		f.Set.Unread[i].File = file
	}
	for i := range f.Set.Assumed {
		f.Set.Assumed[i].File = file
	}
}

// IsPseudo reports whether a name is that of a pseudo parameter of CloudFormation.
func IsPseudo(name string) bool { return document.IsPseudo(name) }
