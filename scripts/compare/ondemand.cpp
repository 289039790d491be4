// ondemand is the yardstick: it gives the answers of winavg, mavg and stats, for
// the inputs of the comparison, with simdjson's on-demand parser
// (https://simdjson.org), and is as fast as its interface allows.
//
//   ondemand winavg FILE|-   as winavg -w 10
//   ondemand mavg FILE|-     as mavg -n 5 -f temperature,speed
//   ondemand stats FILE|-    as stats -f temperature,speed -a count,mean,min,max,sd --deviation none
//   ondemand keyed-winavg    as winavg -w 2 -f temperature -g machine
//   ondemand keyed-mavg      as mavg, with -g machine
//   ondemand keyed-stats     as stats, with -g machine
//   ondemand nested          as winavg -w 10 -f http.latency_ms --as latency
//   ondemand one             as stats, with -f f30
//   ondemand all             as stats, without -f
//   ondemand quantiles       as stats, with -a median,p95
//
// On-demand reads lazily: everything outside the requested fields is indexed and
// checked to be UTF-8, but not validated. Nor are checked here: the seconds of a
// time, and that all times have one spelling (stats compares them as text). Sums
// beyond 64 bits are reported (exit 1), and lines have at most 1 MiB.
//
// Why it is fast: one buffer that stays in the second-level cache, read() into it,
// and parser::iterate_many over all its lines; the text of a minute is compared
// with that of the previous line; numbers become scaled integers, so that a window
// adds and subtracts without drifting; means with finitely many decimals (n = 5)
// are printed from integers; one write per buffer. Note: g++ limits how much inlining
// may enlarge a file, and does without it in all commands when one more is added;
// run compiles with --param inline-unit-growth=1000.

#include "simdjson.h"
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

using namespace simdjson;
using i64 = int64_t;
using i128 = __int128;

