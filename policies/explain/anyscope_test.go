// A resource with an unknown part covers a needed resource only if that part is
// the account, region or partition of the stack itself.

package explain

import (
	"testing"

	"capaboot/policies/document"
)

func TestWithAnyScope(t *testing.T) {
	t.Parallel()
	for resource, want := range map[string]bool{
		"arn:*:ec2:*:*:network-interface/*":                                              true,
		"arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:network-interface/*": true,
		"arn:*:ec2:*:*:network-interface/${Ref:Interface}":                               false,
		"arn:*:ec2:*:*:network-interface/${AWS::StackName}":                              false,
		"${Ref:Everything}": false,
	} {
		if got := document.CoversResource(withAnyScope(resource), "arn:*:ec2:*:*:network-interface/*"); got != want {
			t.Errorf("%s covers every network interface: %v, want %v", resource, got, want)
		}
	}
}
