// This file recognizes logical IDs that the CDK generates. They contain hashes, but are
// not secrets.

package secrecy

import (
	"regexp"
	"strings"

	"capaboot/internal/lazy"
)

// hashOfCDK has the length of the hash at the end of a logical ID.
const hashOfCDK = len("AB1EF463")

// logicalID matches a logical ID of the CDK: words and eight digits of a hash, such as
// CustomResourceRoleAB1EF463. The ID of a singleton (a construct that a stack has only
// once) also has a UUID without dashes between the words: AWS679f53fac002430cb0da5b7982bd2287RoleC1EA0FF2.
//
// Source: makeUniqueId and SingletonFunction in https://github.com/aws/aws-cdk.
var logicalID = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`\b[A-Za-z]{3}[A-Za-z0-9]*[0-9A-F]{8}\b`)
}}

var plainUUID = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`[0-9a-f]{32}|[0-9A-F]{32}`) }}

// withoutHashes removes the hashes of the logical IDs in a text. What is left is as
// random as the words of the ID, so a secret that happens to end in eight digits of a
// hash stays random.
func withoutHashes(text string) string {
	return logicalID.Get().ReplaceAllStringFunc(text, func(id string) string {
		words := id[:len(id)-hashOfCDK]
		if !isHashOfCDK(id) || strings.ToUpper(words) == words {
			return id
		}
		if uuids := plainUUID.Get().FindAllStringIndex(words, 2); len(uuids) == 1 && uuids[0][0] >= 3 {
			words = words[:uuids[0][0]] + "/" + words[uuids[0][1]:]
		}
		return words + "/"
	})
}

// isLogicalID reports whether a name is a logical ID of the CDK. Its words often repeat
// each other, because they are the names of nested constructs.
func isLogicalID(name string) bool {
	return len(name) > hashOfCDK && logicalID.Get().FindString(name) == name && isHashOfCDK(name) && randomness(withoutHashes(name)) < minRandomArgument
}

// isHashOfCDK reports whether the end of a name has digits and letters, as most hashes
// have. A date or the number of an account has no letters.
func isHashOfCDK(name string) bool {
	hash := name[len(name)-hashOfCDK:]
	return strings.ContainsAny(hash, "0123456789") && strings.ContainsAny(hash, "ABCDEF")
}
