// Package denial finds denied AWS requests in error messages, log lines,
// CloudFormation events, CloudTrail records and decoded authorization messages.
//
// It only parses: it sends no requests, and looks up actions only in the
// embedded authorization data. Fields that a text does not determine stay
// empty.
//
// Sources: IAM User Guide, "Troubleshoot access denied error messages", for the
// sentences; CloudTrail User Guide, "CloudTrail record contents", for the
// fields of a record; STS API Reference, "DecodeAuthorizationMessage", for the
// decoded message.
package denial

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Policy is the kind of policy that denied a request.
type Policy string

// The kinds of policy that AWS's messages name.
const (
	Identity        Policy = "identity-based policy"
	Resource        Policy = "resource-based policy"
	Trust           Policy = "role trust policy"
	Boundary        Policy = "permissions boundary"
	Session         Policy = "session policy"
	ServiceControl  Policy = "service control policy"
	ResourceControl Policy = "resource control policy"
	Endpoint        Policy = "VPC endpoint policy"
	// PublicAccess is not a policy: a setting of a bucket, an access point or
	// an account refuses public access.
	PublicAccess Policy = "S3 Block Public Access"
)

// Denial is one denied request, as far as the text describes it.
type Denial struct {
	// Action is an action such as "ec2:AllocateHosts". It is empty if the text
	// does not determine it: UnauthorizedOperation may contain only an encoded
	// message.
	Action string `json:"action,omitempty"`
	// Or has the other possible actions if the text does not say which one was
	// denied.
	Or []string `json:"or,omitempty"`
	// Operation is the action of the request that needed Action, if the two
	// differ: "ec2:RunInstances" for iam:PassRole.
	Operation string `json:"operation,omitempty"`
	// RequestedService is the prefix of the service that received the request,
	// if the text names it and it is not the service of Action. If Operation is
	// set, Operation says more.
	RequestedService string `json:"-"`
	// Principal is the ARN of the denied principal, or a text such as
	// "anonymous".
	Principal string `json:"principal,omitempty"`
	// Resource is an ARN, "*" or, if the text does not determine the ARN, a
	// name or an ID.
	Resource string `json:"resource,omitempty"`
	// MayNotExist means that the resource may not exist: AWS returns the same
	// message if the resource does not exist in the Region, if its policy does
	// not allow the request, and if a policy denies the request.
	MayNotExist bool `json:"mayNotExist,omitempty"`
	// Policy is the kind of policy that decided, or "" if the text does not
	// name it: AWS omits it for cross-account requests and for many services.
	Policy Policy `json:"policy,omitempty"`
	// Explicit means that a statement denies the request, in a policy of the
	// kind Policy if that is not "". Otherwise no statement allows the request,
	// [PublicAccess] refuses it, or the text does not say why the request was
	// denied.
	Explicit bool `json:"explicit"`
	// PolicyARN is the policy with the explicit deny, if AWS names it.
	PolicyARN string `json:"policyARN,omitempty"`
	// Statement is the Sid of the denying statement in a decoded message.
	Statement string `json:"statement,omitempty"`
	// Setting is the setting of S3 Block Public Access: "BlockPublicPolicy".
	Setting string `json:"setting,omitempty"`
	// Code is AWS's error code: "UnauthorizedOperation".
	Code string `json:"code,omitempty"`
	// Encoded means that an encoded authorization message has the details. The
	// message itself is not stored.
	Encoded bool `json:"encoded"`
	// CutOff means that the text does not have the whole denial: it ends early,
	// or omits something. A resource that ends with "..." is incomplete.
	CutOff bool `json:"cutOff,omitempty"`
	// Line is the first line that reports the denial, counted from 1. Times is
	// how often the text reports it.
	Line  int `json:"line"`
	Times int `json:"times"`
	// Sessions is the number of role sessions that were denied the request, 0
	// if the text names none. Principal has the first of them. Of all denials
	// together, at most 100,000 sessions are counted.
	Sessions int `json:"sessions,omitempty"`
}