namespace {

#ifndef BUFFER
#define BUFFER (256 << 10)
#endif
constexpr size_t kRead = BUFFER;    // stays in the second-level cache, with its index
constexpr size_t kLine = 1 << 20;   // the longest line
constexpr int kDigits = 18;         // any number of 18 digits fits an int64_t
constexpr i64 kPow10[kDigits + 1] = {1,
                                     10,
                                     100,
                                     1000,
                                     10000,
                                     100000,
                                     1000000,
                                     10000000,
                                     100000000,
                                     1000000000,
                                     10000000000,
                                     100000000000,
                                     1000000000000,
                                     10000000000000,
                                     100000000000000,
                                     1000000000000000,
                                     10000000000000000,
                                     100000000000000000,
                                     1000000000000000000};

[[noreturn]] void fail(const char *what, int code = 1) {
  fprintf(stderr, "ondemand: %s\n", what);
  exit(code);
}

// ---- numbers ----

// A decimal is value / 10^scale.
struct Decimal {
  i64 value;
  int scale;
};

// rare reads numbers with exponents; there is no fast path for them.
[[gnu::noinline]] Decimal shifted(i64 value, int scale, const char *p) {
  int exponent = atoi(p);
  scale -= exponent;
  while (scale < 0) {
    if (__builtin_mul_overflow(value, 10, &value)) fail("a number beyond 64 bits");
    scale++;
  }
  while (scale > 0 && value % 10 == 0) value /= 10, scale--;
  if (scale > kDigits) fail("a number of too many digits");
  return {value, scale};
}

// decimal reads the number at p. Requires a byte after it that cannot be part of a
// number.
[[gnu::always_inline]] inline Decimal decimal(const char *p) {
  bool negative = *p == '-';
  p += negative;
  const char *start = p;
  uint64_t value = 0;
  unsigned digit;
  while ((digit = static_cast<unsigned char>(*p) - '0') <= 9) value = value * 10 + digit, p++;
  int digits = static_cast<int>(p - start), scale = 0;
  if (digits == 0 || (digits > 1 && *start == '0')) fail("not a number");
  if (*p == '.') {
    start = ++p;
    while ((digit = static_cast<unsigned char>(*p) - '0') <= 9) value = value * 10 + digit, p++;
    scale = static_cast<int>(p - start);
    digits += scale;
    if (scale == 0) fail("not a number");
  }
  if (digits > kDigits) fail("a number of too many digits");
  i64 whole = negative ? -static_cast<i64>(value) : static_cast<i64>(value);
  if ((*p | 0x20) == 'e') return shifted(whole, scale, p + 1);
  if (!(*p == ',' || *p == '}' || *p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) fail("not a number");
  return {whole, scale};
}

// ---- output ----

constexpr char kPairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

inline char *put(char *p, std::string_view text) {
  memcpy(p, text.data(), text.size());
  return p + text.size();
}

inline int width(uint64_t v) {
  int n = 1;
  while (v >= 10000) v /= 10000, n += 4;
  return n + (v >= 10) + (v >= 100) + (v >= 1000);
}

// putDigits writes v with exactly that many digits, zeros in front.
inline char *putDigits(char *p, uint64_t v, int n) {
  char *end = p + n;
  char *at = end;
  for (; n >= 2; n -= 2) {
    at -= 2;
    memcpy(at, kPairs + 2 * (v % 100), 2);
    v /= 100;
  }
  if (n) *--at = static_cast<char>('0' + v % 10);
  return end;
}

// putDecimal writes value / 10^scale in plain digits, without zeros at the end.
inline char *putDecimal(char *p, i64 value, int scale) {
  uint64_t v = static_cast<uint64_t>(value);
  if (value < 0) *p++ = '-', v = -v;
  uint64_t unit = static_cast<uint64_t>(kPow10[scale]), whole = v / unit, rest = v - whole * unit;
  p = putDigits(p, whole, width(whole));
  if (rest == 0) return p;
  *p++ = '.';
  p = putDigits(p, rest, scale);
  while (p[-1] == '0') p--;
  return p;
}

// putDouble writes the shortest text that reads as v, as encoding/json does.
[[gnu::noinline]] char *putDouble(char *p, double v) {
  double size = std::fabs(v);
  if (size == 0) return put(p, "0");
  if (size >= 1e-6 && size < 1e21) return std::to_chars(p, p + 400, v, std::chars_format::fixed).ptr;
  char *end = std::to_chars(p, p + 32, v, std::chars_format::scientific).ptr;
  if (end[-2] == '0' && end[-3] == '-') end[-2] = end[-1], end--; // 1e-07 is 1e-7
  return end;
}

// A Mean prints sum / (n 10^scale), rounded once to the nearest double. If n
// divides a power of ten, the quotient has finitely many decimals; with at most 15
// digits it is the shortest text of its double.
struct Mean {
  i64 n = 0, times = 0; // n * times = 10^more; times is 0 if there is no such power
  int more = 0;

  void count(i64 to) {
    n = to;
    times = 0;
    for (more = 0; more <= 6; more++)
      if (kPow10[more] % n == 0) {
        times = kPow10[more] / n;
        break;
      }
  }

  char *put(char *p, i64 sum, int scale) const {
    i64 v;
    if (times && scale + more <= 15 && !__builtin_mul_overflow(sum, times, &v) && v < kPow10[15] && v > -kPow10[15] &&
        (v == 0 || scale + more <= 6 || std::abs(v) >= kPow10[scale + more - 6]))
      return putDecimal(p, v, scale + more);
    if (std::abs(sum) < (i64(1) << 53) && scale <= 15)
      if (i64 by; !__builtin_mul_overflow(n, kPow10[scale], &by) && by < (i64(1) << 53))
        return putDouble(p, static_cast<double>(sum) / static_cast<double>(by));
    return putDouble(p, static_cast<double>(static_cast<long double>(sum) / n / kPow10[scale]));
  }
};

// An Out is flushed whenever the next read may block.
struct Out {
  size_t room = 4 * kRead;
  std::unique_ptr<char[]> buffer{new char[room]};
  char *at = buffer.get();

  // reserve makes room for n more bytes at at.
  void reserve(size_t n) {
    if (n > room - static_cast<size_t>(at - buffer.get())) flush();
    if (n > room) fail("a line too long");
  }

  void flush() {
    const char *p = buffer.get();
    while (p < at) {
      ssize_t n = write(STDOUT_FILENO, p, static_cast<size_t>(at - p));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        if (errno == EPIPE) exit(0);
        perror("ondemand: stdout");
        exit(74);
      }
      p += n;
    }
    at = buffer.get();
  }
};

// ---- what all commands share ----

// rawText returns the first byte of a string's raw text, or nullptr if there is no
// such string. Reading beyond its end is safe: the buffer is padded.
[[gnu::always_inline]] inline const char *rawText(simdjson_result<ondemand::value> v) {
  ondemand::raw_json_string text;
  return v.get_raw_json_string().get(text) == SUCCESS ? text.raw() : nullptr;
}

// rawNumber returns the first byte of a number, or nullptr if there is none.
[[gnu::always_inline]] inline const char *rawNumber(simdjson_result<ondemand::value> found) {
  ondemand::value v;
  if (std::move(found).get(v) != SUCCESS) return nullptr;
  const char *p = v.raw_json_token().data();
  return *p == '-' || (*p >= '0' && *p <= '9') ? p : nullptr;
}

// Days since 1970-01-01 (Howard Hinnant, chrono-compatible low-level date
// algorithms).
i64 daysFromCivil(i64 y, unsigned m, unsigned d) {
  y -= m <= 2;
  i64 era = (y >= 0 ? y : y - 399) / 400;
  unsigned yoe = static_cast<unsigned>(y - era * 400), doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<i64>(doe) - 719468;
}

void civilFromDays(i64 z, i64 &y, unsigned &m, unsigned &d) {
  z += 719468;
  i64 era = (z >= 0 ? z : z - 146096) / 146097;
  unsigned doe = static_cast<unsigned>(z - era * 146097), yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
  d = doy - (153 * mp + 2) / 5 + 1;
  m = mp < 10 ? mp + 3 : mp - 9;
  y = static_cast<i64>(yoe) + era * 400 + (m <= 2);
}

// A Clock reads the minute of a time, since 1970.
class Clock {
public:
  i64 minute(const char *p) {
    uint64_t a, b, c, d;
    memcpy(&a, p, 8), memcpy(&b, p + 8, 8), memcpy(&c, text, 8), memcpy(&d, text + 8, 8);
    if (((a ^ c) | (b ^ d)) == 0) return last;
    return read(p);
  }

private:
  char text[16] = {}; // of the minute last
  i64 last = 0;

