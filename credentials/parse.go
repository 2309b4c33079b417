package credentials

// This file parses the INI dialect of the files that the AWS CLI and the SDKs
// share. It is stricter than each of them: a line that botocore (Python's
// RawConfigParser) rejects, or that botocore and the SDK for Go read
// differently, is a problem, because its value may not be the one that the user
// meant. A problem describes what is on a line and never quotes it: the line
// may contain a secret.

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"capaboot/credentials/accesskey"
	"capaboot/internal/problem"
)

type section struct {
	file    *sharedFile
	line    int
	entries map[string]*entry // by key
	broken  bool              // some tools reject it or read it differently
	faulty  bool              // its header is broken, and its name may be a part of a secret
}

// entry is one key of a section.
type entry struct {
	file             *sharedFile
	line             int
	key              string // in lower case
	value            string // without white space around it; "" when lines with sub-keys follow
	continuationLine int    // the first indented line that continues the value; 0 for none
	// sub has the sub-keys of a key without a value; nil for none.
	sub map[string]string
}

// entry returns the entry of a key; nil when the section or the key does not
// exist.
func (s *section) entry(key string) *entry {
	if s == nil {
		return nil
	}
	return s.entries[key]
}

// where returns the position of the entry, for an error.
func (e *entry) where() string { return problem.Place(e.file.shownPath(), e.line, 0) }

// empty reports whether there is no value.
func (e *entry) empty() bool { return e == nil || e.value == "" }

// knownKeys lists the keys that a problem of the parser may name. Any other word in the place
// of a key may be a part of a secret.
var knownKeys = [...]string{
	"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token", "region", "output",
	"role_arn", "source_profile", "credential_source", "credential_process", "mfa_serial", "external_id",
	"sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name", "web_identity_token_file",
	"role_session_name", "duration_seconds", "login_session",
}

func isKnown(key string) bool { return slices.Contains(knownKeys[:], key) }

// continuedKeys lists the known keys whose value may continue on an indented
// line without a problem of the file. Nothing reads the value of "output". For
// the other keys, the code that reads the value rejects a continued one.
var continuedKeys = [...]string{
	"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token", "credential_process", "output",
}

// parser is the state of the parser between lines.
type parser struct {
	file     *sharedFile
	sections map[string]*section // by section ID, see identify
	current  *section            // nil before the first section
	defaults []*section          // the sections [DEFAULT]
	last     *entry              // the key that an indented line belongs to; nil after a section name
	indent   int                 // width of the white space before that key
	line     int
	problems problem.List
	dropped  int // problems beyond maxProblems
}

// maxProblems is the maximum number of problems that are reported for a file.
const maxProblems = 10

// parse returns the sections of a text by ID, its problems, and the number of
// problems beyond maxProblems. A section with a problem is marked as broken.
// Some problems belong to no section.
func (f *sharedFile) parse(text string) (map[string]*section, problem.List, int) {
	p := &parser{file: f, sections: map[string]*section{}}
	text = strings.TrimPrefix(text, "\ufeff")
	for hasMore := true; hasMore; {
		var line string
		line, text, hasMore = strings.Cut(text, "\n")
		p.line++
		p.read(strings.TrimSuffix(line, "\r"))
	}
	p.markInheriting()
	return p.sections, p.problems, p.dropped
}

func (p *parser) problemf(format string, args ...any) {
	if p.current != nil {
		p.current.broken = true
	}
	if len(p.problems) == maxProblems {
		p.dropped++
		return
	}
	p.problems = append(p.problems, problem.Problem{File: p.file.path, Line: p.line, Message: fmt.Sprintf(format, args...)})
}

func (p *parser) read(line string) {
	if !p.checkText(line) {
		p.hiddenHeaders(line)
		return
	}
	text := strings.Trim(line, " \t")
	if text == "" || isComment(text) {
		return
	}
	if strings.TrimSpace(text) != text {
		p.problemf("white space other than spaces and tabs at the start or the end of the line")
		p.hiddenHeaders(line)
		return
	}
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	if p.last != nil && indent > p.indent {
		p.indented(text)
		return
	}
	p.indent, p.last = indent, nil
	switch {
	case text[0] == '[':
		p.header(text)
	case p.current == nil:
		p.problemf("a line before the first section header, such as [default]")
		p.current = p.newSection() // so that this problem is reported once
	default:
		p.key(text)
	}
}

