// The sentences in which AWS denies a request, and the errors of SDKs around
// them.
//
// Source of the sentences: IAM User Guide, "Troubleshoot access denied error
// messages", and AWS Security Blog, "Enhanced access denied error messages with
// policy ARNs"; AWS KMS Developer Guide for the one about a ciphertext; EC2 API
// Reference, "Error codes", for UnauthorizedOperation.

package denial

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/authz"
)

// gap is what is between two words: white space, also as logs and JSON
// escape it, and where a terminal has broken the line.
const gap = `(?:\s|\\+[nrt])+`

// denied are the error codes with which AWS's services deny a request.
const denied = `(?:Client\.)?(?:VpceAccessDenied|AccessDenied(?:Exception|Fault)?|UnauthorizedOperation|UnauthorizedAccess|UnauthorizedException|AuthorizationError(?:Exception)?|ForbiddenException)`

// expressions are compiled when a text is first read, not at the start of every
// command.
type expressions struct {
	deniedCode, sentence, onResource, onKeyOf, user, threeCauses, noneAllows, publicAccess, again, denies, operation, thenUser, encoded, goSDK, pythonSDK, cloudFormation, codeAlone, fromAWS, javaSDK, javaService, kubernetes *regexp.Regexp
}

var compiled = lazy.Value[*expressions]{Make: func() *expressions {
	return &expressions{
		deniedCode: regexp.MustCompile(`^` + denied + `$`),

		// "User: ARN is not authorized to perform: ec2:AllocateHosts on resource: ARN".
		sentence: spaced(`(?:(?:User:? )?((?:arn:|anonymous|\*)[^\s"'\\<>]*) (?:is )?)?[Nn]ot authorized to perform:?(?: the)?(?: action:?)? \\*["'\[]?([A-Za-z0-9-]+:[A-Za-z0-9]+)`),
		// What follows the action.
		onResource:  spaced(`^\\*["'\]]? on (?:the )?resources?:? \\*["']?(?:(role|user|group|policy|instance profile|mfa device|server certificate) )?([^\s"'` + "`" + `\\<>]+)`),
		onKeyOf:     spaced(`^ on the resource associated with this ciphertext`),
		threeCauses: spaced(`^[,.]? because the resource does not exist in this Region, no`),
		noneAllows:  spaced(`^[,.]? because no ([A-Za-z-]+(?: [A-Za-z-]+)?(?: [A-Za-z-]+)?) allows? `),
		denies:      spaced(`^[,.]? with an explicit deny(?: in (?:an?|the) ([A-Za-z-]+(?: [A-Za-z-]+)?(?: [A-Za-z-]+)?)(?:: (arn:[^\s"'\\<>]+))?)?`),

		// "because public policies are prevented by the BlockPublicPolicy setting".
		publicAccess: spaced(`^[,.]? because [^\n"]{0,120}?(BlockPublicAcls|IgnorePublicAcls|BlockPublicPolicy|RestrictPublicBuckets)`),
		// What an SDK prints a second time: the fields of the error, after its text.
		again: regexp.MustCompile(`(?:Message_|[Mm]essage|errorMessage):\s*(?:Some\()?\\*["']$`),

		// EC2 tells less, or with the sentence above after it.
		operation: spaced(`You are not authorized to perform this operation\.?`),
		thenUser:  spaced(`^ User:? `),
		// Without an ARN, as where no one has signed in.
		user:    spaced(`(?:User|Principal):? `),
		encoded: spaced(`[Ee]ncoded authorization failure message: \\*["']?([A-Za-z0-9_-]*)`),

		// Operations as SDKs and services name them, and the error code after them.
		goSDK:          spaced(`operation error ([A-Za-z0-9][A-Za-z0-9\x20-]*): ([A-Za-z0-9]+), https? response error StatusCode: \d+, RequestID: [^\s,]*,(?: HostID: [^\s,]*,)?(?: api error)? ([A-Za-z.]+):`),
		pythonSDK:      spaced(`An error occurred \(([A-Za-z0-9.]+)\) when calling the ([A-Za-z0-9]+) operation(?: \(reached max retries: \d+\))?:`),
		cloudFormation: spaced(`API: ([A-Za-z0-9-]+):([A-Za-z0-9]+) `),
		codeAlone:      regexp.MustCompile(`(?:^|[\s"'\\(:>\[=])(` + denied + `)(?:</Code>|:)`),
		// A code alone may belong to another system: the text after it decides.
		fromAWS: spaced(`^(?: )?(?:Access Denied|(?:User|You|Principal)(?::| )|[Nn]ot authorized|[^\n]{0,150} status code: 403|<Message>)`),
		javaSDK: spaced(`\(Service: (?:Amazon|AWS)?([A-Za-z0-9\x20]+)[;,] Status Code: 403[;,](?: Error Code: ([A-Za-z.]+);)?`),
		// The same after a sentence, whatever the status: services with a protocol of
		// JSON deny with 400.
		javaService: spaced(`\(Service: (?:Amazon|AWS)?([A-Za-z0-9\x20]+)[;,] Status Code: \d+(?:; Error Code: (` + denied + `))?`),
		// Kubernetes denies in its own words.
		kubernetes: spaced(`is forbidden: User \\*"[^"\n]*" cannot [a-z]+ resource`),
	}
}}