  [[gnu::noinline]] i64 read(const char *p) {
    unsigned n[6] = {};
    static constexpr int starts[] = {0, 5, 8, 11, 14}, widths[] = {4, 2, 2, 2, 2};
    for (int i = 0; i < 5; i++)
      for (int k = 0; k < widths[i]; k++) {
        unsigned digit = static_cast<unsigned char>(p[starts[i] + k]) - '0';
        if (digit > 9) fail("not a time");
        n[i] = n[i] * 10 + digit;
      }
    if (p[4] != '-' || p[7] != '-' || (p[10] != ' ' && p[10] != 'T') || p[13] != ':' || p[16] != ':') fail("not a time");
    memcpy(text, p, 16);
    return last = daysFromCivil(n[0], n[1], n[2]) * 1440 + n[3] * 60 + n[4];
  }
};

// putDate writes {"date":"…" for the minute m.
char *putDate(char *p, i64 m) {
  i64 y;
  unsigned month, day, clock = static_cast<unsigned>(m % 1440);
  civilFromDays(m / 1440, y, month, day);
  p = put(p, "{\"date\":\"");
  p = putDigits(p, static_cast<uint64_t>(y), 4), *p++ = '-';
  p = putDigits(p, month, 2), *p++ = '-';
  p = putDigits(p, day, 2), *p++ = ' ';
  p = putDigits(p, clock / 60, 2), *p++ = ':';
  p = putDigits(p, clock % 60, 2);
  return put(p, ":00\"");
}

// bring multiplies v by ten, as often as the scale grows.
inline void bring(i64 &v) {
  if (__builtin_mul_overflow(v, 10, &v)) fail("a sum beyond 64 bits");
}

// raise brings d to a larger scale.
inline void raise(Decimal &d, int scale) {
  if (__builtin_mul_overflow(d.value, kPow10[scale - d.scale], &d.value)) fail("a number beyond 64 bits");
}

// Groups numbers keys in the order in which they appear: a table with open
// addressing, at most half full.
class Groups {
public:
  std::deque<std::string> keys; // as JSON text, by number

  // id returns the number of a key, the next one for a new key. Requires that 8
  // bytes after the key can be read.
  uint32_t id(std::string_view key) {
    uint64_t h = hash(key);
    for (size_t i = h & mask;; i = (i + 1) & mask) {
      uint32_t id = table[i].id;
      if (id == kNone) return insert(h, key);
      if (table[i].high == static_cast<uint32_t>(h >> 32) && keys[id] == key) return id;
    }
  }

  // sorted returns the numbers of all keys in the order of the keys. Keys that are
  // new since the last call are sorted and merged.
  const std::vector<uint32_t> &sorted() {
    auto less = [this](uint32_t a, uint32_t b) { return keys[a] < keys[b]; };
    size_t old = order.size();
    for (size_t i = old; i < keys.size(); i++) order.push_back(static_cast<uint32_t>(i));
    std::sort(order.begin() + static_cast<std::ptrdiff_t>(old), order.end(), less);
    std::inplace_merge(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(old), order.end(), less);
    return order;
  }

private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Slot {
    uint32_t high = 0, id = kNone; // the high half of the hash; the number of the key
  };
  std::vector<Slot> table = std::vector<Slot>(64);
  size_t mask = 63;
  std::vector<uint64_t> hashes; // by number
  std::vector<uint32_t> order;

