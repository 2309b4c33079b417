// How likely a text is as a name.

package secrecy

import (
	_ "embed"
	"strings"

	"capaboot/internal/lazy"
)

// letters are the costs of a letter after two others in the words of names: a line
// for each pair, where the first of 27 is the beginning of a word, and in it for each
// letter 2*-log2(p) as a digit of base 36. They are counted in the words of AWS's
// actions, types of resources and policies, of our documentation, and of the names of
// packages of npm and PyPI, which people of all languages make: see TestLettersAreThoseOfNames.
//
//go:embed letters.txt
var letters string

// letterCost is the cost of a letter, 1 to 26, after two others, of which 0 is the
// beginning of a word.
func letterCost(first, second, letter int) int {
	const line = 26 + len("\n")
	return base36(letters[(first*27+second)*line+letter-1])
}

// The kinds of characters.
const (
	lower = iota
	upper
	digit
	separator
)

// turns are the costs of a character of each kind after two others of their kinds,
// in names: 2*-log2(p). They are counted as letters are, but for parts of one or two
// characters, which paths have more often than the names of AWS.
var turns = [4 * 4][4]int{
	{0, 8, 18, 7}, {0, 9, 18, 16}, {6, 8, 2, 4}, {2, 2, 11, 22}, // after lower and lower, upper, digit, separator
	{0, 13, 19, 18}, {7, 1, 15, 5}, {7, 3, 3, 5}, {11, 0, 15, 17}, // after upper and …
	{1, 7, 5, 8}, {1, 7, 4, 8}, {10, 10, 2, 3}, {4, 7, 1, 15}, // after a digit and …
	{0, 19, 8, 8}, {1, 5, 10, 12}, {10, 12, 0, 5}, {3, 2, 12, 24}, // after a separator and …
}

// abbreviations are words of names whose letters and digits are unlikely, and the
// short names of regions.
var abbreviations = lazy.Value[map[string]bool]{Make: func() map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(`elasticloadbalancing route53 v1beta1 v1beta2 openid oauth2 sha256 base64 github kubectl cdktf ipv4 ipv6 amd64 arm64
		linux http https elbv2 wafv2 vpc vpcs mgmt dhcp json yaml html saml oidc iam aws ec2 eks ecs ecr efs ebs csi kms sso sts k8s k3s rds sqs sns ssm
		elb nlb alb waf acl tgw dns ami crd mcp mfa fsx iot vpn s2s x64 x86 b64 tmp src cfg gke aks s3 gc nat nonprod preprod prod prd stg uat dev qa gw sg fn db id`) {
		set[word] = true
	}
	for _, area := range []string{"us", "eu", "ap"} {
		for _, direction := range []string{"n", "e", "s", "w", "c", "ne", "se"} {
			for _, number := range []string{"1", "2", "3", "4"} {
				set[area+direction+number] = true
			}
		}
	}
	return set
}}

func kindOf(c byte) int {
	switch {
	case 'a' <= c && c <= 'z':
		return lower
	case 'A' <= c && c <= 'Z':
		return upper
	case '0' <= c && c <= '9':
		return digit
	}
	return separator
}

