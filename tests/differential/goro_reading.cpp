#include "differential/reading.hpp"
#include "unit/http/whole_request.hpp"

namespace goro::http::detail {

reading read_with_goro(std::string_view text) {
  request_feeder feeder(text, text.size() + 1);
  whole_request r = feeder.next(2 * longest_text);
  reading result;
  result.outcome = r.why != refusal::none ? verdict::refused : r.complete ? verdict::accepted : verdict::incomplete;
  result.method = std::move(r.method);
  result.target = std::move(r.target);
  result.body = std::move(r.body);
  result.fields = std::move(r.fields);
  result.trailers = std::move(r.trailers);
  result.end = text.size() - feeder.rest().size();
  result.keep_alive = r.keep_alive;
  result.why = r.why;
  result.reason = answer_to(r.why).reason;
  return result;
}

}  // namespace goro::http::detail
