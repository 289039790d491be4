package login

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const token = "0123456789abcdef"

func TestToken(t *testing.T) {
	t.Parallel()
	l := New(token)
	for _, wrong := range []string{"", "0123456789abcdeF", token + "\x00", token[:15], strings.Repeat(token, 2)} {
		if l.HasToken(wrong) {
			t.Errorf("%q passes", wrong)
		}
	}
	if !l.HasToken(token) {
		t.Error("the token does not pass")
	}
}

// TestCode: a code can be used once, within ten minutes, and until there is a new one.
func TestCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(token)
		if l.UseCode("") {
			t.Error("there is no code yet, and one passes")
		}
		code := l.NewCode()
		if len(code) < 26 || l.UseCode(strings.ToLower(code)) || !l.UseCode(code) || l.UseCode(code) {
			t.Error("a code must pass once, as it was written")
		}
		old := l.NewCode()
		code = l.NewCode()
		if l.UseCode(old) || !l.UseCode(code) {
			t.Error("only the newest code must pass")
		}
		code = l.NewCode()
		time.Sleep(CodeTime - 1)
		if !l.UseCode(code) {
			t.Error("the code must pass for ten minutes")
		}
		code = l.NewCode()
		time.Sleep(CodeTime)
		if l.UseCode(code) {
			t.Error("the code must not pass after ten minutes")
		}
	})
}

// TestSessions: a session lasts 30 days; there are at most 1,000, and the oldest ends
// first.
func TestSessions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(token)
		ids := make([]string, maxSessions+1)
		for i := range ids {
			time.Sleep(time.Second)
			ids[i] = l.NewSession()
		}
		if l.HasSession(ids[0]) || !l.HasSession(ids[1]) || !l.HasSession(ids[maxSessions]) || l.HasSession("") || len(l.sessions) != maxSessions {
			t.Errorf("%d sessions; the first must have ended, and no other", len(l.sessions))
		}
		time.Sleep(SessionTime - time.Second)
		if l.HasSession(ids[maxSessions-1]) || !l.HasSession(ids[maxSessions]) {
			t.Error("a session must last 30 days")
		}
	})
}

// TestGuesses: some wrong guesses are answered at once, further ones ten a second, and
// beyond half a minute they are refused. Later guesses are answered at once again.
func TestGuesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(token)
		guess := func() time.Duration {
			delay, ok := l.Wrong()
			if !ok {
				return -1
			}
			return delay
		}
		for range burst {
			if guess() != 0 {
				t.Fatal("the first guesses must be answered at once")
			}
		}
		last := guess()
		for next := last; next >= 0; next = guess() {
			if next > last+interval {
				t.Fatalf("%v after %v", next, last)
			}
			last = next
		}
		if last < maxDelay-interval {
			t.Errorf("the last guess is delayed by %v", last)
		}
		time.Sleep(maxDelay + burst*interval)
		if guess() != 0 {
			t.Error("after a while, a guess must be answered at once")
		}
	})
}