// spaced compiles an expression in which a blank is any gap between words.
func spaced(expression string) *regexp.Regexp {
	expression = strings.ReplaceAll(expression, "(?: ", "(?:\x00")
	expression = strings.ReplaceAll(expression, " ", gap)
	return regexp.MustCompile(strings.ReplaceAll(expression, "\x00", gap))
}

// kinds are the policies as messages name them.
var kinds = lazy.Value[map[string]Policy]{Make: func() map[string]Policy {
	return map[string]Policy{
		"identity-based policy": Identity, "identity-based policies": Identity, "resource-based policy": Resource, "resource-based policies": Resource,
		"role trust policy": Trust, "trust policy": Trust, "assume role policy": Trust,
		"permissions boundary": Boundary, "permissions boundary policy": Boundary, "permissions boundaries": Boundary,
		"session policy": Session, "session policies": Session, "service control policy": ServiceCtrl, "service control policies": ServiceCtrl,
		"resource control policy": ResourceCtrl, "resource control policies": ResourceCtrl,
		"vpc endpoint policy": Endpoint, "endpoint policy": Endpoint, "vpc endpoint policies": Endpoint,
	}
}}

// kind returns the policy of a phrase with which what follows may have been
// read too: "service control policy allows".
func kind(phrase string) Policy {
	words := strings.Fields(strings.NewReplacer(`\n`, " ", `\r`, " ", `\t`, " ").Replace(strings.ToLower(phrase)))
	for n := len(words); n > 0; n-- {
		if p, ok := kinds.Get()[strings.Join(words[:n], " ")]; ok {
			return p
		}
	}
	return ""
}

// found is a piece of a denial in a text, before the pieces are put together.
type found struct {
	start, end int
	denial     Denial
	whole      bool // a sentence; otherwise the error of an SDK around one
	// other: the error code is not one of a denial.
	other bool
	// guess: the message has no action, and this is the usual one.
	guess bool
}

// messages finds the denials in a text.
func (r *reader) messages(text []byte, from origin, around record) {
	pieces := slices.Concat(sentences(text), sayings(text), wrappers(text))
	slices.SortStableFunc(pieces, func(a, b found) int { return a.start - b.start })
	last, lastEnd := "", 0
	for i := 0; i < len(pieces); i++ {
		piece := pieces[i]
		// What an SDK wraps belongs to the sentence after it; of several that wrap
		// each other the last is the request.
		for i+1 < len(pieces) && !piece.whole && follows(text, piece, pieces[i+1]) {
			i++
			piece = merged(piece, pieces[i])
		}
		if i+1 < len(pieces) && piece.whole && tail(text, piece, pieces[i+1]) {
			i++
			piece.denial.Code = cmp.Or(piece.denial.Code, pieces[i].denial.Code)
		}
		if piece.whole {
			asked(&piece.denial, text[piece.end:min(len(text), piece.end+300)])
		}
		if piece.other || inCode(text, piece) {
			continue
		}
		if piece.guess && sameService(piece.denial.Action, around.action) {
			piece.denial.Action = around.action
		}
		key := piece.denial.key()
		if key == last && toldAgain(text, lastEnd, piece.start) || r.once[key] {
			continue
		}
		last, lastEnd = key, piece.end
		if r.once != nil {
			r.once[key] = true
		}
		r.add(piece.denial, from.position(piece.start), around)
	}
	r.others(text, from)
}

