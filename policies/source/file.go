// Files: reading a configuration, a template or a policy document.

package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/input"
	"capaboot/internal/lazy"
	"capaboot/policies/document"
)

// maxFileSize is the maximum size of one file, in bytes. A larger file is an
// error. The limit for a policy or template is lower: see
// [document.MaxFileSize].
const maxFileSize = 32 << 20

// readText returns the text of a file or of an AWS managed policy, and its name for
// messages.
func (r *Reader) readText(ctx context.Context, path string) (name string, text []byte, err error) {
	if strings.HasPrefix(path, arnPrefix) {
		text, err = r.awsPolicyText(path)
		return path, text, err
	}
	name, text, err = input.Read(ctx, path, r.Stdin, maxFileSize)
	if err == nil {
		r.opened(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if hint := r.revisionHint(path); hint != "" {
			err = &adviceError{err, hint}
		} else if correction := r.correction(path); correction != "" {
			err = &MissingError{err, correction}
		}
		return "", nil, &Error{err}
	case err != nil:
		return "", nil, &Error{err}
	case isSuppressions(text):
		return "", nil, &Error{&SuppressionsError{name}}
	}
	// maxTotalSize does not apply to a single file, which has the limit maxFileSize.
	if r.bytes += len(text); r.bytes > maxTotalSize && r.bytes > len(text) {
		return "", nil, errorf("%s and the files before it have more than %d MiB in total; name fewer files at once", name, maxTotalSize>>20)
	}
	return name, text, nil
}

// MissingError is the error for a file that does not exist, if its name looks like a
// mistyped release or another special name.
type MissingError struct {
	Err   error
	Meant string // such as "release:v2.8.4", or the command with all names corrected
}

func (e *MissingError) Error() string { return e.Err.Error() }
func (e *MissingError) Unwrap() error { return e.Err }

// Hint returns a "did you mean" question.
func (e *MissingError) Hint() string { return fmt.Sprintf("did you mean %q?", e.Meant) }

// isSuppressions reports whether a text is a suppression file: it has the key
// suppressions at the top, or is a list of entries with a rule and a reason. No
// policy has these. A key of this name inside a template, such as in its
// metadata, does not count.
func isSuppressions(text []byte) bool {
	key := &suppressionsKey
	if bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) {
		key = &suppressionsKeyInJSON
	}
	return bytes.Contains(text, []byte("suppressions")) && key.Get().Match(text) ||
		bytes.Contains(text, []byte("rule")) && bytes.Contains(text, []byte("reason")) && suppressionsList.Get().Match(text)
}

// In YAML, only keys at the top begin in the first column.
var suppressionsKey = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^["']?suppressions["']?\s*:`)
}}

var suppressionsKeyInJSON = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`\A\s*\{\s*(?:["']?version["']?\s*:\s*\d+\s*,\s*)?["']?suppressions["']?\s*:`)
}}

var suppressionsList = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)\A(?:\s*#.*\n|\s*version:.*\n|---\n)*\s*- "?(?:rule|reason|policy|action|principal|resource|expires)"?:|\A\s*\[\s*\{\s*"(?:rule|reason)"`)
}}

// SuppressionsError is the error for a suppression file where policies are required.
type SuppressionsError struct{ File string }

func (e *SuppressionsError) Error() string {
	return e.File + " is a suppression file, not a policy, template or configuration"
}

func (r *Reader) readFile(ctx context.Context, path string) (*Found, error) {
	name, text, err := r.readText(ctx, path)
	if err != nil {
		return nil, err
	}
	return r.parse(name, text)
}

// parse parses a configuration, a template or a policy document. name is the name
// of the file.
func (r *Reader) parse(name string, text []byte) (*Found, error) {
	generated, err := r.Configuration(name, text)
	if err != nil {
		return nil, err
	}
	if generated != nil {
		return FromGenerated(generated, name)
	}
	set, err := document.ReadSetWith(name, text, r.options())
	if err != nil {
		return nil, &Error{err}
	}
	return &Found{Set: set}, nil
}

// ReadDocument reads a file with one policy document. The error is an
// [UnexpectedPrincipals] if the file is a configuration or has roles, users or
// groups.
func (r *Reader) ReadDocument(ctx context.Context, path string) (document.Policy, error) {
	name, text, err := r.readText(ctx, path)
	if err != nil {
		return document.Policy{}, err
	}
	doc, err := document.Read(name, text)
	if err == nil {
		return document.Policy{Name: name, Document: doc}, nil
	}
	if r.isConfiguration(name, text) {
		return document.Policy{}, &UnexpectedPrincipals{File: name}
	}
	set, setErr := document.ReadSet(name, text)
	switch {
	case setErr != nil || len(set.Principals) == 0:
		return document.Policy{}, &Error{err}
	case hasPrincipals(set):
		return document.Policy{}, &UnexpectedPrincipals{name, set}
	}
	return document.Policy{}, errorf("%s is a template, not a policy document", name)
}

// ReadPolicies reads a file without principals: a policy document, or a
// template without roles, users and groups. For a template it returns the set;
// for a document the set is nil. The error is an [UnexpectedPrincipals] if the
// file is a configuration or has principals.
func (r *Reader) ReadPolicies(ctx context.Context, path string) (document.Policy, *document.Set, error) {
	name, text, err := r.readText(ctx, path)
	if err != nil {
		return document.Policy{}, nil, err
	}
	doc, err := document.Read(name, text)
	if err == nil {
		return document.Policy{Name: name, Document: doc}, nil, nil
	}
	if r.isConfiguration(name, text) {
		return document.Policy{}, nil, &UnexpectedPrincipals{File: name}
	}
	set, setErr := document.ReadSetWith(name, text, r.options())
	if setErr != nil {
		return document.Policy{}, nil, &Error{setErr}
	}
	if hasPrincipals(set) {
		return document.Policy{}, nil, &UnexpectedPrincipals{name, set}
	}
	return document.Policy{}, set, nil
}

// hasPrincipals reports whether a set has roles, users or groups.
func hasPrincipals(set *document.Set) bool {
	return slices.ContainsFunc(set.Principals, func(h *document.Holder) bool { return h.Kind != document.PolicyKind })
}

// isConfiguration reports whether a text is a configuration, valid or not.
func (r *Reader) isConfiguration(name string, text []byte) bool {
	generated, err := r.Configuration(name, text)
	return generated != nil || err != nil
}

// UnexpectedPrincipals is the error for a file with roles, users or groups where only
// policies are accepted.
type UnexpectedPrincipals struct {
	File string
	Set  *document.Set // what the file has; nil for a configuration
}

func (e *UnexpectedPrincipals) Error() string {
	return e.File + " is not a policy document: it has roles or users"
}
