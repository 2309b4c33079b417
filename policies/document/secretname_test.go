// Tests of names that say whether a value is secret.

package document

import "testing"

func TestLastWord(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "a": "a", "ARN": "arn", "accessKeyId": "id", "DB_ID": "id", "db-id": "id", "x.Y": "y", "a1": "a1", "key2Id": "id", "dbID": "id",
		"z_a": "a", "keyZ": "z", "keyA": "a", "az9Name": "name", "a_0": "0", "aZz": "zz", "Name": "name", "name_": "",
	} {
		if got := lastWord(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
