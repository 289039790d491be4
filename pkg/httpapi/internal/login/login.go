// Package login knows who may use a server that has a token: who sends the token, and
// who has a session, because a browser has once sent the token or a one-time code.
//
// Package access imports it and speaks HTTP; package login knows no requests. Secrets
// are kept as hashes, so that nothing that reads this process' memory or a core dump
// finds one, and are compared in constant time or looked up by their hash.
package login

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"sync"
	"time"
)

const (
	// CodeTime is how long a one-time code can be used, at most.
	CodeTime = 10 * time.Minute

	// SessionTime is how long a session lasts. It ends with the process as well.
	SessionTime = 30 * 24 * time.Hour

	// maxSessions is the maximum number of sessions. A further one replaces the oldest.
	maxSessions = 1000
)

// Limits of guessing. A wrong guess is answered late once burst of them have come
// together, and then one each interval, so at most 10 a second are answered in the long
// run. What is right is always answered at once, so that guessing
// locks no user out.
//
// A token has 95 bits (see listen.ReadToken), a code and a session 130: they cannot be
// guessed at any speed. The limit is for tokens that a person has chosen badly.
const (
	interval = 100 * time.Millisecond
	burst    = 20

	// maxDelay is the longest delay. Guesses beyond it are to be answered at once, with
	// 429: they have not been delayed, but neither do they pile up.
	maxDelay = 30 * time.Second
)

type hash [sha256.Size]byte

func hashOf(secret string) hash { return sha256.Sum256([]byte(secret)) }

// Logins holds the token, the code and the sessions of a server. Any goroutine may call
// its methods.
type Logins struct {
	token hash

	mu       sync.Mutex
	code     hash
	codeEnd  time.Time          // when code expires; zero if it was used
	sessions map[hash]time.Time // when each expires
	answered time.Time          // when the last wrong guess is answered, as far as was promised
}

// New returns Logins with a token and without a code or a session.
//
// Requires: token is not empty.
func New(token string) *Logins {
	return &Logins{token: hashOf(token), sessions: map[hash]time.Time{}}
}

// HasToken reports whether token is the right one. Its duration reveals nothing about
// the token, not even its length.
func (l *Logins) HasToken(token string) bool {
	sum := hashOf(token)
	return subtle.ConstantTimeCompare(sum[:], l.token[:]) == 1
}

// NewCode returns a new one-time code: 26 letters and digits with 130 random bits. The
// code before it is invalid from now on.
func (l *Logins) NewCode() string {
	code := rand.Text()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.code, l.codeEnd = hashOf(code), time.Now().Add(CodeTime)
	return code
}

// UseCode reports whether code is the last one of NewCode, not older than CodeTime, and
// has not been used. It cannot be used again.
func (l *Logins) UseCode(code string) bool {
	sum := hashOf(code)
	l.mu.Lock()
	defer l.mu.Unlock()
	if !time.Now().Before(l.codeEnd) || subtle.ConstantTimeCompare(sum[:], l.code[:]) != 1 {
		return false
	}
	l.codeEnd = time.Time{}
	return true
}

// NewSession begins a session and returns its id: 26 letters and digits with 130 random
// bits.
func (l *Logins) NewSession() (id string) {
	id = rand.Text()
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.sessions) >= maxSessions {
		var oldest hash
		first := now.Add(2 * SessionTime)
		for sum, end := range l.sessions {
			if end.Before(first) {
				oldest, first = sum, end
			}
		}
		delete(l.sessions, oldest)
	}
	l.sessions[hashOf(id)] = now.Add(SessionTime)
	return id
}

// HasSession reports whether id is that of a session that has not ended.
func (l *Logins) HasSession(id string) bool {
	sum := hashOf(id)
	l.mu.Lock()
	defer l.mu.Unlock()
	end, ok := l.sessions[sum]
	if ok && !time.Now().Before(end) {
		delete(l.sessions, sum)
		ok = false
	}
	return ok
}

// Wrong counts a wrong guess. It returns how long its answer is to be delayed; ok is
// false if too many are being delayed already, so that this one is to be refused.
func (l *Logins) Wrong() (delay time.Duration, ok bool) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	earliest := now.Add(-burst * interval)
	next := l.answered.Add(interval)
	if next.Before(earliest) {
		next = earliest
	}
	delay = max(0, next.Sub(now))
	if delay > maxDelay {
		return 0, false
	}
	l.answered = next
	return delay, true
}
