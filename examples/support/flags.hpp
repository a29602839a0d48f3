// Command line flags for the tour: `--name value` and `--switch`. Nonsense is answered with a message and status 2.
#pragma once

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace tour {

class flags {
 public:
  flags(int argc, char** argv, std::string usage)
      : program_(argv[0]), arguments_(argv + 1, argv + argc), usage_(std::move(usage)) {
    if (flag("--help")) {
      std::printf("usage: %s %s\n", program_.c_str(), usage_.c_str());
      std::exit(0);
    }
  }

  // Each question takes its flag off the line.
  bool flag(std::string_view name) { return take(name, false) != nullptr; }

  std::string text(std::string_view name, std::string otherwise) {
    const std::string* value = take(name, true);
    return value != nullptr ? *value : std::move(otherwise);
  }

  long number(std::string_view name, long otherwise, long least, long most) {
    const std::string* value = take(name, true);
    if (value == nullptr) {
      return otherwise;
    }
    long number = 0;
    const char* end = value->data() + value->size();
    const auto [stopped, error] = std::from_chars(value->data(), end, number);
    if (error != std::errc{} || stopped != end || number < least || number > most) {
      refuse(std::string(name) + " takes a number from " + std::to_string(least) + " to " + std::to_string(most) +
             ", not \"" + *value + "\"");
    }
    return number;
  }

  // To be called after the last question: what is left on the line is a mistake.
  void no_more() const {
    if (!arguments_.empty()) {
      refuse("unknown argument \"" + arguments_.front() + "\"");
    }
  }

  [[noreturn]] void refuse(const std::string& why) const {
    std::fprintf(stderr, "%s: %s\nusage: %s %s\n", program_.c_str(), why.c_str(), program_.c_str(), usage_.c_str());
    std::exit(2);
  }

 private:
  const std::string* take(std::string_view name, bool with_value) {
    const std::string* found = nullptr;
    for (auto argument = arguments_.begin(); argument != arguments_.end();) {
      if (*argument != name) {
        ++argument;
        continue;
      }
      argument = arguments_.erase(argument);
      taken_ = name;
      if (with_value) {
        if (argument == arguments_.end() || argument->empty()) {
          refuse(std::string(name) + " needs a value");
        }
        taken_ = *argument;
        argument = arguments_.erase(argument);
      }
      found = &taken_;
    }
    return found;
  }

  std::string program_;
  std::vector<std::string> arguments_;
  std::string usage_;
  std::string taken_;
};

}  // namespace tour
