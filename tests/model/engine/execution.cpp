#include "engine/execution.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/run.hpp"

namespace goro::model {
namespace {

constexpr std::int64_t no_deadline = INT64_MAX;
constexpr std::int64_t longest_delay = 2'000'000;     // after a deadline, on a busy machine
constexpr std::int64_t duration_of_a_pause = 15'000;  // long, so that loops which end by time are short

struct thread {
  enum class state { ready, pausing, waiting, away, ended };

  const char* name = "";
  bool background = false;
  std::function<void()> body;
  platform::context context;
  state now = state::ready;
  view known;
  const void* waits_for = nullptr;
  std::int64_t deadline = no_deadline;
  bool timed_out = false;
  bool has_paused = false;  // and done nothing since
};

struct execution {
  const limits& bounds;
  const mutation& mutated;
  choices& choice;
  const bool traced;
  std::vector<thread> threads{};
  std::vector<location> locations{};
  view everything{};  // of sequentially consistent fences: what each that came before knew
  view outside{};     // what the set-up did, which happens before all threads
  std::function<void()> check{};
  unsigned running = most_threads;
  unsigned preemptions = 0;
  unsigned absences = 0;
  unsigned stale_reads = 0;
  unsigned spurious = 0;
  unsigned steps = 0;
  std::int64_t time = 1000;
  std::optional<std::string> failure{};
  std::string trace{};
};

execution* current = nullptr;
std::uint64_t execution_number = 0;
platform::context scheduler_context;

constexpr std::size_t stack_size = 128 << 10;
struct alignas(16) stack_memory {
  std::byte bytes[stack_size];
};
std::byte* stack_top(unsigned number) {
  static std::vector<std::unique_ptr<stack_memory>> stacks(most_threads);
  if (!stacks[number]) {
    stacks[number] = std::make_unique<stack_memory>();
  }
  return stacks[number]->bytes + stack_size;
}

bool in_thread() noexcept { return current != nullptr && current->running != most_threads; }
view& known() noexcept { return in_thread() ? current->threads[current->running].known : current->outside; }

const char* base_name(const char* path) noexcept {
  const char* slash = std::strrchr(path, '/');
  return slash == nullptr ? path : slash + 1;
}

void note(place where, const char* operation, const void* address, std::uint64_t value) {
  if (current->traced && in_thread()) {
    char line[256];
    std::snprintf(line, sizeof line, "  %-10s %-14s %#llx at %p  %s:%u\n", current->threads[current->running].name,
                  operation, static_cast<unsigned long long>(value), address, base_name(where.file), where.line);
    current->trace += line;
  }
}

void switch_to(unsigned next) {
  const unsigned self = current->running;
  if (next == self) {
    return;
  }
  platform::context& from = self == most_threads ? scheduler_context : current->threads[self].context;
  current->running = next;
  const platform::context& to = next == most_threads ? scheduler_context : current->threads[next].context;
  platform::goro_switch_context(&from, &to, {});
}

std::string who_waits() {
  std::string text = "nobody can go on:";
  for (const thread& t : current->threads) {
    if (t.now != thread::state::ended) {
      text += std::string{" "} + t.name;
    }
  }
  return text;
}

struct candidate {
  enum class change { free, preemption, absence };

