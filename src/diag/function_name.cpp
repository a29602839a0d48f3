// A demangled name is read once from left to right. What stands outside all brackets is copied; a group in brackets is
// skipped or replaced as a whole; a blank outside brackets ends a return type, so everything before it goes.
#include "diag/function_name.hpp"

#include <algorithm>

namespace goro::diag {
namespace {

constexpr std::string_view anonymous = "(anonymous namespace)::";
constexpr std::string_view operator_word = "operator";

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

// Length of the bracketed group at the start of `text`, up to its end when unbalanced.
std::size_t group_length(std::string_view text) noexcept {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '<':
      case '(':
      case '[':
      case '{':
        ++depth;
        break;
      case '>':
        if (i != 0 && text[i - 1] == '-') {
          break;  // ->
        }
        [[fallthrough]];
      case ')':
      case ']':
      case '}':
        if (--depth == 0) {
          return i + 1;
        }
        break;
      default:
        break;
    }
  }
  return text.size();
}

class shortener {
 public:
  shortener(std::string_view in, std::span<char> space) noexcept : in_(in), space_(space) {}

  readable_name run() noexcept {
    while (!in_.empty() && !ended_) {
      step();
    }
    std::string_view name = written();
    constexpr std::string_view call = "}::operator()";
    if (name.ends_with(call)) {
      name.remove_suffix(call.size() - 1);
    }
    return {name, takes_parameters_};
  }

 private:
  std::string_view written() const noexcept { return {space_.data(), used_}; }

  void put(std::string_view text) noexcept {
    const std::size_t part = std::min(text.size(), space_.size() - used_);
    std::copy_n(text.data(), part, space_.data() + used_);
    used_ += part;
  }
  void take(std::size_t length) noexcept {
    put(in_.substr(0, length));
    in_.remove_prefix(length);
  }

  bool after_operator() const noexcept {
    const std::string_view name = written();
    return name.ends_with(operator_word) &&
           (name.size() == operator_word.size() || !is_word(name[name.size() - operator_word.size() - 1]));
  }

  void step() noexcept {
    const char c = in_.front();
    if (after_operator() && !is_word(c)) {
      operator_symbol();
    } else if (c == '<') {
      in_.remove_prefix(group_length(in_));
      put("<...>");
    } else if (c == '(') {
      parentheses();
    } else if (c == '{') {
      braces();
    } else if (c == '[') {
      in_.remove_prefix(group_length(in_));  // an ABI tag
    } else if (c == ' ') {
      blank();
    } else if (in_.starts_with("$_")) {
      clang_lambda();
    } else {
      take(1);
    }
  }

  void operator_symbol() noexcept {
    if (in_.front() == ' ') {  // a conversion, new, delete: the rest of the words belongs to the name
      keep_blanks_ = in_.size() > 1 && in_[1] != '<';
      if (keep_blanks_) {
        put(" ");
      }
      in_.remove_prefix(1);
      return;
    }
    if (in_.starts_with("()") || in_.starts_with("[]")) {
      take(2);
    } else {
      const std::size_t end = in_.find_first_not_of("<>=-+*/%^&|~!,\"");
      take(std::max<std::size_t>(end == std::string_view::npos ? in_.size() : end, 1));
    }
    if (in_.starts_with(" <")) {  // operator<< <int>
      in_.remove_prefix(1);
    }
  }

  // Parameters, at the end or of an enclosing function; or part of a return type.
  void parentheses() noexcept {
    if (in_.starts_with(anonymous)) {
      in_.remove_prefix(anonymous.size());
      return;
    }
    const std::size_t length = group_length(in_);
    const std::string_view inside = length >= 2 ? in_.substr(1, length - 2) : std::string_view{};
    in_.remove_prefix(length);
    if (used_ == 0 || written().ends_with("decltype")) {
      used_ = 0;  // of a return type
      return;
    }
    const std::size_t scope = in_.find("::");
    const std::size_t other = in_.find_first_of("<({");
    if (scope != std::string_view::npos && scope < other) {
      in_.remove_prefix(scope);  // `f(int) const::{lambda()#1}`: an entity local to f
      return;
    }
    takes_parameters_ = !inside.empty() && inside != "void";
    ended_ = true;
  }

  void braces() noexcept {
    const std::size_t length = group_length(in_);
    constexpr std::string_view call = "operator()::";
    if (written().ends_with(call) && written().size() > call.size() + 2 && space_[used_ - call.size() - 3] == '}') {
      used_ -= call.size();  // a lambda in a lambda
    }
    constexpr std::string_view lambda = "{lambda(";
    if (!in_.starts_with(lambda)) {
      take(length);
      return;
    }
    const std::size_t parameters = group_length(in_.substr(lambda.size() - 1));
    put(lambda);
    put(parameters == 2 ? ")" : "...)");
    const std::size_t read = lambda.size() - 1 + parameters;
    put(in_.substr(read, length - read));
    in_.remove_prefix(length);
  }

  // clang names the n-th lambda of a file that is not visible elsewhere `$_n`.
  void clang_lambda() noexcept {
    in_.remove_prefix(2);
    const std::size_t end = std::min(in_.find_first_not_of("0123456789"), in_.size());
    put("{lambda$");
    take(end);
    put("}");
  }

  void blank() noexcept {
    if (keep_blanks_) {
      put(" ");
    } else {
      used_ = 0;
    }
    in_.remove_prefix(1);
  }

  std::string_view in_;
  std::span<char> space_;
  std::size_t used_ = 0;
  bool keep_blanks_ = false;
  bool takes_parameters_ = false;
  bool ended_ = false;
};

// Length of the template argument at the start of `text`.
std::size_t argument_length(std::string_view text) noexcept {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (depth == 0 && (c == ',' || c == '>')) {
      return i;
    }
    depth += (c == '<' || c == '(' || c == '{') ? 1 : (c == '>' || c == ')' || c == '}') ? -1 : 0;
  }
  return text.size();
}

bool mentions_lambda(std::string_view type) noexcept {
  return type.find("{lambda") != std::string_view::npos || type.find("$_") != std::string_view::npos;
}

}  // namespace

readable_name shorten_function_name(std::string_view demangled, std::span<char> space) noexcept {
  return shortener{demangled.substr(0, demangled.find(" [clone")), space}.run();
}

std::string_view lambda_argument(std::string_view demangled) noexcept {
  for (std::size_t open = demangled.find('<'); open != std::string_view::npos;) {
    const std::size_t group = group_length(demangled.substr(open));
    std::string_view rest = demangled.substr(open, group);
    while (rest.starts_with('<') || rest.starts_with(',')) {
      rest.remove_prefix(rest.starts_with(", ") ? 2 : 1);
      const std::size_t length = argument_length(rest);
      std::string_view argument = rest.substr(0, length);
      if (mentions_lambda(argument)) {
        argument = argument.substr(0, argument.find_last_not_of("& ") + 1);
        return argument.starts_with("goro::") ? lambda_argument(argument) : argument;
      }
      rest.remove_prefix(length);
    }
    open = demangled.find('<', open + group);
  }
  return {};
}

}  // namespace goro::diag
