// Channels and select: each value arrives once, in order, with what was done before; one wait is ended by one case;
// nobody is forgotten.
#include <array>
#include <optional>

#include "goro/chan.hpp"
#include "goro/select.hpp"
#include "support.hpp"

namespace goro {
namespace {

constexpr model::limits few{.preemptions = 1, .stale_reads = 2, .spurious = 0, .executions = 500'000};

// Values are indices of letters that their senders have written.
struct post {
  explicit post(std::size_t capacity) : channel(make_chan<int>(capacity)) {}

  void send(int letter) {
    letters[static_cast<std::size_t>(letter)].set(1);
    channel.send(letter);
  }
  void read(std::optional<int> letter) {
    model::expect(letter.has_value(), "the channel is open");
    model::data<int>& read = letters[static_cast<std::size_t>(*letter)];
    model::expect(read.get() == 1, "a letter comes once, with what its sender has written");
    read.set(2);
  }
  bool read_all() const {
    for (const auto& l : letters) {
      if (l.get() == 1) {
        return false;
      }
    }
    return true;
  }

  chan<int> channel;
  std::array<model::data<int>, 4> letters;
};

// In the order in which they were sent.
template <std::size_t capacity>
void in_order(model::scene& s) {
  auto p = std::make_shared<post>(capacity);
  s.thread("sender", [p] {
    p->send(0);
    p->send(1);
    p->channel.close();
  });
  s.thread("receiver", [p] {
    for (int expected = 0; expected < 2; ++expected) {
      const std::optional<int> letter = p->channel.recv();
      model::expect(letter == expected, "in order");
      p->read(letter);
    }
    model::expect(!p->channel.recv().has_value(), "nothing after the last");
  });
}

template <std::size_t capacity>
void two_senders(model::scene& s) {
  auto p = std::make_shared<post>(capacity);
  s.thread("sender 0", [p] { p->send(0); });
  s.thread("sender 1", [p] { p->send(1); });
  s.thread("receiver", [p] {
    p->read(p->channel.recv());
    p->read(p->channel.recv());
  });
  s.at_end([p] { model::expect(p->read_all(), "a letter was lost"); });
}

// The k-th receive happens before the end of the (k + capacity)-th send: a slot is free for the next when its reader is
// done.
void a_buffer_as_semaphore(model::scene& s) {
  struct room {
    chan<int> tokens = make_chan<int>(1);
    model::data<int> inside{0};
  };
  auto r = std::make_shared<room>();
  for (int i = 0; i < 2; ++i) {
    s.thread("guest", [r] {
      r->tokens.send(0);
      r->inside.set(r->inside.get() + 1);
      r->tokens.recv();
    });
  }
  s.at_end([r] { model::expect(r->inside.get() == 2, "a visit was lost"); });
}

// Closing wakes everybody, and what was done before is seen.
void close_wakes_all(model::scene& s) {
  struct start {
    chan<void> channel = make_chan<void>();
    model::data<int> ready{0};
  };
  auto all = std::make_shared<start>();
  for (int i = 0; i < 2; ++i) {
    s.thread("runner", [all] {
      model::expect(!all->channel.recv(), "closed");
      model::expect(all->ready.get() == 1, "what was done before the close");
    });
  }
  s.thread("starter", [all] {
    all->ready.set(1);
    all->channel.close();
  });
}

void tries(model::scene& s) {
  auto p = std::make_shared<post>(1);
  s.thread("sender", [p] {
    p->letters[0].set(1);
    if (p->channel.try_send(0) != chan_status::success) {
      model::fail("there is room");
    }
    p->letters[1].set(1);
    p->channel.send(1);
  });
  s.thread("receiver", [p] {
    int letter = -1;
    if (p->channel.try_recv(letter) == chan_status::success) {
      model::expect(letter == 0, "in order");
      p->read(letter);
    } else {
      p->read(p->channel.recv());
    }
    p->read(p->channel.recv());
  });
  s.at_end([p] { model::expect(p->read_all(), "a letter was lost"); });
}

// What size() has counted can be received.
void size_is_true(model::scene& s) {
  auto p = std::make_shared<post>(1);
  s.thread("sender", [p] { p->send(0); });
  s.thread("receiver", [p] {
    const bool there = p->channel.size() == 1;
    int letter = -1;
    const chan_status status = p->channel.try_recv(letter);
    model::expect(!there || status == chan_status::success, "size() has counted what is not there");
    if (status == chan_status::success) {
      p->read(letter);
    }
  });
}

// And where it has counted nothing there is room.
void room_is_true(model::scene& s) {
  auto p = std::make_shared<post>(1);
  p->channel.send(3);
  s.thread("receiver", [p] { model::expect(p->channel.recv() == 3, "the one that is there"); });
  s.thread("sender", [p] {
    const bool room = p->channel.size() == 0;
    const chan_status status = p->channel.try_send(2);
    model::expect(!room || status == chan_status::success, "size() has left out what is there");
  });
}

TEST(Model, Chan) {
  model::verify_orders("channel (chan/access.hpp, chan.cpp)", {"chan_core.hpp", "access.hpp", "access.cpp", "chan.cpp"},
                       {in_order<0>, in_order<1>, two_senders<0>, two_senders<1>, a_buffer_as_semaphore,
                        close_wakes_all, tries, size_is_true, room_is_true},
                       few, {{"chan.cpp", "before = state_.load", "an older count is the count of an older moment"}});
}

// Two senders at two channels, one receiver that takes from both: each once.
void receives_from_two(model::scene& s) {
  struct two {
    post first{0};
    post second{0};
  };
  auto all = std::make_shared<two>();
  s.thread("first", [all] { all->first.send(0); });
  s.thread("second", [all] { all->second.send(0); });
  s.thread("selecting", [all] {
    for (int i = 0; i < 2; ++i) {
      select(recv_case(all->first.channel, [&](std::optional<int> letter) { all->first.read(letter); }),
             recv_case(all->second.channel, [&](std::optional<int> letter) { all->second.read(letter); }));
    }
  });
  s.at_end([all] { model::expect(all->first.read_all() && all->second.read_all(), "a letter was lost"); });
}

// A close where a plain receiver and a select wait, while the select may be ended through its other case: everybody
// goes on, each once, and the letter is there for who did not choose it.
void close_beside_a_letter(model::scene& s) {
  struct hall {
    post letters{1};
    chan<void> end = make_chan<void>();
    chan<void> later = make_chan<void>();
    model::data<int> ready{0};
  };
  auto all = std::make_shared<hall>();
  const auto expect_end = [](const hall& h, bool open) {
    model::expect(!open, "closed");
    model::expect(h.ready.get() == 1, "what was done before the close");
  };
  s.thread("plain", [all, expect_end] { expect_end(*all, all->end.recv()); });
  s.thread("selecting", [all, expect_end] {
    int chosen = 0;
    select(recv_case(all->letters.channel,
                     [&](std::optional<int> letter) {
                       ++chosen;
                       all->letters.read(letter);
                     }),
           recv_case(all->end, [&](bool open) {
             chosen += 2;
             expect_end(*all, open);
           }));
    model::expect(chosen == 1 || chosen == 2, "one case");
    if (chosen == 2) {
      all->letters.read(all->letters.channel.recv());
    }
    model::expect(!all->later.recv(), "a wait that is over is not ended once more, nor the next one in its place");
  });
  s.thread("sender", [all] { all->letters.send(0); });
  s.thread("closing", [all] {
    all->ready.set(1);
    all->end.close();
    all->later.close();
  });
  s.at_end([all] { model::expect(all->letters.read_all(), "a letter was lost"); });
}

// The same where two closes meet in one select, whose links stand in both channels, beside plain receivers.
void two_closes(model::scene& s) {
  struct hall {
    std::array<chan<void>, 2> ends = {make_chan<void>(), make_chan<void>()};
    std::array<model::data<int>, 2> ready;

    void expect_end(std::size_t which, bool open) const {
      model::expect(!open, "closed");
      model::expect(ready[which].get() == 1, "what was done before the close");
    }
  };
  auto all = std::make_shared<hall>();
  s.thread("selecting", [all] {
    int chosen = 0;
    const auto ends_by = [&](std::size_t which) {
      return recv_case(all->ends[which], [&chosen, all, which](bool open) {
        ++chosen;
        all->expect_end(which, open);
      });
    };
    select(ends_by(0), ends_by(1));
    model::expect(chosen == 1, "one case");
  });
  s.thread("plain", [all] { all->expect_end(0, all->ends[0].recv()); });
  for (const std::size_t which : {std::size_t{0}, std::size_t{1}}) {
    s.thread("closing", [all, which] {
      all->ready[which].set(1);
      all->ends[which].close();
    });
  }
}

// Two selects that send to each other, or receive: exactly one of the two passes, in one direction.
void crossing(model::scene& s) {
  struct cross {
    chan<int> a = make_chan<int>();
    chan<int> b = make_chan<int>();
    model::data<int> passed{0};
  };
  auto all = std::make_shared<cross>();
  const auto one = [all](const chan<int>& out, const chan<int>& in) {
    bool received = false;
    select(send_case(out, 1), recv_case(in, [&](std::optional<int>) { received = true; }));
    return received;
  };
  s.thread("one", [all, one] {
    if (one(all->a, all->b)) {
      all->passed.set(all->passed.get() + 1);
    }
  });
  s.thread("other", [all, one] {
    if (one(all->b, all->a)) {
      all->passed.set(all->passed.get() + 1);
    }
  });
  s.at_end([all] { model::expect(all->passed.get() == 1, "one sends, the other receives"); });
}

// A value or the end, whichever is chosen: the other remains.
void value_or_end(model::scene& s) {
  struct both {
    post letters{0};
    chan<void> end = make_chan<void>();
  };
  auto all = std::make_shared<both>();
  s.thread("sender", [all] { all->letters.send(0); });
  s.thread("closing", [all] { all->end.close(); });
  s.thread("selecting", [all] {
    bool ended = false;
    select(recv_case(all->letters.channel, [&](std::optional<int> letter) { all->letters.read(letter); }),
           recv_case(all->end, [&](bool ok) { ended = !ok; }));
    if (ended) {
      all->letters.read(all->letters.channel.recv());
    }
  });
  s.at_end([all] { model::expect(all->letters.read_all(), "a letter was lost"); });
}

TEST(Model, Select) {
  model::verify_orders("select (chan/select.cpp)", {"wait.hpp", "select.cpp"},
                       {receives_from_two, crossing, value_or_end}, few,
                       {{"wait.hpp", "sync: wait-outcome", "whoever claims also makes ready, and that orders more"}});
}

// Four threads each, of which nearly all block: what is explored whole has no more than that.
constexpr model::limits fewest{.preemptions = 1, .stale_reads = 1, .spurious = 0, .executions = 500'000};

TEST(Model, CloseBesideSelects) {
  model::verify_orders("close where plain receivers and selects wait (chan/waiting.hpp)", {},
                       {close_beside_a_letter, two_closes}, fewest);
  for (const model::scenario& s : {model::scenario(close_beside_a_letter), model::scenario(two_closes)}) {
    model::try_at_random("the same with more changes of thread", s, 4000,
                         {.preemptions = 20, .stale_reads = 10, .spurious = 2});
  }
}

}  // namespace
}  // namespace goro
