#include "http/refusal.hpp"

#include <array>

namespace goro::http::detail {
namespace {

// In the order of the enumeration.
constexpr std::array answers = {
    refusal_answer{200, ""},
    refusal_answer{400, "malformed request line"},
    refusal_answer{400, "invalid method"},
    refusal_answer{400, "invalid request target"},
    refusal_answer{400, "malformed HTTP version"},
    refusal_answer{505, "unsupported protocol version"},
    refusal_answer{502, "malformed status line"},
    refusal_answer{400, "line feed without carriage return"},
    refusal_answer{400, "carriage return inside a line"},
    refusal_answer{400, "folded header line"},
    refusal_answer{400, "header line without colon"},
    refusal_answer{400, "space before colon in header"},
    refusal_answer{400, "invalid header name"},
    refusal_answer{400, "invalid header value"},
    refusal_answer{414, "request target too long"},
    refusal_answer{431, "request header too large"},
    refusal_answer{400, "bad Content-Length"},
    refusal_answer{400, "more than one Content-Length"},
    refusal_answer{400, "Content-Length with Transfer-Encoding"},
    refusal_answer{400, "bad Transfer-Encoding"},
    refusal_answer{501, "unsupported transfer encoding"},
    refusal_answer{400, "Transfer-Encoding in HTTP/1.0"},
    refusal_answer{400, "CONNECT with content"},
    refusal_answer{400, "missing required Host header"},
    refusal_answer{400, "too many Host headers"},
    refusal_answer{400, "malformed Host header"},
    refusal_answer{417, "unknown expectation"},
    refusal_answer{400, "bad chunk size"},
    refusal_answer{400, "bad chunk extension"},
    refusal_answer{400, "chunk does not end where its size says"},
    refusal_answer{400, "chunks carry more overhead than data"},
    refusal_answer{400, "header not allowed in trailers"},
};
static_assert(answers.size() == static_cast<std::size_t>(refusal::forbidden_trailer) + 1);

}  // namespace

refusal_answer answer_to(refusal why) noexcept { return answers[static_cast<std::size_t>(why)]; }

}  // namespace goro::http::detail
