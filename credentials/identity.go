package credentials

// This file renders CAPA's multi-tenancy identities that have no secret: the
// controllers' own credentials, and a role. Source: Cluster API Provider AWS,
// api/v1beta2/awsidentity_types.go and the webhooks next to it.

import (
	"fmt"
	"strings"
	"time"

	"capaboot/policies/arn"
)

const (
	identityVersion = "infrastructure.cluster.x-k8s.io/v1beta2"
	// controllerIdentityName is the only valid name of an
	// AWSClusterControllerIdentity.
	controllerIdentityName = "default"
)

// The limits of spec.durationSeconds; a chained role session lasts an hour at most.
// Sources: the types of CAPA; AWS STS API Reference, AssumeRole, "DurationSeconds".
const (
	minIdentityDuration = 15 * time.Minute
	maxIdentityDuration = 12 * time.Hour
	maxChainedDuration  = time.Hour
)

// maxSessionPolicies is the maximum number of managed policies for a session. Source:
// AWS STS API Reference, AssumeRole, PolicyArns.
const maxSessionPolicies = 10

// Manifest is a Kubernetes object, ready to render.
type Manifest map[string]any

// ControllerIdentity returns the AWSClusterControllerIdentity, which lets clusters use
// the controllers' own credentials. allowed has the form of
// [Options.AllowedNamespaces].
func ControllerIdentity(allowed string) (Manifest, error) {
	return identityManifest("AWSClusterControllerIdentity", controllerIdentityName, allowed, object{})
}

// RoleIdentity is an AWSClusterRoleIdentity: a role that CAPA assumes with another
// identity.
type RoleIdentity struct {
	Name    string
	RoleARN string
	// Source is the identity that assumes the role: "controller", "static/NAME"
	// or "role/NAME".
	Source       string
	ExternalID   string
	SessionName  string
	Duration     time.Duration // 0 for CAPA's default, 15 minutes
	InlinePolicy string        // JSON, checked by the caller
	PolicyARNs   []string
	// AllowedNamespaces has the form of [Options.AllowedNamespaces].
	AllowedNamespaces string
}

// Manifest returns the Kubernetes object.
func (r RoleIdentity) Manifest() (Manifest, error) {
	kind, name, err := identitySource(r.Source)
	if err != nil {
		return nil, err
	}
	switch {
	case !isSubdomain(r.Name):
		return nil, invalidName("object", r.Name)
	case kind == "AWSClusterRoleIdentity" && name == r.Name:
		return nil, failf("name another identity as the source", "the role identity %s has itself as its source", quote(r.Name))
	}
	if want := checkRoleARN(r.RoleARN); want != "" {
		return nil, invalidValue("", "the role", want, "")
	}
	spec := object{"roleARN": r.RoleARN, "sourceIdentityRef": object{"kind": kind, "name": name}}
	for _, part := range []struct {
		field, value, problem string
	}{{"externalID", r.ExternalID, checkExternalID(r.ExternalID)}, {"sessionName", r.SessionName, checkSessionName(r.SessionName)}} {
		if part.value == "" {
			continue
		}
		if part.problem != "" {
			return nil, invalidValue("", part.field, part.problem, "")
		}
		spec[part.field] = part.value
	}
	if err := r.addSession(spec); err != nil {
		return nil, err
	}
	return identityManifest("AWSClusterRoleIdentity", r.Name, r.AllowedNamespaces, spec)
}

// SessionDurationProblem says which lifetimes the session of an identity can have if
// duration is none of them, and returns "" otherwise.
func SessionDurationProblem(duration time.Duration) string {
	if duration < minIdentityDuration || duration > maxIdentityDuration || duration%time.Second != 0 {
		return "15m to 12h, in whole seconds"
	}
	return ""
}