// toldAgain reports whether what begins at an offset reports the same error as what
// ended before: in the same line, or among the fields of the error. SDKs for Go (v1)
// and Rust print both, and those who log errors wrap one in another.
func toldAgain(text []byte, end, start int) bool {
	between := bytes.ReplaceAll(text[min(end, start):start], []byte("\n\tstatus code:"), nil) // as the SDK for Go (v1) breaks its lines
	return !slices.Contains(between, '\n') || len(between) < 1000 && compiled.Get().again.Match(between)
}

// tail reports whether a piece is what the SDK for Java puts after a message.
func tail(text []byte, sentence, next found) bool {
	return !next.whole && text[next.start] == '(' && next.start >= sentence.end && next.start < sentence.end+200 &&
		!slices.Contains(text[sentence.end:next.start], '\n')
}

// asked reads from what the SDK for Java puts after a message, in its line, which
// service it had asked: that is another one where a role goes with the request.
func asked(d *Denial, after []byte) {
	if i := bytes.IndexByte(after, '\n'); i >= 0 {
		after = after[:i]
	}
	m := compiled.Get().javaService.FindSubmatchIndex(after)
	if m == nil {
		return
	}
	d.Code = cmp.Or(d.Code, part(after, m, 2))
	service := prefixOf(part(after, m, 1))
	if own, _, _ := strings.Cut(d.Action, ":"); own != "" && own != service && authz.Known(service) {
		d.Asked = service
	}
}

// follows reports whether a piece goes on where one that wraps it ends.
func follows(text []byte, wrapper, next found) bool {
	if next.start < wrapper.end {
		return true
	}
	between := string(text[wrapper.end:next.start])
	if len(between) > 300 || wrapper.other && next.whole && len(strings.TrimSpace(between)) > 0 {
		return false
	}
	newline := strings.IndexByte(between, '\n')
	return newline < 0 || strings.TrimSpace(between) == ""
}

// merged is a piece with what the error around it knows.
func merged(wrapper, inner found) found {
	inner.start = wrapper.start
	inner.end = max(inner.end, wrapper.end)
	inner.denial.Code = cmp.Or(inner.denial.Code, wrapper.denial.Code)
	action := wrapper.denial.Action
	switch {
	case inner.denial.Action == "", inner.guess && sameService(inner.denial.Action, action):
		inner.denial.Action = cmp.Or(action, inner.denial.Action)
	case action != inner.denial.Action && inner.denial.Operation == "":
		inner.denial.Operation = action
	}
	return inner
}

// sentences finds what AWS itself writes.
func sentences(text []byte) []found {
	var all []found
	for _, m := range compiled.Get().sentence.FindAllSubmatchIndex(text, -1) {
		d := Denial{Principal: principal(part(text, m, 1))}
		action, known := canonical(part(text, m, 2))
		if !known && d.Principal == "" {
			continue // another system's
		}
		d.Action = action
		end := details(&d, text, m[1])
		bare := d.Principal == "" && d.Resource == "" && d.Policy == "" && !d.Explicit
		if bare && !strings.HasPrefix(action, "sts:AssumeRole") && !compiled.Get().user.Match(text[max(0, m[0]-40):m[1]]) {
			continue // code or prose about denials
		}
		all = append(all, found{start: m[0], end: end, denial: d, whole: true})
	}
	for _, m := range compiled.Get().operation.FindAllIndex(text, -1) {
		if compiled.Get().thenUser.Match(text[m[1]:min(len(text), m[1]+100)]) {
			all = append(all, found{start: m[0], end: m[1]}) // the sentence follows
			continue
		}
		all = append(all, found{start: m[0], end: m[1], whole: true})
	}
	slices.SortStableFunc(all, func(a, b found) int { return a.start - b.start })
	return withEncoded(text, all)
}

