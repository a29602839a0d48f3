#include "goro/errc.hpp"

#include <string>

namespace goro {
namespace {

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "goro"; }

  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::canceled:
        return "context canceled";
      case errc::deadline_exceeded:
        return "context deadline exceeded";
      case errc::exceeds_burst:
        return "rate: wait exceeds limiter's burst";
      case errc::closed:
        return "use of closed network connection";
      case errc::timeout:
        return "i/o timeout";
    }
    return "unknown error of goro";
  }

  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<errc>(value)) {
      case errc::canceled:
        return std::errc::operation_canceled;
      case errc::deadline_exceeded:
      case errc::timeout:
        return std::errc::timed_out;
      case errc::exceeds_burst:
      case errc::closed:
        break;
    }
    return {value, *this};
  }
};

// Never destroyed: error codes outlive the destructors of static objects.
union immortal {
  category it;
  constexpr immortal() noexcept : it() {}
  ~immortal() {}
};
constinit const immortal the_category;

}  // namespace

const std::error_category& error_category() noexcept { return the_category.it; }

std::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), error_category()}; }

}  // namespace goro
