// The sentences with which AWS denies a request, and the SDK errors that wrap
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

// wordGap matches what separates two words: white space, also in the escaped form
// of logs and JSON, and line breaks of a terminal.
const wordGap = `(?:\s|\\+[nrt])+`

const deniedCodes = `(?:Client\.)?(?:VpceAccessDenied|AccessDenied(?:Exception|Fault)?|UnauthorizedOperation|UnauthorizedAccess|UnauthorizedException|AuthorizationError(?:Exception)?|ForbiddenException)`

// expressions are compiled when the first text is read rather than at the start
// of every command.
type expressions struct {
	deniedCode, sentence, onResource, onCiphertext, user, resourceMayNotExist, noPolicyAllows, publicAccess, repeatedField, explicitDeny, ec2Sentence, thenUser, encoded, goSDK, pythonSDK, cloudFormation, codeAlone, fromAWS, javaSDK, javaSuffix, kubernetes *regexp.Regexp
}

var patterns = lazy.Value[*expressions]{Make: func() *expressions {
	return &expressions{
		deniedCode: regexp.MustCompile(`^` + deniedCodes + `$`),

		// "User: ARN is not authorized to perform: ec2:AllocateHosts on resource: ARN".
		sentence: compileSpaced(`(?:(?:User:? )?((?:arn:|anonymous|\*)[^\s"'\\<>]*) (?:is )?)?[Nn]ot authorized to perform:?(?: the)?(?: action:?)? \\*["'\[]?([A-Za-z0-9-]+:[A-Za-z0-9]+)`),
		// The parts that may follow the action.
		onResource:          compileSpaced(`^\\*["'\]` + "`" + `]? on (?:the )?resources?:? \\*["'` + "`" + `]?(?:(role|user|group|policy|instance profile|mfa device|server certificate) )?([^\s"'` + "`" + `\\<>]+)`),
		onCiphertext:        compileSpaced(`^ on the resource associated with this ciphertext`),
		resourceMayNotExist: compileSpaced(`^[,.]? because the resource does not exist in this Region, no`),
		noPolicyAllows:      compileSpaced(`^[,.]? because no ([A-Za-z-]+(?: [A-Za-z-]+)?(?: [A-Za-z-]+)?) allows? `),
		// The name of the policy does not include "User: arn:..." of the next message.
		explicitDeny: compileSpaced(`^[,.]? with an explicit deny(?: in (?:an?|the) ((?:[A-Za-z-]+ ){1,2}(?:policy|boundary)|[A-Za-z-]+(?: [A-Za-z-]+)?(?: [A-Za-z-]+)?)(?:: (arn:[^\s"'\\<>]+))?)?`),

		// "because public policies are prevented by the BlockPublicPolicy setting".
		publicAccess: compileSpaced(`^[,.]? because [^\n"]{0,120}?(BlockPublicAcls|IgnorePublicAcls|BlockPublicPolicy|RestrictPublicBuckets)`),
		// Some SDKs print the message again in the fields of the error, after
		// the text.
		repeatedField: regexp.MustCompile(`(?:Message_|[Mm]essage|errorMessage):\s*(?:Some\()?\\*["']$`),

		// EC2's message has fewer details. Sometimes the sentence above follows
		// it.
		ec2Sentence: compileSpaced(`You are not authorized to perform this operation\.?`),
		thenUser:    compileSpaced(`^ User:? `),
		// The beginning of a sentence that names the caller. An anonymous
		// caller has no ARN.
		user:    compileSpaced(`(?:User|Principal):? `),
		encoded: compileSpaced(`[Ee]ncoded authorization failure message: \\*["']?([A-Za-z0-9_-]*)`),

		// Operations and error codes in the notation of SDKs and services.
		goSDK:          compileSpaced(`operation error ([A-Za-z0-9][A-Za-z0-9\x20-]*): ([A-Za-z0-9]+),(?: exceeded maximum number of attempts, \d+,)? https? response error StatusCode: \d+, RequestID: [^\s,]*,(?: HostID: [^\s,]*,)?(?: api error)? ([A-Za-z.]+):`),
		pythonSDK:      compileSpaced(`An error occurred \(([A-Za-z0-9.]+)\) when calling the ([A-Za-z0-9]+) operation(?: \(reached max retries: \d+\))?:`),
		cloudFormation: compileSpaced(`API: ([A-Za-z0-9-]+):([A-Za-z0-9]+) `),
		codeAlone:      regexp.MustCompile(`(?:^|[\s"'\\(:>\[=])(` + deniedCodes + `)(?:</Code>|:)`),
		// A code without an operation may come from another system. The text after the
		// code decides.
		fromAWS: compileSpaced(`^(?: )?(?:Access Denied|(?:User|You|Principal)(?::| )|[Nn]ot authorized|[^\n]{0,150} status code: 403|<Message>)`),
		javaSDK: compileSpaced(`\(Service: (?:Amazon|AWS)?([A-Za-z0-9\x20]+)[;,] Status Code: 403[;,](?: Error Code: ([A-Za-z.]+);)?`),
		// Like javaSDK, but after a sentence, and with any status code, because
		// services with a JSON protocol deny with status 400.
		javaSuffix: compileSpaced(`\(Service: (?:Amazon|AWS)?([A-Za-z0-9\x20]+)[;,] Status Code: \d+(?:; Error Code: (` + deniedCodes + `))?`),
		// Kubernetes words its denials differently.
		kubernetes: compileSpaced(`is forbidden: User \\*"[^"\n]*" cannot [a-z]+ resource`),
	}
}}

