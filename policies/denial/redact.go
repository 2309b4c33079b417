// Account IDs and names of sessions, for answers that others will read.

package denial

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Redacter replaces account IDs and the names of sessions by marks, the same one
// for the same ID, so that an answer still tells one account from another. The
// zero value is ready for use.
type Redacter struct {
	accounts map[string]string
	sessions map[string]string
}

// accountID is a number of twelve digits that stands by itself.
var accountID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b\d{12}\b`) })

// Denial returns the denial without account IDs and session names.
func (r *Redacter) Denial(d Denial) Denial {
	d.Principal, d.Resource = r.ARN(d.Principal), r.ARN(d.Resource)
	d.PolicyARN, d.Statement = r.Accounts(d.PolicyARN), r.Accounts(d.Statement)
	return d
}

// ARN returns an ARN without account IDs, and without the name of the session if
// it is one's.
func (r *Redacter) ARN(arn string) string {
	arn = r.session(arn)
	for name, mark := range r.sessions {
		if len(name) >= 4 { // such as an instance ID, in the name of an object
			arn = strings.ReplaceAll(arn, name, mark)
		}
	}
	return r.Accounts(arn)
}

// session replaces the name of the session in the ARN of one.
func (r *Redacter) session(arn string) string {
	for _, kind := range []string{":assumed-role/", ":federated-user/"} {
		before, rest, found := strings.Cut(arn, kind)
		if !found {
			continue
		}
		role, name, named := strings.Cut(rest, "/")
		if kind == ":federated-user/" {
			role, name, named = "", rest, true
		}
		if !named || name == "" {
			return arn
		}
		if r.sessions == nil {
			r.sessions = map[string]string{}
		}
		mark := numbered(r.sessions, name, "SESSION")
		if role == "" {
			return before + kind + mark
		}
		return before + kind + role + "/" + mark
	}
	return arn
}

// Accounts returns a text without account IDs.
func (r *Redacter) Accounts(text string) string {
	if r.accounts == nil {
		r.accounts = map[string]string{}
	}
	return accountID().ReplaceAllStringFunc(text, func(id string) string { return numbered(r.accounts, id, "ACCOUNT") })
}

// numbered returns the mark of a name: ACCOUNT for the first, ACCOUNT-2 for the
// next.
func numbered(marks map[string]string, name, mark string) string {
	if known, ok := marks[name]; ok {
		return known
	}
	if len(marks) > 0 {
		mark = fmt.Sprintf("%s-%d", mark, len(marks)+1)
	}
	marks[name] = mark
	return mark
}
