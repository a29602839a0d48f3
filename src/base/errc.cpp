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
      case errc::server_closed:
        return "http: Server closed";
      case errc::body_too_large:
        return "http: request body too large";
      case errc::malformed_message:
        return "http: malformed message";
      case errc::unexpected_end:
        return "http: unexpected end of message";
      case errc::body_not_allowed:
        return "http: request method or response status code does not allow body";
      case errc::content_length_exceeded:
        return "http: wrote more than the declared Content-Length";
      case errc::hijacked:
        return "http: connection has been hijacked";
      case errc::bad_url:
        return "http: unsupported or malformed URL";
      case errc::too_many_redirects:
        return "http: stopped after too many redirects";
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
      default:
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