// withEncoded gives the encoded messages of a text to the sentences that they belong
// to: that before one, not much earlier, or else that right after it. A message that
// belongs to none reports a denial by itself.
func withEncoded(text []byte, all []found) []found {
	const before, after, length = 1500, 100, 20
	var alone []found
	for _, m := range compiled.Get().encoded.FindAllSubmatchIndex(text, -1) {
		next, _ := slices.BinarySearchFunc(all, m[0], func(f found, at int) int { return f.start - at })
		for next > 0 && !all[next-1].whole { // the sentence of which this is the beginning comes
			next--
		}
		switch {
		case next > 0 && m[0]-all[next-1].end < before && !all[next-1].denial.Encoded:
			all[next-1].denial.Encoded = true
		case next < len(all) && all[next].start-m[1] < after && all[next].start >= m[1]:
			all[next].denial.Encoded = true
		case m[3]-m[2] >= length:
			alone = append(alone, found{start: m[0], end: m[1], denial: Denial{Encoded: true}, whole: true})
		}
	}
	return append(all, alone...)
}

// details reads what follows the action of a sentence, the resource and the
// reason, and returns where it ends.
func details(d *Denial, text []byte, end int) int {
	const most = 2500 // an ARN has up to 2,048 characters
	after := func(e *regexp.Regexp) []string {
		window := text[end:min(len(text), end+most)]
		m := e.FindSubmatchIndex(window)
		if m == nil {
			return nil
		}
		groups := make([]string, len(m)/2)
		for i := range groups {
			groups[i] = part(window, m, i)
		}
		end += m[1]
		return groups
	}
	if after(compiled.Get().onKeyOf) == nil {
		if m := after(compiled.Get().onResource); m != nil {
			name := strings.TrimRight(m[2], ",;:)]}")
			d.CutOff = strings.HasSuffix(name, "...") || strings.HasSuffix(name, "…")
			if !d.CutOff {
				name = strings.TrimRight(name, ".,;:)]}")
			}
			if d.Resource = inWords(m[1], name, d.Principal); m[1] == "" && !d.CutOff {
				d.Resource = ofName(name, d.Action, d.Principal)
			}
			for end < len(text) && strings.IndexByte(`\"'`, text[end]) >= 0 && text[end] != '\n' {
				end++
			}
		}
	}
	if after(compiled.Get().threeCauses) != nil {
		d.Policy, d.MayNotExist = Resource, true
	} else if m := after(compiled.Get().publicAccess); m != nil {
		d.Policy, d.Setting = PublicAccess, m[1]
	} else if m := after(compiled.Get().noneAllows); m != nil {
		d.Policy = kind(m[1])
	} else if m := after(compiled.Get().denies); m != nil {
		d.Policy, d.Explicit = kind(m[1]), true
		d.PolicyARN = strings.TrimRight(m[2], ".,;)")
		d.CutOff = d.CutOff || m[1] != "" && d.Policy == "" && cutOff("in a "+m[1], true)
	}
	if d.Policy == "" {
		d.CutOff = d.CutOff || cutOff(string(text[end:min(len(text), end+most)]), d.Explicit)
	}
	return end
}

// cutOff reports whether a text ends where the reason has begun: it is the first
// part of what AWS would write.
func cutOff(after string, explicit bool) bool {
	line, _, _ := strings.Cut(after, "\n")
	line = strings.Join(strings.Fields(strings.Trim(strings.ReplaceAll(line, "…", "..."), " \t\r.,\"'`\\")), " ")
	if line == "" {
		return false
	}
	for name := range kinds.Get() {
		for _, article := range []string{"a", "an", "the"} {
			denies := "in " + article + " " + name
			if explicit && strings.HasPrefix(denies, line) || !explicit && strings.HasPrefix("with an explicit deny "+denies, line) {
				return true
			}
		}
		if !explicit && strings.HasPrefix("because no "+name+" allows the", line) {
			return true
		}
	}
	return false
}

// ofName is the ARN of a resource that the text names only by its name, as Secrets
// Manager does; the name itself, if the action works on several kinds of resources.
func ofName(name, action, principal string) string {
	known, ok := authz.Lookup(action)
	if !ok || len(known.Resources) != 1 || len(known.Resources[0].Type.ARNPatterns) != 1 || strings.ContainsAny(name, ":*") {
		return name
	}
	pattern := known.Resources[0].Type.ARNPatterns[0]
	fields := strings.SplitN(pattern, ":", 6)
	i := strings.LastIndex(pattern, "${")
	if len(fields) != 6 || !strings.HasSuffix(pattern, "}") || strings.Count(fields[5], "${") != 1 {
		return name
	}
	partition, account := "*", "*"
	if of := strings.SplitN(principal, ":", 6); len(of) == 6 {
		partition, account = of[1], of[4]
	}
	if known.Service == "secretsmanager" {
		name += "*" // the ARN has six random characters more: AWS Secrets Manager User Guide, "What's in a secret"
	}
	return strings.NewReplacer("${Partition}", partition, "${Region}", "*", "${Account}", account).Replace(pattern[:i]) + name
}