// compileSpaced compiles an expression in which a space matches any gap between
// words.
func compileSpaced(expression string) *regexp.Regexp {
	return regexp.MustCompile(strings.ReplaceAll(expression, " ", wordGap))
}

var policyNames = lazy.Value[map[string]Policy]{Make: func() map[string]Policy {
	return map[string]Policy{
		"identity-based policy": Identity, "identity-based policies": Identity, "resource-based policy": Resource, "resource-based policies": Resource,
		"role trust policy": Trust, "trust policy": Trust, "assume role policy": Trust,
		"permissions boundary": Boundary, "permissions boundary policy": Boundary, "permissions boundaries": Boundary,
		"session policy": Session, "session policies": Session, "service control policy": ServiceControl, "service control policies": ServiceControl,
		"resource control policy": ResourceControl, "resource control policies": ResourceControl,
		"vpc endpoint policy": Endpoint, "endpoint policy": Endpoint, "vpc endpoint policies": Endpoint,
	}
}}

// parsePolicy returns the kind of policy that a phrase begins with, or "":
// "service control policy allows" is [ServiceControl].
func parsePolicy(phrase string) Policy {
	words := strings.Fields(strings.NewReplacer(`\n`, " ", `\r`, " ", `\t`, " ").Replace(strings.ToLower(phrase)))
	for n := len(words); n > 0; n-- {
		if p, ok := policyNames.Get()[strings.Join(words[:n], " ")]; ok {
			return p
		}
	}
	return ""
}

// fragment is a part of a denial in a text, before the parts are combined.
type fragment struct {
	start, end int
	denial     Denial
	isSentence bool // a sentence rather than the SDK error around one
	// notDenial means that the error is not a denial: its code is another one,
	// or its message names another cause.
	notDenial bool
	// guessed means that the message does not name the action: the action is
	// the one that usually causes the message.
	guessed bool
}

