#include "http/date.hpp"

#include <array>
#include <chrono>

#include "http/characters.hpp"

namespace goro::http::detail {
namespace {

using namespace std::chrono;

constexpr std::string_view weekdays = "SunMonTueWedThuFriSat";
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";

char* put(char* out, std::string_view text) noexcept { return out + text.copy(out, text.size()); }

char* put_number(char* out, unsigned value, int digits) noexcept {
  for (int i = digits - 1; i >= 0; --i, value /= 10) {
    out[i] = static_cast<char>('0' + value % 10);
  }
  return out + digits;
}

// Takes the text apart from left to right; the first thing that does not fit makes it bad for good.
class date_reader {
 public:
  explicit date_reader(std::string_view text) noexcept : rest_(text) {}

  void skip(std::string_view expected) noexcept {
    good_ = good_ && rest_.starts_with(expected);
    advance(expected.size());
  }
  void skip_letters() noexcept {
    while (!rest_.empty() && lower(rest_[0]) >= 'a' && lower(rest_[0]) <= 'z') {
      rest_.remove_prefix(1);
    }
  }
  int number(std::size_t digits, bool blank_first = false) noexcept {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = i < rest_.size() ? rest_[i] : 'x';
      if (!is(c, digit_char) && !(c == ' ' && blank_first && i == 0)) {
        good_ = false;
        return 0;
      }
      value = value * 10 + (c == ' ' ? 0 : c - '0');
    }
    advance(digits);
    return value;
  }
  unsigned month() noexcept {
    const std::size_t at = months.find(rest_.substr(0, 3));
    good_ = good_ && rest_.size() >= 3 && at != std::string_view::npos && at % 3 == 0;
    advance(3);
    return good_ ? static_cast<unsigned>(at / 3 + 1) : 1;
  }
  bool finished() const noexcept { return good_ && rest_.empty(); }
  std::string_view rest() const noexcept { return rest_; }

 private:
  void advance(std::size_t n) noexcept { rest_.remove_prefix(n < rest_.size() ? n : rest_.size()); }

  std::string_view rest_;
  bool good_ = true;
};

struct fields {
  int year = 0;
  unsigned month = 1;
  int day = 0, hour = 0, minute = 0, second = 0;
};

void read_time(date_reader& in, fields& f) noexcept {
  f.hour = in.number(2);
  in.skip(":");
  f.minute = in.number(2);
  in.skip(":");
  f.second = in.number(2);
}

std::optional<std::int64_t> to_unix(const fields& f) noexcept {
  const year_month_day date{year{f.year}, std::chrono::month{f.month}, day{static_cast<unsigned>(f.day)}};
  if (!date.ok() || f.hour > 23 || f.minute > 59 || f.second > 60) {
    return std::nullopt;
  }
  const sys_seconds at =
      sys_days(date) + std::chrono::hours(f.hour) + std::chrono::minutes(f.minute) + seconds(f.second);
  return at.time_since_epoch().count();
}

}  // namespace

void write_date(std::int64_t unix_seconds, char* out) noexcept {
  const sys_seconds at{seconds(unix_seconds)};
  const sys_days date = floor<days>(at);
  const year_month_day ymd(date);
  const hh_mm_ss time(at - date);
  out = put(out, weekdays.substr(std::size_t{3} * weekday(date).c_encoding(), 3));
  out = put(out, ", ");
  out = put_number(out, static_cast<unsigned>(ymd.day()), 2);
  out = put(out, " ");
  out = put(out, months.substr(std::size_t{3} * (static_cast<unsigned>(ymd.month()) - 1), 3));
  out = put(out, " ");
  out = put_number(out, static_cast<unsigned>(static_cast<int>(ymd.year())), 4);
  out = put(out, " ");
  out = put_number(out, static_cast<unsigned>(time.hours().count()), 2);
  out = put(out, ":");
  out = put_number(out, static_cast<unsigned>(time.minutes().count()), 2);
  out = put(out, ":");
  out = put_number(out, static_cast<unsigned>(time.seconds().count()), 2);
  put(out, " GMT");
}

std::string format_date(std::int64_t unix_seconds) {
  std::string text(date_size, ' ');
  write_date(unix_seconds, text.data());
  return text;
}

std::optional<std::int64_t> parse_date(std::string_view text) noexcept {
  fields f;
  date_reader in(text);
  in.skip_letters();
  if (in.rest().starts_with(", ") && in.rest().find('-') != std::string_view::npos) {  // RFC 850
    in.skip(", ");
    f.day = in.number(2);
    in.skip("-");
    f.month = in.month();
    in.skip("-");
    f.year = in.number(2);
    f.year += f.year < 70 ? 2000 : 1900;
    in.skip(" ");
    read_time(in, f);
    in.skip(" GMT");
  } else if (in.rest().starts_with(",")) {
    in.skip(", ");
    f.day = in.number(2);
    in.skip(" ");
    f.month = in.month();
    in.skip(" ");
    f.year = in.number(4);
    in.skip(" ");
    read_time(in, f);
    in.skip(" GMT");
  } else {  // asctime()
    in.skip(" ");
    f.month = in.month();
    in.skip(" ");
    f.day = in.number(2, true);
    in.skip(" ");
    read_time(in, f);
    in.skip(" ");
    f.year = in.number(4);
  }
  return in.finished() ? to_unix(f) : std::nullopt;
}

}  // namespace goro::http::detail