// key identifies denials that are reported as one. It leaves out the line,
// the counts, the error code, and the session of the role.
func (d *Denial) key() string {
	principal, _ := withoutSession(d.Principal)
	// If the kind of policy is known, the encoded message adds nothing.
	encoded := d.Encoded && d.Policy == ""
	return fmt.Sprintf("%s\n%s\n%s\n%s\n%s\n%t\n%s\n%t\n%s\n%s\n%s\n%t\n%t\n%s", d.Action, strings.Join(d.Or, ","), d.Operation, principal,
		d.Resource, d.MayNotExist, d.Policy, d.Explicit, d.PolicyARN, d.Statement, d.Setting, encoded, d.CutOff, d.RequestedService)
}

// withoutSession splits the ARN of a role session into the role and the session
// name. Any other principal is returned as the role, with no session name.
func withoutSession(principal string) (role, session string) {
	before, rest, found := strings.Cut(principal, ":assumed-role/")
	name, session, hasSession := strings.Cut(rest, "/")
	if !found || !hasSession {
		return principal, ""
	}
	return before + ":assumed-role/" + name, session
}

// Other is an error that looks like a denial but is not caused by a policy that
// allows or denies actions. Errors with the same code are reported once.
type Other struct {
	Code string `json:"code"`
	Line int    `json:"line"`
	// Why explains the error.
	Why string `json:"why"`
}

// Expired reports whether the error means that credentials have expired.
func (o Other) Expired() bool {
	return slices.Contains([]string{"ExpiredToken", "ExpiredTokenException"}, o.Code)
}

// Found has everything that was found in a text.
type Found struct {
	// Denials are in the order of their first lines. Denials that differ only
	// in the time, the error code and the role session are combined.
	Denials []Denial `json:"denials"`
	Others  []Other  `json:"others"`
	Lines   int      `json:"lines"` // the number of lines of the text; 0 if it is only white space
	// More means that there are more than [MaxDenials] distinct denials.
	More bool `json:"more"`
}

// MaxDenials is the maximum number of distinct denials of one text. Further
// ones are left out; see [Found.More].
const MaxDenials = 1000

// Read finds the denials in a text: log lines of any format, messages, JSON
// documents, or a mixture. Its time is proportional to the length of the text.
// If there are more than [MaxDenials] distinct denials, it returns those that
// it finds first: it reads tables and JSON documents before the other text.
func Read(text []byte) Found {
	text = cleanText(text)
	r := &reader{lineOffsets: lineStarts(text), seen: map[string]int{}, sessions: map[roleSession]bool{}, handled: map[int]bool{}}
	r.found = Found{Denials: []Denial{}, Others: []Other{}, Lines: len(r.lineOffsets)}
	if len(bytes.TrimSpace(text)) == 0 {
		r.found.Lines = 0
	}
	rest := r.readDocuments(r.readTables(text))
	for _, candidate := range r.candidateSpans(rest) {
		r.readMessages(rest[candidate.start:candidate.end], origin{candidate.start, 1}, requestContext{})
	}
	slices.SortStableFunc(r.found.Denials, func(a, b Denial) int { return a.Line - b.Line })
	slices.SortStableFunc(r.found.Others, func(a, b Other) int { return a.Line - b.Line })
	return r.found
}

type reader struct {
	lineOffsets []int // the offset at which each line begins
	seen        map[string]int
	sessions    map[roleSession]bool
	found       Found
	// inObject has the denials that the texts of the current JSON object have
	// reported, nil outside an object.
	inObject map[string]bool
	// handled has the offsets of the objects of JSON documents that describe a
	// request and were read. An incomplete document is parsed again from each of
	// its lines.
	handled map[int]bool
	// falseRowBytes counts the bytes that were read as table rows but are not
	// rows. It limits the work, because an unclosed quotation mark after a
	// header can consume the rest of the text, and a text may have many headers.
	falseRowBytes int
	// mentionCount counts the denials that were found, repeated ones included.
	mentionCount int
}

