package credentials

// This file has the forms in which encoded credentials are handed over. The
// profile itself is in profile.go; the manifests of Kubernetes in manifest.go.

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"

	"capaboot/internal/render"
)

// Form names a way to hand over encoded credentials.
type Form string

// The forms. The first two are clusterawsadm's.
const (
	Base64SharedConfig Form = "base64SharedConfig" // the blob, a line
	RawSharedConfig    Form = "rawSharedConfig"    // the text of the profile
	EnvForm            Form = "env"                // a shell's command that sets Variable
	DotenvForm         Form = "dotenv"             // NAME=value, a line
	JSONForm           Form = "json"               // facts and the blob
	SecretForm         Form = "secret"             // the Secret that CAPA reads
	StaticIdentityForm Form = "static-identity"    // an AWSClusterStaticIdentity and its Secret
	OperatorSecretForm Form = "operator-secret"    // the configSecret of Cluster API Operator
	GitHubActionsForm  Form = "github-actions"     // see GitHubActions
)

// Forms returns the names of all forms, the default first.
func Forms() []string {
	return []string{string(Base64SharedConfig), string(RawSharedConfig), string(EnvForm), string(DotenvForm),
		string(JSONForm), string(SecretForm), string(StaticIdentityForm), string(OperatorSecretForm), string(GitHubActionsForm)}
}

// Variable is the variable from which clusterctl takes the blob.
const Variable = "AWS_B64ENCODED_CREDENTIALS"

// Shells returns the names of the shells that EnvForm knows, the default first.
func Shells() []string { return []string{"sh", "fish", "powershell"} }

// Options choose what some forms need. Empty fields have their defaults.
type Options struct {
	Shell string // of EnvForm
	// Namespace is that of the controllers, in which Secrets are.
	Namespace string
	// Name is that of the AWSClusterStaticIdentity and its Secret, or of the Secret
	// of OperatorSecretForm.
	Name string
	// AllowedNamespaces says which namespaces may use the identity; see
	// allowedNamespaces.
	AllowedNamespaces string
}

// Render returns credentials in a form, as they go to stdout: a line, or a
// text that ends in a line break. For GitHubActionsForm use GitHubActions.
func (f Found) Render(form Form, p Profile, o Options) ([]byte, error) {
	if err := o.Check(form); err != nil {
		return nil, err
	}
	switch form {
	case Base64SharedConfig:
		return []byte(p.Base64() + "\n"), nil
	case RawSharedConfig:
		return []byte(p.Text()), nil
	case EnvForm:
		return setVariable(o.Shell, p.Base64())
	case DotenvForm:
		return []byte(Variable + "=" + p.Base64() + "\n"), nil
	case JSONForm:
		return render.JSON(f.facts(p))
	case SecretForm:
		return p.secretManifest(o)
	case StaticIdentityForm:
		return f.Credentials.identityManifests(o)
	case OperatorSecretForm:
		return p.operatorManifest(o)
	}
	return nil, failf("", "unknown format %s", quote(string(form)))
}

// Check returns an error for options that a form does not take. It needs no
// credentials.
func (o Options) Check(form Form) error {
	switch form {
	case SecretForm:
		return o.checkNamespace()
	case StaticIdentityForm, OperatorSecretForm:
		if err := o.checkNamespace(); err != nil {
			return err
		}
		if err := o.checkName(form); err != nil {
			return err
		}
		_, err := allowedNamespaces(o.AllowedNamespaces)
		return err
	}
	return nil
}

// setVariable returns the command that sets the variable for the programs that
// a shell starts. Base64 has no character that needs more than these quotes.
func setVariable(shell, blob string) ([]byte, error) {
	switch shell {
	case "", "sh":
		return []byte("export " + Variable + "='" + blob + "'\n"), nil
	case "fish":
		return []byte("set -gx " + Variable + " '" + blob + "';\n"), nil
	case "powershell":
		return []byte("$Env:" + Variable + " = '" + blob + "'\n"), nil
	}
	return nil, failf("use one of "+list(Shells()), "unknown shell %s", quote(shell))
}

// facts are what JSONForm has; a field that does not apply is left out.
type facts struct {
	EncodedProfile string `json:"encodedProfile"`
	Region         string `json:"region"`
	Temporary      bool   `json:"temporary"`
	Expires        string `json:"expires,omitempty"` // RFC 3339, UTC
	Source         string `json:"source"`
	AccessKeyID    string `json:"accessKeyID"` // masked
}

func (f Found) facts(p Profile) facts {
	all := facts{
		EncodedProfile: p.Base64(),
		Region:         f.Region.Name,
		Temporary:      f.Credentials.SessionToken != "",
		Source:         f.Credentials.Source,
		AccessKeyID:    MaskKeyID(f.Credentials.AccessKeyID),
	}
	if !f.Credentials.Expires.IsZero() {
		all.Expires = f.Credentials.Expires.UTC().Format(time.RFC3339)
	}
	return all
}

// GitHubActions returns what hands credentials to the later steps of a job: the
// commands for stdout that mask every secret in the log, and the text to append
// to the file that $GITHUB_ENV names, with a delimiter that no one can guess.
//
// Source: GitHub Docs, "Workflow commands for GitHub Actions".
func (c Credentials) GitHubActions(p Profile) (masks, environment string) {
	for _, secret := range []string{p.Base64(), c.SecretAccessKey, c.SessionToken} {
		if secret != "" {
			masks += "::add-mask::" + escapeCommand(secret) + "\n"
		}
	}
	// Base64 has no underscore: no line of the value is the delimiter.
	delimiter := "capaboot_" + rand.Text()
	return masks, Variable + "<<" + delimiter + "\n" + p.Base64() + "\n" + delimiter + "\n"
}

// escapeCommand escapes what has a meaning in the value of a workflow command.
func escapeCommand(value string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(value)
}

// encode is standard base64, as in the data of a Secret.
func encode(value string) string { return base64.StdEncoding.EncodeToString([]byte(value)) }