// inWords is the ARN of a resource of IAM that the text has as "role NAME", in the
// account of the denied principal: its own, since others have an ARN in the text.
func inWords(kind, name, principal string) string {
	if kind == "" {
		return name
	}
	partition, account := "*", "*"
	if fields := strings.SplitN(principal, ":", 6); len(fields) == 6 {
		partition, account = fields[1], fields[4]
	}
	kind = strings.Join(strings.Fields(strings.NewReplacer(`\n`, " ", `\t`, " ").Replace(kind)), "-")
	if kind == "mfa-device" {
		kind = "mfa"
	}
	return "arn:" + partition + ":iam::" + account + ":" + kind + "/" + name
}

// wrappers finds the errors that SDKs and services put around a sentence.
func wrappers(text []byte) []found {
	var all []found
	add := func(m []int, code, action string) {
		isDenied := code == "" || compiled.Get().deniedCode.MatchString(code)
		switch {
		case (code == "403" || code == "Forbidden") && strings.HasPrefix(action, "s3:"): // HEAD has no body
			isDenied = true
		case strings.HasSuffix(code, "ServiceLinkedRoleCreationNotPermitted"):
			isDenied, action = true, "iam:CreateServiceLinkedRole"
		}
		if name, _ := withoutPolicy(text[m[1]:min(len(text), m[1]+200)]); isDenied && name != "" {
			isDenied = false
		}
		all = append(all, found{start: m[0], end: m[1], denial: Denial{Action: action, Code: code}, other: !isDenied})
	}
	for _, m := range compiled.Get().goSDK.FindAllSubmatchIndex(text, -1) {
		add(m, part(text, m, 3), actionOf(part(text, m, 1), part(text, m, 2)))
	}
	for _, m := range compiled.Get().pythonSDK.FindAllSubmatchIndex(text, -1) {
		add(m, part(text, m, 1), actionOf("", part(text, m, 2)))
	}
	for _, m := range compiled.Get().javaSDK.FindAllSubmatchIndex(text, -1) {
		add(m, part(text, m, 2), "")
	}
	covered := slices.Clone(all)
	slices.SortFunc(covered, func(a, b found) int { return a.start - b.start })
	for _, m := range compiled.Get().codeAlone.FindAllSubmatchIndex(text, -1) {
		for len(covered) > 0 && covered[0].end <= m[2] {
			covered = covered[1:]
		}
		inside := len(covered) > 0 && covered[0].start <= m[2]
		if code := part(text, m, 1); !inside && (code == "UnauthorizedOperation" || compiled.Get().fromAWS.Match(text[m[1]:min(len(text), m[1]+200)])) {
			add(m[2:], code, "")
		}
	}
	for _, m := range compiled.Get().cloudFormation.FindAllSubmatchIndex(text, -1) {
		window := text[m[1]:min(len(text), m[1]+200)]
		if strings.Contains(string(window), "not authorized") || strings.Contains(string(window), "Access Denied") {
			add(m, "", actionOf(part(text, m, 1), part(text, m, 2)))
		}
	}
	return all
}

func part(text []byte, match []int, group int) string {
	if match[2*group] < 0 {
		return ""
	}
	return string(text[match[2*group]:match[2*group+1]])
}

// principal is the denied principal: an ARN, or the words that stand in its place.
func principal(word string) string {
	word = strings.TrimSuffix(word, ",")
	if i := strings.Index(word, "arn:"); i >= 0 {
		return word[i:]
	}
	if word == "anonymous" || word == "*" {
		return word
	}
	return ""
}

// canonical returns an action as AWS writes it, and whether it is one that AWS
// has, as far as is known here.
func canonical(action string) (string, bool) {
	if a, ok := authz.Lookup(action); ok {
		return a.String(), true
	}
	service, name, _ := strings.Cut(action, ":")
	return strings.ToLower(service) + ":" + name, false
}
