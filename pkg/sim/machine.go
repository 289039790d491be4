package sim

// machine simulates a motor that works on a job from time to time. All quantities are in
// thousandths.
type machine struct {
	status     status
	left       int64 // how many more readings have this status
	idleTemp   int64 // the temperature that it approaches while it does not work
	workTemp   int64 // the temperature that it approaches while it works
	workSpeed  int64 // the speed that it approaches while it works
	temp       int64 // approaches idleTemp or workTemp
	speed      int64 // approaches 0 or workSpeed
	tempNoise  int64 // a bounded random walk that is added to temp
	speedNoise int64 // a bounded random walk that is added to speed
}

// status is what a machine is doing.
type status uint8

const (
	idle status = iota
	started
	completed
)

func (s status) String() string { return [...]string{"IDLE", "STARTED", "COMPLETED"}[s] }

// init draws what distinguishes this machine from others, and its first status.
func (m *machine) init(r *random) {
	m.idleTemp = r.between(18_000, 24_000)
	m.workTemp = r.between(66_000, 74_000)
	m.workSpeed = r.between(112_000, 124_000)
	m.temp = m.idleTemp
	m.left = r.between(2, 6)
}

// tempLag is how slowly the temperature changes: each reading covers 1/12 of the distance to
// the target. The speed covers half of it.
const tempLag = 12

// step makes the next reading: values[0] is the temperature in tenths, values[1] the speed.
//
// Bounds: each noise is pulled back by a share of its value, so |tempNoise| <= 8*300 and
// |speedNoise| <= 4*1500, except for what truncation leaves. The ranges that [Machines]
// documents follow from that.
func (m *machine) step(r *random, values *[2]int64) {
	if m.left == 0 {
		m.nextStatus(r)
	}
	m.left--
	targetTemp, targetSpeed := m.idleTemp, int64(0)
	if m.status == started {
		targetTemp, targetSpeed = m.workTemp, m.workSpeed
	}
	m.temp += (targetTemp - m.temp) / tempLag
	m.speed += (targetSpeed - m.speed) / 2
	m.tempNoise += r.between(-300, 300) - m.tempNoise/8
	m.speedNoise += r.between(-1500, 1500) - m.speedNoise/4
	values[0] = (m.temp + m.tempNoise + 50) / 100
	values[1] = (m.speed + m.speedNoise*m.speed/m.workSpeed + 500) / 1000
}

// nextStatus moves to the next status and draws how many readings it lasts.
func (m *machine) nextStatus(r *random) {
	switch m.status {
	case idle:
		m.status, m.left = started, r.between(30, 120)
	case started:
		m.status, m.left = completed, r.between(1, 4)
	case completed:
		m.status, m.left = idle, r.between(6, 30)
	}
}
