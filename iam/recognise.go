// Which files are configurations.

package iam

import (
	"bytes"

	"go.yaml.in/yaml/v4"
)

// IsConfiguration reports whether a file is an AWSIAMConfiguration, a valid one
// or not. Of what is not YAML at all it reports false.
func IsConfiguration(text []byte) bool {
	if len(text) > MaxFileSize || !bytes.Contains(text, []byte(Kind)) {
		return false
	}
	var head struct {
		Kind string `yaml:"kind"`
	}
	return yaml.Load(text, &head) == nil && head.Kind == Kind
}
