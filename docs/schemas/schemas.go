// Package schemas has the JSON Schemas of what the program prints and reads. The
// files are for editors and for programs that read the output; the program itself
// prints one of them.
package schemas

import _ "embed"

//go:embed awsiamconfiguration.schema.json
var configuration []byte

// Configuration is the schema of an AWSIAMConfiguration. Callers must not change
// it.
func Configuration() []byte { return configuration }
