// Names of properties, fields and parameters that say whether the value is a secret.

package document

import (
	"slices"
	"strings"
)

// secrecy says whether a name is the name of a secret.
type secrecy uint8

const (
	unclearSecrecy secrecy = iota
	isSecretName
	isPlainName // a value that is not secret, such as the name of a user
)

// secretEnds are the endings of field names that mean a secret, in lower case without
// separators.
var secretEnds = []string{"password", "passwords", "passwd", "pwd", "passphrase", "passcode", "secret", "secrets", "token", "tokens", "key", "keys", "credential", "credentials"}

// plainWords are the names, or the last words of names, of values that are not secret.
// Source: Secrets Manager User Guide, "JSON structure of Secrets Manager secrets".
var plainWords = []string{"user", "username", "masterusername", "login", "host", "hostname", "server", "endpoint", "address", "port", "engine", "ssl",
	"dbname", "db", "database", "schema", "dbinstanceidentifier", "dbclusteridentifier", "masterarn", "identifier", "id", "arn", "name", "type", "driver", "protocol",
	"region", "account", "environment", "env", "stage", "version", "description", "kmskey"}

// plainEnds are the endings of names of values that are not secret, for names without
// separators.
var plainEnds = []string{"user", "username", "host", "hostname", "dbname", "identifier", "publickey"}

// fieldSecrecy says whether a field with this name in a secret is secret itself:
// "password" is, "username" is not.
func fieldSecrecy(name string) secrecy {
	all := withoutSeparators(name)
	switch {
	case slices.Contains(plainWords, all), slices.Contains(plainWords, lastWord(name)), hasAnySuffix(all, plainEnds):
		return isPlainName
	case all == "pass", all == "pw", hasAnySuffix(all, secretEnds):
		return isSecretName
	}
	return unclearSecrecy
}

// secretPropertyEnds are the endings of the names of properties with secrets. Unlike
// secretEnds, they do not include "key" alone: many properties with such a name are not
// secret.
var secretPropertyEnds = []string{"password", "passwords", "passwd", "passphrase", "secret", "token", "secretstring", "secretkey", "secretaccesskey", "privatekey", "apikey"}

// publicTokens are the names of properties that end like the name of a secret, but have
// no secret: the ARN of the function of a custom resource, and identifiers of requests.
var publicTokens = []string{"servicetoken", "clienttoken", "clientrequesttoken", "nexttoken"}

// isSecretProperty reports whether a property, a variable or an output has the name of
// a secret.
func isSecretProperty(name string) bool {
	all := withoutSeparators(name)
	return !slices.Contains(publicTokens, all) && hasAnySuffix(all, secretPropertyEnds)
}

// isNameProperty reports whether the name of a property says that its value identifies
// something, such as a name or an ARN.
func isNameProperty(name string) bool {
	return slices.Contains([]string{"arn", "id", "name", "resource", "from", "prefix", "path"}, lastWord(name))
}

// isPasswordParameter reports whether the name of a parameter says that its value is a
// password.
func isPasswordParameter(name string) bool {
	return hasAnySuffix(withoutSeparators(name), []string{"password", "passwd", "passphrase"})
}

func hasAnySuffix(text string, ends []string) bool {
	return slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(text, end) })
}

// withoutSeparators returns a name without separators, in lower case.
func withoutSeparators(name string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(name))
}

// lastWord returns the last word of a name in lower case: "id" for "accessKeyId",
// "DB_ID" and "db-id".
func lastWord(name string) string {
	isLower := func(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }
	isUpper := func(c byte) bool { return c >= 'A' && c <= 'Z' }
	for i := len(name) - 1; i > 0; i-- {
		switch {
		case !isLower(name[i]) && !isUpper(name[i]):
			return strings.ToLower(name[i+1:])
		case isUpper(name[i]) && isLower(name[i-1]):
			return strings.ToLower(name[i:])
		}
	}
	return strings.ToLower(name)
}
