// Files: a configuration, a template or a policy document, read once.

package source

import (
	"context"

	"capaboot/internal/input"
	"capaboot/policies/document"
)

// maxFile is the size of the largest file that is read, in bytes: an account's
// authorization details are larger than any template.
const maxFile = 32 << 20

// file reads one file.
func (r *Reader) file(ctx context.Context, path string) (*Found, error) {
	name, text, err := input.Read(ctx, path, r.Stdin, maxFile)
	if err != nil {
		return nil, &Error{err}
	}
	generated, err := r.Configuration(name, text)
	if err != nil {
		return nil, err
	}
	if generated != nil {
		return Of(generated, name)
	}
	set, err := document.ReadSetWith(name, text, document.Options{Parameters: r.Parameters})
	if err != nil {
		return nil, &Error{err}
	}
	return &Found{Set: set}, nil
}

// Document reads a file with one policy document.
func (r *Reader) Document(ctx context.Context, path string) (document.Policy, error) {
	name, text, err := input.Read(ctx, path, r.Stdin, maxFile)
	if err != nil {
		return document.Policy{}, &Error{err}
	}
	doc, err := document.Read(name, text)
	if err == nil {
		return document.Policy{Name: name, Document: doc}, nil
	}
	if set, ofSet := document.ReadSet(name, text); ofSet == nil && len(set.Principals) > 0 || r.isConfiguration(name, text) {
		return document.Policy{}, &HasPrincipals{name}
	}
	return document.Policy{}, &Error{err}
}

// Policies reads a file whose policies somebody has: a policy document, or a
// template without roles, users and groups, which is the set; nil for a document.
func (r *Reader) Policies(ctx context.Context, path string) (document.Policy, *document.Set, error) {
	name, text, err := input.Read(ctx, path, r.Stdin, maxFile)
	if err != nil {
		return document.Policy{}, nil, &Error{err}
	}
	doc, err := document.Read(name, text)
	if err == nil {
		return document.Policy{Name: name, Document: doc}, nil, nil
	}
	if r.isConfiguration(name, text) {
		return document.Policy{}, nil, &HasPrincipals{name}
	}
	set, ofSet := document.ReadSetWith(name, text, document.Options{Parameters: r.Parameters})
	if ofSet != nil {
		return document.Policy{}, nil, &Error{ofSet}
	}
	for _, h := range set.Principals {
		if h.Kind != document.PolicyKind {
			return document.Policy{}, nil, &HasPrincipals{name}
		}
	}
	return document.Policy{}, set, nil
}

// isConfiguration reports whether a text is a configuration, a valid one or not.
func (r *Reader) isConfiguration(name string, text []byte) bool {
	generated, err := r.Configuration(name, text)
	return generated != nil || err != nil
}

// HasPrincipals is the error of a file that has roles or users where one policy
// document is wanted.
type HasPrincipals struct{ File string }

func (e *HasPrincipals) Error() string {
	return e.File + " is no policy document: it has roles or users"
}