// checkText reports whether a line is text: valid UTF-8 without control
// characters. Otherwise it adds a problem.
func (p *parser) checkText(line string) bool {
	if !utf8.ValidString(line) {
		p.problemf("not valid UTF-8")
		return false
	}
	for _, r := range line {
		if r != '\t' && unicode.IsControl(r) {
			p.problemf("a control character (%U)", r)
			return false
		}
	}
	return true
}

// hiddenHeaders claims the sections that tools may read in a line with unusual
// characters. A header may begin the line, or follow a carriage return: there
// botocore begins a new line, and the SDK for Go does not.
func (p *parser) hiddenHeaders(line string) {
	for text := range strings.SplitSeq(line, "\r") {
		if header, ok := strings.CutPrefix(strings.TrimSpace(text), "["); ok {
			p.current = p.newSection()
			name, _, _ := strings.Cut(header, "]")
			p.claim(name)
		}
	}
}

func isComment(text string) bool { return text[0] == '#' || text[0] == ';' }

func (p *parser) newSection() *section {
	return &section{file: p.file, line: p.line, entries: map[string]*entry{}}
}

// header reads "[name]", which a comment may follow.
func (p *parser) header(text string) {
	name, rest, closed := strings.Cut(text[1:], "]")
	rest = strings.Trim(rest, " \t")
	if p.current != nil && (!closed || rest != "" && !isComment(rest) || hasComment(name)) {
		p.current.broken = true // the SDK for Go may read the keys below as keys of the section above
	}
	p.current = p.newSection() // keys below a bad header belong to a broken section
	if fault := p.headerFault(name, rest, closed); fault != "" {
		p.problemf("%s", fault)
		if name == inheritedSection {
			p.defaults = append(p.defaults, p.current)
			return
		}
		p.claim(name)
		return
	}
	id := p.file.identify(name)
	if id == "" {
		p.problemf("an empty section name")
		return
	}
	if first, ok := p.sections[id]; ok {
		first.broken = true
		p.problemf("this section already begins on line %d", first.line)
		return
	}
	p.sections[id] = p.current
}

// claim records the current section, whose header is faulty, for every profile
// that tools may read below the header. If the file already has a section for
// such a profile, claim marks that section as broken. The profile is then
// broken, even if the other shared file has it too.
func (p *parser) claim(name string) {
	p.current.faulty, p.current.broken = true, true
	for _, id := range p.file.identifyFaulty(name) {
		if first, ok := p.sections[id]; ok {
			first.broken = true
			continue
		}
		p.sections[id] = p.current
	}
}

// inheritedSection is the section whose keys botocore adds to all sections of
// the file (Python's RawConfigParser).
const inheritedSection = "DEFAULT"

// headerFault returns why tools reject a section header or read it differently;
// "" when they agree.
func (p *parser) headerFault(name, rest string, closed bool) string {
	switch {
	case !closed:
		return "a section name without its closing ]"
	case rest != "" && (!isComment(rest) || strings.Contains(rest, "]")):
		return "text after the closing ] of a section name"
	case strings.Trim(name, " \t") == "":
		return "an empty section name"
	case strings.Trim(name, " \t") != name:
		return "white space at the start or the end of a section name, which some tools read as part of the name"
	case hasComment(name):
		return "a section name with a # or a semicolon, which some tools read as the start of a comment"
	case p.file.name == "credentials" && (strings.Contains(name, "  ") || strings.Contains(name, "\t")):
		return "a tab or several spaces in a section name, which some tools read as one space"
	case name == inheritedSection:
		return "a section DEFAULT in capitals, which the AWS CLI applies to every profile: to set the default profile, write [default]"
	case p.file.name == "config" && !isConfigName(name):
		return "a section name that tools read in different ways: write [profile NAME]; if NAME has white space, put NAME in quotes"
	}
	return ""
}

// hasComment reports whether a section name has the start of a comment. The SDK
// for Go finds no header in such a line: it reads the keys below as keys of the
// section above (config/internal/ini, asProfile).
func hasComment(name string) bool { return strings.ContainsAny(name, "#;") }

