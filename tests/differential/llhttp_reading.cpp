#include <llhttp.h>

#include "differential/reading.hpp"

namespace goro::http::detail {
namespace {

struct llhttp_state {
  reading result;
  bool in_trailers = false;
  bool done = false;

  static llhttp_state& of(llhttp_t* parser) { return *static_cast<llhttp_state*>(parser->data); }
  std::vector<std::pair<std::string, std::string>>& fields() { return in_trailers ? result.trailers : result.fields; }
};

int add_name(llhttp_t* parser, const char* at, std::size_t size) {
  auto& state = llhttp_state::of(parser);
  state.fields().emplace_back(std::string(at, size), "");
  return 0;
}

int add_value(llhttp_t* parser, const char* at, std::size_t size) {
  auto& state = llhttp_state::of(parser);
  state.fields().back().second.append(at, size);
  return 0;
}

int finish(llhttp_t* parser) {
  auto& state = llhttp_state::of(parser);
  state.done = true;
  state.result.keep_alive = llhttp_should_keep_alive(parser) != 0;
  return HPE_PAUSED;
}

const llhttp_settings_t& settings() {
  static const llhttp_settings_t the_settings = [] {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_method = [](llhttp_t* parser, const char* at, std::size_t size) {
      llhttp_state::of(parser).result.method.append(at, size);
      return 0;
    };
    s.on_url = [](llhttp_t* parser, const char* at, std::size_t size) {
      llhttp_state::of(parser).result.target.append(at, size);
      return 0;
    };
    s.on_header_field = add_name;
    s.on_header_value = add_value;
    s.on_headers_complete = [](llhttp_t* parser) {
      llhttp_state::of(parser).in_trailers = true;
      return 0;
    };
    s.on_body = [](llhttp_t* parser, const char* at, std::size_t size) {
      llhttp_state::of(parser).result.body.append(at, size);
      return 0;
    };
    s.on_message_complete = finish;
    return s;
  }();
  return the_settings;
}

}  // namespace

// The whole text in one piece, so that each span comes whole.
reading read_with_llhttp(std::string_view text) {
  llhttp_state state;
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings());
  parser.data = &state;
  const llhttp_errno_t error = llhttp_execute(&parser, text.data(), text.size());
  if (state.done) {
    state.result.outcome = verdict::accepted;
    state.result.end = static_cast<std::size_t>(llhttp_get_error_pos(&parser) - text.data());
  } else if (error != HPE_OK) {
    state.result.outcome = verdict::refused;
    state.result.reason = std::string(llhttp_errno_name(error)) + ": " + llhttp_get_error_reason(&parser);
  }
  return std::move(state.result);
}

}  // namespace goro::http::detail