// roleSession is a role session that was denied the request of
// found.Denials[denialIndex].
type roleSession struct {
	denialIndex int
	name        string
}

// maxSessions limits the sessions that are counted, of all denials together.
// Further ones are not counted.
const maxSessions = 100_000

// origin is the position of a text within the whole input. step is 1 for a part
// of the input, and 0 for a text in a JSON document or a table row: its
// position is the start of the document, of an object in it, or of the row.
type origin struct{ at, step int }

func (o origin) position(offset int) int { return o.at + o.step*offset }

// lineNumber returns the line number of an offset, counted from 1.
func (r *reader) lineNumber(offset int) int {
	i, exact := slices.BinarySearch(r.lineOffsets, offset)
	if exact {
		return i + 1
	}
	return max(i, 1)
}

// lineEnd returns the offset after the line break of a line. length is the length of
// the text, which is the end of the last line.
func (r *reader) lineEnd(i, length int) int {
	if i+1 < len(r.lineOffsets) {
		return r.lineOffsets[i+1]
	}
	return length
}

type span struct{ start, end int }

// hints are strings. Every [Denial] and every [Other] contains at least one of
// them. Searching for the hints is much faster than searching for the
// sentences, and most lines of a log contain none.
var hints = []string{"uthoriz", "enied", "orbidden", "rror", "xception", "xpired", "Token", "InvalidAccessKeyId", "SignatureDoesNotMatch", "master key", "not allowed", "permission",
	"AuthFailure", "OptInRequired", "NoCredentialProviders", "DryRunOperation", "Throttling", "LimitExceeded", "credentials"}

// contextLines is how many lines before and after a line with a hint are
// searched too, because a terminal may have wrapped the sentence, even at every
// word.
const contextLines = 40

// candidateSpans returns the lines with a hint and contextLines around each,
// because only these can report a denial.
func (r *reader) candidateSpans(text []byte) []span {
	var spans []span
	for i, start := range r.lineOffsets {
		line := text[start:r.lineEnd(i, len(text))]
		if !slices.ContainsFunc(hints, func(h string) bool { return bytes.Contains(line, []byte(h)) }) {
			continue
		}
		from, to := r.lineOffsets[max(0, i-contextLines)], len(text)
		if i+contextLines+1 < len(r.lineOffsets) {
			to = r.lineOffsets[i+contextLines+1]
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

// add stores a denial that was found at an offset, or counts it if it is stored
// already. The surrounding document supplies what the denial lacks.
func (r *reader) add(d Denial, offset int, context requestContext) {
	r.mentionCount++
	d = context.complete(d)
	key := d.key()
	i, known := r.seen[key]
	if !known {
		if len(r.found.Denials) >= MaxDenials {
			r.found.More = true
			return
		}
		i = len(r.found.Denials)
		r.seen[key] = i
		d.Line, d.Times, d.Sessions = r.lineNumber(offset), 0, 0
		r.found.Denials = append(r.found.Denials, d)
	}
	counted := &r.found.Denials[i]
	counted.Times++
	counted.Code = cmp.Or(counted.Code, d.Code)
	_, name := withoutSession(d.Principal)
	if at := (roleSession{i, name}); name != "" && !r.sessions[at] && len(r.sessions) < maxSessions {
		r.sessions[at] = true
		counted.Sessions++
	}
}

func (r *reader) addOther(o Other) {
	same := func(x Other) bool { return x.Code == o.Code }
	if !slices.ContainsFunc(r.found.Others, same) {
		r.found.Others = append(r.found.Others, o)
	}
}

// Service returns the service of the action: "ec2".
func (d *Denial) Service() string {
	service, _, _ := strings.Cut(d.Action, ":")
	return service
}
