package iam

import "testing"

func TestKnownPartition(t *testing.T) {
	for _, test := range []struct {
		region, want string
		known        bool
	}{
		{"eu-central-1", "aws", true},
		{"mx-central-1", "aws", true},
		{"ap-southeast-7", "aws", true},
		{"cn-northwest-1", "aws-cn", true},
		{"us-gov-east-1", "aws-us-gov", true},
		{"us-iso-west-1", "aws-iso", true},
		{"us-isob-east-1", "aws-iso-b", true},
		{"eu-isoe-west-1", "aws-iso-e", true},
		{"us-isof-south-1", "aws-iso-f", true},
		{"eusc-de-east-1", "aws-eusc", true},
		{"nz-north-1", "aws", false}, // a continent that AWS may come to
		{"us-east-", "aws", false},
		{"us-east-1a", "aws", false},
		{"us--1", "aws", false},
		{"", "aws", false},
	} {
		if got, known := knownPartition(test.region); got != test.want || known != test.known {
			t.Errorf("knownPartition(%q) = %s, %v; want %s, %v", test.region, got, known, test.want, test.known)
		}
	}
}