// readMessages adds the denials and the other errors in a text. around
// completes the denials.
func (r *reader) readMessages(text []byte, from origin, around requestContext) {
	pieces := slices.Concat(findSentences(text), findPhrases(text), findWrappers(text))
	slices.SortStableFunc(pieces, func(a, b fragment) int { return a.start - b.start })
	last, lastEnd := "", 0
	for i := 0; i < len(pieces); i++ {
		piece := pieces[i]
		// An SDK error belongs to the sentence after it. If several are nested,
		// the innermost one has the request.
		for i+1 < len(pieces) && !piece.isSentence && continuesWrapper(text, piece, pieces[i+1]) {
			i++
			piece = merge(piece, pieces[i])
		}
		if i+1 < len(pieces) && piece.isSentence && isJavaSuffix(text, piece, pieces[i+1]) {
			i++
			piece.denial.Code = cmp.Or(piece.denial.Code, pieces[i].denial.Code)
		}
		if piece.isSentence {
			readJavaSuffix(&piece.denial, text[piece.end:min(len(text), piece.end+300)])
		}
		if piece.notDenial || isQuoted(text, piece) {
			continue
		}
		if piece.guessed && sameService(piece.denial.Action, around.action) {
			piece.denial.Action = around.action
		}
		key := piece.denial.key()
		if key == last && isRepeated(text, lastEnd, piece.start) {
			lastEnd = max(lastEnd, piece.end)
			continue
		}
		if r.inObject[key] {
			continue
		}
		last, lastEnd = key, piece.end
		if r.inObject != nil {
			r.inObject[key] = true
		}
		r.add(piece.denial, from.position(piece.start), around)
	}
	r.readOthers(text, from)
}

// isRepeated reports whether a denial at start repeats an equal one that ended
// at end: in the same line, or in the fields of the error. The SDKs for Go (v1)
// and Rust print the message of an error and then its fields, and programs that
// log errors often wrap an error in itself.
func isRepeated(text []byte, end, start int) bool {
	between := bytes.ReplaceAll(text[min(end, start):start], []byte("\n\tstatus code:"), nil) // the line break of the SDK for Go (v1)
	return !slices.Contains(between, '\n') || len(between) < 1000 && patterns.Get().repeatedField.Match(between)
}

// isJavaSuffix reports whether a fragment is what the SDK for Java appends to a
// message.
func isJavaSuffix(text []byte, sentence, next fragment) bool {
	return !next.isSentence && text[next.start] == '(' && next.start >= sentence.end && next.start < sentence.end+200 &&
		!slices.Contains(text[sentence.end:next.start], '\n')
}

// readJavaSuffix reads the code and the service from what the SDK for Java
// appends to a message in the same line. The service differs from the service
// of the action if a role is passed with the request.
func readJavaSuffix(d *Denial, after []byte) {
	if i := bytes.IndexByte(after, '\n'); i >= 0 {
		after = after[:i]
	}
	m := patterns.Get().javaSuffix.FindSubmatchIndex(after)
	if m == nil {
		return
	}
	d.Code = cmp.Or(d.Code, group(after, m, 2))
	service := prefixOf(group(after, m, 1))
	if own, _, _ := strings.Cut(d.Action, ":"); own != "" && own != service && authz.Known(service) {
		d.RequestedService = service
	}
}

// continuesWrapper reports whether a fragment continues the SDK error before it.
func continuesWrapper(text []byte, wrapper, next fragment) bool {
	if next.start < wrapper.end {
		return true
	}
	between := string(text[wrapper.end:next.start])
	if len(between) > 300 || wrapper.notDenial && next.isSentence && len(strings.TrimSpace(between)) > 0 {
		return false
	}
	newline := strings.IndexByte(between, '\n')
	return newline < 0 || strings.TrimSpace(between) == ""
}

// merge returns the inner fragment, completed by the error that wraps it.
func merge(wrapper, inner fragment) fragment {
	inner.start = wrapper.start
	inner.end = max(inner.end, wrapper.end)
	inner.denial.Code = cmp.Or(inner.denial.Code, wrapper.denial.Code)
	action := wrapper.denial.Action
	switch {
	case inner.denial.Action == "", inner.guessed && sameService(inner.denial.Action, action):
		inner.denial.Action = cmp.Or(action, inner.denial.Action)
	case action != inner.denial.Action && inner.denial.Operation == "":
		inner.denial.Operation = action
	}
	return inner
}

