// bootstrap credentials encode-as-profile

package cli

import (
	"github.com/urfave/cli/v2"

	"capaboot/credentials"
)

// Forms of the encoded profile; the words are clusterawsadm's.
const (
	base64SharedConfig = "base64SharedConfig"
	rawSharedConfig    = "rawSharedConfig"
)

func (r *runner) encodeAsProfile() *cli.Command {
	return &cli.Command{
		Name:  "encode-as-profile",
		Usage: "print credentials as CAPA reads them",
		Description: `Finds credentials in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
AWS_SESSION_TOKEN, or in a profile of ~/.aws/credentials and ~/.aws/config,
and prints them as CAPA reads them, for AWS_B64ENCODED_CREDENTIALS.

The region is that of --region, AWS_REGION, AWS_DEFAULT_REGION,
DEFAULT_AWS_REGION or the profile, in this order, or else us-east-1.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "profile", Usage: "take the credentials of this `PROFILE`"},
			&cli.StringFlag{Name: "region", Usage: "write this `REGION` into the result"},
			outputFlag(base64SharedConfig, rawSharedConfig),
		},
		Action: func(c *cli.Context) error {
			found, err := credentials.Find(c.Context, r.Environment, credentials.Request{Profile: c.String("profile"), Region: c.String("region")})
			if err != nil {
				return withHint(err)
			}
			profile, err := credentials.NewProfile(found.Credentials, found.Region.Name)
			if err != nil {
				return withHint(err)
			}
			if found.Region.Fallback {
				r.talk.warn("no region named by --region, AWS_REGION, AWS_DEFAULT_REGION or the profile: writing %s", found.Region.Name)
			}
			if found.Credentials.LacksToken() {
				r.talk.warn("the access key ID begins with ASIA, as those of temporary credentials do, but there is no session token: AWS will refuse them")
			}
			r.talk.warn("these credentials are readable by whoever reads this output; use them for bootstrapping only")
			text := profile.Base64() + "\n"
			if c.String("output") == rawSharedConfig {
				text = profile.Text()
			}
			return r.print([]byte(text))
		},
	}
}

// withHint attaches the hint that the credentials package gives with an error.
func withHint(err error) error { return hinted{err, credentials.Hint(err)} }
