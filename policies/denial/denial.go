// Package denial finds the requests that AWS denied in what people have at hand:
// an error message, the lines of a log, an event of CloudFormation, a record of
// CloudTrail, a decoded authorization message.
//
// It reads and names; it looks up nothing and decides nothing. What a text does
// not tell stays empty.
//
// Sources: IAM User Guide, "Troubleshoot access denied error messages", for the
// sentences; CloudTrail User Guide, "CloudTrail record contents", for the fields
// of a record; STS API Reference, "DecodeAuthorizationMessage", for the decoded
// message.
package denial

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Policy is a kind of policy that decided against a request.
type Policy string

// The kinds of policy that AWS's messages name.
const (
	Identity     Policy = "identity-based policy"
	Resource     Policy = "resource-based policy"
	Trust        Policy = "role trust policy"
	Boundary     Policy = "permissions boundary"
	Session      Policy = "session policy"
	ServiceCtrl  Policy = "service control policy"
	ResourceCtrl Policy = "resource control policy"
	Endpoint     Policy = "VPC endpoint policy"
	// PublicAccess is not a policy: settings of a bucket, an access point or an
	// account that refuse public ones.
	PublicAccess Policy = "S3 Block Public Access"
)

// Denial is one request that AWS denied, as a text tells it.
type Denial struct {
	// Action is "ec2:AllocateHosts"; empty when the text does not tell, as
	// UnauthorizedOperation with an encoded message alone.
	Action string `json:"action,omitempty"`
	// Or are further actions: the text does not say which of all was denied.
	Or []string `json:"or,omitempty"`
	// Operation is the action of the request that asked for it, where that is
	// another: "ec2:RunInstances" for iam:PassRole.
	Operation string `json:"operation,omitempty"`
	// Asked is the prefix of the service that was asked, where that is not the one
	// of Action, and the text does not tell the operation.
	Asked string `json:"-"`
	// Principal is the ARN of the denied principal, or what answers in its place, such
	// as "anonymous".
	Principal string `json:"principal,omitempty"`
	// Resource is an ARN, or "*".
	Resource string `json:"resource,omitempty"`
	// MayNotExist: AWS says the same of a resource that does not exist in the
	// Region, of a policy that does not allow the request, and of one that denies it.
	MayNotExist bool `json:"mayNotExist,omitempty"`
	// Policy is the kind of policy that decided, empty when the text does not
	// tell: AWS leaves it out for requests across accounts and for many services.
	Policy Policy `json:"policy,omitempty"`
	// Explicit: a statement of such a policy denies the request. Without it, none
	// allows the request.
	Explicit bool `json:"explicit"`
	// PolicyARN is the policy with the explicit denial, where AWS names it.
	PolicyARN string `json:"policyARN,omitempty"`
	// Statement is the Sid of the statement that denies, of a decoded message.
	Statement string `json:"statement,omitempty"`
	// Setting is that of S3 Block Public Access, "BlockPublicPolicy".
	Setting string `json:"setting,omitempty"`
	// Code is AWS's error code, "UnauthorizedOperation".
	Code string `json:"code,omitempty"`
	// Encoded: the details are in an encoded authorization message. The message
	// itself is not kept.
	Encoded bool `json:"encoded"`
	// CutOff: the text ends, or leaves something out, before the denial is told in
	// full. A resource that ends with "..." is not told in full.
	CutOff bool `json:"cutOff,omitempty"`
	// Line is where the text first reports it, counted from 1, and Times how
	// often it does.
	Line  int `json:"line"`
	Times int `json:"times"`
	// Sessions is how many sessions of the role were denied it. Principal has the
	// first of them; 0 when the text names none.
	Sessions int `json:"sessions,omitempty"`
}

// key is what two denials have in common that are told as one: all but when, how
// the SDK calls the error, and in which session of the role.
func (d *Denial) key() string {
	who, _ := withoutSession(d.Principal)
	// With the kind of policy, the encoded message has nothing more to tell.
	encoded := d.Encoded && d.Policy == ""
	return fmt.Sprintf("%s\n%s\n%s\n%s\n%s\n%t\n%s\n%t\n%s\n%s\n%s\n%t\n%t\n%s", d.Action, strings.Join(d.Or, ","), d.Operation, who,
		d.Resource, d.MayNotExist, d.Policy, d.Explicit, d.PolicyARN, d.Statement, d.Setting, encoded, d.CutOff, d.Asked)
}

// withoutSession splits the ARN of a role's session.
func withoutSession(principal string) (role, session string) {
	before, rest, found := strings.Cut(principal, ":assumed-role/")
	name, session, named := strings.Cut(rest, "/")
	if !found || !named {
		return principal, ""
	}
	return before + ":assumed-role/" + name, session
}

// Other is an error of AWS's that no policy causes, though it may look like it.
type Other struct {
	Code string `json:"code"`
	Line int    `json:"line"`
	// Why says what it is.
	Why string `json:"why"`
}

