package controller

// This file says which credentials a pod takes, by the order in which AWS's SDK
// for Go looks: the variables with keys, a web identity, the shared credentials
// file, the container endpoint, the instance. The order is that of
// resolveCredentialChain in aws-sdk-go-v2/config/resolve_credentials.go, and of
// aws/session/credentials.go in the SDK that CAPA had before.

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// SourceKind is where a pod gets credentials from.
type SourceKind string

// The sources, in the order of the SDK.
const (
	SourceVariables   SourceKind = "variables"        // AWS_ACCESS_KEY_ID and its like, in the pod itself
	SourceWebIdentity SourceKind = "web-identity"     // IAM roles for service accounts (IRSA)
	SourceSecret      SourceKind = "secret"           // the Secret, mounted as credentials file
	SourcePodIdentity SourceKind = "pod-identity"     // EKS Pod Identity
	SourceContainer   SourceKind = "container"        // another endpoint for credentials
	SourceInstance    SourceKind = "instance-profile" // of the node
	SourceNone        SourceKind = "none"             // it may not even ask the instance
)

// SourceKinds are all but SourceNone, in the order of the SDK.
func SourceKinds() []SourceKind {
	return []SourceKind{SourceVariables, SourceWebIdentity, SourceSecret, SourcePodIdentity, SourceContainer, SourceInstance}
}

// Source is where a pod gets credentials from.
type Source struct {
	Kind    SourceKind
	RoleARN string // of a web identity, "" for the others
}

// podIdentityHosts are where the agent of EKS Pod Identity answers, over IPv4 and
// IPv6. https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
var podIdentityHosts = [...]string{"http://169.254.170.23/", "http://[fd00:ec2::23]/"}

// SourceOf is the source of a pod. holds says that the Secret has a profile; one
// that is zeroed is passed over.
func SourceOf(spec PodSpec, holds bool) Source {
	c := spec.manager()
	switch {
	case (c.has("AWS_ACCESS_KEY_ID") || c.has("AWS_ACCESS_KEY")) && (c.has("AWS_SECRET_ACCESS_KEY") || c.has("AWS_SECRET_KEY")):
		return Source{Kind: SourceVariables}
	case c.has("AWS_WEB_IDENTITY_TOKEN_FILE"):
		return Source{SourceWebIdentity, c.value("AWS_ROLE_ARN")}
	case holds && spec.ReadsSecret():
		return Source{Kind: SourceSecret}
	case c.has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
		return Source{Kind: SourceContainer}
	case spec.HasPodIdentity():
		return Source{Kind: SourcePodIdentity}
	case c.has("AWS_CONTAINER_CREDENTIALS_FULL_URI"):
		return Source{Kind: SourceContainer}
	case strings.EqualFold(c.value("AWS_EC2_METADATA_DISABLED"), "true"):
		return Source{Kind: SourceNone}
	}
	return Source{Kind: SourceInstance}
}

// HasPodIdentity reports whether EKS has given the pod the variables of Pod
// Identity, which it does when an association exists as the pod is created.
func (s PodSpec) HasPodIdentity() bool {
	uri := s.manager().value("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	return slices.ContainsFunc(podIdentityHosts[:], func(host string) bool { return strings.HasPrefix(uri, host) })
}

// ReadsSecret reports whether the SDK finds the Secret as its credentials file: it
// is mounted where AWS_SHARED_CREDENTIALS_FILE says, which CAPA's manifest sets to
// /home/.aws/credentials, or else in .aws of the home directory. Without HOME that is
// taken to be there; see [PodSpec.NamesFile].
func (s PodSpec) ReadsSecret() bool {
	c := s.manager()
	file := path.Join(cmp.Or(c.value("HOME"), "/home"), ".aws", "credentials")
	if c.has("AWS_SHARED_CREDENTIALS_FILE") {
		file = c.value("AWS_SHARED_CREDENTIALS_FILE")
	}
	for _, mount := range c.VolumeMounts {
		if s.secretVolume(mount.Name) && path.Join(mount.MountPath, SecretKey) == path.Clean(file) {
			return true
		}
	}
	return false
}

// NamesFile reports whether variables of the container say where the SDK's credentials
// file is. If not, it depends on the user of the image.
func (s PodSpec) NamesFile() bool {
	return s.manager().has("AWS_SHARED_CREDENTIALS_FILE") || s.manager().has("HOME")
}

// NeedsSecret reports whether a pod cannot start without the Secret: it is mounted,
// and not optional.
func (s PodSpec) NeedsSecret() bool {
	return slices.ContainsFunc(s.Volumes, func(v Volume) bool { return v.Secret != nil && v.Secret.SecretName == SecretName && !v.Secret.Optional })
}

func (s PodSpec) secretVolume(name string) bool {
	return slices.ContainsFunc(s.Volumes, func(v Volume) bool { return v.Name == name && v.Secret != nil && v.Secret.SecretName == SecretName })
}

// manager is the container of the controllers: the one of this name, or the first.
func (s PodSpec) manager() Container {
	for _, c := range s.Containers {
		if c.Name == "manager" {
			return c
		}
	}
	if len(s.Containers) == 0 {
		return Container{}
	}
	return s.Containers[0]
}

// Image is the image of the controllers.
func (s PodSpec) Image() string { return s.manager().Image }

// MoreVariables reports whether the container gets variables of objects that were
// not read, so that keys may be among them.
func (s PodSpec) MoreVariables() bool { return len(s.manager().EnvFrom) > 0 }

// Profile is the profile that the SDK takes of the credentials file, by the variables of
// the container; "" for the default. needed says that the SDK fails without it, whatever
// the source: resolveConfigLoaders in aws-sdk-go-v2/config/config.go.
func (s PodSpec) Profile() (name string, needed bool) {
	if name = s.manager().value("AWS_PROFILE"); name != "" {
		return name, true
	}
	return s.manager().value("AWS_DEFAULT_PROFILE"), false
}

// has reports whether a variable is set. The value of one that comes from a Secret
// is unknown, and taken to be there.
func (c Container) has(name string) bool {
	return slices.ContainsFunc(c.Env, func(v EnvVar) bool { return v.Name == name && (v.Value != "" || v.ValueFrom != nil) })
}

// value is the value of a variable, the last where it is twice.
func (c Container) value(name string) (value string) {
	for _, v := range c.Env {
		if v.Name == name {
			value = v.Value
		}
	}
	return value
}

// InterceptedRole is the role that kube2iam or KIAM gives a pod in place of its
// node's, "" for none.
func (t PodTemplate) InterceptedRole() string {
	return t.Metadata.Annotations["iam.amazonaws.com/role"]
}