// addSession adds the fields that limit the sessions.
func (r RoleIdentity) addSession(spec object) error {
	if r.Duration != 0 {
		if problem := SessionDurationProblem(r.Duration); problem != "" {
			return invalidValue("", "durationSeconds", problem, "")
		}
		spec["durationSeconds"] = int(r.Duration / time.Second)
	}
	if r.InlinePolicy != "" {
		spec["inlinePolicy"] = r.InlinePolicy
	}
	if len(r.PolicyARNs) > maxSessionPolicies {
		return failf("remove managed policies, or use inlinePolicy", "%d managed policies, but a session can have at most %d", len(r.PolicyARNs), maxSessionPolicies)
	}
	var list []any
	role, _ := arn.Parse(r.RoleARN)
	for _, text := range r.PolicyARNs {
		a, ok := arn.Parse(text)
		if !ok || a.Service != "iam" || a.Kind() != "policy" || a.Name() == "" || strings.ContainsAny(text, "*? ") {
			return failf("", "invalid managed policy %s: want an ARN such as arn:aws:iam::aws:policy/ReadOnlyAccess", quote(text))
		}
		if a.Account != "aws" && a.Account != role.Account {
			return failf("name a policy of the role's account, or an AWS managed policy", "%s belongs to an account other than the role's", quote(text))
		}
		list = append(list, text)
	}
	if list != nil {
		spec["policyARNs"] = list
	}
	return nil
}

// Notes returns what a user of the identity should know, one line each.
func (r RoleIdentity) Notes() (notes []string) {
	if kind, _, _ := identitySource(r.Source); r.Duration > maxChainedDuration && kind != "AWSClusterStaticIdentity" {
		note := "a role that another role assumes gets a session of at most an hour: AWS rejects the duration " + r.Duration.String()
		if kind == "AWSClusterControllerIdentity" {
			note += " unless the controllers have long-lived keys"
		}
		notes = append(notes, note)
	}
	if len(r.PolicyARNs) > 0 {
		// CAPA passes only the external ID, the session name, the inline policy
		// and the duration: pkg/cloud/identityv2.
		notes = append(notes, "policyARNs limit nothing, because the controllers of CAPA v2.13 and older do not pass policyARNs when they assume a role; use inlinePolicy")
	}
	return notes
}

// identitySource parses the source of a role identity.
func identitySource(text string) (kind, name string, err error) {
	if text == "controller" {
		return "AWSClusterControllerIdentity", controllerIdentityName, nil
	}
	word, name, _ := strings.Cut(text, "/")
	switch kind = map[string]string{"static": "AWSClusterStaticIdentity", "role": "AWSClusterRoleIdentity"}[word]; {
	case kind == "" || name == "":
		return "", "", failf("", `invalid source %s of the identity: want "controller", "static/NAME" or "role/NAME"`, quote(text))
	case !isSubdomain(name):
		return "", "", invalidName("object", name)
	}
	return kind, name, nil
}

// identityManifest returns an identity with a spec and the namespaces that may
// use it.
func identityManifest(kind, name, allowed string, spec object) (Manifest, error) {
	namespaces, err := allowedNamespaces(allowed)
	if err != nil {
		return nil, err
	}
	if namespaces != nil {
		spec["allowedNamespaces"] = namespaces
	}
	return Manifest{"apiVersion": identityVersion, "kind": kind, "metadata": object{"name": name}, "spec": spec}, nil
}

// WhoMayUse says which namespaces may use an identity. allowed has the form of
// [Options.AllowedNamespaces]; the result is "" if allowed is invalid. In CAPA
// an absent allowedNamespaces means no namespace, and an empty one means every
// namespace.
func WhoMayUse(allowed string) string {
	switch namespaces, err := allowedNamespaces(allowed); {
	case err != nil:
		return ""
	case namespaces == nil:
		return "allowedNamespaces is absent: no cluster in any namespace may use the identity"
	case len(namespaces) == 0:
		return "allowedNamespaces is empty: clusters in every namespace may use the identity"
	case namespaces["list"] != nil:
		return fmt.Sprintf("clusters in these namespaces may use the identity: %s", strings.Join(splitList(allowed), ", "))
	}
	return "clusters in namespaces with these labels may use the identity: " + strings.TrimSpace(allowed)
}

func splitList(text string) (all []string) {
	for part := range strings.SplitSeq(text, ",") {
		all = append(all, strings.TrimSpace(part))
	}
	return all
}

// WithDefaults returns the identity; if it has no name, it is named after the
// role.
func (r RoleIdentity) WithDefaults() RoleIdentity {
	if a, ok := arn.Parse(r.RoleARN); ok && r.Name == "" {
		r.Name = strings.NewReplacer("_", "-").Replace(strings.ToLower(a.Name()))
	}
	return r
}
