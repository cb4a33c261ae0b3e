package wire

// tokenLower maps a byte of a token (RFC 3261 section 25.1) to its lower case, every other byte to 0,
// so that one look-up both judges a byte and folds it. It is never written after start.
var tokenLower = func() (t [256]byte) {
	for c := byte('a'); c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = c, c
	}
	for _, c := range []byte("0123456789-.!%*_+`'~") {
		t[c] = c
	}
	return t
}()

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isLWS also takes CR and LF: those that are not part of a fold are found and refused elsewhere.
func isLWS(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func skipLWS(b []byte, i int) int {
	for i < len(b) && isLWS(b[i]) {
		i++
	}
	return i
}

// skipToken returns the offset behind the token that begins at i; i itself when none does.
func skipToken(b []byte, i int) int {
	for i < len(b) && tokenLower[b[i]] != 0 {
		i++
	}
	return i
}

// skipQuoted returns the offset behind the quoted string whose opening quote stands at i; -1 when it never closes.
func skipQuoted(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

func trimLWS(b []byte) []byte {
	for len(b) > 0 && isLWS(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isLWS(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// equalFold compares b with an ASCII text that is in lower case already.
func equalFold(b []byte, lowerCase string) bool {
	if len(b) != len(lowerCase) {
		return false
	}
	for i := range b {
		if lower(b[i]) != lowerCase[i] {
			return false
		}
	}
	return true
}

// decimal reads digits alone. It clamps at limit, so that a figure of any length is read without overflow.
func decimal(b []byte, limit uint64) (n uint64, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		n = min(n*10+uint64(c-'0'), limit)
	}
	return n, true
}
