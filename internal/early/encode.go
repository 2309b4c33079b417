package early

// This file encodes keys in variables.

import (
	"slices"
	"strings"

	"capaboot/credentials/profiletext"
	"capaboot/policies/arn/regions"
)

// unset are the variables that package cli reads for "encode-as-profile" with
// keys in variables, and that change its output. The command runs here only if
// none of them is set. A test lists the variables that package cli reads.
var unset = [...]string{
	"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN", "GITHUB_ACTIONS",
	// When the credentials expire.
	"AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION", "AWS_EXPIRATION", "AWS_SESSION_TOKEN_EXPIRATION", "AWS_SSO_SESSION_EXPIRATION",
	"AWS_OKTA_SESSION_EXPIRATION", "AWSUME_EXPIRATION", "AWSU_EXPIRES", "X_SECURITY_TOKEN_EXPIRES",
}

// Encode returns the output of "bootstrap credentials encode-as-profile" for
// keys and a region in variables. ok is false when package cli has to run the
// command line: for other credentials, and for values that AWS did not issue or
// that are unusual.
func Encode(args []string, lookup Lookup) (output Output, ok bool) {
	name, rest, ok := Arguments(args)
	if !ok || !slices.Equal(rest, []string{"bootstrap", "credentials", "encode-as-profile"}) {
		return Output{}, false
	}
	if slices.ContainsFunc(unset[:], func(variable string) bool { return lookup.get(variable) != "" }) {
		return Output{}, false
	}
	id, secret, token := lookup.get("AWS_ACCESS_KEY_ID"), lookup.get("AWS_SECRET_ACCESS_KEY"), lookup.get("AWS_SESSION_TOKEN")
	region := ""
	for _, variable := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "DEFAULT_AWS_REGION"} {
		if region = lookup.get(variable); region != "" {
			break
		}
	}
	if !isKeyID(id, token != "") || !isSecret(secret) || token != "" && !isToken(token) || !regions.IsKnown(region) {
		return Output{}, false
	}
	return Output{
		Stdout: profiletext.Base64(profiletext.Text(profiletext.Lines(id, secret, region, token))) + "\n",
		Stderr: name + ": warning: " + profiletext.Warning + "\n",
	}, true
}

// isKeyID reports whether AWS could have issued the ID of an access key that is
// temporary or long-lived. For the prefixes see package credentials.
func isKeyID(id string, temporary bool) bool {
	prefix := "AKIA"
	if temporary {
		prefix = "ASIA"
	}
	return strings.HasPrefix(id, prefix) && len(id) >= 16 && len(id) <= 32 && consistsOf(id, isUpperOrDigit)
}

// isSecret reports whether a value has the shape of the secret access keys that
// AWS issues, and is not a placeholder, which has few different characters.
func isSecret(value string) bool {
	return len(value) == 40 && consistsOf(value, isBase64) && hasVariety(value)
}

// isToken reports whether a value has the shape of the session tokens that AWS
// issues: base64, longer than a key. A value that begins with the name of a
// setting was copied together with the name.
func isToken(value string) bool {
	for _, setting := range []string{"accesskeyid", "secretaccesskey", "sessiontoken"} {
		if len(value) > len(setting) && strings.EqualFold(value[:len(setting)], setting) {
			return false
		}
	}
	text := strings.TrimRight(value, "=")
	return len(text) >= 64 && len(value)-len(text) <= 2 && consistsOf(text, isBase64) && hasVariety(text)
}

// hasVariety reports whether a text has an upper-case letter, a lower-case letter
// and a digit, as nearly every value that AWS issues has.
func hasVariety(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return 'A' <= r && r <= 'Z' }) &&
		strings.ContainsFunc(text, func(r rune) bool { return 'a' <= r && r <= 'z' }) &&
		strings.ContainsFunc(text, func(r rune) bool { return '0' <= r && r <= '9' })
}

func consistsOf(text string, isAllowed func(c byte) bool) bool {
	for i := range len(text) {
		if !isAllowed(text[i]) {
			return false
		}
	}
	return true
}

func isUpperOrDigit(c byte) bool { return 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' }

func isBase64(c byte) bool {
	return isUpperOrDigit(c) || 'a' <= c && c <= 'z' || c == '/' || c == '+'
}