  unsigned number;
  change how = change::free;
};

// Who may go on: the thread that runs, if it can; others, which is a preemption when it can, or when they are in a spin
// loop or wait until some time (time passes for them then, though somebody else could do something); others while the
// thread that runs is away.
std::vector<candidate> candidates() {
  std::vector<candidate> result;
  const unsigned self = current->running;
  const bool self_goes_on = self != most_threads && current->threads[self].now == thread::state::ready;
  if (self_goes_on) {
    result.push_back({self});
  }
  const bool may_preempt = current->preemptions < current->bounds.preemptions;
  for (unsigned i = 0; i < current->threads.size(); ++i) {
    if (current->threads[i].now == thread::state::ready && i != self && (may_preempt || !self_goes_on)) {
      result.push_back({i, self_goes_on ? candidate::change::preemption : candidate::change::free});
    }
  }
  for (unsigned i = 0; i < current->threads.size(); ++i) {
    const thread& t = current->threads[i];
    const bool waits_for_time =
        t.now == thread::state::pausing || (t.now == thread::state::waiting && t.deadline != no_deadline);
    if (waits_for_time && may_preempt && !result.empty()) {
      result.push_back({i, candidate::change::preemption});
    }
  }
  if (self_goes_on && current->absences < current->bounds.absences) {
    for (unsigned i = 0; i < current->threads.size(); ++i) {
      if (current->threads[i].now == thread::state::ready && i != self) {
        result.push_back({i, candidate::change::absence});
      }
    }
  }
  return result;
}

// Its wait or pause is over, if it has one.
void go_on(thread& t) {
  if (t.now == thread::state::waiting) {
    t.timed_out = true;
    current->time = std::max(current->time, t.deadline + longest_delay);
  }
  t.now = thread::state::ready;
}

bool somebody_returns() {
  for (thread& t : current->threads) {
    if (t.now == thread::state::away) {
      t.now = thread::state::ready;
      return true;
    }
  }
  return false;
}

bool some_time_passes() {
  thread* first = nullptr;
  for (thread& t : current->threads) {
    if (t.now == thread::state::waiting && t.deadline != no_deadline &&
        (first == nullptr || t.deadline < first->deadline)) {
      first = &t;
    }
  }
  if (first == nullptr) {
    return false;
  }
  go_on(*first);
  return true;
}

void end_pause(thread& t) { t.now = t.now == thread::state::pausing ? thread::state::ready : t.now; }

bool all_have_ended() {
  return std::all_of(current->threads.begin(), current->threads.end(),
                     [](const thread& t) { return t.background || t.now == thread::state::ended; });
}

// The thread that runs has come to a step, or cannot go on: chooses who does.
void reschedule() {
  execution& e = *current;
  std::vector<candidate> who = candidates();
  if (who.empty()) {  // all who could do something are in spin loops
    std::for_each(e.threads.begin(), e.threads.end(), end_pause);
    who = candidates();
  }
  while (who.empty() && (somebody_returns() || some_time_passes())) {
    who = candidates();
  }
  if (who.empty()) {
    if (!all_have_ended()) {
      fail(who_waits());
    }
    switch_to(most_threads);
    return;
  }
  const candidate next = who[e.choice.next(static_cast<unsigned>(who.size()))];
  e.preemptions += next.how == candidate::change::preemption ? 1 : 0;
  if (next.how == candidate::change::absence) {
    ++e.absences;
    e.threads[e.running].now = thread::state::away;
  }
  go_on(e.threads[next.number]);
  switch_to(next.number);
}

// Before every operation of a thread.
void step() {
  if (!in_thread()) {
    return;
  }
  if (++current->steps > current->bounds.steps) {
    fail("no end after " + std::to_string(current->steps) + " steps");
  }
  reschedule();
  current->threads[current->running].has_paused = false;
  ++known().clock[current->running];
}

// Somebody stored something: who paused to wait for that may look again.
void memory_changed() {
  if (in_thread()) {
    for (unsigned i = 0; i < current->threads.size(); ++i) {
      thread& t = current->threads[i];
      if (i != current->running && t.now == thread::state::pausing) {
        t.now = thread::state::ready;
      }
    }
  }
}

std::uint32_t locate(const cell& c) {
  if (c.execution != execution_number) {
    if (current->locations.size() == most_locations) {
      std::fprintf(stderr, "model: more than %u atomic variables\n", most_locations);
      std::abort();
    }
    c.execution = execution_number;
    c.index = static_cast<std::uint32_t>(current->locations.size());
    location& l = current->locations.emplace_back();
    l.address = &c;
    l.messages.push_back({.value = c.initial});
  }
  return c.index;
}

bool is_mutated(place where) {
  const mutation& m = current->mutated;
  return m.line == where.line && m.line != 0 && m.file == where.file;
}

order as_weakened(order o, place where) {
  if (in_thread()) {
    note_met_place(where, o, false);
  }
  const mutation& m = current->mutated;
  return is_mutated(where) && !m.omitted && o > m.to ? m.to : o;
}

bool is_left_out(place where) {
  if (!in_thread()) {
    return false;  // what a scenario checks at its end would never end
  }
  note_met_place(where, order::relaxed, true);
  return is_mutated(where) && current->mutated.omitted;
}

bool acquires(order o) noexcept { return o == order::acquire || o >= order::acq_rel; }
bool releases(order o) noexcept { return o == order::release || o >= order::acq_rel; }

void append(std::uint32_t at, std::uint64_t value, order o, const message* continued) {
  location& l = current->locations[at];
  const auto index = static_cast<std::uint16_t>(l.messages.size());
  view& v = known();
  v.seen[at] = index;
  message m{.value = value};
  if (continued != nullptr && continued->releases) {
    m.releases = true;
    m.released = continued->released;
  }
  if (releases(o)) {
    m.releases = true;
    m.released.join(v);
  }
  l.messages.push_back(m);
  if (o == order::seq_cst) {
    l.last_seq_cst = index;
  }
  memory_changed();
}

void learn(const message& m, order o) {
  if (acquires(o) && m.releases) {
    known().join(m.released);
  }
}

bool spuriously() {
  if (in_thread() && current->spurious < current->bounds.spurious && current->choice.next(2) == 1) {
    ++current->spurious;
    return true;
  }
  return false;
}

// Where every thread begins.
void thread_entry(platform::after_switch) {
  thread& self = current->threads[current->running];
  self.body();
  self.now = thread::state::ended;
  reschedule();
  __builtin_unreachable();
}

}  // namespace

std::uint64_t load(const cell& c, order o, place where) noexcept {
  if (current == nullptr) {
    return c.initial;
  }
  step();
  o = as_weakened(o, where);
  const std::uint32_t at = locate(c);
  location& l = current->locations[at];
  const auto newest = static_cast<unsigned>(l.messages.size() - 1);
  unsigned oldest = known().seen[at];
  if (o == order::seq_cst) {
    oldest = std::max<unsigned>(oldest, l.last_seq_cst);
  }
  unsigned back = 0;
  if (in_thread() && current->stale_reads < current->bounds.stale_reads) {
    back = current->choice.next(newest - oldest + 1);
    current->stale_reads += back != 0 ? 1 : 0;
  }
  const message& m = l.messages[newest - back];
  known().seen[at] = static_cast<std::uint16_t>(newest - back);
  learn(m, o);
  note(where, back != 0 ? "reads old" : "reads", &c, m.value);
  return m.value;
}

void store(cell& c, std::uint64_t value, order o, place where) noexcept {
  if (current == nullptr) {
    c.initial = value;
    return;
  }
  step();
  o = as_weakened(o, where);
  if (is_left_out(where)) {
    return;
  }
  append(locate(c), value, o, nullptr);
  note(where, "stores", &c, value);
}

std::uint64_t modify(cell& c, order o, place where,
                     const std::function<std::uint64_t(std::uint64_t)>& change) noexcept {
  if (current == nullptr) {
    const std::uint64_t old = c.initial;
    c.initial = change(old);
    return old;
  }
  step();
  o = as_weakened(o, where);
  const std::uint32_t at = locate(c);
  const message last = current->locations[at].messages.back();
  learn(last, o);
  if (is_left_out(where)) {
    return last.value;
  }
  append(at, change(last.value), o, &last);
  note(where, "changes to", &c, change(last.value));
  return last.value;
}

bool compare_exchange(cell& c, std::uint64_t& expected, std::uint64_t desired, bool weak, order success, order failure,
                      place where) noexcept {
  if (current == nullptr) {
    const bool same = c.initial == expected;
    (same ? c.initial : expected) = same ? desired : c.initial;
    return same;
  }
  step();
  const std::uint32_t at = locate(c);
  const message last = current->locations[at].messages.back();
  known().seen[at] = static_cast<std::uint16_t>(current->locations[at].messages.size() - 1);
  if (last.value != expected || (weak && spuriously())) {
    learn(last, as_weakened(failure, where));
    expected = last.value;
    note(where, "fails at", &c, last.value);
    return false;
  }
  success = as_weakened(success, where);
  learn(last, success);
  if (is_left_out(where)) {
    return true;
  }
  append(at, desired, success, &last);
  note(where, "exchanges to", &c, desired);
  return true;
}

void fence(place where) noexcept {
  if (current == nullptr) {
    return;
  }
  step();
  if (as_weakened(order::seq_cst, where) != order::seq_cst) {
    return;
  }
  note(where, "fence", nullptr, 0);
  current->everything.join_seen(known());
  known().join_seen(current->everything);
}

void fence_everywhere(place where) noexcept {
  if (current == nullptr) {
    return;
  }
  step();
  if (as_weakened(order::seq_cst, where) != order::seq_cst) {
    return;
  }
  note(where, "heavy fence", nullptr, 0);
  for (const thread& t : current->threads) {
    current->everything.join_seen(t.known);
  }
  for (thread& t : current->threads) {
    t.known.join_seen(current->everything);
  }
}

void pause() noexcept {
  if (!in_thread() || std::exchange(current->threads[current->running].has_paused, true)) {
    return;
  }
  for (std::size_t i = 0; i < current->locations.size(); ++i) {
    known().seen[i] = static_cast<std::uint16_t>(current->locations[i].messages.size() - 1);
  }
  current->time += duration_of_a_pause;
  current->threads[current->running].now = thread::state::pausing;
  reschedule();
}

std::int64_t now() noexcept { return current != nullptr ? current->time : 0; }

bool wait_while_equal(const cell& c, std::uint32_t expected, std::int64_t deadline, place where) noexcept {
  if (!in_thread()) {
    fail("a wait outside of threads");
    return true;
  }
  step();
  const std::uint32_t at = locate(c);
  if (static_cast<std::uint32_t>(current->locations[at].messages.back().value) != expected || spuriously()) {
    note(where, "need not wait", &c, expected);
    return true;
  }
  thread& self = current->threads[current->running];
  if (deadline <= current->time) {
    return false;
  }
  note(where, "waits", &c, expected);
  self.waits_for = &c;
  self.deadline = deadline;
  self.timed_out = false;
  self.now = thread::state::waiting;
  reschedule();
  self.waits_for = nullptr;
  return !self.timed_out;
}

void wake(const void* address, int count, place where) noexcept {
  if (current == nullptr) {
    return;
  }
  step();
  note(where, "wakes", address, static_cast<std::uint64_t>(count));
  for (thread& t : current->threads) {
    if (count > 0 && t.now == thread::state::waiting && t.waits_for == address) {
      t.now = thread::state::ready;
      --count;
    }
  }
}

void fail(const std::string& what) {
  if (!current->failure) {
    current->failure = what;
  }
  if (in_thread()) {
    switch_to(most_threads);  // for good: nothing of this execution runs any more
  }
}

void expect(bool condition, const char* what) {
  if (!condition) {
    fail(what);
  }
}

unsigned this_thread() noexcept { return in_thread() ? current->running : most_threads; }

void note_read(const void*, std::array<std::uint16_t, most_threads>& reads, unsigned writer, std::uint16_t at) {
  if (!in_thread()) {
    return;
  }
  const view& v = known();
  if (writer < most_threads && writer != current->running && v.clock[writer] < at) {
    fail("a plain variable is read while it is written: nothing orders the two");
  }
  reads[current->running] = v.clock[current->running];
}

void note_write(const void* variable, std::array<std::uint16_t, most_threads>& reads, unsigned& writer,
                std::uint16_t& at) {
  if (!in_thread()) {
    return;
  }
  note_read(variable, reads, writer, at);
  const view& v = known();
  for (unsigned i = 0; i < most_threads; ++i) {
    if (i != current->running && v.clock[i] < reads[i]) {
      fail("a plain variable is written while it is read: nothing orders the two");
    }
  }
  writer = current->running;
  at = v.clock[writer];
}

void scene::thread(const char* name, std::function<void()> body) {
  model::thread& t = current->threads.emplace_back();
  t.name = name;
  t.body = std::move(body);
}

void scene::background_thread(const char* name, std::function<void()> body) {
  thread(name, std::move(body));
  current->threads.back().background = true;
}

void scene::at_end(std::function<void()> check) { current->check = std::move(check); }

run_result run_once(const scenario& s, const limits& l, const mutation& m, choices& c, bool traced) {
  c.rewind();
  execution e{.bounds = l, .mutated = m, .choice = c, .traced = traced};
  ++execution_number;
  current = &e;
  scene stage;
  s(stage);
  for (unsigned i = 0; i < e.threads.size(); ++i) {
    e.threads[i].context = platform::make_context(stack_top(i), &thread_entry);
    e.threads[i].known = e.outside;
    e.threads[i].known.clock[i] = 1;
  }
  reschedule();
  if (!e.failure && e.check) {
    for (const thread& t : e.threads) {
      e.outside.join(t.known);
    }
    for (std::size_t i = 0; i < e.locations.size(); ++i) {
      e.outside.seen[i] = static_cast<std::uint16_t>(e.locations[i].messages.size() - 1);
    }
    e.check();
  }
  current = nullptr;
  return {e.failure.has_value(), e.failure.value_or(""), std::move(e.trace)};
}

}  // namespace goro::model
