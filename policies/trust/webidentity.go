// Web identities: trusting pods of a cluster through IAM roles for service
// accounts (IRSA), and jobs of GitHub Actions.

package trust

import (
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/catalog"
	"capaboot/policies/review"
)

// DefaultAudience is the audience of the tokens that EKS and the AWS action for GitHub
// request.
//
// Sources: amazon-eks-pod-identity-webhook, --token-audience;
// aws-actions/configure-aws-credentials, input audience.
const DefaultAudience = "sts.amazonaws.com"

const gitHubIssuer = "token.actions.githubusercontent.com"

// IRSA trusts service accounts of a cluster, through the cluster's OIDC provider.
type IRSA struct {
	// OIDCProvider is the ARN of the provider in IAM.
	OIDCProvider    string
	Audience        string // "" for [DefaultAudience]
	Namespace       string
	ServiceAccounts []string
}

// Trust returns the statement. The error is a [Fault].
func (i IRSA) Trust() (Trust, error) {
	issuer, err := issuerOf(i.OIDCProvider)
	if err != nil {
		return Trust{}, err
	}
	if name, shared := review.SharedIssuer(issuer); shared {
		return Trust{}, invalidf(InputOIDCProvider, i.OIDCProvider, "it is the provider of %s, which issues no tokens for service accounts", name)
	}
	if err := checkNames(i.Namespace, i.ServiceAccounts); err != nil {
		return Trust{}, err
	}
	var subjects []string
	for _, name := range i.ServiceAccounts {
		subjects = append(subjects, "system:serviceaccount:"+i.Namespace+":"+name)
	}
	return webIdentityTrust(i.OIDCProvider, issuer, i.Audience, subjects)
}

func webIdentityTrust(provider, issuer, audience string, subjects []string) (Trust, error) {
	if audience == "" {
		audience = DefaultAudience
	}
	if err := checkAudience(audience); err != nil {
		return Trust{}, err
	}
	return Trust{Statements: []catalog.PolicyStatement{fillForm(formWebIdentity, placeholderValues{"provider": {provider}, "issuer": {issuer}, "audience": {audience}, "subject": subjects})}}, nil
}

// issuerOf returns the issuer of an OIDC provider as it appears in condition keys.
//
// Source: IAM User Guide, "Available keys for AWS OIDC federation".
func issuerOf(provider string) (string, error) {
	if provider == "" {
		return "", missing(InputOIDCProvider, "want the ARN of the cluster's OIDC provider in IAM; to list the ARNs: aws iam list-open-id-connect-providers")
	}
	if fault := checkWildcard(InputOIDCProvider, provider, "provider"); fault != nil {
		return "", fault
	}
	a, ok := arn.Parse(provider)
	issuer, isProvider := strings.CutPrefix(a.Resource, "oidc-provider/")
	if !ok || !isIAM(a) || !isProvider || !strings.Contains(issuer, ".") || !onlyOf(issuer, ".-_/") || strings.HasSuffix(issuer, "/") {
		want := "the ARN of an OIDC provider in IAM, such as arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
		if strings.HasPrefix(provider, "https://") {
			want += " (the value is the URL of the issuer, not the ARN of the provider)"
		}
		return "", invalid(InputOIDCProvider, provider, want)
	}
	return issuer, nil
}

// GitHub trusts GitHub Actions jobs of the named repositories, limited to branches,
// tags or environments.
type GitHub struct {
	// OIDCProvider is the ARN of GitHub's provider in IAM; "" for github.com's
	// provider in Account, partition aws.
	OIDCProvider, Account string
	Audience              string // "" for [DefaultAudience]
	// Repositories are OWNER/NAME, or OWNER@ID/NAME@ID for repositories with immutable
	// subjects.
	Repositories                 []string
	Branches, Tags, Environments []string
}

// Trust returns the statement. The error is a [Fault].
func (g GitHub) Trust() (Trust, error) {
	provider, issuer, err := g.provider()
	if err != nil {
		return Trust{}, err
	}
	subjects, err := g.subjects()
	if err != nil {
		return Trust{}, err
	}
	result, err := webIdentityTrust(provider, issuer, g.Audience, subjects)
	if err != nil {
		return Trust{}, err
	}
	if a, _ := arn.Parse(provider); a.Partition == "aws-cn" && g.Audience == "" {
		result.Notes = append(result.Notes, "the audience is "+DefaultAudience+": workflows in China often request another audience, such as sts.amazonaws.com.cn")
	}
	for _, repository := range g.Repositories {
		if !strings.Contains(repository, "@") {
			result.Notes = append(result.Notes, "the tokens of repositories that were created, renamed or transferred after 15 July 2026 also contain IDs: "+
				"for such a repository, pass OWNER@ID/NAME@ID; otherwise this statement never matches")
			break
		}
	}
	return result, nil
}

// provider returns the ARN and the issuer of the OIDC provider, which belongs
// to github.com or to an enterprise.
func (g GitHub) provider() (provider, issuer string, err error) {
	provider = g.OIDCProvider
	switch {
	case provider != "" && g.Account != "":
		return "", "", &Fault{Input: InputAccount, Others: []Input{InputOIDCProvider}, Kind: FaultConflict, Text: "the ARN of the provider contains the account"}
	case provider == "" && g.Account == "":
		return "", "", missing(InputAccount, "want the account of the OIDC provider, 12 digits")
	case provider == "" && !arn.IsAccount(g.Account):
		return "", "", invalid(InputAccount, g.Account, "12 digits")
	case provider == "":
		provider = arn.IAM(arn.DefaultPartition, g.Account, "oidc-provider/"+gitHubIssuer).String()
	}
	issuer, err = issuerOf(provider)
	if err != nil {
		return "", "", err
	}
	// An enterprise's issuer has an additional path after GitHub's host, or a host
	// of its own:
	// https://docs.github.com/actions/reference/security/oidc.
	host, _, _ := strings.Cut(issuer, "/")
	if name, shared := review.SharedIssuer(host); host != gitHubIssuer && (shared || !isEnterprise(host, issuer)) {
		if name == "" {
			name = "another issuer"
		}
		return "", "", invalidf(InputOIDCProvider, provider, "it is the provider of %s; want the provider of GitHub, %s", name, gitHubIssuer)
	}
	return provider, issuer, nil
}

// isEnterprise reports whether an issuer belongs to an enterprise with data residency
// or to a GitHub Enterprise Server.
func isEnterprise(host, issuer string) bool {
	return strings.HasPrefix(host, "token.actions.") && strings.HasSuffix(host, ".ghe.com") || strings.HasSuffix(issuer, "/_services/token")
}
