// Makes the tests of package review write sentences as package report does.

package review_test

import (
	"capaboot/policies/report"
	"capaboot/policies/review"
)

func init() { review.WriteSentence = report.Sentence }