func findSentences(text []byte) []fragment {
	var all []fragment
	for _, m := range patterns.Get().sentence.FindAllSubmatchIndex(text, -1) {
		d := Denial{Principal: parsePrincipal(group(text, m, 1))}
		action, known := canonicalAction(group(text, m, 2))
		actionEnd := m[1]
		if rest, end := wrappedRest(text, m[5]); rest != "" {
			if joined, isAction := canonicalAction(group(text, m, 2) + rest); isAction {
				action, known, actionEnd = joined, true, end
			}
		}
		if !known && d.Principal == "" {
			continue // the code is from another system
		}
		d.Action = action
		end := readDetails(&d, text, actionEnd)
		bare := d.Principal == "" && d.Resource == "" && d.Policy == "" && !d.Explicit
		if bare && !strings.HasPrefix(action, "sts:AssumeRole") && !patterns.Get().user.Match(text[max(0, m[0]-40):m[1]]) {
			continue // probably code or prose about denials
		}
		all = append(all, fragment{start: m[0], end: end, denial: d, isSentence: true})
	}
	for _, m := range patterns.Get().ec2Sentence.FindAllIndex(text, -1) {
		if patterns.Get().thenUser.Match(text[m[1]:min(len(text), m[1]+100)]) {
			all = append(all, fragment{start: m[0], end: m[1]}) // the sentence with the details follows
			continue
		}
		all = append(all, fragment{start: m[0], end: m[1], isSentence: true})
	}
	slices.SortStableFunc(all, func(a, b fragment) int { return a.start - b.start })
	return withEncoded(text, all)
}

// withEncoded assigns the encoded messages of a text to their sentences: to the
// sentence shortly before the message, or else to the one directly after it. A
// message without a sentence is a denial by itself unless it is shorter than
// length.
func withEncoded(text []byte, all []fragment) []fragment {
	const before, after, length = 1500, 100, 20
	var alone []fragment
	for _, m := range patterns.Get().encoded.FindAllSubmatchIndex(text, -1) {
		next, _ := slices.BinarySearchFunc(all, m[0], func(f fragment, at int) int { return f.start - at })
		for next > 0 && !all[next-1].isSentence { // skip the beginnings of other sentences
			next--
		}
		switch {
		case next > 0 && m[0]-all[next-1].end < before && !all[next-1].denial.Encoded:
			all[next-1].denial.Encoded = true
		case next < len(all) && all[next].start-m[1] < after && all[next].start >= m[1]:
			all[next].denial.Encoded = true
		case m[3]-m[2] >= length:
			alone = append(alone, fragment{start: m[0], end: m[1], denial: Denial{Encoded: true}, isSentence: true})
		}
	}
	return append(all, alone...)
}

// readDetails reads the resource and the reason after the action of a sentence,
// and returns the end of what it read.
func readDetails(d *Denial, text []byte, end int) int {
	const most = 2500 // ARNs have up to 2,048 characters
	after := func(e *regexp.Regexp) []string {
		window := text[end:min(len(text), end+most)]
		m := e.FindSubmatchIndex(window)
		if m == nil {
			return nil
		}
		groups := make([]string, len(m)/2)
		for i := range groups {
			groups[i] = group(window, m, i)
		}
		end += m[1]
		return groups
	}
	if after(patterns.Get().onCiphertext) == nil {
		if m := after(patterns.Get().onResource); m != nil {
			if rest, wrapEnd := wrappedRest(text, end); rest != "" {
				m[2], end = m[2]+rest, wrapEnd
			}
			name := strings.TrimRight(m[2], ",;:)]}")
			d.CutOff = strings.HasSuffix(name, "...") || strings.HasSuffix(name, "…")
			if !d.CutOff {
				name = strings.TrimRight(name, ".,;:)]}")
			}
			if d.Resource = iamARN(m[1], name, d.Principal); m[1] == "" && !d.CutOff {
				d.Resource = arnOfName(name, d.Action, d.Principal)
			}
			for end < len(text) && strings.IndexByte("\\\"'`", text[end]) >= 0 && text[end] != '\n' {
				end++
			}
		}
	}
	if after(patterns.Get().resourceMayNotExist) != nil {
		d.Policy, d.MayNotExist = Resource, true
	} else if m := after(patterns.Get().publicAccess); m != nil {
		d.Policy, d.Setting = PublicAccess, m[1]
	} else if m := after(patterns.Get().noPolicyAllows); m != nil {
		d.Policy = parsePolicy(m[1])
	} else if m := after(patterns.Get().explicitDeny); m != nil {
		d.Policy, d.Explicit = parsePolicy(m[1]), true
		d.PolicyARN = strings.TrimRight(m[2], ".,;)")
		d.CutOff = d.CutOff || m[1] != "" && d.Policy == "" && isCutOff("in a "+m[1], true)
	}
	if d.Policy == "" {
		d.CutOff = d.CutOff || isCutOff(string(text[end:min(len(text), end+most)]), d.Explicit)
	}
	return end
}

