// Variables of which each goroutine has its own.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace goro {

namespace detail {

// A place in the table of values that each goroutine (and foreign thread) keeps.
class local_key {
 public:
  local_key();
  ~local_key();
  local_key(const local_key&) = delete;
  local_key& operator=(const local_key&) = delete;

  // The caller's value, or null.
  void* get() const noexcept;
  // Gives the caller a value, which destroy(value) ends; destroys the one it had. Throws std::bad_alloc.
  void set(void* value, void (*destroy)(void*)) const;
  // Destroys the caller's value, if any.
  void reset() const noexcept;

 private:
  std::uint32_t index_;
  std::uint64_t serial_;  // never used twice: values left behind by an earlier key of this index are not mistaken
};

}  // namespace detail

// A goroutine-local variable: each goroutine sees its own T, made when it first asks and destroyed when it ends, after
// its function's frame. On a foreign thread it is the thread's. Unlike thread_local it stays with the goroutine when
// that moves to another thread.
//
// Objects are as expensive as a static: make few, let them live long. The values of a `local` that dies before the
// goroutines are destroyed with those. Do not keep a reference for longer than the goroutine lives. Go has none, on
// purpose: pass a context where you can.
template <class T>
class local {
 public:
  local()
    requires std::default_initializable<T>
      : make_([] { return std::make_unique<T>(); }) {}

  // The first get() of a goroutine makes its value by make().
  explicit local(std::function<T()> make)
      : make_([make = std::move(make)] { return std::unique_ptr<T>(new T(make())); }) {}

  local(const local&) = delete;
  local& operator=(const local&) = delete;

  // The caller's value. Throws what making it throws.
  T& get() {
    if (void* value = key_.get()) [[likely]] {
      return *static_cast<T*>(value);
    }
    auto made = make_();
    key_.set(made.get(), [](void* value) { delete static_cast<T*>(value); });
    return *made.release();
  }
  T& operator*() { return get(); }
  T* operator->() { return &get(); }

  // Does the caller have a value?
  bool has_value() const noexcept { return key_.get() != nullptr; }

  // Destroys the caller's value; the next get() makes a new one.
  void reset() noexcept { key_.reset(); }

 private:
  detail::local_key key_;
  std::function<std::unique_ptr<T>()> make_;
};

}  // namespace goro
