// What is meant by a name that no file has.

package source

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/nearword"
)

var releaseName = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`^v?[0-9]+\.[0-9]+(?:\.[0-9]+)?$`) }}

// LikeRelease reports whether a name is rather that of a release than of a file.
func LikeRelease(name string) bool { return releaseName.Get().MatchString(name) }

// meant is what was meant by a name that no file has, "" if it is unknown: of
// several names that were asked for, the whole command.
func (r *Reader) meant(path string) string {
	words := meantBy(path)
	if words == nil || len(r.Asked) < 2 || len(r.Asked) == 2 && len(words) == 1 {
		return strings.Join(words, " ")
	}
	command := r.Asked[:1:1]
	for _, word := range r.Asked[1:] {
		meant := []string{word}
		if _, err := os.Stat(word); errors.Is(err, fs.ErrNotExist) {
			if words := meantBy(word); words != nil {
				meant = words
			}
		}
		command = append(command, meant...)
	}
	return strings.Join(command, " ")
}

// meantBy returns the name or the two names that were meant by one, nil if they are
// unknown.
func meantBy(name string) []string {
	if one := oneMeantBy(name); one != "" {
		return []string{one}
	}
	// As revisions of git: A..B and A...B.
	a, b, two := strings.Cut(name, "..")
	b = strings.TrimPrefix(b, ".")
	if !two || a == "" || b == "" || strings.HasSuffix(a, "/") || strings.HasPrefix(b, "/") {
		return nil
	}
	names := []string{a, b}
	for i, name := range names {
		if one := oneMeantBy(name); one != "" {
			names[i] = one
		}
	}
	return names
}

// oneMeantBy returns the name with a meaning of its own that was meant by another,
// "" if there is none.
func oneMeantBy(name string) string {
	if LikeRelease(name) {
		return ReleasePrefix + name
	}
	if i := strings.IndexAny(name, ":=@/ "); i > 0 {
		rest := strings.ToLower(strings.TrimSpace(name[i+1:]))
		_, prefix := nearword.Closest(name[:i], []string{"release", "releases", "capa", "version", "tag"})
		if prefix && LikeRelease(rest) && name != ReleasePrefix+rest {
			return ReleasePrefix + rest
		}
		return ""
	}
	if slices.Contains([]string{"main", "master", "latest", "newest"}, strings.ToLower(name)) {
		return ReleasePrefix + "main"
	}
	if slices.Contains([]string{"stdin", "STDIN", "/dev/stdin"}, name) {
		return Stdin
	}
	if strings.Contains(name, ".") {
		return ""
	}
	meant, _ := nearword.Closest(name, []string{Deployed})
	return meant
}

// Kind is what the text of a file seems to be.
type Kind int

// The kinds.
const (
	UnknownKind Kind = iota
	ConfigurationKind
	SuppressionsKind
	PoliciesKind // a template or a policy document
)

var policyKeys = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)(?:^|[{,])\s*["']?(?:Statement|Resources|PolicyDocument|AWSTemplateFormatVersion)["']?\s*:`)
}}

// KindOf is what the beginning of a regular file seems to be; [UnknownKind] for one
// that cannot be read.
func KindOf(path string) Kind {
	const most = 1 << 20
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return UnknownKind
	}
	file, err := os.Open(path)
	if err != nil {
		return UnknownKind
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, most))
	switch {
	case err != nil:
		return UnknownKind
	case bytes.Contains(text, []byte("AWSIAMConfiguration")):
		return ConfigurationKind
	case isSuppressions(text):
		return SuppressionsKind
	case policyKeys.Get().Match(text):
		return PoliciesKind
	}
	return UnknownKind
}
