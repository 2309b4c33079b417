// Recognizes configuration files.

package iam

import (
	"bytes"

	"go.yaml.in/yaml/v4"
)

// IsConfiguration reports whether a file is an AWSIAMConfiguration, valid or
// not. It returns false for text that is not YAML or is longer than
// [MaxFileSize].
func IsConfiguration(text []byte) bool {
	if len(text) > MaxFileSize || !bytes.Contains(text, []byte(Kind)) {
		return false
	}
	var typeMeta struct {
		Kind string `yaml:"kind"`
	}
	return yaml.Load(text, &typeMeta) == nil && typeMeta.Kind == Kind
}
