// bootstrap credentials inspect

package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/internal/commandline"
	"capaboot/internal/escape"
	"capaboot/internal/input"
	"capaboot/internal/render"
	"capaboot/internal/terminal"
)

type inspectOptions struct {
	// arguments are one name of a file, - for stdin, or none for the variable.
	arguments           []string
	format              string
	verify, showSecrets bool
}

func (r *runner) inspectCommand() *cli.Command {
	var o inspectOptions
	return &cli.Command{
		Name:      "inspect",
		Usage:     "tell what encoded credentials contain, and why they fail",
		ArgsUsage: "[FILE]",
		Description: `Reads a blob from AWS_B64ENCODED_CREDENTIALS, or from FILE (- is standard
input), which may also be clusterctl.yaml, or the manifest of a Secret: that of CAPA,
of a static identity, or the configSecret of Cluster API Operator:

  kubectl get secret -n capa-system capa-manager-bootstrap-credentials \
    -o yaml | capaboot bootstrap credentials inspect -

Shows the profiles in it, never a secret, and what keeps CAPA's controllers
from using them. The exit code is 1 when they could not.`,
		Flags: []cli.Flag{
			commandline.FormatFlag(&o.format, "text", "json"),
			commandline.SwitchFlag(&o.verify, "verify", "ask AWS whose credentials they are"),
			commandline.SwitchFlag(&o.showSecrets, "show-secrets", "show the secrets too, on a terminal only"),
		},
		Action: func(c *cli.Context) error {
			if c.NArg() > 1 {
				return usagef("unexpected argument %q: %s takes one FILE", c.Args().Get(1), c.Command.HelpName)
			}
			o.arguments = c.Args().Slice()
			return r.inspect(c.Context, o)
		},
	}
}

func (r *runner) inspect(ctx context.Context, o inspectOptions) error {
	if o.showSecrets && o.format != "text" {
		return usagef("--show-secrets works with --output text only")
	}
	if o.showSecrets && !terminal.Is(r.Stdout) {
		return usagef("--show-secrets shows them on a terminal only; to keep them, use: base64 -d")
	}
	blob, err := r.blob(ctx, o.arguments)
	if err != nil {
		return err
	}
	inspection := credentials.Inspect(blob)
	inspection.StandIn(r.Environment)
	if o.verify {
		region := inspection.Region(r.Environment)
		if doubt := region.Doubt(); inspection.Askable() && doubt != "" && strings.HasPrefix(region.Source, "AWS_") {
			r.talk.Warn("%s", doubt)
		}
		if inspection.Askable() && region.Fallback {
			r.talk.Warn("no region named by the profile, AWS_REGION or AWS_DEFAULT_REGION: asking AWS STS in %s", region.Name)
		}
		if err := inspection.Verify(ctx, r.Environment); err != nil {
			return withHint(err)
		}
	}
	text, err := render.JSON(inspection)
	if err != nil {
		return err
	}
	if o.format == "text" {
		text = []byte(inspectionText(inspection))
	}
	write := r.write
	if o.format == "text" {
		write = r.writeText
	}
	if err := write(ctx, text); err != nil {
		return err
	}
	if o.showSecrets {
		if err := r.writeRaw(ctx, []byte(escape.Lines("\n"+strings.TrimSuffix(inspection.Text(), "\n")+"\n"))); err != nil {
			return err
		}
	}
	if !inspection.Usable {
		return errors.New("CAPA's controllers could not use these credentials")
	}
	return nil
}

// blob returns what is to be inspected.
func (r *runner) blob(ctx context.Context, arguments []string) ([]byte, error) {
	if len(arguments) == 1 {
		path := arguments[0]
		if _, err := input.Lstat(ctx, path); err != nil && path != input.Stdin && ctx.Err() == nil {
			return nil, usageError{hinted{errors.New(noSuchFile(path)),
				"a blob is passed in " + credentials.Variable + " or on standard input, where no list of processes shows it"}}
		}
		_, blob, err := input.Read(ctx, path, r.Stdin, credentials.MaxBlob)
		return blob, err
	}
	blob := r.Environment.Get(credentials.Variable)
	if blob == "" {
		return nil, usagef("%s is not set: set it, or name a file, or - for standard input", credentials.Variable)
	}
	return []byte(blob), nil
}

// noSuchFile is the error for a file that does not exist. What was given may be
// the blob itself, or a secret: only a name with an extension is shown.
func noSuchFile(path string) string {
	if extension := strings.ToLower(filepath.Ext(path)); slices.Contains(shownExtensions, extension) {
		return printable(path) + ": no such file"
	}
	return "no such file (its name is not shown, because it may be a secret)"
}

// shownExtensions are those of files with credentials; no secret of AWS has one,
// since their characters include no dot.
var shownExtensions = []string{".yaml", ".yml", ".json", ".txt", ".env", ".ini", ".b64"}

// assumedWith says whose credentials assume the role of a profile.
func assumedWith(p credentials.InspectedProfile) string {
	switch {
	case p.SourceProfile != "":
		return "profile " + p.SourceProfile
	case p.CredentialSource != "":
		return p.CredentialSource
	case p.AccessKeyID != "":
		return "the keys of the profile"
	}
	return "what the controllers get where they run"
}

// inspectionText is an inspection for people.
func inspectionText(i credentials.Inspection) string {
	var b strings.Builder
	for _, p := range i.Profiles {
		token := "none"
		if p.SessionToken {
			token = "present"
		}
		fmt.Fprintf(&b, "profile %s\n  access key ID:  %s\n  kind:           %s\n  session token:  %s\n",
			printable(p.Name), cmp.Or(printable(p.AccessKeyID), "none"), cmp.Or(p.Kind, "none"), token)
		if p.RoleARN != "" {
			fmt.Fprintf(&b, "  role:           %s\n  assumed with:   %s\n", printable(p.RoleARN), printable(assumedWith(p)))
		}
		if p.Expires != "" {
			fmt.Fprintf(&b, "  expires:        %s\n", p.Expires)
		}
		fmt.Fprintf(&b, "  region:         %s\n", cmp.Or(printable(p.Region), "none"))
	}
	if i.Identity != nil {
		fmt.Fprintf(&b, "account:          %s\nidentity:         %s\n", printable(i.Identity.Account), printable(i.Identity.ARN))
	}
	fmt.Fprintf(&b, "wrapping:         %s\n", i.Wrapping)
	usable := map[bool]string{true: "yes", false: "no"}[i.Usable]
	fmt.Fprintf(&b, "usable by CAPA:   %s\n", usable)
	for _, f := range i.Problems {
		kind := "note"
		if f.Fatal {
			kind = "problem"
		}
		fmt.Fprintf(&b, "\n%s: %s\n  fix: %s\n", kind, printable(f.Message), printable(f.Remedy))
	}
	return b.String()
}
