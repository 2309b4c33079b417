// Replaces IDs, email addresses, and names of users and sessions in an explanation
// with marks, so that the explanation can be shared.

package denial

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/lazy"
)

// Redactor replaces the IDs of accounts, organizations, organizational units
// and access keys, the unique IDs of IAM, email addresses, and the names of
// users and sessions with marks. The same ID gets the same mark, so that
// different accounts remain distinguishable. The zero value is ready for use.
type Redactor struct {
	marks map[string]map[string]string // the mark of each name, by kind
}

// The kinds of marks that the code refers to.
const (
	markAccount = "ACCOUNT"
	markSession = "SESSION"
	markUser    = "USER"
	markID      = "UNIQUE-ID"
)

// identifiers are recognized anywhere in a text. Sources: IAM User Guide, "IAM
// identifiers", for the prefixes of unique IDs; AWS Organizations API
// Reference, "Organization" and "OrganizationalUnit", for the IDs of
// organizations.
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

// Denial returns a redacted copy of a denial.
func (r *Redactor) Denial(d Denial) Denial {
	d.Principal, d.Resource = r.redactSubject(r.ARN(d.Principal)), r.ARN(d.Resource)
	d.PolicyARN, d.Statement = r.Text(d.PolicyARN), r.Text(d.Statement)
	return d
}

// ARN redacts an ARN. It also replaces the name of its session or user, and those
// names of sessions and users that occurred before and have at least four bytes.
func (r *Redactor) ARN(arn string) string {
	arn = r.redactName(arn)
	for _, kind := range []string{markSession, markUser} {
		for _, name := range slices.Sorted(maps.Keys(r.marks[kind])) {
			if len(name) >= 4 { // distinctive, such as an instance ID in an object key
				arn = replaceWord(arn, name, r.marks[kind][name])
			}
		}
	}
	return r.Text(arn)
}

// replaceWord replaces a name unless it is part of a longer word.
func replaceWord(text, name, mark string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, name)
		if i < 0 {
			return b.String() + text
		}
		after := text[i+len(name):]
		if i > 0 && isWordChar(text[i-1]) || after != "" && isWordChar(after[0]) {
			b.WriteString(text[:i+len(name)])
		} else {
			b.WriteString(text[:i] + mark)
		}
		text = after
	}
}

func isWordChar(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// redactName replaces the name of the session or user in an ARN or in a
// principal ID ("AROAEXAMPLE:SESSION").
func (r *Redactor) redactName(arn string) string {
	if !strings.HasPrefix(arn, "arn:") {
		id, name, found := strings.Cut(arn, ":")
		if found && name != "" && len(id) >= 12 && strings.ToUpper(id) == id {
			return id + ":" + r.markFor(markSession, name)
		}
		return arn
	}
	if before, rest, found := strings.Cut(arn, ":assumed-role/"); found {
		role, name, _ := strings.Cut(rest, "/")
		if name == "" {
			return arn
		}
		return before + ":assumed-role/" + role + "/" + r.markFor(markSession, name)
	}
	if before, name, found := strings.Cut(arn, ":federated-user/"); found && name != "" {
		return before + ":federated-user/" + r.markFor(markSession, name)
	}
	if before, path, found := strings.Cut(arn, ":user/"); found && path != "" && strings.Contains(before, ":iam:") {
		name := path[strings.LastIndexByte(path, '/')+1:]
		if strings.Trim(name, "*?") == "" {
			return arn
		}
		return before + ":user/" + path[:len(path)-len(name)] + r.markFor(markUser, name)
	}
	return arn
}

// serviceAccount is the prefix of the subject of a Kubernetes service account.
// The subject is kept: it does not name a person, and trust policies contain it.
const serviceAccount = "system:serviceaccount:"

// redactSubject replaces the name at the end of a principal of an identity
// provider: "accounts.google.com:APP:NAME", "QUALIFIER=:NAME", or the ARN of a
// provider with such an end. Source: CloudTrail User Guide, "CloudTrail
// userIdentity element", WebIdentityUser and SAMLUser.
func (r *Redactor) redactSubject(principal string) string {
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
		return principal // for example, a name that ARN has already redacted
	}
	return before + end[:i+1] + r.markFor(markUser, end[i+1:])
}

// Text replaces the identifiers that are recognized anywhere in a text.
func (r *Redactor) Text(text string) string {
	for _, i := range identifiers.Get() {
		text = i.expression.ReplaceAllStringFunc(text, func(found string) string {
			m := i.expression.FindStringSubmatch(found)
			return m[1] + r.markFor(i.mark, m[2])
		})
	}
	return text
}

// markFor returns the mark of a name: ACCOUNT for the first one, ACCOUNT-2 for
// the next.
func (r *Redactor) markFor(kind, name string) string {
	if r.marks == nil {
		r.marks = map[string]map[string]string{}
	}
	marks := r.marks[kind]
	if marks == nil {
		marks = map[string]string{}
		r.marks[kind] = marks
	}
	if name == kind || strings.HasPrefix(name, kind+"-") {
		return name // it is already a mark
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