// isCutOff reports whether a text ends within the reason, so that its first
// line is only the beginning of what AWS writes. explicit means that "with an
// explicit deny" precedes the text.
func isCutOff(after string, explicit bool) bool {
	line, _, _ := strings.Cut(after, "\n")
	line = strings.Join(strings.Fields(strings.Trim(strings.ReplaceAll(line, "…", "..."), " \t\r.,\"'`\\")), " ")
	if line == "" {
		return false
	}
	for name := range policyNames.Get() {
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

// findWrappers finds the errors that SDKs and services put around a sentence.
func findWrappers(text []byte) []fragment {
	var all []fragment
	add := func(m []int, code, action string) {
		isDenied := code == "" || patterns.Get().deniedCode.MatchString(code)
		switch {
		case (code == "403" || code == "Forbidden") && strings.HasPrefix(action, "s3:"): // responses to HEAD have no body
			isDenied = true
		case strings.HasSuffix(code, "ServiceLinkedRoleCreationNotPermitted"):
			isDenied, action = true, "iam:CreateServiceLinkedRole"
		}
		if name, _ := otherCause(text[m[1]:min(len(text), m[1]+200)]); isDenied && name != "" {
			isDenied = false
		}
		all = append(all, fragment{start: m[0], end: m[1], denial: Denial{Action: action, Code: code}, notDenial: !isDenied})
	}
	for _, m := range patterns.Get().goSDK.FindAllSubmatchIndex(text, -1) {
		add(m, group(text, m, 3), actionOf(group(text, m, 1), group(text, m, 2)))
	}
	for _, m := range patterns.Get().pythonSDK.FindAllSubmatchIndex(text, -1) {
		add(m, group(text, m, 1), actionOf("", group(text, m, 2)))
	}
	for _, m := range patterns.Get().javaSDK.FindAllSubmatchIndex(text, -1) {
		add(m, group(text, m, 2), "")
	}
	covered := slices.Clone(all)
	slices.SortFunc(covered, func(a, b fragment) int { return a.start - b.start })
	for _, m := range patterns.Get().codeAlone.FindAllSubmatchIndex(text, -1) {
		for len(covered) > 0 && covered[0].end <= m[2] {
			covered = covered[1:]
		}
		inside := len(covered) > 0 && covered[0].start <= m[2]
		if code := group(text, m, 1); !inside && (code == "UnauthorizedOperation" || patterns.Get().fromAWS.Match(text[m[1]:min(len(text), m[1]+200)])) {
			add(m[2:], code, "")
		}
	}
	for _, m := range patterns.Get().cloudFormation.FindAllSubmatchIndex(text, -1) {
		window := text[m[1]:min(len(text), m[1]+200)]
		if strings.Contains(string(window), "not authorized") || strings.Contains(string(window), "Access Denied") {
			add(m, "", actionOf(group(text, m, 1), group(text, m, 2)))
		}
	}
	return all
}

func group(text []byte, match []int, index int) string {
	if match[2*index] < 0 {
		return ""
	}
	return string(text[match[2*index]:match[2*index+1]])
}

// parsePrincipal returns the denied principal: an ARN, "anonymous" or "*"; ""
// for any other word.
func parsePrincipal(word string) string {
	word = strings.TrimSuffix(word, ",")
	if i := strings.Index(word, "arn:"); i >= 0 {
		return word[i:]
	}
	if word == "anonymous" || word == "*" {
		return word
	}
	return ""
}

// canonicalAction returns an action in AWS's spelling, and true. If the
// embedded data does not have the action, it returns the action with only the
// service in lower case, and false.
func canonicalAction(action string) (string, bool) {
	if a, ok := authz.Lookup(action); ok {
		return a.String(), true
	}
	service, name, _ := strings.Cut(action, ":")
	return strings.ToLower(service) + ":" + name, false
}
