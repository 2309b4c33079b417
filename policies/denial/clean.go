// Removes what terminals and log collectors add to a text.

package denial

import "bytes"

// cleanText removes a byte order mark, zero bytes, carriage returns at the end of a
// line, and escape characters, with the whole sequence if it begins with "ESC [". It
// replaces the frames of boxes with spaces, carriage returns within a line with line
// breaks, and the XML entities of quotation marks and colons with their characters.
func cleanText(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	for _, frame := range []string{"│", "╷", "╵", "┃"} { // Terraform draws a box around errors
		text = bytes.ReplaceAll(text, []byte(frame), []byte("   "))
	}
	if bytes.Contains(text, []byte("&")) { // XML and HTML pages
		for _, e := range []struct{ entity, char string }{{"&quot;", `"`}, {"&#34;", `"`}, {"&#x27;", "'"}, {"&#39;", "'"}, {"&apos;", "'"}, {"&#58;", ":"}} {
			text = bytes.ReplaceAll(text, []byte(e.entity), []byte(e.char))
		}
	}
	if !bytes.ContainsAny(text, "\x1b\r\x00") {
		return text
	}
	cleaned := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\x1b' && i+1 < len(text) && text[i+1] == '[':
			for i += 2; i < len(text) && (text[i] < '@' || text[i] > '~'); i++ {
			}
		case c == '\r' && i+1 < len(text) && text[i+1] != '\n':
			cleaned = append(cleaned, '\n')
		case c == '\r', c == '\x1b', c == 0:
		default:
			cleaned = append(cleaned, c)
		}
	}
	return cleaned
}
