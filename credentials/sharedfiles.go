package credentials

// This file builds profiles from the two shared files. A profile is the section
// [name] in the credentials file, and [default] or [profile name] in the config
// file.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"capaboot/credentials/accesskey"
	"capaboot/internal/nearword"
	"capaboot/internal/problem"
	"capaboot/internal/shell"
	"capaboot/internal/shortlist"
)

// defaultProfile is the profile that is used when nothing names one.
const defaultProfile = accesskey.DefaultProfile

// sharedFiles are the two files, read and parsed.
type sharedFiles struct{ credentials, config *sharedFile }

// sharedFile is the credentials file or the config file.
type sharedFile struct {
	path     string // "" when it would be in a home directory that is unknown
	name     string // "credentials" or "config"
	missing  bool
	exposed  bool                // other users can read it
	sections map[string]*section // by section ID, see identify
	problems problem.List        // in broken sections and outside of sections
	dropped  int                 // the number of further problems
}

// sharedProfile has the sections of one profile. A section is nil when its file
// does not contain the profile.
type sharedProfile struct {
	name                string
	credentials, config *section
}

func (p sharedProfile) exists() bool { return p.credentials != nil || p.config != nil }

// get returns the entry of a key, if it has a value. The credentials file takes
// precedence over the config file, as in botocore (Session.full_config) and in
// the SDK for Go (mergeSections). Do not use get for access keys, which must
// come from one section.
func (p sharedProfile) get(key string) (*entry, bool) {
	for _, s := range []*section{p.credentials, p.config} {
		if e := s.entry(key); !e.empty() {
			return e, true
		}
	}
	return nil, false
}

// places returns the positions at which the profile begins.
func (p sharedProfile) places() []string {
	var places []string
	for _, s := range []*section{p.credentials, p.config} {
		if s != nil {
			places = append(places, problem.Place(s.file.shownPath(), s.line, 0))
		}
	}
	return places
}

// where returns the positions at which the profile begins, for an error.
func (p sharedProfile) where() string { return strings.Join(p.places(), " and ") }

// readSharedFiles reads both files. As in the AWS CLI, a file that does not
// exist has no profiles, even when a variable names it. One error contains the
// problems of both files.
func readSharedFiles(ctx context.Context, env Environment) (*sharedFiles, error) {
	files := &sharedFiles{
		credentials: &sharedFile{name: "credentials", path: env.file("AWS_SHARED_CREDENTIALS_FILE", "credentials")},
		config:      &sharedFile{name: "config", path: env.file("AWS_CONFIG_FILE", "config")},
	}
	for _, variable := range []string{"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"} {
		if path := env.Get(variable); strings.Contains(path, "$") || strings.HasPrefix(path, "~") && path != "~" && !strings.HasPrefix(path, "~/") {
			return nil, failf("write the full path", "%s contains $ or ~, which only some tools expand", variable)
		}
	}
	var all *Error
	for _, file := range []*sharedFile{files.credentials, files.config} {
		err := file.read(ctx)
		if err == nil {
			continue
		}
		e, ok := errors.AsType[*Error](err)
		if !ok {
			return nil, err
		}
		if all == nil {
			all = e
			continue
		}
		all = &Error{
			Problems: slices.Concat(all.Problems, e.Problems),
			Hint:     cmp.Or(all.Hint, e.Hint),
			Err:      cmp.Or(all.Err, e.Err),
			Kind:     cmp.Or(all.Kind, e.Kind),
		}
	}
	if all != nil {
		return nil, all
	}
	return files, nil
}