// nameCosts returns for each character of a text how unlikely it is in a name:
// -log2(p) in quarters of a bit. A character of an abbreviation costs -1.
func nameCosts(text string) []int {
	if strings.ToUpper(text) == text {
		text = strings.ToLower(text) // a name in capitals is as likely as in small letters
	}
	const costOfADigit, costOfASeparator = 13, 4 // one of ten; one of two
	const costOfASlash = 4                       // paths are full of them, and random text has one of 64
	costs := make([]int, len(text))
	first, second, before, letter := separator, separator, 0, 0
	known := 0 // how many characters of an abbreviation are left
	for i := range len(text) {
		kind := kindOf(text[i])
		cost := 2 * turns[first*4+second][kind]
		if known == 0 && kind != separator && (kind != second || i == 0) {
			if known = abbreviationIn(text[i:]); known > 0 {
				before, letter = 0, 0
			}
		}
		switch kind {
		case digit:
			cost, before, letter = cost+costOfADigit, 0, 0
		case separator:
			if cost, before, letter = cost+costOfASeparator, 0, 0; text[i] == '/' {
				cost = costOfASlash
			}
		default:
			if second == digit || second == separator || second == lower && kind == upper {
				before, letter = 0, 0
			}
			next := int(text[i]|0x20-'a') + 1
			cost += 2 * letterCost(before, letter, next)
			before, letter = letter, next
		}
		if costs[i] = cost; known > 0 {
			costs[i] = -1
			if known--; known == 0 {
				before, letter = 0, 0
			}
		}
		first, second = second, kind
	}
	return costs
}

// abbreviationIn returns how long the abbreviation is that a text begins with, if
// its word ends with it.
func abbreviationIn(text string) int {
	const longest = len("elasticloadbalancing")
	most := min(len(text), longest)
	folded := strings.ToLower(text[:most])
	for n := most; n > 1; n-- {
		if (n == len(text) || wordEnds(text, n)) && abbreviations.Get()[folded[:n]] {
			return n
		}
	}
	return 0
}

// wordEnds is whether a word of a text ends before the character n: the kind of
// characters changes there, or a word in capitals is followed by another, IDToName.
func wordEnds(text string, n int) bool {
	last, next := kindOf(text[n-1]), kindOf(text[n])
	if next == upper && n+1 < len(text) && kindOf(text[n+1]) == lower {
		return true
	}
	return last != next && (last != upper || next != lower)
}

func base36(c byte) int {
	if c <= '9' {
		return int(c - '0')
	}
	return int(c-'a') + 10
}

// alphabetCosts are the alphabets of random texts, each with the cost of a character
// in quarters of a bit, 4*log2(n): hexadecimal in small letters and in capitals,
// letters of one case without and with digits, letters, letters and digits, all.
var alphabetCosts = [...]int{16, 16, 19, 19, 21, 21, 23, 24, 24}

// alphabetsOf returns which of the alphabets have a character, a bit for each.
func alphabetsOf(c byte, kind int) uint {
	switch {
	case kind == digit:
		return 0b1_1011_0011
	case kind == separator:
		return 0b1_0000_0000
	case kind == lower && c <= 'f':
		return 0b1_1101_0101
	case kind == lower:
		return 0b1_1101_0100
	case c <= 'F':
		return 0b1_1110_1010
	}
	return 0b1_1110_1000
}

// randomness returns by how many quarters of a bit the most random part of a text
// is likelier as random characters of one alphabet than as a name. A part of less
// than twelve characters counts less, and one of less than eight not at all: names
// have such parts.
func randomness(text string) int {
	const tooShort, short, lessForShort, mostOfOne = 8, 12, 28, 20
	most := 0
	var sums, lengths [len(alphabetCosts)]int
	for i, cost := range nameCosts(text) {
		kind := kindOf(text[i])
		in := alphabetsOf(text[i], kind)
		// xxx and +-- are not random.
		likely := cost < 0 || i > 1 && text[i] == text[i-1] && text[i] == text[i-2] || i > 0 && kind == separator && kindOf(text[i-1]) == separator
		for j, alphabetCost := range alphabetCosts {
			if in>>j&1 == 0 {
				sums[j], lengths[j] = 0, 0
				continue
			}
			gain := -2
			if !likely {
				gain = min(cost-alphabetCost, mostOfOne)
			}
			sums[j] += gain
			lengths[j]++
			switch {
			case sums[j] <= 0:
				sums[j], lengths[j] = 0, 0
			case lengths[j] >= short:
				most = max(most, sums[j])
			case lengths[j] >= tooShort:
				most = max(most, sums[j]-lessForShort)
			}
		}
	}
	return most
}
