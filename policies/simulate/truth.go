// Three-valued results.

package simulate

type truth uint8

const (
	no truth = iota
	maybe
	yes
)

func and(a, b truth) truth { return min(a, b) }

func truthOf(is bool) truth {
	if is {
		return yes
	}
	return no
}

func not(t truth) truth { return yes - t }
