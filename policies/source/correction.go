// Help with file names: what was probably meant by the name of a missing file,
// and the kind of a file.

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

// IsReleaseName reports whether a name has the form of a release, such as v2.8
// or 2.8.1, rather than of a file name.
func IsReleaseName(name string) bool { return releaseName.Get().MatchString(name) }

// correction returns the name, or the two names, that were probably meant by
// the name of a missing file, or "" if it is similar to no special name. If the
// corrected command has several names, correction returns the whole command.
func (r *Reader) correction(path string) string {
	words := correctNames(path)
	if words == nil || len(r.CommandLine) < 2 || len(r.CommandLine) == 2 && len(words) == 1 {
		return strings.Join(words, " ")
	}
	command := r.CommandLine[:1:1]
	for _, word := range r.CommandLine[1:] {
		correction := []string{word}
		if _, err := os.Stat(word); errors.Is(err, fs.ErrNotExist) {
			if words := correctNames(word); words != nil {
				correction = words
			}
		}
		command = append(command, correction...)
	}
	return strings.Join(command, " ")
}

// fileOfRevision matches the name of a file in a Git revision, as git show accepts it.
var fileOfRevision = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`^[\w./@~^-]{2,}:[\w./-]+\.(?:json|ya?ml|template)$`)
}}

// revisionHint returns the next step for a URL and for a name that Git reads, such as
// HEAD:iam.yaml or main..feature, or "" for another name.
func (r *Reader) revisionHint(name string) string {
	if strings.Contains(name, "://") {
		return downloadHint(name)
	}
	if !fileOfRevision.Get().MatchString(name) {
		if isRange(name) {
			return "to compare two Git revisions, write the file of the older one to a file: git show REVISION:FILE > old.yaml, and pass old.yaml and FILE"
		}
		return ""
	}
	isPiped := func(word string) bool { return word == Stdin || word != name && fileOfRevision.Get().MatchString(word) }
	if len(r.CommandLine) < 2 || slices.ContainsFunc(r.CommandLine[1:], isPiped) {
		return "to read a file of a Git revision, write it to a file: git show " + name + " > old.yaml, and pass old.yaml"
	}
	command := []string{"git show " + name + " |", r.CommandLine[0]}
	for _, word := range r.CommandLine[1:] {
		if word == name {
			word = Stdin
		}
		command = append(command, word)
	}
	return "to read a file of a Git revision: " + strings.Join(command, " ")
}

// downloadHint returns the next step for a URL. It repeats only a URL that needs no
// quotes in a shell, because other URLs can have a query with credentials.
func downloadHint(url string) string {
	command := "curl --fail --output FILE URL"
	isPlain := fileOfRevision.Get().MatchString(url)
	switch isS3 := strings.HasPrefix(url, "s3://"); {
	case isS3 && isPlain:
		command = "aws s3 cp " + url + " FILE"
	case isS3:
		command = "aws s3 cp URL FILE"
	case isPlain:
		command = "curl --fail --output FILE " + url
	}
	return "URLs are not read: download the file, and pass its name: " + command
}

// isRange reports whether a name is a range of Git revisions ("main..feature"), and not
// two inputs, each of which is a release, the deployed stack or a file.
func isRange(name string) bool {
	names := correctNames(name)
	if len(names) < 2 {
		return false
	}
	for _, one := range names {
		if _, err := os.Stat(one); err != nil && !strings.HasPrefix(one, ReleasePrefix) && one != Deployed && one != Stdin {
			return true
		}
	}
	return false
}

// correctNames returns the special name that was probably meant by a name. For
// A..B or A...B it returns two names, corrected where they are similar to a
// special name. For any other name it returns nil.
func correctNames(name string) []string {
	if corrected := correctName(name); corrected != "" {
		return []string{corrected}
	}
	a, b, two := strings.Cut(name, "..")
	b = strings.TrimPrefix(b, ".")
	if !two || a == "" || b == "" || strings.HasSuffix(a, "/") || strings.HasPrefix(b, "/") {
		return nil
	}
	names := []string{a, b}
	for i, name := range names {
		if corrected := correctName(name); corrected != "" {
			names[i] = corrected
		}
	}
	return names
}

// correctName returns the special name that was probably meant by a name, such
// as "release:v2.8", or "" if it is similar to none.
func correctName(name string) string {
	if IsReleaseName(name) {
		return ReleasePrefix + name
	}
	if path := awsPolicyPath(name); path != "" {
		return awsPolicyPrefix + path
	}
	if i := strings.IndexAny(name, ":=@/ "); i > 0 {
		rest := strings.ToLower(strings.TrimSpace(name[i+1:]))
		_, prefix := nearword.Closest(name[:i], []string{"release", "releases", "capa", "version", "tag"})
		if prefix && IsReleaseName(rest) && name != ReleasePrefix+rest {
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
	correction, _ := nearword.Closest(name, []string{Deployed})
	return correction
}

// Kind is the kind of a file, determined from its text.
type Kind int

// The kinds of files.
const (
	UnknownKind Kind = iota
	ConfigurationKind
	SuppressionsKind
	PoliciesKind // a template or a policy document
)

var policyKeys = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)(?:^|[{,])\s*["']?(?:Statement|Resources|PolicyDocument|AWSTemplateFormatVersion)["']?\s*:`)
}}

// KindOf determines the kind of a regular file from its first MiB. It returns
// [UnknownKind] for any other file, and if the file cannot be read.
func KindOf(path string) Kind {
	const limit = 1 << 20
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return UnknownKind
	}
	file, err := os.Open(path)
	if err != nil {
		return UnknownKind
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, limit))
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
