// Tests that the logical IDs of the CDK are shown, and that secrets which resemble them
// are hidden.

package secrecy

import (
	"math/rand/v2"
	"strings"
	"testing"
)

var logicalIDs = []string{
	"CustomResourceRoleAB1EF463", "apigwroleDF16DA28", "sqspolicyforapigw2BC99F9A", "AssumedRole198518C8", "TestCaseCustomResourcePolicy5F28D607",
	"AWS679f53fac002430cb0da5b7982bd2287ServiceRoleC1EA0FF2", "AWS679f53fac002430cb0da5b7982bd22872D164C4C",
	"LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8aServiceRoleDefaultPolicyADDA7DEB", "BucketNotificationsHandler050a0587b7544547bf325f094a3db834RoleB6FB88EC",
	"CustomCDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756CServiceRole89A01265", "QMHelperQMHelperProviderframeworkonEventServiceRoleDefaultPolicy86C1FCC1",
	"QMTARefresherQMTARefresherLambdaDeadLetterQueuePolicy61A9C7A5", "sqsapiwithauthCloudWatchRoleDC16617B", "TAOkRuleEventsRole78AEFB32",
}

func TestLogicalIDsAreShown(t *testing.T) {
	t.Parallel()
	for _, id := range logicalIDs {
		for _, text := range []string{"role " + id + " (t.json)", "held by " + id, "${GetAtt:" + id + ".Arn}", "arn:aws:iam::123456789012:role/" + id, "MyStack-" + id + "-1A2B3C4D5E6F", `"` + id + `"`} {
			if got := Hide(text); got != text {
				t.Errorf("%s is hidden: %s", text, got)
			}
		}
		var known Known
		known.Add(id)
		if got := known.Hide(id); got != id {
			t.Errorf("argument %s is hidden: %s", id, got)
		}
	}
}

func TestSecretsLikeLogicalIDsAreHidden(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	const letters, hash = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789ABCDEF"
	shown := 0
	for range 1000 {
		for _, secret := range []string{
			random(r, letters, 3) + random(r, letters+"0123456789", 29) + random(r, hash, 6) + "A1", // 40 characters that end like a hash
			random(r, letters, 3) + random(r, hash, 37),
		} {
			if text := "key " + secret; strings.Contains(Hide(text), secret) {
				shown++
			}
		}
	}
	if shown > 2 {
		t.Errorf("%d of 2000 random texts that end like a hash are shown", shown)
	}
	for _, secret := range []string{"AKIAFALSEKEYEXAM12AB34CD", "FalseSecretFalseSecretFalseSecret20261130"} {
		if got := Hide("key " + secret); strings.Contains(got, secret) {
			t.Errorf("shown: %s", got)
		}
	}
}
