// What an answer that others will read leaves out: IDs and names of accounts and
// people.

package denial

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/lazy"
)

// Redacter replaces the IDs of accounts, organizations and access keys, addresses of
// e-mail, and the names of users and of sessions by marks: the same one for the same
// ID, so that an answer still tells one account from another. The zero value is ready
// for use.
type Redacter struct {
	marks map[string]map[string]string // of a kind: the name, its mark
}

// kinds of what is replaced.
const (
	markAccount = "ACCOUNT"
	markSession = "SESSION"
	markUser    = "USER"
	markID      = "UNIQUE-ID"
)

// identifiers are what is recognised wherever it stands. Sources: IAM User Guide, "IAM
// identifiers", for the beginnings of unique IDs; AWS Organizations API Reference,
// "Organization" and "OrganizationalUnit", for those of organizations.
var identifiers = lazy.Value[[]identifier]{Make: func() []identifier {
	return []identifier{
		{"EMAIL", regexp.MustCompile(`()([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})`)},
		{"ACCESS-KEY", regexp.MustCompile(`()\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{8,})\b`)},
		{markID, regexp.MustCompile(`()\b((?:AROA|AIDA|AGPA|AIPA|ANPA|ANVA|APKA|ASCA)[A-Z0-9]{8,})\b`)},
		{"ORGANIZATION", regexp.MustCompile(`()\b(o-[a-z0-9]{10,32})\b`)},
		{"ORGANIZATION", regexp.MustCompile(`(:organizations:[^:\s"]*:[^:\s"]*:[a-z]+/)(o-[A-Za-z0-9]+)`)},
		{"UNIT", regexp.MustCompile(`()\b(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32})\b`)},
		{markAccount, regexp.MustCompile(`(\b)(\d{12})\b`)},
	}
}}

type identifier struct {
	mark       string
	expression *regexp.Regexp
}

// Denial returns the denial without these IDs and names.
func (r *Redacter) Denial(d Denial) Denial {
	d.Principal, d.Resource = r.subject(r.ARN(d.Principal)), r.ARN(d.Resource)
	d.PolicyARN, d.Statement = r.Text(d.PolicyARN), r.Text(d.Statement)
	return d
}

// ARN returns an ARN without them: the name of the session or of the user that it is
// about, and those of others that were told before, are replaced too.
func (r *Redacter) ARN(arn string) string {
	arn = r.person(arn)
	for _, kind := range []string{markSession, markUser} {
		for _, name := range slices.Sorted(maps.Keys(r.marks[kind])) {
			if len(name) >= 4 { // such as an instance ID, in the name of an object
				arn = replaceWord(arn, name, r.marks[kind][name])
			}
		}
	}
	return r.Text(arn)
}

// replaceWord replaces a name where it is not part of a longer word.
func replaceWord(text, name, mark string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, name)
		if i < 0 {
			return b.String() + text
		}
		after := text[i+len(name):]
		if i > 0 && isWord(text[i-1]) || after != "" && isWord(after[0]) {
			b.WriteString(text[:i+len(name)])
		} else {
			b.WriteString(text[:i] + mark)
		}
		text = after
	}
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// person replaces the name of the session or user in the ARN of one, and in a
// principal ID, which is "AROAEXAMPLE:SESSION".
func (r *Redacter) person(arn string) string {
	if !strings.HasPrefix(arn, "arn:") {
		id, name, found := strings.Cut(arn, ":")
		if found && name != "" && len(id) >= 12 && strings.ToUpper(id) == id {
			return id + ":" + r.numbered(markSession, name)
		}
		return arn
	}
	if before, rest, found := strings.Cut(arn, ":assumed-role/"); found {
		role, name, _ := strings.Cut(rest, "/")
		if name == "" {
			return arn
		}
		return before + ":assumed-role/" + role + "/" + r.numbered(markSession, name)
	}
	if before, name, found := strings.Cut(arn, ":federated-user/"); found && name != "" {
		return before + ":federated-user/" + r.numbered(markSession, name)
	}
	if before, path, found := strings.Cut(arn, ":user/"); found && path != "" && strings.Contains(before, ":iam:") {
		name := path[strings.LastIndexByte(path, '/')+1:]
		if strings.Trim(name, "*?") == "" {
			return arn
		}
		return before + ":user/" + path[:len(path)-len(name)] + r.numbered(markUser, name)
	}
	return arn
}

// serviceAccount is what the subject of a Kubernetes service account begins with: it
// names no person, and a trust policy names it.
const serviceAccount = "system:serviceaccount:"

// subject replaces the name at the end of what an identity provider calls somebody,
// which is "accounts.google.com:APP:NAME", "QUALIFIER=:NAME", or the ARN of a provider
// with such an end. Source: CloudTrail User Guide, "CloudTrail userIdentity element",
// WebIdentityUser and SAMLUser.
func (r *Redacter) subject(principal string) string {
	before, end := "", principal
	if strings.HasPrefix(principal, "arn:") {
		i := strings.Index(principal, "-provider/")
		if i < 0 {
			return principal
		}
		before, end = principal[:i], principal[i:]
	}
	i := strings.LastIndexByte(end, ':')
	if i < 0 || i == len(end)-1 || strings.Contains(end, serviceAccount) || strings.HasPrefix(end, markID) {
		return principal // one that ARN has redacted, among others
	}
	return before + end[:i+1] + r.numbered(markUser, end[i+1:])
}

// Text returns a text without the IDs that are recognised wherever they stand.
func (r *Redacter) Text(text string) string {
	for _, i := range identifiers.Get() {
		text = i.expression.ReplaceAllStringFunc(text, func(found string) string {
			m := i.expression.FindStringSubmatch(found)
			return m[1] + r.numbered(i.mark, m[2])
		})
	}
	return text
}

// numbered returns the mark of a name: ACCOUNT for the first, ACCOUNT-2 for the
// next.
func (r *Redacter) numbered(kind, name string) string {
	if r.marks == nil {
		r.marks = map[string]map[string]string{}
	}
	marks := r.marks[kind]
	if marks == nil {
		marks = map[string]string{}
		r.marks[kind] = marks
	}
	if name == kind || strings.HasPrefix(name, kind+"-") {
		return name // it is one
	}
	if known, ok := marks[name]; ok {
		return known
	}
	mark := kind
	if len(marks) > 0 {
		mark = fmt.Sprintf("%s-%d", kind, len(marks)+1)
	}
	marks[name] = mark
	return mark
}
