// Many who want the same at the same time, and one call that gets it for all.
#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "goro/chan.hpp"
#include "goro/detail/config.hpp"
#include "goro/detail/event.hpp"
#include "goro/detail/outcome.hpp"
#include "goro/detail/spawn.hpp"
#include "goro/mutex.hpp"

namespace goro {

// do_(key, f) runs f, unless a call with that key is under way: then it waits for that one and shares its result.
//
// The result is stored once and read by all, so it need not be copyable. What f throws, every caller is thrown. When f
// calls goexit(), the others are thrown panic_error `singleflight: goroutine exited without a result` (Go ends their
// goroutines too). Everything f did happens before the return of each call that shares its result. The object must
// outlive the calls. Go: golang.org/x/sync/singleflight.Group.
class singleflight {
  template <class R>
  struct typed_call;

 public:
  // What a call gave; a handle that its sharers have copies of.
  template <class R>
  class result {
   public:
    result() noexcept = default;  // of no call; assign before use

    // The value, for as long as a copy of this result exists. Throws what f threw.
    decltype(auto) value() const {
      call_->outcome.check("singleflight: goroutine exited without a result");
      if constexpr (!std::is_void_v<R>) {
        return std::as_const(call_->outcome.value());
      }
    }
    decltype(auto) operator*() const { return value(); }

    // Did others get the same?
    bool shared() const noexcept { return call_->shared; }

   private:
    friend class singleflight;
    explicit result(std::shared_ptr<typed_call<R>> call) noexcept : call_(std::move(call)) {}
    std::shared_ptr<typed_call<R>> call_;
  };

  singleflight() = default;
  singleflight(const singleflight&) = delete;
  singleflight& operator=(const singleflight&) = delete;

  // Blocks until the call with this key has ended. Throws what f throws, std::bad_alloc, and panic_error
  // `singleflight: key is in use for another type` when the call under way has another type of result.
  template <std::invocable F>
  auto do_(std::string_view key, F&& f) -> result<std::decay_t<std::invoke_result_t<F>>> {
    using value = std::decay_t<std::invoke_result_t<F>>;
    const auto [call, first] = join<value>(key, nullptr);
    if (first) {
      const finisher end(*this, call, key);
      call->outcome.fill(std::forward<F>(f));
    } else {
      call->ended.wait(detail::event::use::future);
    }
    const result<value> r(call);
    r.value();
    return r;
  }

  // The same in a goroutine of its own, started unless a call is under way: the channel, of capacity one, gets the
  // result. What f throws is thrown by its value(). Never blocks.
  template <std::invocable F>
  GORO_ALWAYS_INLINE auto do_chan(std::string_view key, F&& f)
      -> recv_chan<result<std::decay_t<std::invoke_result_t<F>>>> {
    using value = std::decay_t<std::invoke_result_t<F>>;
    const chan<result<value>> channel = make_chan<result<value>>(1);
    auto [call, first] = join<value>(key, &channel);
    if (first) {
      finisher end(*this, call, key);
      detail::spawn(nullptr, task<value, std::decay_t<F>>{std::move(call), std::move(end), std::forward<F>(f)});
    }
    return channel;
  }

  // The next call with this key runs its own function, whether one is under way or not. Never blocks for long.
  void forget(std::string_view key);

 private:
  // A call of a function, and those who wait for it; shared by them.
  struct call_base {
    explicit call_base(const void* type) noexcept : result_type(type) {}
    virtual ~call_base() = default;
    // Gives the result to the channels. Called once, after `ended`; nobody joins any more.
    virtual void deliver(const std::shared_ptr<call_base>& self) noexcept = 0;

    detail::event ended;
    const void* const result_type;
    bool shared = false;  // somebody joined. Guarded by the mutex until the call has left the map, then constant
  };

  template <class R>
  struct typed_call final : call_base {
    typed_call() noexcept : call_base(&identity) {}
    void deliver(const std::shared_ptr<call_base>& self) noexcept override {
      for (const auto& channel : channels) {
        channel.send(result<R>(std::static_pointer_cast<typed_call>(self)));
      }
      channels.clear();
    }

    detail::outcome<R> outcome;
    std::vector<chan<result<R>>> channels;  // guarded as `shared`
    static inline char identity = 0;        // its address stands for R
  };

  // Ends a call, however its function ends.
  class finisher {
   public:
    finisher(singleflight& group, std::shared_ptr<call_base> call, std::string_view key)
        : group_(&group), call_(std::move(call)), key_(key) {}
    finisher(finisher&&) noexcept = default;
    finisher& operator=(finisher&&) = delete;
    ~finisher() {
      if (call_ != nullptr) {
        group_->finish(call_, key_);
      }
    }

   private:
    singleflight* group_;
    std::shared_ptr<call_base> call_;
    std::string key_;
  };

  // What the goroutine of do_chan() runs.
  template <class R, class F>
  struct task {
    std::shared_ptr<typed_call<R>> call;
    finisher end;
    F f;

    void operator()() {
      const finisher own_end = std::move(end);
      call->outcome.fill(std::move(f));
    }
  };

  // The call under way, or a new one, which the caller has to run. `channel` is to get its result.
  template <class R>
  std::pair<std::shared_ptr<typed_call<R>>, bool> join(std::string_view key, const chan<result<R>>* channel) {
    const std::lock_guard hold(mutex_);
    const auto found = calls_.find(key);
    const bool first = found == calls_.end();
    if (!first && found->second->result_type != &typed_call<R>::identity) {
      detail::raise_panic("singleflight: key is in use for another type");
    }
    auto call = first ? std::make_shared<typed_call<R>>() : std::static_pointer_cast<typed_call<R>>(found->second);
    if (channel != nullptr) {
      call->channels.push_back(*channel);
    }
    if (first) {
      calls_.emplace(key, call);
    } else {
      call->shared = true;
    }
    return {std::move(call), first};
  }

  void finish(const std::shared_ptr<call_base>& call, std::string_view key) noexcept;

  mutex mutex_;
  std::map<std::string, std::shared_ptr<call_base>, std::less<>> calls_;  // guarded by mutex_
};

}  // namespace goro