  static uint64_t hash(std::string_view key) {
    uint64_t h = key.size(), w;
    const char *p = key.data();
    size_t n = key.size();
    for (; n > 8; p += 8, n -= 8) memcpy(&w, p, 8), h = mix(h ^ w);
    memcpy(&w, p, 8);
    return mix(h ^ w << (64 - 8 * n));
  }

  static uint64_t mix(uint64_t w) {
    unsigned __int128 x = static_cast<unsigned __int128>(w ^ 0x9e3779b97f4a7c15) * 0xd6e8feb86659fd93;
    return static_cast<uint64_t>(x) ^ static_cast<uint64_t>(x >> 64);
  }

  void place(uint32_t id) {
    size_t i = hashes[id] & mask;
    while (table[i].id != kNone) i = (i + 1) & mask;
    table[i] = {static_cast<uint32_t>(hashes[id] >> 32), id};
  }

  [[gnu::noinline]] uint32_t insert(uint64_t h, std::string_view key) {
    uint32_t id = static_cast<uint32_t>(keys.size());
    keys.emplace_back(key);
    hashes.push_back(h);
    if (2 * keys.size() <= mask) {
      place(id);
      return id;
    }
    table.assign(2 * table.size(), Slot{});
    mask = table.size() - 1;
    for (uint32_t i = 0; i <= id; i++) place(i);
    return id;
  }
};

// rawKey returns the raw text of a string, with its quotes.
inline std::string_view rawKey(simdjson_result<ondemand::value> v) {
  const char *p = rawText(v);
  if (!p) fail("no key");
  return {p - 1, static_cast<size_t>(static_cast<const char *>(rawmemchr(p, '"')) - p + 2)};
}

// ---- winavg ----

struct Duration {
  static constexpr std::string_view column = ",\"average_delivery_time\":";
  [[gnu::always_inline]] static const char *number(ondemand::object &r) { return rawNumber(r.find_field_unordered("duration")); }
};

struct Latency {
  static constexpr std::string_view column = ",\"latency\":";
  [[gnu::always_inline]] static const char *number(ondemand::object &r) { return rawNumber(r.find_field_unordered("http")["latency_ms"]); }
};

template <class Field> class Winavg {
public:
  explicit Winavg(Out &to) : out(to) {}

  void line(ondemand::object &record, const char *, const char *) {
    const char *time = rawText(record.find_field_unordered("timestamp"));
    if (!time) fail("no time");
    i64 m = clock.minute(time);
    const char *number = Field::number(record);
    if (!number) fail("no number");
    Decimal d = decimal(number);
    if (d.scale != scale) rescale(d);
    if (m != now) step(m);
    sums[at] += d.value;
    counts[at]++;
  }

  // end prints the row after the last event.
  void end() {
    if (now != kNever) row(now + 1);
  }

private:
  static constexpr int kWindow = 10;
  static constexpr i64 kNever = INT64_MIN;
  Out &out;
  Clock clock;
  i64 now = kNever;
  i64 sums[kWindow] = {}, counts[kWindow] = {}; // of the minute m at m mod kWindow
  int at = 0, scale = 0;

  // rescale brings d and the sums to the larger of both scales.
  void rescale(Decimal &d) {
    for (; scale < d.scale; scale++)
      for (i64 &sum : sums) bring(sum);
    raise(d, scale);
  }

  void step(i64 m) {
    if (now == kNever) {
      row(m);
      now = m;
    }
    if (m < now) fail("a late event: input must be on time");
    while (now < m) {
      row(++now);
      at = static_cast<int>(now % kWindow);
      sums[at] = counts[at] = 0;
    }
    at = static_cast<int>(now % kWindow);
  }

  // row prints the mean of the minutes [m-10, m); no others are kept.
  void row(i64 m) {
    i64 sum = 0, count = 0;
    for (int i = 0; i < kWindow; i++) sum += sums[i], count += counts[i];
    out.reserve(512);
    char *p = put(putDate(out.at, m), Field::column);
    Mean mean;
    mean.count(count ? count : 1);
    p = mean.put(p, sum, scale);
    out.at = put(p, "}\n");
  }
};

// KeyedWinavg has a window for each machine. It prints no rows for empty windows.
class KeyedWinavg {
public:
  explicit KeyedWinavg(Out &to) : out(to) {}

