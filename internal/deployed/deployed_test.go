// Tests of reading the stack as it is in the account: the one sentence about an
// account that cannot be read. The commands' tests read whole stacks.

package deployed

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"capaboot/cfnstack"
	ourIAM "capaboot/iam"
	"capaboot/internal/awsclient"
)

func TestUnreadable(t *testing.T) {
	denied := &smithy.GenericAPIError{Code: "AccessDenied", Message: "User: x is not authorized to perform: iam:GetRole on resource: y\n"}
	silence := &awsclient.ConnectionError{Err: errors.New("refused")}
	for _, test := range []struct {
		name   string
		err    error
		want   string
		kind   cfnstack.Kind // "" for an error that is passed on
		silent bool
	}{
		{"denied", &smithy.OperationError{ServiceID: "IAM", OperationName: "GetRole", Err: denied},
			`reading the account: iam:GetRole: User: x is not authorized to perform: iam:GetRole on resource: y\u000a (AccessDenied)`, cfnstack.KindPermission, false},
		{"no response", &smithy.OperationError{ServiceID: "IAM", OperationName: "GetRole", Err: silence},
			"reading the account: no response from IAM: " + silence.Error(), "", true},
		{"another error", errors.New("another"), "reading the account: reading R (r): another", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			reader := Reader{IAM: func(context.Context) (ourIAM.API, error) {
				return ourIAM.API{GetRole: func(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
					return nil, test.err
				}}, nil
			}}
			stack := &cfnstack.Stack{Resources: []cfnstack.Resource{{LogicalID: "R", Type: "AWS::IAM::Role", PhysicalID: "r"}}}
			_, _, err := reader.Template(t.Context(), stack)
			if err == nil || err.Error() != test.want {
				t.Fatalf("got  %v\nwant %s", err, test.want)
			}
			unreadable, ok := errors.AsType[*Unreadable](err)
			if ok != (test.kind != "" || test.silent) || ok && (unreadable.Silent != test.silent || !test.silent && unreadable.Reason.Kind != test.kind) {
				t.Errorf("got %+v", unreadable)
			}
		})
	}
}
