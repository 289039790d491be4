// textbook gives the answers of ondemand, with the same parser used as simdjson's
// documentation shows it: iterate_many, get_string and get_double, sums in double.
// It reads blocks of whole lines, because loading the file whole (as the
// documentation does) costs more than everything else. ondemand shows what is
// possible, textbook what an afternoon's work gives. Lines must not be longer than
// 256 KiB.
//
//	textbook winavg|mavg|stats FILE

#include "simdjson.h"
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <vector>

using namespace simdjson;

static std::string out; // written when large

static void put(std::string_view text) {
  out += text;
  if (out.size() > 1 << 16) fwrite(out.data(), 1, out.size(), stdout), out.clear();
}

static void number(double v) {
  char text[400];
  put({text, static_cast<size_t>(std::to_chars(text, text + sizeof text, v, std::chars_format::fixed).ptr - text)});
}

struct Winavg {
  std::map<time_t, std::pair<double, long>> minutes; // 1970, minutes -> sum, count
  std::string key;
  std::pair<double, long> *now = nullptr;

  void line(ondemand::document_reference doc, std::string_view) {
    std::string_view time = doc["timestamp"].get_string();
    double duration = doc["duration"].get_double();
    if (!now || time.substr(0, 16) != key) {
      key = time.substr(0, 16);
      tm t{};
      strptime(key.c_str(), "%Y-%m-%d %H:%M", &t);
      now = &minutes[timegm(&t) / 60];
    }
    now->first += duration;
    now->second++;
  }

  void end() {
    if (minutes.empty()) return;
    for (time_t t = minutes.begin()->first; t <= minutes.rbegin()->first + 1; t++) {
      double sum = 0;
      long count = 0;
      for (auto it = minutes.lower_bound(t - 10); it != minutes.end() && it->first < t; ++it) sum += it->second.first, count += it->second.second;
      char date[32];
      time_t seconds = t * 60;
      strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", gmtime(&seconds));
      put("{\"date\":\""), put(date), put("\",\"average_delivery_time\":"), number(count ? sum / count : 0), put("}\n");
    }
  }
};

struct Mavg {
  double temperatures[5], speeds[5];
  long lines = 0;

  void line(ondemand::document_reference doc, std::string_view source) {
    temperatures[lines % 5] = doc["temperature"].get_double();
    speeds[lines % 5] = doc["speed"].get_double();
    lines++;
    long n = lines < 5 ? lines : 5;
    double t = 0, s = 0;
    for (long i = 0; i < n; i++) t += temperatures[i], s += speeds[i];
    source.remove_prefix(source.find('{')); // at the start of a batch, a line break may come before it
    source.remove_suffix(1);
    put(source), put(",\"moving_averages\":{\"temperature\":"), number(t / n), put(",\"speed\":"), number(s / n), put("}}\n");
  }

  void end() {}
};

struct Stats {
  struct Field {
    double n = 0, mean = 0, m2 = 0, min = INFINITY, max = -INFINITY;
    void add(double x) { // Welford's recurrence
      double d = x - mean;
      mean += d / ++n;
      m2 += d * (x - mean);
      min = std::fmin(min, x), max = std::fmax(max, x);
    }
  } temperature, speed;
  std::string from, to;

  void line(ondemand::document_reference doc, std::string_view) {
    std::string_view time = doc["timestamp"].get_string();
    if (from.empty() || time < from) from = time;
    if (time > to) to = time;
    temperature.add(doc["temperature"].get_double());
    speed.add(doc["speed"].get_double());
  }

  void print(const char *name, const Field &f) {
    put("{\"field\":\""), put(name), put("\",\"count\":"), number(f.n), put(",\"mean\":"), number(f.mean), put(",\"min\":"), number(f.min);
    put(",\"max\":"), number(f.max), put(",\"sd\":"), number(std::sqrt(f.m2 / (f.n - 1)));
    put(",\"from\":\""), put(from), put("\",\"to\":\""), put(to), put("\"}\n");
  }

  void end() { print("speed", speed), print("temperature", temperature); }
};

template <class Filter> static void run(const char *path) {
  constexpr size_t room = 256 << 10; // stays in the second-level cache
  std::vector<char> block(room + SIMDJSON_PADDING);
  FILE *in = fopen(path, "r");
  if (!in) exit(2);
  Filter f;
  ondemand::parser parser;
  for (size_t have = 0;;) {
    size_t n = fread(block.data() + have, 1, room - have, in);
    if (n == 0 && have == 0) break;
    have += n;
    size_t whole = n == 0 ? have : std::string_view(block.data(), have).rfind('\n') + 1;
    ondemand::document_stream records = parser.iterate_many(block.data(), whole, room);
    for (auto it = records.begin(); it != records.end(); ++it) {
      auto doc = *it;
      f.line(doc.value(), it.source());
    }
    memmove(block.data(), block.data() + whole, have -= whole);
  }
  f.end();
  fwrite(out.data(), 1, out.size(), stdout);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  if (!strcmp(argv[1], "winavg")) run<Winavg>(argv[2]);
  else if (!strcmp(argv[1], "mavg")) run<Mavg>(argv[2]);
  else if (!strcmp(argv[1], "stats")) run<Stats>(argv[2]);
  else return 2;
}