  void line(ondemand::object &record, const char *, const char *) {
    const char *time = rawText(record.find_field_unordered("timestamp"));
    if (!time) fail("no time");
    i64 m = clock.minute(time);
    uint32_t id = groups.id(rawKey(record.find_field_unordered("machine")));
    const char *number = rawNumber(record.find_field_unordered("temperature"));
    if (!number) fail("no temperature");
    Decimal d = decimal(number);
    if (d.scale != scale) rescale(d);
    if (m != now) step(m);
    if (id == windows.size()) windows.emplace_back();
    windows[id].sum[m % kWindow] += d.value;
    windows[id].count[m % kWindow]++;
  }

  void end() {
    if (now != kNever) step(now + kWindow);
  }

private:
  static constexpr int kWindow = 2;
  static constexpr i64 kNever = INT64_MIN;
  struct Window {
    i64 sum[kWindow] = {}, count[kWindow] = {}; // of the minute m at m mod kWindow
  };
  Out &out;
  Clock clock;
  Groups groups;
  std::vector<Window> windows;
  i64 now = kNever;
  int scale = 0;

  void rescale(Decimal &d) {
    for (; scale < d.scale; scale++)
      for (Window &w : windows)
        for (i64 &sum : w.sum) bring(sum);
    raise(d, scale);
  }

  void step(i64 m) {
    if (now == kNever) now = m;
    if (m < now) fail("a late event: input must be on time");
    while (now < m) rows(++now);
  }

  // rows prints the means of the minutes [m-2, m) and empties the window of m.
  void rows(i64 m) {
    char date[64];
    std::string_view start(date, static_cast<size_t>(put(putDate(date, m), ",\"machine\":") - date));
    for (uint32_t id : groups.sorted()) {
      if (id >= windows.size()) continue; // the key of the line that is being read
      Window &w = windows[id];
      i64 sum = w.sum[0] + w.sum[1], count = w.count[0] + w.count[1];
      w.sum[m % kWindow] = w.count[m % kWindow] = 0;
      if (count == 0) continue;
      out.reserve(groups.keys[id].size() + 512);
      char *p = put(put(put(out.at, start), groups.keys[id]), ",\"average_temperature\":");
      Mean mean;
      mean.count(count);
      out.at = put(mean.put(p, sum, scale), "}\n");
    }
  }
};

// ---- mavg ----

template <bool keyed> class Mavg {
public:
  explicit Mavg(Out &to) : out(to) { means[0].count(1), mean(kWindow); }

  void line(ondemand::object &record, const char *start, const char *limit) {
    while (*start != '{') start++; // blank lines may come before the first object of a block
    Fields &f = fields(record);
    const char *t = rawNumber(record.find_field_unordered("temperature"));
    const char *s = rawNumber(record.find_field_unordered("speed"));
    const char *from = s ? s : t ? t : start;
    const char *end = static_cast<const char *>(memchr(from, '\n', static_cast<size_t>(limit - from)));
    if (!end) end = limit;
    while (end[-1] != '}') end--;
    size_t n = static_cast<size_t>(end - 1 - start);
    out.reserve(n + 1024);
    char *p = out.at;
    memcpy(p, start, n);
    p = put(p + n, ",\"moving_averages\":{");
    char *first = p;
    if (t) p = f.temperature.add(decimal(t), *this, put(p, "\"temperature\":"));
    if (s) {
      if (p != first) *p++ = ',';
      p = f.speed.add(decimal(s), *this, put(p, "\"speed\":"));
    }
    out.at = put(p, "}}\n");
  }

  void end() {}

private:
  static constexpr int kWindow = 5;

  const Mean &mean(i64 n) {
    if (means[n].n != n) means[n].count(n);
    return means[n];
  }

  struct Field {
    i64 last[kWindow] = {}, sum = 0;
    int at = 0, n = 0, scale = 0;

    char *add(Decimal d, Mavg &m, char *p) {
      if (d.scale != scale) rescale(d);
      sum += d.value - last[at];
      last[at] = d.value;
      at = at + 1 == kWindow ? 0 : at + 1;
      if (n < kWindow) n++;
      return m.mean(n).put(p, sum, scale);
    }

    void rescale(Decimal &d) {
      for (; scale < d.scale; scale++) {
        bring(sum);
        for (i64 &v : last) bring(v);
      }
      raise(d, scale);
    }
  };

  Out &out;
  Mean means[kWindow + 1];
  struct Fields {
    Field temperature, speed;
  };
  Fields single; // without keys
  Groups groups;
  std::vector<Fields> all; // by number of the key

  Fields &fields(ondemand::object &record) {
    if constexpr (!keyed) return single;
    uint32_t id = groups.id(rawKey(record.find_field_unordered("machine")));
    if (id == all.size()) all.emplace_back();
    return all[id];
  }
};

// ---- stats ----

// A Time is the text of a time, of at most 24 bytes, in words that compare as the
// text does.
struct Time {
  uint64_t words[3] = {};

