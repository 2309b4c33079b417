// Tests of package review write sentences as the report does.

package review_test

import (
	"capaboot/policies/report"
	"capaboot/policies/review"
)

func init() { review.Written = report.Sentence }