func (f *sharedFile) read(ctx context.Context) error {
	if f.path == "" {
		f.missing = true
		return nil
	}
	text, exposed, err := readFile(ctx, f.path)
	f.exposed = exposed
	if errors.Is(err, fs.ErrNotExist) {
		f.missing = true
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok && errors.Is(err, fs.ErrPermission) {
		e.Kind = KindFileDenied
	}
	if err != nil {
		return err
	}
	f.sections, f.problems, f.dropped = f.parse(text)
	return nil
}

// malformed returns an error with the problems of both files; nil for none.
func (f *sharedFiles) malformed() *Error {
	e := &Error{Hint: "fix the file: the AWS CLI and the SDKs reject the file, or read the file in different ways"}
	for _, file := range []*sharedFile{f.credentials, f.config} {
		for _, p := range file.problems {
			e.Problems = append(e.Problems, p.Error())
		}
		if file.dropped > 0 {
			e.Problems = append(e.Problems, problem.Problem{File: file.path, Message: shortlist.More(file.dropped) + " problems"}.Error())
		}
	}
	if len(e.Problems) == 0 {
		return nil
	}
	return e
}

// check returns an error when one of the sections is broken. It also returns an
// error when a file is malformed and all sections are nil, because the profile
// may be in the malformed part.
func (f *sharedFiles) check(sections ...*section) error {
	malformed := f.malformed()
	if malformed == nil {
		return nil
	}
	missing := true
	for _, s := range sections {
		if s == nil {
			continue
		}
		if missing = false; s.broken {
			return malformed
		}
	}
	if missing {
		return malformed
	}
	return nil
}

// problemsAsWarnings returns the problems of both files for a caller that uses none of
// the malformed sections, so that it can go on with a warning.
func (f *sharedFiles) problemsAsWarnings() []string {
	e := f.malformed()
	if e == nil {
		return nil
	}
	var warnings []string
	for _, text := range e.Problems {
		warnings = append(warnings, text+" (not used here, but the AWS CLI may reject the whole file)")
	}
	return warnings
}

// shownPath returns the path for an error.
func (f *sharedFile) shownPath() string {
	if f.path == "" {
		return "~/.aws/" + f.name
	}
	return f.path
}

// The kinds of section IDs. An ID is a letter for the kind, a space and a name.
// Two sections of one file with the same ID are a problem.
const (
	profilePrefix = "p " // a profile; [default] and [profile default] have the same ID, because tools use one or the other
	otherPrefix   = "o " // anything else: sso-session, services, a profile in the wrong file
)

// identify returns the ID of a section; "" for [profile ""] of the config file,
// which has no name.
func (f *sharedFile) identify(name string) string {
	kind, rest, _ := strings.Cut(strings.ReplaceAll(name, "\t", " "), " ")
	profile := unquote(strings.TrimLeft(rest, " "))
	if f.name == "credentials" {
		if kind == "profile" && rest != "" {
			return otherPrefix + name
		}
		return profilePrefix + name
	}
	switch {
	case name == defaultProfile:
		return profilePrefix + name
	case kind == "profile" && rest != "":
		if profile == "" {
			return ""
		}
		return profilePrefix + profile
	case (kind == "sso-session" || kind == "services") && profile != "":
		return otherPrefix + kind + " " + profile
	}
	return otherPrefix + name
}

// unquote removes the quotes around a text, such as the name of a profile in the
// config file, which botocore reads like a shell.
func unquote(name string) string {
	if n := len(name); n >= 2 && name[0] == name[n-1] && (name[0] == '"' || name[0] == '\'') {
		return name[1 : n-1]
	}
	return name
}

// profile returns a profile; it has no sections when it does not exist.
func (f *sharedFiles) profile(name string) sharedProfile {
	return sharedProfile{name, f.credentials.sections[profilePrefix+name], f.config.sections[profilePrefix+name]}
}

// profileNames returns the names of all profiles with a good header, in
// alphabetical order.
func (f *sharedFiles) profileNames() []string {
	names := map[string]bool{}
	for _, file := range []*sharedFile{f.credentials, f.config} {
		for id, s := range file.sections {
			if kind := id[:len(profilePrefix)]; kind != otherPrefix && !s.faulty {
				names[id[len(kind):]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// whyMissing returns why each file does not have a profile.
func (f *sharedFiles) whyMissing() string {
	describe := func(file *sharedFile) string {
		switch {
		case file.path == "":
			return file.shownPath() + " cannot be found, because the home directory is unknown"
		case file.missing:
			return file.path + " does not exist"
		}
		return file.path + " does not have it"
	}
	return describe(f.credentials) + ", " + describe(f.config)
}

// noProfile returns the error for a named profile that does not exist.
func (f *sharedFiles) noProfile(name, setting string) error {
	problem := fmt.Sprintf("profile %s, which %s names, does not exist: %s", quote(name), setting, f.whyMissing())
	names := f.profileNames()
	names = names[:min(len(names), 1000)] // to compare more names would take long
	if len(names) == 0 {
		return failf(cmp.Or(f.misplaced(name), "create the profile with `aws configure --profile "+shell.Word(name)+"`, or leave "+setting+" out"), "%s", problem)
	}
	hint := f.misplaced(name)
	if closest, ok := nearword.Closest(name, names); hint == "" && ok {
		hint = "did you mean " + quote(closest) + "?"
	}
	if unread := f.unreadNames(); hint == "" {
		if closest, ok := nearword.Closest(name, unread[:min(len(unread), 1000)]); ok {
			hint = f.misplaced(closest)
		}
	}
	if hint == "" {
		hint = "to see all profiles and their problems: capaboot bootstrap credentials list-profiles"
	}
	return failf(hint, "%s; existing profiles: %s", problem, shortList(nearword.ByDistance(name, names)))
}

// misplaced returns a hint when a section is meant for the profile but every
// SDK ignores it: the section name has the form of the other file, or capitals
// in "profile". Otherwise misplaced returns "".
func (f *sharedFiles) misplaced(name string) string {
	const format = "%s: section [%s] is not read in this file; rename the section to [%s]"
	for _, id := range slices.Sorted(maps.Keys(f.credentials.sections)) {
		s := f.credentials.sections[id]
		raw, other := strings.CutPrefix(id, otherPrefix)
		if !other {
			continue
		}
		if f.config.identify(raw) == profilePrefix+name {
			return fmt.Sprintf(format, problem.Place(s.file.path, s.line, 0), raw, name)
		}
	}
	if s := f.config.sections[otherPrefix+name]; s != nil {
		return fmt.Sprintf(format, problem.Place(s.file.path, s.line, 0), name, "profile "+name)
	}
	for _, id := range slices.Sorted(maps.Keys(f.config.sections)) {
		kind, rest, _ := strings.Cut(strings.TrimPrefix(id, otherPrefix), " ")
		if s := f.config.sections[id]; strings.HasPrefix(id, otherPrefix) && strings.EqualFold(kind, "profile") && unquote(strings.TrimLeft(rest, " ")) == name {
			return fmt.Sprintf(format, problem.Place(s.file.path, s.line, 0), strings.TrimPrefix(id, otherPrefix), "profile "+name)
		}
	}
	return ""
}

// unreadNames returns the names of the profiles for which a file has a section
// that every SDK ignores; see misplaced.
func (f *sharedFiles) unreadNames() (names []string) {
	for _, file := range []*sharedFile{f.credentials, f.config} {
		for id, s := range file.sections {
			raw, other := strings.CutPrefix(id, otherPrefix)
			kind, rest, _ := strings.Cut(raw, " ")
			isProfile := strings.EqualFold(kind, "profile") && rest != ""
			switch {
			case !other || s.faulty:
			case isProfile:
				names = append(names, unquote(strings.TrimLeft(rest, " ")))
			case file == f.config && rest == "" && s.hasProfileKey():
				names = append(names, raw)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// hasProfileKey reports whether a section has a key of profiles. The config file
// also has sections for other purposes, such as [plugins].
func (s *section) hasProfileKey() bool {
	for key := range s.entries {
		if isKnown(key) {
			return true
		}
	}
	return false
}

// unreadSections returns a warning for each profile that does not exist
// although a file has a section for it; see misplaced. It checks at most
// maxUnread profile names.
func (f *sharedFiles) unreadSections() (warnings []string) {
	names := f.unreadNames()
	for _, name := range names[:min(len(names), maxUnread)] {
		if text := f.misplaced(name); text != "" && !f.profile(name).exists() {
			warnings = append(warnings, text)
		}
	}
	return warnings
}

// maxUnread is the maximum number of profile names that unreadSections checks.
const maxUnread = 100
