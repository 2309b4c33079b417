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

// OtherKind describes a file that is something other than a configuration, such
// as "the file is a CloudFormation template"; "" if it may be a configuration, or
// if it is not YAML or too large.
func OtherKind(text []byte) string {
	var root yaml.Node
	if len(text) > MaxFileSize || yaml.Load(text, &root) != nil {
		return ""
	}
	if root.Kind == yaml.DocumentNode && len(root.Content) > 0 {
		return otherKind(root.Content[0])
	}
	return otherKind(&root)
}

// otherKind describes a file that is something other than a configuration, such as
// "the file is a CloudFormation template"; "" if it may be a configuration.
func otherKind(root *yaml.Node) string {
	has := map[string]*yaml.Node{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		has[root.Content[i].Value] = root.Content[i+1]
	}
	if has["kind"] != nil || has["apiVersion"] != nil {
		return ""
	}
	switch {
	case has["AWSTemplateFormatVersion"] != nil, has["Resources"] != nil && has["Resources"].Kind == yaml.MappingNode:
		return "the file is a CloudFormation template"
	case has["Statement"] != nil:
		return "the file is an IAM policy document"
	}
	return ""
}
