package accesskey

// This file detects what people copy instead of a key: a variable or an
// expression that was not replaced, a placeholder, a masked value, or the other
// half of the pair.

import "strings"

// PlaceholderOf returns a description and a hint if a value is not a key but a
// variable, an expression, a placeholder or a masked value, or if it begins
// with a byte order mark; otherwise nil. The description does not repeat any
// part of the value.
//
// There are no regular expressions here, because package regexp would delay an
// early run; see package early. A test compares this with regular expressions.
func PlaceholderOf(value string) *Defect {
	inner := withoutQuotesBefore(value)
	switch {
	case strings.HasPrefix(inner, "${{"):
		return &Defect{"is an expression of GitHub Actions (${{ ... }}) that was not replaced", "use the expression only in a workflow file; elsewhere, write the value"}
	case strings.HasPrefix(inner, "{{"):
		return &Defect{"is an expression of a template ({{ ... }}) that was not replaced", "render the template first, or write the value"}
	case strings.HasPrefix(inner, "$("):
		return &Defect{"is a command ($( ... )) that was not run", "run the command in a shell, or write the value"}
	case isShellVariable(inner):
		return &Defect{"is a variable that was not replaced", "in a shell, remove the single quotes around $NAME; in a credentials file or a manifest, write the value itself"}
	case isWindowsVariable(inner):
		return &Defect{"is a variable that was not replaced", "write the value"}
	case isStandIn(inner):
		return &Defect{"is a placeholder that was not replaced", "write the value"}
	case isMasked(value):
		return &Defect{"is masked: most of its characters are replaced", "copy the full value; AWS shows a secret access key only once, when it is created"}
	case hasByteOrderMark(value):
		return &Defect{"begins with a byte order mark", "save the file as UTF-8 without a byte order mark"}
	}
	return nil
}

func withoutQuotesBefore(value string) string {
	return strings.TrimPrefix(strings.TrimPrefix(value, `"`), "'")
}

func withoutQuoteAfter(value string) string {
	if value != "" && strings.IndexByte(`'"`, value[len(value)-1]) >= 0 {
		return value[:len(value)-1]
	}
	return value
}

// cutName returns the name of a variable at the beginning of a text, and the rest.
func cutName(text string) (name, rest string) {
	i := 0
	for i < len(text) && (IsLetterOrDigit(text[i]) || text[i] == '_') && (i > 0 || text[i] < '0' || text[i] > '9') {
		i++
	}
	return text[:i], text[i:]
}

// isShellVariable reports whether a value begins with a variable of a shell: $NAME
// as the whole value, ${NAME} or ${NAME:-default}.
func isShellVariable(value string) bool {
	value, ok := strings.CutPrefix(value, "$")
	name, rest := cutName(strings.TrimPrefix(value, "{"))
	return ok && name != "" &&
		(withoutQuoteAfter(rest) == "" || strings.HasPrefix(rest, "}") || strings.HasPrefix(strings.TrimPrefix(rest, ":"), "-"))
}

// isWindowsVariable reports whether a value is %NAME%, with or without a quote at its
// end.
func isWindowsVariable(value string) bool {
	value, ok := strings.CutPrefix(value, "%")
	name, rest := cutName(value)
	return ok && name != "" && (rest == "%" || rest == "%'" || rest == `%"`)
}

// isStandIn reports whether a value is a text that documentation has in place of a
// value: <...>, [...], YOUR_KEY, KEY-HERE, changeme, xxxx or the like.
func isStandIn(value string) bool {
	if strings.Contains(value, "\n") {
		return false
	}
	lower := LowerASCII(value)
	if strings.HasPrefix(lower, "your-") || strings.HasPrefix(lower, "your_") || strings.HasPrefix(lower, "your ") {
		return true
	}
	for _, text := range []string{lower, withoutQuoteAfter(lower)} {
		switch text {
		case "change-me", "changeme", "replace-me", "replaceme", "todo", "redacted", "not shown", "(not shown", "not shown)", "(not shown)", "...", "…":
			return true
		}
		switch {
		case len(text) >= 2 && (text[0] == '<' && strings.HasSuffix(text, ">") || text[0] == '[' && strings.HasSuffix(text, "]")),
			strings.HasSuffix(text, "-here"), strings.HasSuffix(text, "_here"), strings.HasSuffix(text, " here"),
			len(text) >= 4 && strings.Trim(text, "x") == "":
			return true
		}
	}
	return false
}

// isMasked reports whether a value has the form of a masked one: at least four
// asterisks, bullets or dots, and then at most eight characters of base64; or
// at most four letters and digits, then at least three asterisks or bullets,
// and then at most eight characters of base64.
func isMasked(value string) bool {
	isBase64 := func(text string) bool { return len(text) <= 8 && OnlyOf(text, "/+=") }
	count := func(text, marks string) (n int, rest string) {
		rest = strings.TrimLeft(text, marks)
		return len([]rune(text[:len(text)-len(rest)])), rest
	}
	if n, rest := count(value, "*•●."); n >= 4 && isBase64(rest) {
		return true
	}
	start := 0
	for start < len(value) && IsLetterOrDigit(value[start]) {
		start++
	}
	n, rest := count(value[start:], "*•●")
	return start <= 4 && n >= 3 && isBase64(rest)
}

// hasByteOrderMark reports whether a value begins with a byte order mark, as one
// character, as UTF-8 read as Latin-1, or as an escape.
func hasByteOrderMark(value string) bool {
	for _, mark := range []string{"\ufeff", "ï»¿", "Ï»¿", `\ufeff`} {
		if strings.HasPrefix(value, mark) || strings.HasPrefix(LowerASCII(value), mark) {
			return true
		}
	}
	return false
}

// describeSubstitute describes what a value is instead of a key; nil when it may be a
// key.
func describeSubstitute(f Field, value string) *Defect {
	if copied := describeExtraText(value); copied != "" {
		return &Defect{copied, "copy only the value"}
	}
	if placeholder := PlaceholderOf(value); placeholder != nil {
		return placeholder
	}
	switch {
	case f == AccessKeyID && isSecretShaped(value):
		return &Defect{"has the shape of a secret access key: the key ID and the secret key may be swapped", "swap the two values: an access key ID has letters and digits, and begins with AKIA or ASIA"}
	case f == SecretAccessKey && isKeyIDShaped(value):
		return &Defect{"is an access key ID: the key ID and the secret key may be swapped, or the ID was copied twice", "copy both values again"}
	}
	return nil
}

func isSecretShaped(value string) bool {
	return len(value) == secretLength && OnlyOf(value, "/+=") && !isKeyIDShaped(value)
}

// isKeyIDShaped reports whether a value has a prefix of AWS's IDs, and a length
// that access key IDs have had so far.
func isKeyIDShaped(value string) bool {
	kind, _ := Kind(strings.ToUpper(value))
	return kind != "" && len(value) >= ShortestID && len(value) <= 24 && OnlyOf(value, "")
}
