// Behaviour of goro::local. Go has no goroutine-local variables.
#include "goro/local.hpp"

#include <memory>
#include <optional>
#include <string>

#include "goro/wait_group.hpp"
#include "support.hpp"

using namespace support;

namespace {

TEST(sync_local, EachGoroutineAndThreadHasItsOwn) {
  sweep_processors([] {
    goro::local<int> value([] { return 7; });
    goro::local<std::string> text;
    together(20, [&](int i) {
      EXPECT_FALSE(value.has_value());
      EXPECT_EQ(*value, 7);
      *value = i;
      text.get() = std::to_string(i);
      for (int k = 0; k < 20; ++k) {
        goro::yield();  // may go on elsewhere
        ASSERT_EQ(*value, i);
        ASSERT_EQ(*text, std::to_string(i));
      }
      value.reset();
      EXPECT_FALSE(value.has_value());
      EXPECT_EQ(*value, 7);
    });
  });
}

struct counted {
  static inline std::atomic<int> alive{0};
  counted() { ++alive; }
  ~counted() { --alive; }
  counted(const counted&) = delete;
};

TEST(sync_local, IsDestroyedAtTheEndOfItsOwner) {
  goro::local<counted> value;
  together(10, [&](int) { value.get(); });  // joins the threads
  EXPECT_TRUE(eventually([] { return counted::alive == 0; }));
  std::atomic<bool> used{false};
  goro::go([&] {
    value.get();
    used = true;
    goro::goexit();
  });
  EXPECT_TRUE(eventually([&] { return used && counted::alive == 0; }));
}

// A goroutine that follows on the same stack starts with nothing.
TEST(sync_local, IsNotInherited) {
  goro::local<int> value([] { return 0; });
  for (int i = 0; i < 100; ++i) {
    goro::wait_group wg;
    wg.go([&] {
      EXPECT_FALSE(value.has_value());
      EXPECT_EQ((*value)++, 0);
    });
    wg.wait();
  }
}

// A new variable in an old one's place does not find the old values.
TEST(sync_local, AVariableThatDiedLeavesNoValuesToTheNext) {
  auto first = std::make_unique<goro::local<int>>([] { return 1; });
  EXPECT_EQ(first->get(), 1);
  first.reset();
  goro::local<std::string> second;
  EXPECT_FALSE(second.has_value());
  EXPECT_EQ(*second, "");
  second.reset();
}

// A destructor may use other locals of the same goroutine, even one that is gone already.
TEST(sync_local, DestructorsMayUseLocals) {
  struct user {
    goro::local<std::string>* other = nullptr;
    std::atomic<int>* ended = nullptr;
    ~user() {
      if (other != nullptr) {
        other->get() += "again";
        ++*ended;
      }
    }
  };
  goro::local<user> a;
  goro::local<std::string> b;
  std::atomic<int> ended{0};
  together(4, [&](int) {
    a->other = &b;
    a->ended = &ended;
    *b = "x";
  });
  EXPECT_TRUE(eventually([&] { return ended == 4; }));
  EXPECT_TRUE(eventually([] { return goro::num_goroutine() == 0; }));  // before a and b die
}

}  // namespace
