// The types of the policy documents that the catalogue renders.

package catalog

// DocumentVersion is the version of the IAM policy language in all generated
// documents. Source: IAM User Guide, "IAM JSON policy elements: Version".
const DocumentVersion = "2012-10-17"

// NameSuffix is the default end of the names of CAPA's roles and policies in
// AWS.
const NameSuffix = ".cluster-api-provider-aws.sigs.k8s.io"

// PolicyDocument is an IAM policy document in its JSON form.
type PolicyDocument struct {
	Version   string            `json:"Version"`
	Statement []PolicyStatement `json:"Statement"`
}

// PolicyStatement is one statement of a policy document. An empty field other
// than Effect is left out of the JSON. A list is always written as a list, even
// if it has only one entry.
type PolicyStatement struct {
	Sid          string     `json:"Sid,omitempty"`
	Effect       string     `json:"Effect"`
	Principal    Principals `json:"Principal,omitempty"`
	NotPrincipal Principals `json:"NotPrincipal,omitempty"`
	Action       []string   `json:"Action,omitempty"`
	Resource     []string   `json:"Resource,omitempty"`
	Condition    Conditions `json:"Condition,omitempty"`
}

// Principals maps the kind of a principal (AWS, Service, Federated,
// CanonicalUser) to its identifiers.
type Principals map[string][]string

// Conditions maps a condition operator to condition keys, and each key to its
// value: a string, bool or number, or a list of them.
type Conditions map[string]map[string]any

// NewPolicyDocument returns a document with the given statements.
func NewPolicyDocument(statements ...PolicyStatement) PolicyDocument {
	return PolicyDocument{Version: DocumentVersion, Statement: statements}
}
