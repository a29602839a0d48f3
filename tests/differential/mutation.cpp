#include "differential/mutation.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "unit/http/smuggling_corpus.hpp"

namespace goro::http::detail {
namespace {

constexpr std::string_view field_lines[] = {
    "Host: a\r\n",
    "Host: b\r\n",
    "host:a:80\r\n",
    "Host: [::1]:80\r\n",
    "Host: a/b\r\n",
    "Content-Length: 3\r\n",
    "Content-Length: 0\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: 3, 3\r\n",
    "Content-Length: ,3\r\n",
    "Content-Length: +3\r\n",
    "Content-Length: 0x3\r\n",
    "Content-Length: 99999999999999999999\r\n",
    "Content-Length:\r\n",
    "content-length:3 \r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding: chunked, gzip\r\n",
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "Transfer-Encoding: chunked;q=1\r\n",
    "Transfer-Encoding: \"chunked\"\r\n",
    "Transfer-Encoding: chunked,\r\n",
    "Transfer-Encoding: gzip, chunked,\r\n",
    "Transfer-Encoding: chunked\t, chunked\r\n",
    "Transfer-Encoding:\r\n chunked\r\n",
    "Transfer-Encoding:\r\n",
    "TE: trailers\r\n",
    "Trailer: X\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "Connection: keep-alive, close\r\n",
    "Connection: ,, close ,\r\n",
    "Connection: upgrade\r\n",
    "Connection: close;x\r\n",
    "Connection: close\t\r\n",
    "Connection: a b\r\n",
    "Connection: keep-alive,upgrade\r\n",
    "Connection:\r\n",
    "Connection: closed\r\n",
    "Connection: \"close\"\r\n",
    "Proxy-Connection: close\r\n",
    "Proxy-Connection: keep-alive\r\n",
    "Keep-Alive: timeout=5\r\n",
    "Upgrade: websocket\r\n",
    "Upgrade: h2c\r\n",
    "Expect: 100-continue\r\n",
    "Expect: 100-continue, x\r\n",
    "Expect: x\r\n",
    "X: y\r\n",
    "X: \r\n",
    "X:y\r\n z\r\n",
    "X\r\n",
    ": y\r\n",
    "X : y\r\n",
    " X: y\r\n",
    "X: \"a, b\" , c\r\n",
    "X Y: z\r\n",
};

constexpr std::string_view words[] = {
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    "\n\n",
    " ",
    "\t",
    "  ",
    ":",
    ";",
    ",",
    "\"",
    "\\",
    "=",
    "#",
    "?",
    "*",
    "/",
    "@",
    "%",
    "%00",
    "%0d%0a",
    "0",
    "1",
    "3",
    "a",
    "A",
    "f",
    "F",
    "00",
    "0x",
    "+",
    "-",
    "_",
    "\v",
    "\f",
    "\x01",
    "\x7f",
    "\x80",
    "\xff",
    "\xc2\xa0",
    "chunked",
    "close",
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/1.2",
    "HTTP/2.0",
    "HTTP/0.9",
    "HTTP/1.10",
    "http/1.1",
    "HTTP/01.1",
    "HTTP/1.1 ",
    "ICE/1.0",
    "GET",
    "POST",
    "HEAD",
    "CONNECT",
    "OPTIONS",
    "PRI",
    "get",
    "M-SEARCH",
    "SOURCE",
    "PLAY",
    "http://a/",
    "http://a",
    "https://a",
    "//a",
    "a:80",
    "/../",
    "3\r\nabc\r\n",
    "0\r\n\r\n",
    "0\r\nX: y\r\n\r\n",
    "3;a\r\nabc\r\n",
    "3;a=b\r\nabc\r\n",
    "3;a=b;c=d\r\nabc\r\n",
    "3;a=\"b;c\"\r\nabc\r\n",
    "3 ; a = b\r\nabc\r\n",
    "3 \r\nabc\r\n",
    "3;\r\nabc\r\n",
    "3;;a\r\nabc\r\n",
    "0;a\r\n\r\n",
    "00\r\n\r\n",
    "1\r\nZ\r\n",
    "ffffffffffffffff\r\n",
    "0000000000000003\r\nabc\r\n",
    "00000000000000000000",
    "10000000000000000\r\n",
    "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
};

constexpr std::string_view bodies[] = {
    "abc", "abcde", "3\r\nabc\r\n0\r\n\r\n", "0\r\n\r\n", "3;a=b\r\nabc\r\n0;c\r\nX: y\r\n\r\n", ""};

// Where the lines begin.
std::vector<std::size_t> line_starts(std::string_view text) {
  std::vector<std::size_t> starts{0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      starts.push_back(i + 1);
    }
  }
  return starts;
}

template <std::size_t n>
std::string_view any_of(const std::string_view (&list)[n], number_source& numbers) {
  return list[numbers.below(n)];
}

void change_byte(std::string& text, number_source& numbers) {
  constexpr std::string_view special("\0\t\n\v\f\r !\"#%,/:;=?@[]\\{}\x7f\x80\xff", 27);
  const std::size_t at = numbers.below(text.size());
  const char with =
      numbers.below(3) > 0 ? special[numbers.below(special.size())] : static_cast<char>(numbers.below(256));
  if (at < text.size() && numbers.below(2) == 0) {
    text[at] = with;
  } else {
    text.insert(at, 1, with);
  }
}

void insert_word(std::string& text, number_source& numbers) {
  text.insert(numbers.below(text.size() + 1), any_of(words, numbers));
}

// In place of something between two delimiters.
void replace_word(std::string& text, number_source& numbers) {
  const std::size_t at = numbers.below(text.size() + 1);
  const std::size_t begin = text.find_last_of(" :\r\n,;/=", at);
  const std::size_t from = begin == std::string::npos ? 0 : begin + 1;
  const std::size_t end = std::min(text.find_first_of(" :\r\n,;/=", from), text.size());
  text.replace(from, end - from, any_of(words, numbers));
}

void insert_field(std::string& text, number_source& numbers) {
  const std::vector<std::size_t> starts = line_starts(text);
  const std::size_t head_end = std::min(text.find("\r\n\r\n"), text.size());
  std::size_t at = starts[numbers.below(starts.size())];
  for (int i = 0; i < 4 && (at == 0 || at > head_end + 2); ++i) {
    at = starts[numbers.below(starts.size())];
  }
  text.insert(at, any_of(field_lines, numbers));
}

// Takes a line away, doubles it, or moves it.
void change_lines(std::string& text, number_source& numbers) {
  const std::vector<std::size_t> starts = line_starts(text);
  const std::size_t i = numbers.below(starts.size());
  const std::size_t end = i + 1 < starts.size() ? starts[i + 1] : text.size();
  const std::string line = text.substr(starts[i], end - starts[i]);
  const std::size_t what = numbers.below(3);
  if (what != 1) {
    text.erase(starts[i], line.size());
  }
  if (what > 0) {
    const std::vector<std::size_t> now = line_starts(text);
    text.insert(now[numbers.below(now.size())], line);
  }
}

void erase_some(std::string& text, number_source& numbers) {
  const std::size_t at = numbers.below(text.size());
  text.erase(at, 1 + numbers.below(4));
}

void replace_body(std::string& text, number_source& numbers) {
  const std::size_t head_end = text.find("\r\n\r\n");
  if (head_end != std::string::npos) {
    text.replace(head_end + 4, std::string::npos, any_of(bodies, numbers));
  }
}

// The head of this one and the rest of another.
void join(std::string& text, number_source& numbers) {
  const std::string_view other = random_seed(numbers);
  const std::vector<std::size_t> here = line_starts(text);
  const std::vector<std::size_t> there = line_starts(other);
  text.resize(here[numbers.below(here.size())]);
  text += other.substr(there[numbers.below(there.size())]);
}

}  // namespace

std::uint64_t number_source::next() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

void mutate(std::string& text, number_source& numbers) {
  using change = void (*)(std::string&, number_source&);
  static constexpr std::array<change, 12> changes = {change_byte,  change_byte,  insert_word,  insert_word,
                                                     replace_word, replace_word, insert_field, insert_field,
                                                     change_lines, erase_some,   replace_body, join};
  if (text.empty()) {
    text = random_seed(numbers);
  }
  changes[numbers.below(changes.size())](text, numbers);
}

std::string_view random_seed(number_source& numbers) {
  static const std::size_t correct = static_cast<std::size_t>(std::count_if(
      std::begin(smuggling_corpus), std::end(smuggling_corpus), [](const corpus_entry& e) { return e.status == 0; }));
  const std::size_t choices =
      numbers.below(2) == 0 ? correct : std::size(smuggling_corpus);  // the correct ones are first
  return smuggling_corpus[numbers.below(choices)].message;
}

}  // namespace goro::http::detail