  // read takes the text of a string from its first byte to the quote. Requires 24
  // bytes more that can be read.
  void read(const char *p) {
    for (uint64_t &w : words) memcpy(&w, p, 8), w = __builtin_bswap64(w), p += 8;
    const char *start = p - 24, *quote = static_cast<const char *>(memchr(start, '"', 25));
    if (!quote) fail("a time of too many characters");
    size_t n = static_cast<size_t>(quote - start);
    for (size_t i = 0; i < 3; i++, n = n > 8 ? n - 8 : 0)
      if (n < 8) words[i] = n ? words[i] >> (64 - 8 * n) << (64 - 8 * n) : 0;
  }

  bool operator<(const Time &t) const {
    if (words[0] != t.words[0]) return words[0] < t.words[0];
    if (words[1] != t.words[1]) return words[1] < t.words[1];
    return words[2] < t.words[2];
  }

  char *put(char *p) const {
    *p++ = '"';
    for (uint64_t w : words)
      for (int shift = 56; shift >= 0 && (w >> shift & 0xff); shift -= 8) *p++ = static_cast<char>(w >> shift & 0xff);
    *p++ = '"';
    return p;
  }
};

// A Summary is what stats prints of a field.
struct Summary {
  i64 n = 0, sum = 0, min = INT64_MAX, max = INT64_MIN;
  i128 squares = 0;
  int scale = 0;
  Time from, to;

  [[gnu::always_inline]] void add(Decimal d, const Time &time) {
    if (d.scale != scale) rescale(d);
    if (__builtin_add_overflow(sum, d.value, &sum)) fail("a sum beyond 64 bits");
    squares += static_cast<i128>(d.value) * d.value;
    if (d.value < min) min = d.value;
    if (d.value > max) max = d.value;
    if (to < time || n == 0) to = time;
    if (time < from || n == 0) from = time;
    n++;
  }

  void rescale(Decimal &d) {
    for (; scale < d.scale; scale++) {
      bring(sum);
      if (n) bring(min), bring(max);
      squares *= 100;
    }
    raise(d, scale);
  }

  // print writes the line of the field. start is the text before its name.
  void print(Out &out, std::string_view start, std::string_view name) const {
    if (n == 0) return;
    out.reserve(start.size() + name.size() + 1024);
    char *p = put(put(put(put(out.at, start), "\"field\":\""), name), "\",\"count\":");
    p = putDecimal(p, n, 0);
    Mean mean;
    mean.count(n);
    p = mean.put(put(p, ",\"mean\":"), sum, scale);
    p = putDecimal(put(p, ",\"min\":"), min, scale);
    p = putDecimal(put(p, ",\"max\":"), max, scale);
    p = put(p, ",\"sd\":");
    if (n < 2) {
      p = put(p, "null");
    } else { // (n Q - S^2) / (n (n-1)), exact but for the root
      long double top = static_cast<long double>(squares * n - static_cast<i128>(sum) * sum);
      long double below = static_cast<long double>(n) * static_cast<long double>(n - 1);
      p = putDouble(p, static_cast<double>(std::sqrt(top / below) / static_cast<long double>(kPow10[scale])));
    }
    p = from.put(put(p, ",\"from\":"));
    p = to.put(put(p, ",\"to\":"));
    out.at = put(p, "}\n");
  }
};

inline Time timeOf(ondemand::object &record) {
  const char *text = rawText(record.find_field_unordered("timestamp"));
  if (!text) fail("no time");
  Time time;
  time.read(text);
  return time;
}

class Stats {
public:
  explicit Stats(Out &to) : out(to) {}

  void line(ondemand::object &record, const char *, const char *) {
    Time time = timeOf(record);
    if (const char *t = rawNumber(record.find_field_unordered("temperature"))) temperature.add(decimal(t), time);
    if (const char *s = rawNumber(record.find_field_unordered("speed"))) speed.add(decimal(s), time);
  }

  void end() {
    speed.print(out, "{", "speed");
    temperature.print(out, "{", "temperature");
  }

private:
  Out &out;
  Summary temperature, speed;
};

class KeyedStats {
public:
  explicit KeyedStats(Out &to) : out(to) {}

