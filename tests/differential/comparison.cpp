#include "differential/comparison.hpp"

#include <cstdio>

namespace goro::http::detail {
namespace {

constexpr int most_requests = 8;

std::string_view name_of(verdict v) {
  return v == verdict::accepted ? "accepted" : v == verdict::refused ? "refused" : "incomplete";
}

std::string describe(const char* who, const reading& r) {
  std::string text = std::string(who) + ": " + std::string(name_of(r.outcome)) + " " + r.reason + " " +
                     quoted(r.method) + " " + quoted(r.target) + " ends at " + std::to_string(r.end) +
                     (r.keep_alive ? " keeps" : " closes") + " body " + quoted(r.body);
  for (const auto* const fields : {&r.fields, &r.trailers}) {
    text += fields == &r.fields ? " fields" : " trailers";
    for (const auto& [name, value] : *fields) {
      text += " [" + quoted(name) + "=" + quoted(value) + "]";
    }
  }
  return text + "\n";
}

unsigned differing_aspects(const reading& a, const reading& b) {
  if (a.outcome != b.outcome) {
    return of_body;
  }
  unsigned differing = 0;
  differing |= a.method != b.method ? unsigned{of_method} : 0U;
  differing |= a.target != b.target ? unsigned{of_target} : 0U;
  differing |= a.fields != b.fields ? unsigned{of_fields} : 0U;
  differing |= a.body != b.body || a.end != b.end ? unsigned{of_body} : 0U;
  differing |= a.keep_alive != b.keep_alive ? unsigned{of_persistence} : 0U;
  differing |= a.trailers != b.trailers ? unsigned{of_trailers} : 0U;
  return differing;
}

// Is the difference known? Who refuses what the other has not seen the end of is not yet of another opinion.
bool classify(std::string_view text, const reading& goro, const reading& other, parser_set who,
              std::map<const rule*, std::uint64_t>& counts) {
  const bool goro_refuses = goro.outcome == verdict::refused;
  const bool other_refuses = other.outcome == verdict::refused;
  if (goro_refuses != other_refuses) {
    if (goro.outcome == verdict::incomplete || other.outcome == verdict::incomplete) {
      return true;
    }
    const disagreement d{raw_message(text), goro, other};
    for (const rule& r : goro_refuses ? takes_more_rules() : takes_less_rules()) {
      if ((r.who & who) != 0 && r.why == goro.why && r.holds(d)) {
        ++counts[&r];
        return true;
      }
    }
    return false;
  }
  if (goro_refuses || (goro.outcome == verdict::incomplete && other.outcome == verdict::incomplete)) {
    return true;
  }
  unsigned unexplained = differing_aspects(goro, other);
  if (unexplained == 0) {
    return true;
  }
  const disagreement d{raw_message(text), goro, other};
  for (const rule& r : reads_otherwise_rules()) {
    if ((r.who & who) != 0 && (r.aspects & unexplained) != 0 && r.holds(d)) {
      ++counts[&r];
      unexplained &= ~r.aspects;
    }
  }
  return unexplained == 0;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\r' || c == '\n') {
      out += c == '\r' ? "\\r" : "\\n";
    } else if (c < 0x20 || c == 0x7f || c == '\\' || c == '"') {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(c));
      out += escaped;
    } else {
      out += c;
    }
  }
  return out;
}

std::string compare(std::string_view text, tally& counts) {
  text = text.substr(0, longest_text);
  for (int i = 0; i < most_requests && !text.empty(); ++i) {
    const reading goro = read_with_goro(text);
    const reading by_beast = read_with_beast(text);
    const reading by_llhttp = read_with_llhttp(text);
    ++counts.requests;
    counts.accepted_by_goro += goro.outcome == verdict::accepted ? 1 : 0;
    if (!classify(text, goro, by_beast, beast, counts.beast)) {
      return "\"" + quoted(text) + "\"\n" + describe("goro", goro) + describe("Beast", by_beast);
    }
    if (!classify(text, goro, by_llhttp, llhttp, counts.llhttp)) {
      return "\"" + quoted(text) + "\"\n" + describe("goro", goro) + describe("llhttp", by_llhttp);
    }
    if (goro.outcome != verdict::accepted) {
      break;
    }
    const bool all = by_beast.outcome == verdict::accepted && by_llhttp.outcome == verdict::accepted;
    counts.accepted_by_all += all ? 1 : 0;
    text.remove_prefix(goro.end);
  }
  return {};
}

}  // namespace goro::http::detail