// Found is what a text tells.
type Found struct {
	// Denials are in the order in which they first appear; those that differ in
	// only the time and the session of the role are one.
	Denials []Denial `json:"denials"`
	Others  []Other  `json:"others"`
	Lines   int      `json:"lines"` // how many lines the text has
	// More: there are more than [MaxDenials].
	More bool `json:"more"`
}

// MaxDenials bounds the different denials of one text.
const MaxDenials = 1000

// Read finds the denials of a text: lines of logs in whatever form, messages,
// JSON documents, or these mixed. It takes time in proportion to the text.
// Of more than [MaxDenials] different denials, the first are told.
func Read(text []byte) Found {
	text = plain(text)
	r := &reader{lines: lineStarts(text), seen: map[string]int{}, sessions: map[session]bool{}}
	r.found = Found{Denials: []Denial{}, Others: []Other{}, Lines: len(r.lines)}
	if len(bytes.TrimSpace(text)) == 0 {
		r.found.Lines = 0
	}
	rest := r.documents(r.rows(text))
	for _, piece := range r.telling(rest) {
		r.messages(rest[piece.start:piece.end], origin{piece.start, 1}, record{})
	}
	slices.SortStableFunc(r.found.Denials, func(a, b Denial) int { return a.Line - b.Line })
	slices.SortStableFunc(r.found.Others, func(a, b Other) int { return a.Line - b.Line })
	return r.found
}

// reader collects what a text tells.
type reader struct {
	lines    []int // the offset at which each line begins
	seen     map[string]int
	sessions map[session]bool
	found    Found
	// once are the denials that the texts of one object have told, nil elsewhere.
	once map[string]bool
	// unread is how much text was read as a row of a table and is not one: a
	// quotation mark that nothing closes takes all of the rest, at every header.
	unread int
	// mentions is how often a denial was told.
	mentions int
}

// session is one session of a denial.
type session struct {
	denial int
	name   string
}

// maxSessions bounds how many sessions are told apart.
const maxSessions = 100_000

// origin is where a text begins in all that is read. step is 0 for the texts of
// a JSON document: all of it is where the document begins.
type origin struct{ at, step int }

func (o origin) position(offset int) int { return o.at + o.step*offset }

// line returns the line of an offset, counted from 1.
func (r *reader) line(offset int) int {
	i, exact := slices.BinarySearch(r.lines, offset)
	if exact {
		return i + 1
	}
	return max(i, 1)
}

// span is a part of a text, by offsets.
type span struct{ start, end int }

// hints are words of which one is in every line that reports a denial or of
// another error. Looking for them is much faster than for the sentences, and
// most lines of a log have none.
var hints = []string{"uthoriz", "enied", "orbidden", "rror", "xception", "xpired", "Token", "InvalidAccessKeyId", "SignatureDoesNotMatch", "master key", "not allowed", "permission",
	"AuthFailure", "OptInRequired", "NoCredentialProviders", "DryRunOperation", "Throttling", "LimitExceeded", "credentials"}

// around is how many lines before and after one with a hint are read with it: a
// terminal may have broken the sentence, at every word if need be.
const around = 40

// telling returns the parts of a text that may report a denial.
func (r *reader) telling(text []byte) []span {
	var spans []span
	for i, start := range r.lines {
		end := len(text)
		if i+1 < len(r.lines) {
			end = r.lines[i+1]
		}
		line := text[start:end]
		if !slices.ContainsFunc(hints, func(h string) bool { return bytes.Contains(line, []byte(h)) }) {
			continue
		}
		from, to := r.lines[max(0, i-around)], len(text)
		if i+around+1 < len(r.lines) {
			to = r.lines[i+around+1]
		}
		if n := len(spans); n > 0 && from <= spans[n-1].end {
			spans[n-1].end = to
			continue
		}
		spans = append(spans, span{from, to})
	}
	return spans
}

func lineStarts(text []byte) []int {
	starts := []int{0}
	for i, c := range text {
		if c == '\n' && i+1 < len(text) {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// add counts a denial at an offset, with what the record around it knows.
func (r *reader) add(d Denial, offset int, around record) {
	r.mentions++
	d = around.complete(d)
	key := d.key()
	i, known := r.seen[key]
	if !known {
		if len(r.found.Denials) >= MaxDenials {
			r.found.More = true
			return
		}
		i = len(r.found.Denials)
		r.seen[key] = i
		d.Line, d.Times, d.Sessions = r.line(offset), 0, 0
		r.found.Denials = append(r.found.Denials, d)
	}
	one := &r.found.Denials[i]
	one.Times++
	one.Code = cmp.Or(one.Code, d.Code)
	_, name := withoutSession(d.Principal)
	if at := (session{i, name}); name != "" && !r.sessions[at] && len(r.sessions) < maxSessions {
		r.sessions[at] = true
		one.Sessions++
	}
}

func (r *reader) addOther(o Other) {
	same := func(x Other) bool { return x.Code == o.Code }
	if !slices.ContainsFunc(r.found.Others, same) {
		r.found.Others = append(r.found.Others, o)
	}
}

// Service returns the service of the action, "ec2".
func (d *Denial) Service() string {
	service, _, _ := strings.Cut(d.Action, ":")
	return service
}
