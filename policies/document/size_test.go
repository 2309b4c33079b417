// Tests of document sizes as IAM counts them.

package document

import "testing"

func TestSize(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want int
	}{
		"white space outside and inside strings": {`{"Version": "2012-10-17", "Statement": [ {"Sid": "a b", "Effect": "Allow", "Action": ["s3:*", "ec2:*"], "Resource": "*"} ]}`,
			len(`{"Version":"2012-10-17","Statement":[{"Sid":"ab","Effect":"Allow","Action":["s3:*","ec2:*"],"Resource":"*"}]}`)},
		"YAML is counted as JSON": {"Version: 2012-10-17\nStatement: {Effect: Deny, Action: '*', Resource: '*', Condition: {Bool: {'aws:SecureTransport': false}}}\n",
			len(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":false}}}}`)},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Read("x", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if d.Size != test.want {
				t.Errorf("got %d characters, want %d", d.Size, test.want)
			}
		})
	}
}
