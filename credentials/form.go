package credentials

// This file renders encoded credentials in the output forms. The profile itself
// is in profile.go; the Kubernetes manifests are in manifest.go.

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"

	"capaboot/internal/render"
)

// Form is the name of an output form.
type Form string

// The forms. The first two are clusterawsadm's.
const (
	Base64SharedConfig Form = "base64SharedConfig" // the encoded profile, one line
	RawSharedConfig    Form = "rawSharedConfig"    // the profile's text
	EnvForm            Form = "env"                // a shell command that sets Variable
	DotenvForm         Form = "dotenv"             // NAME=value, one line
	JSONForm           Form = "json"               // the encoded profile, and where the credentials come from; see facts
	SecretForm         Form = "secret"             // the Secret that CAPA reads
	StaticIdentityForm Form = "static-identity"    // an AWSClusterStaticIdentity and its Secret
	OperatorSecretForm Form = "operator-secret"    // the configSecret of Cluster API Operator
	GitHubActionsForm  Form = "github-actions"     // see Credentials.GitHubActions
)

// Forms returns the names of all forms, the default first.
func Forms() []string {
	return []string{string(Base64SharedConfig), string(RawSharedConfig), string(EnvForm), string(DotenvForm),
		string(JSONForm), string(SecretForm), string(StaticIdentityForm), string(OperatorSecretForm), string(GitHubActionsForm)}
}

// Variable is the variable from which clusterctl reads the encoded profile.
const Variable = "AWS_B64ENCODED_CREDENTIALS"

// Shells returns the names of the shells that EnvForm supports, the default first.
func Shells() []string { return []string{"sh", "fish", "powershell"} }

// Options are settings that apply to some of the forms. An empty Shell or Namespace
// means the default.
type Options struct {
	Shell string // for EnvForm
	// Namespace is the namespace of the controllers and of the Secrets.
	Namespace string
	// Name is the name of the AWSClusterStaticIdentity and its Secret, or of the
	// Secret of OperatorSecretForm.
	Name string
	// AllowedNamespaces says which namespaces may use the identity: "" for none, "*"
	// for all, a list such as "team-a,team-b", or a label selector as for kubectl -l.
	AllowedNamespaces string
}

// Render returns credentials in a form. The text is ready for stdout and ends in a
// line break. GitHubActionsForm is an error: use [Credentials.GitHubActions].
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
	return nil, failf("use one of "+shortList(Forms()), "unknown format %s", quote(string(form)))
}

// Check returns an error when the form needs a name and there is none, and when
// the namespace, the name or the allowed namespaces are invalid for the form.
// It needs no credentials. Only [Found.Render] checks the shell.
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

// setVariable returns the shell command that exports the variable. Base64 has
// no character that needs escaping inside single quotes.
func setVariable(shell, encoded string) ([]byte, error) {
	switch shell {
	case "", "sh":
		return []byte("export " + Variable + "='" + encoded + "'\n"), nil
	case "fish":
		return []byte("set -gx " + Variable + " '" + encoded + "';\n"), nil
	case "powershell":
		return []byte("$Env:" + Variable + " = '" + encoded + "'\n"), nil
	}
	return nil, failf("use one of "+shortList(Shells()), "unknown shell %s", quote(shell))
}

// facts are the fields of JSONForm. Expires is left out when no expiry is known.
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
		Temporary:      f.Credentials.keys().AreTemporary(),
		Source:         f.Credentials.Source,
		AccessKeyID:    MaskKeyID(f.Credentials.AccessKeyID),
	}
	if !f.Credentials.Expires.IsZero() {
		all.Expires = f.Credentials.Expires.UTC().Format(time.RFC3339)
	}
	return all
}

// GitHubActions returns the output that passes credentials to the later steps of a
// job: the commands for stdout that mask every secret in the log, and the text to
// append to the file in $GITHUB_ENV, with an unguessable delimiter.
//
// Source: GitHub Docs, "Workflow commands for GitHub Actions".
func (c Credentials) GitHubActions(p Profile) (masks, environment string) {
	for _, secret := range []string{p.Base64(), c.SecretAccessKey, c.SessionToken} {
		if secret != "" {
			masks += "::add-mask::" + escapeCommand(secret) + "\n"
		}
	}
	// Base64 has no underscore, so that no line of the value equals the delimiter.
	delimiter := "capaboot_" + rand.Text()
	return masks, Variable + "<<" + delimiter + "\n" + p.Base64() + "\n" + delimiter + "\n"
}

// escapeCommand escapes special characters in the value of a workflow command.
func escapeCommand(value string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(value)
}

// encode encodes value in standard base64, as in the data of a Secret.
func encode(value string) string { return base64.StdEncoding.EncodeToString([]byte(value)) }
