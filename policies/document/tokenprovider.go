// The OIDC providers that a template creates: their issuers, and the audiences that
// they accept.

package document

import "strings"

const tokenProviderType = "AWS::IAM::OIDCProvider"

// TokenProvider is an OIDC provider that a template creates.
type TokenProvider struct {
	// Issuer is the address of the issuer as condition keys name it, without "https://".
	Issuer string
	// Audiences is the list of audiences of the provider: AWS STS accepts only tokens
	// for one of them. It is nil if the template does not determine the list, or
	// whether the provider exists.
	//
	// Source: IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM".
	Audiences []string
}

// readTokenProvider adds an OIDC provider to the set.
func (r *templateReader) readTokenProvider(f field) {
	properties := f.value.get("Properties")
	url := properties.get("Url")
	if url == nil || url.kind != textNode {
		return
	}
	r.recordDefaultsOf(properties.get("ClientIdList"))
	p := TokenProvider{Issuer: issuerOfURL(url.value)}
	if list := properties.get("ClientIdList"); list != nil && list.kind == listNode && list.isKnown() && f.value.get("Condition") == nil {
		for _, item := range list.items {
			p.Audiences = append(p.Audiences, item.opaque())
		}
	}
	r.tokenProviders = append(r.tokenProviders, p)
}

// issuerOfURL returns the part of a provider's URL that is in its ARN.
func issuerOfURL(url string) string {
	return strings.TrimSuffix(strings.TrimPrefix(url, "https://"), "/")
}

// tokenProviderARN returns the outcomes of a Ref or an Fn::GetAtt that returns the ARN
// of an OIDC provider of the template. It returns nil for any other reference, and if
// the URL of the provider is unknown.
//
// Source: CloudFormation Template Reference, "AWS::IAM::OIDCProvider", "Return values".
func (r *resolver) tokenProviderARN(n *node) []outcome {
	provider := r.allResources.get(n.refTarget())
	if provider == nil || typeOf(provider) != tokenProviderType || r.inTokenProvider {
		return nil
	}
	url := provider.get("Properties").get("Url")
	if url == nil {
		return nil
	}
	r.inTokenProvider = true // the URL may refer to the provider itself
	defer func() { r.inTokenProvider = false }()
	return r.apply([]*node{url}, func(parts []*node) *node {
		if parts[0].kind != textNode {
			return nil
		}
		found := r.outcomes(mapping(n, "Fn::Sub", textAt(n, "arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/"+issuerOfURL(parts[0].value))))
		if len(found) != 1 {
			return nil
		}
		return found[0].n
	})
}