// identifyFaulty returns the IDs of the sections that tools may read below a
// faulty header. The name may have no closing bracket.
func (f *sharedFile) identifyFaulty(name string) []string {
	name = strings.Trim(name, " \t")
	if name == "" {
		return nil
	}
	if f.name != "config" || !strings.HasPrefix(name, "profile") {
		ids := []string{f.identify(name)}
		if one := strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '\t' }), " "); one != name {
			ids = append(ids, f.identify(one))
		}
		return ids
	}
	_, profile, _ := strings.Cut(strings.ReplaceAll(name, "\t", " "), " ")
	profile = strings.TrimLeft(profile, " ")
	var ids []string
	for _, read := range []string{unquote(profile), strings.NewReplacer(`"`, "", "'", "", `\`, "").Replace(profile)} {
		if id := profilePrefix + read; read != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// markInheriting marks the sections as broken that botocore reads differently
// because of a section [DEFAULT]. The SDK for Go gives that section no meaning.
func (p *parser) markInheriting() {
	for _, from := range p.defaults {
		for key := range from.entries {
			if !isKnown(key) || key == "output" {
				continue
			}
			for _, s := range p.sections {
				if s.entry(key) == nil {
					s.broken = true
				}
			}
			if id := profilePrefix + defaultProfile; p.sections[id] == nil {
				p.sections[id] = from // [DEFAULT] is probably meant for the profile "default"
			}
		}
	}
}

// isConfigName reports whether all tools agree on a section name of the config
// file: the section is not a profile, or its name is "profile NAME" with a
// plain or quoted NAME. The AWS CLI splits the name like a shell, and accepts
// any first word that begins with "profile" (botocore/configloader.py).
func isConfigName(name string) bool {
	if !strings.HasPrefix(name, "profile") {
		return true
	}
	kind, profile, two := strings.Cut(name, " ")
	if !two || kind != "profile" {
		return name == "profile"
	}
	profile = strings.TrimLeft(profile, " ")
	unquoted := unquote(profile)
	return !strings.ContainsAny(unquoted, "\"'\\") && (unquoted != profile || !strings.ContainsAny(unquoted, " \t"))
}

// key reads "key = value" or "key: value".
func (p *parser) key(text string) {
	i := strings.IndexAny(text, "=:")
	if i < 0 {
		p.problemf("neither a [section], a comment, nor key = value")
		return
	}
	key, value := strings.Trim(text[:i], " \t"), strings.Trim(text[i+1:], " \t")
	switch {
	case key == "":
		p.problemf("a value without a key before the %c", text[i])
		return
	case strings.TrimSpace(key) != key || strings.TrimSpace(value) != value:
		p.problemf("white space other than spaces and tabs around the %c", text[i])
		return
	}
	key = accesskey.LowerASCII(key)
	if first := p.current.entries[key]; first != nil {
		name := "this key"
		if isKnown(key) {
			name = key
		}
		p.problemf("%s is already set on line %d", name, first.line)
		return
	}
	p.last = &entry{file: p.file, line: p.line, key: key, value: value}
	p.current.entries[key] = p.last
}

// indented reads a line that is indented deeper than the key above it. If that
// key has no value, the line is a sub-key. Otherwise the line continues the
// value, and its text is dropped, because no source needs this text. In the
// value of a sub-key, a # starts no comment, neither for the SDK for Go nor for
// botocore.
func (p *parser) indented(text string) {
	if p.last.value == "" {
		key, value, found := strings.Cut(text, "=")
		if !found {
			p.problemf("an indented line that is not key = value, below a key without a value")
		}
		// For the SDK for Go, a colon before the = ends the key; for botocore
		// it is a part of the key.
		if found && !strings.Contains(key, ":") {
			if p.last.sub == nil {
				p.last.sub = map[string]string{}
			}
			p.last.sub[accesskey.LowerASCII(strings.Trim(key, " \t"))] = unquote(strings.Trim(value, " \t"))
		}
		return
	}
	if i := strings.IndexAny(text, "=:"); i >= 0 {
		// The SDK for Go reads a key here; botocore continues the value above.
		if key := accesskey.LowerASCII(strings.TrimSpace(text[:i])); isKnown(key) {
			p.problemf("%s is indented, so it is part of the value on line %d", key, p.last.line)
			return
		}
	}
	if text[0] == '[' {
		p.problemf("a section name is indented, so it is part of the value on line %d", p.last.line)
		return
	}
	if p.last.continuationLine == 0 {
		if p.last.continuationLine = p.line; isKnown(p.last.key) && !slices.Contains(continuedKeys[:], p.last.key) {
			p.problemf("the line is indented, so it is part of the value of %s on line %d", p.last.key, p.last.line)
		}
	}
}
