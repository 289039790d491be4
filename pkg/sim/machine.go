package sim

// machine is a motor with a job now and then. All figures are thousandths.
type machine struct {
	status  status
	left    int64 // readings it has that status
	cold    int64 // temperature at rest
	hot     int64 // and after a long time at work
	nominal int64 // speed at work
	temp    int64 // lags behind cold or hot
	speed   int64 // lags behind 0 or nominal
	sway    int64 // wandering of the temperature
	swing   int64 // wandering of the speed
}

type status uint8

const (
	idle status = iota
	started
	completed
)

func (s status) String() string { return [...]string{"IDLE", "STARTED", "COMPLETED"}[s] }

func (m *machine) init(r *random) {
	m.cold = r.between(18_000, 24_000)
	m.hot = r.between(66_000, 74_000)
	m.nominal = r.between(112_000, 124_000)
	m.temp = m.cold
	m.left = r.between(2, 6)
}

// lag is how much of its distance to the goal the temperature keeps: 11/12 a
// reading. The speed goes half of it.
const lag = 12

// step goes on by one reading: temperature in tenths, speed in units. Both
// wanderings are pulled back by a share of what they are, so |sway| <= 8*300 and
// |swing| <= 4*1500, give or take what truncation keeps; the bounds that
// [Machines] promises follow.
func (m *machine) step(r *random, values *[2]int64) {
	if m.left == 0 {
		m.turn(r)
	}
	m.left--
	heat, drive := m.cold, int64(0)
	if m.status == started {
		heat, drive = m.hot, m.nominal
	}
	m.temp += (heat - m.temp) / lag
	m.speed += (drive - m.speed) / 2
	m.sway += r.between(-300, 300) - m.sway/8
	m.swing += r.between(-1500, 1500) - m.swing/4
	values[0] = (m.temp + m.sway + 50) / 100
	values[1] = (m.speed + m.swing*m.speed/m.nominal + 500) / 1000
}

// turn goes to the next status.
func (m *machine) turn(r *random) {
	switch m.status {
	case idle:
		m.status, m.left = started, r.between(30, 120)
	case started:
		m.status, m.left = completed, r.between(1, 4)
	case completed:
		m.status, m.left = idle, r.between(6, 30)
	}
}