  void line(ondemand::object &record, const char *, const char *) {
    Time time = timeOf(record);
    uint32_t id = groups.id(rawKey(record.find_field_unordered("machine")));
    if (id == all.size()) all.emplace_back();
    Fields &f = all[id];
    if (const char *t = rawNumber(record.find_field_unordered("temperature"))) f.temperature.add(decimal(t), time);
    if (const char *s = rawNumber(record.find_field_unordered("speed"))) f.speed.add(decimal(s), time);
  }

  void end() {
    std::string start;
    for (uint32_t id : groups.sorted()) {
      start.assign("{\"machine\":").append(groups.keys[id]).append(",");
      all[id].speed.print(out, start, "speed");
      all[id].temperature.print(out, start, "temperature");
    }
  }

private:
  struct Fields {
    Summary temperature, speed;
  };
  Out &out;
  Groups groups;
  std::vector<Fields> all;
};

class OneOfMany {
public:
  explicit OneOfMany(Out &to) : out(to) {}

  void line(ondemand::object &record, const char *, const char *) {
    Time time = timeOf(record);
    if (const char *t = rawNumber(record.find_field_unordered("f30"))) field.add(decimal(t), time);
  }

  void end() { field.print(out, "{", "f30"); }

private:
  Out &out;
  Summary field;
};

// AllOfMany reads every number but that of the time. Each field is expected in the
// order of the line before, and else looked up. The time comes first.
class AllOfMany {
public:
  explicit AllOfMany(Out &to) : out(to) {}

  void line(ondemand::object &record, const char *, const char *) {
    size_t at = 0;
    Time time;
    bool timed = false;
    for (auto field : record) {
      const char *name = field.key().value().raw();
      ondemand::value v = field.value();
      const char *p = v.raw_json_token().data();
      if (*p == '-' || (*p >= '0' && *p <= '9')) {
        if (at >= fields.size() || !same(name, fields[at].name)) at = find(name);
        if (!timed) fail("a number before the time");
        fields[at++].summary.add(decimal(p), time);
      } else if (!memcmp(name, "timestamp\"", 10)) {
        time.read(v.raw_json_token().data() + 1);
        timed = true;
      }
    }
  }

  void end() {
    std::sort(fields.begin(), fields.end(), [](const Field &a, const Field &b) { return a.name < b.name; });
    for (const Field &f : fields) f.summary.print(out, "{", {f.name.data(), f.name.size() - 1});
  }

private:
  struct Field {
    std::string name; // with the quote at its end
    Summary summary;
  };
  Out &out;
  std::vector<Field> fields;

  static bool same(const char *text, const std::string &name) { return !memcmp(text, name.data(), name.size()); }

  [[gnu::noinline]] size_t find(const char *name) {
    for (size_t i = 0; i < fields.size(); i++)
      if (same(name, fields[i].name)) return i;
    const char *end = static_cast<const char *>(rawmemchr(name, '"'));
    fields.push_back({std::string(name, static_cast<size_t>(end + 1 - name)), {}});
    return fields.size() - 1;
  }
};

// Quantiles counts how often each number occurs, which needs few numbers: those of
// one scale, in a range of at most 2^26.
class Quantiles {
public:
  explicit Quantiles(Out &to) : out(to) {}

  void line(ondemand::object &record, const char *, const char *) {
    Time time = timeOf(record);
    if (const char *t = rawNumber(record.find_field_unordered("temperature"))) temperature.add(decimal(t), time);
    if (const char *s = rawNumber(record.find_field_unordered("speed"))) speed.add(decimal(s), time);
  }

  void end() {
    speed.print(out, "speed");
    temperature.print(out, "temperature");
  }

private:
  struct Counts {
    std::vector<uint32_t> of; // of the number first + i at i
    i64 first = 0, n = 0;
    int scale = -1;
    Time from, to;

    [[gnu::always_inline]] void add(Decimal d, const Time &time) {
      if (d.scale != scale) {
        if (scale >= 0) fail("numbers with different numbers of digits");
        scale = d.scale, first = d.value;
      }
      uint64_t i = static_cast<uint64_t>(d.value - first);
      if (i >= of.size()) i = grow(d.value);
      of[i]++;
      if (to < time || n == 0) to = time;
      if (time < from || n == 0) from = time;
      n++;
    }

    [[gnu::noinline]] uint64_t grow(i64 v) {
      i64 low = std::min(first, v - 1024), high = std::max(first + static_cast<i64>(of.size()), v + 1024);
      if (high - low > 1 << 26) fail("numbers too far apart");
      of.insert(of.begin(), static_cast<size_t>(first - low), 0);
      of.resize(static_cast<size_t>(high - low));
      first = low;
      return static_cast<uint64_t>(v - first);
    }

