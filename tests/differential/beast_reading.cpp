// Beast's parser without its message containers: as the parser tells it.
#define BOOST_BEAST_USE_STD_STRING_VIEW
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "differential/reading.hpp"

namespace goro::http::detail {
namespace {

namespace beast = boost::beast;
using text_view = beast::string_view;
using error_code = beast::error_code;

class beast_parser final : public beast::http::basic_parser<true> {
 public:
  explicit beast_parser(reading& result) : result_(result) {
    eager(true);
    header_limit(2 * longest_text);
    body_limit(boost::none);
  }

 private:
  void on_request_impl(beast::http::verb, text_view method, text_view target, int, error_code& error) override {
    result_.method = method;
    result_.target = target;
    error = {};
  }
  void on_response_impl(int, text_view, int, error_code&) override {}
  void on_field_impl(beast::http::field, text_view name, text_view value, error_code& error) override {
    (is_header_done() ? result_.trailers : result_.fields).emplace_back(name, value);
    error = {};
  }
  void on_header_impl(error_code& error) override { error = {}; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code& error) override { error = {}; }
  std::size_t on_body_impl(text_view piece, error_code& error) override {
    result_.body += piece;
    error = {};
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t, text_view, error_code& error) override { error = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, text_view piece, error_code& error) override {
    return on_body_impl(piece, error);
  }
  void on_finish_impl(error_code& error) override { error = {}; }

  reading& result_;
};

}  // namespace

reading read_with_beast(std::string_view text) {
  reading result;
  beast_parser parser(result);
  error_code error;
  while (!parser.is_done() && !error && result.end < text.size()) {
    result.end += parser.put(boost::asio::buffer(text.data() + result.end, text.size() - result.end), error);
  }
  if (error && error != beast::http::error::need_more) {
    result.outcome = verdict::refused;
    result.reason = error.message();
  } else if (parser.is_done()) {
    result.outcome = verdict::accepted;
    result.keep_alive = parser.keep_alive();
  }
  return result;
}

}  // namespace goro::http::detail