    // number returns the number at a rank, from 0.
    double number(i64 rank) const {
      size_t i = 0;
      for (i64 before = 0; i < of.size(); i++)
        if ((before += of[i]) > rank) break;
      return static_cast<double>(first + static_cast<i64>(i)) / static_cast<double>(kPow10[scale]);
    }

    double quantile(double share) const {
      double at = share * static_cast<double>(n - 1);
      i64 low = static_cast<i64>(at);
      double a = number(low), b = number(std::min(low + 1, n - 1));
      return a + (at - static_cast<double>(low)) * (b - a);
    }

    void print(Out &out, const char *name) const {
      if (n == 0) return;
      out.reserve(2048);
      char *p = put(put(put(out.at, "{\"field\":\""), name), "\",\"median\":");
      p = putDouble(p, quantile(0.5));
      p = putDouble(put(p, ",\"p95\":"), quantile(0.95));
      p = from.put(put(p, ",\"from\":"));
      p = to.put(put(p, ",\"to\":"));
      out.at = put(p, "}\n");
    }
  };

  Out &out;
  Counts temperature, speed;
};

// ---- input ----

// lines calls f with each line of the n bytes at text, which are whole lines.
template <class Filter> void lines(ondemand::parser &parser, const char *text, size_t n, Filter &f) {
  ondemand::document_stream records;
  if (auto e = parser.iterate_many(text, n, kRead + kLine).get(records)) fail(error_message(e));
  for (auto it = records.begin(); it != records.end(); ++it) {
    ondemand::object record;
    auto document = *it;
    if (auto e = document.get_object().get(record)) fail(error_message(e));
    f.line(record, text + it.current_index(), text + n);
  }
  if (records.truncated_bytes() != 0) fail("the last line is not whole");
}

template <class Filter> void run(int fd) {
  Out out;
  Filter f(out);
  ondemand::parser parser;
#ifdef SIMDJSON_THREADS_ENABLED
  parser.threaded = false; // one core, as winavg -j 1
#endif
  std::unique_ptr<char[]> buffer(new char[kRead + kLine + SIMDJSON_PADDING]);
  fcntl(fd, F_SETPIPE_SZ, 1 << 20); // if it is a pipe, and allowed
  fcntl(STDOUT_FILENO, F_SETPIPE_SZ, 1 << 20);
  char *text = buffer.get();
  size_t have = 0;
  for (;;) {
    ssize_t n = read(fd, text + have, have < kRead ? kRead - have : kRead);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(strerror(errno), 74);
    if (n == 0) break;
    char *end = static_cast<char *>(memrchr(text + have, '\n', static_cast<size_t>(n)));
    have += static_cast<size_t>(n);
    if (!end) {
      if (have > kLine) fail("a line too long");
      continue;
    }
    size_t whole = static_cast<size_t>(end + 1 - text);
    lines(parser, text, whole, f);
    out.flush();
    have -= whole;
    memmove(text, text + whole, have);
  }
  if (have) {
    text[have] = '\n';
    lines(parser, text, have + 1, f);
  }
  f.end();
  out.flush();
}

} // namespace

int main(int argc, char **argv) {
  if (argc == 2 && !strcmp(argv[1], "version")) return printf("%s %s\n", SIMDJSON_STRINGIFY(SIMDJSON_VERSION), get_active_implementation()->name().c_str()) < 0;
  if (argc != 3) fail("usage: ondemand COMMAND FILE|-, or ondemand version", 2);
  std::string_view what = argv[1];
  int fd = strcmp(argv[2], "-") ? open(argv[2], O_RDONLY) : STDIN_FILENO;
  if (fd < 0) fail(strerror(errno), 2);
  if (what == "winavg") run<Winavg<Duration>>(fd);
  else if (what == "mavg") run<Mavg<false>>(fd);
  else if (what == "stats") run<Stats>(fd);
  else if (what == "keyed-winavg") run<KeyedWinavg>(fd);
  else if (what == "keyed-mavg") run<Mavg<true>>(fd);
  else if (what == "keyed-stats") run<KeyedStats>(fd);
  else if (what == "nested") run<Winavg<Latency>>(fd);
  else if (what == "one") run<OneOfMany>(fd);
  else if (what == "all") run<AllOfMany>(fd);
  else if (what == "quantiles") run<Quantiles>(fd);
  else fail("unknown command: see the head of ondemand.cpp", 2);
}
