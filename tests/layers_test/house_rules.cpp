#include "house_rules.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <regex>
#include <span>
#include <sstream>
#include <utility>

namespace house {

namespace {

constexpr std::string_view private_root = "src/";
constexpr std::string_view public_root = "include/";

// Places that may know the processor although they are not platform code, each for its own reason.
constexpr std::array processor_macro_allowed = {
    std::string_view("src/base/atomic.hpp"),  // the pause instruction of a spin loop: must inline everywhere
};

// Compiler runtime and libbacktrace: no part of the operating system.
constexpr std::array compiler_headers = {
    std::string_view("backtrace.h"),
    std::string_view("cxxabi.h"),
    std::string_view("unwind.h"),
};

template <class Range>
bool contains(const Range& range, std::string_view wanted) {
  return std::find(std::begin(range), std::end(range), wanted) != std::end(range);
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) {
    return {};
  }
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in{std::string(text)};
  for (std::string part; std::getline(in, part, separator);) {
    parts.push_back(trimmed(part));
  }
  return parts;
}

std::string without_comment(const std::string& line) { return line.substr(0, line.find("//")); }

std::string stem_of(std::string_view path) { return std::filesystem::path(path).stem().string(); }

// "sched" for "src/sched/wait.cpp"; nothing for files that are not in a layer's folder.
std::optional<std::string> layer_of_private(std::string_view path) {
  if (!path.starts_with(private_root)) {
    return std::nullopt;
  }
  path.remove_prefix(private_root.size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  return std::string(path.substr(0, slash));
}

bool is_platform_code(std::string_view path) {
  return path.starts_with("src/platform/") || path.starts_with("src/poll/");
}

struct include_line {
  std::size_t line;
  char quote;  // '"' or '<'
  std::string name;
};

std::vector<include_line> includes_of(const source_file& source) {
  static const std::regex pattern(R"rx(^\s*#\s*include\s*(["<])([^">]+)[">])rx");
  std::vector<include_line> includes;
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    std::smatch match;
    if (std::regex_search(source.lines[i], match, pattern)) {
      includes.push_back({i + 1, match[1].str()[0], match[2].str()});
    }
  }
  return includes;
}

// Which layers have a source of this name: "mutex" -> {sync}.
using layers_by_stem = std::map<std::string, std::set<std::string>>;

layers_by_stem find_stems(const std::vector<source_file>& sources) {
  layers_by_stem stems;
  for (const auto& source : sources) {
    if (const auto layer = layer_of_private(source.path)) {
      stems[stem_of(source.path)].insert(*layer);
    }
  }
  return stems;
}

// The layers that a path (of a file, or as written in an include) may count as. Empty: no layer, no constraint.
std::set<std::string> layers_of(std::string_view path, const layers_by_stem& stems) {
  if (const auto layer = layer_of_private(path)) {
    return {*layer};
  }
  if (path.find("/detail/") != std::string_view::npos) {
    return {};
  }
  const auto found = stems.find(stem_of(path));
  return found == stems.end() ? std::set<std::string>{} : found->second;
}

bool some_pair_allowed(const layer_order& order, const std::set<std::string>& from, const std::set<std::string>& to) {
  return from.empty() || to.empty() || std::any_of(from.begin(), from.end(), [&](const auto& f) {
           return std::any_of(to.begin(), to.end(), [&](const auto& t) { return order.may_include(f, t); });
         });
}

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const auto& name : names) {
    text += (text.empty() ? "" : " or ") + name;
  }
  return text;
}

std::optional<std::string> judge_include(const layer_order& order, const layers_by_stem& stems,
                                         const source_file& source, const include_line& include) {
  const bool includes_public = include.name.starts_with("goro/");
  const auto slash = include.name.find('/');
  if (slash == std::string::npos) {
    return "include \"" + include.name + "\" is not written from src/ or include/";
  }
  if (!includes_public && source.path.starts_with(public_root)) {
    return "a public header includes the private \"" + include.name + "\"";
  }
  if (!includes_public && !order.knows(include.name.substr(0, slash))) {
    return "\"" + include.name + "\" is of a layer that src/LAYERS does not know";
  }
  const auto from = layers_of(source.path, stems);
  const auto to = layers_of(std::string(includes_public ? public_root : private_root) + include.name, stems);
  if (!some_pair_allowed(order, from, to)) {
    return joined(from) + " must not include " + joined(to) + " (\"" + include.name + "\")";
  }
  return std::nullopt;
}

// One finding for each line outside `allowed` whose code matches.
void find_matches(std::vector<finding>& findings, const source_file& source, const std::regex& pattern,
                  const std::string& what) {
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    if (std::regex_search(without_comment(source.lines[i]), pattern)) {
      findings.push_back({source.path, i + 1, what});
    }
  }
}

}  // namespace

source_file make_source(std::string path, std::string_view text) {
  source_file source{std::move(path), {}};
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    source.lines.push_back(line);
  }
  return source;
}

std::vector<source_file> read_sources(const std::filesystem::path& root) {
  std::vector<source_file> sources;
  for (const auto part : {"src", "include"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / part)) {
      const auto extension = entry.path().extension().string();
      if (entry.is_regular_file() && (extension == ".hpp" || extension == ".cpp" || extension == ".S")) {
        std::ifstream in(entry.path());
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        sources.push_back(make_source(entry.path().lexically_relative(root).generic_string(), text));
      }
    }
  }
  std::sort(sources.begin(), sources.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return sources;
}

std::string to_string(const finding& f) { return f.path + ":" + std::to_string(f.line) + ": " + f.what; }

layer_order::layer_order(std::string_view text) {
  for (const auto& line : split(text, '\n')) {
    std::vector<std::string> below;
    for (const auto& group : split(line.substr(0, line.find('#')), '<')) {
      auto names = split(group, ',');
      for (const auto& name : names) {
        below_[name].insert(below.begin(), below.end());
      }
      below = std::move(names);
    }
  }
  // Transitive closure, by repeating until nothing is added.
  for (bool grown = true; grown;) {
    grown = false;
    for (auto& [layer, lower] : below_) {
      const auto before = lower.size();
      for (const auto& name : std::set<std::string>(lower)) {
        lower.insert(below_[name].begin(), below_[name].end());
      }
      grown = grown || lower.size() != before;
    }
  }
}

bool layer_order::may_include(const std::string& from, const std::string& to) const {
  const auto found = below_.find(from);
  return from == to || (found != below_.end() && found->second.contains(to));
}

std::string layer_order::layer_in_cycle() const {
  for (const auto& [layer, lower] : below_) {
    if (lower.contains(layer)) {
      return layer;
    }
  }
  return {};
}

std::vector<finding> check_includes(const layer_order& order, const std::vector<source_file>& sources) {
  const auto stems = find_stems(sources);
  std::vector<finding> findings;
  for (const auto& source : sources) {
    const auto layer = layer_of_private(source.path);
    if (layer && !order.knows(*layer)) {
      findings.push_back({source.path, 1, "folder src/" + *layer + " is no layer of src/LAYERS"});
      continue;
    }
    for (const auto& include : includes_of(source)) {
      if (include.quote != '"') {
        continue;
      }
      if (auto what = judge_include(order, stems, source, include)) {
        findings.push_back({source.path, include.line, std::move(*what)});
      }
    }
  }
  return findings;
}

std::vector<finding> check_platform_code(const std::vector<source_file>& sources) {
  // C++ headers have neither a suffix nor a folder, so whatever has one is the system's or a foreign library's.
  static const std::regex foreign_header(R"([./])");
  static const std::regex condition(
      R"(^\s*#\s*(if|ifdef|ifndef|elif)\b.*\b(__linux__|__linux|__unix__|__APPLE__|_WIN32|__FreeBSD__|__GLIBC__|)"
      R"(__x86_64__|__amd64__|__i386__|__aarch64__|__arm__|__riscv)\b)");
  std::vector<finding> findings;
  for (const auto& source : sources) {
    if (is_platform_code(source.path)) {
      continue;
    }
    for (const auto& include : includes_of(source)) {
      if (include.quote == '<' && std::regex_search(include.name, foreign_header) &&
          !contains(compiler_headers, include.name)) {
        findings.push_back({source.path, include.line, "system header <" + include.name + "> outside platform/"});
      }
    }
    if (!contains(processor_macro_allowed, source.path)) {
      find_matches(findings, source, condition, "condition on the OS or the processor outside platform/");
    }
  }
  return findings;
}

std::vector<finding> check_seams(const std::vector<source_file>& sources) {
  struct seam {
    std::regex use;
    std::string what;
    std::vector<std::string_view> allowed;
  };
  static const std::array seams = {
      seam{std::regex(R"(\bstd::(atomic\b|atomic_|memory_order))"),
           "std::atomic beside the seam base/atomic.hpp",
           {"src/base/atomic.hpp", "include/goro/detail/atomic.hpp"}},
      seam{std::regex(R"(\b(steady_clock|system_clock|high_resolution_clock)::now\b|\bclock_gettime\b)"),
           "the time beside the seams base/clock.hpp and base/wall_clock.hpp",
           {"src/base/clock.hpp", "src/base/wall_clock.hpp", "src/platform/linux/thread_activity.cpp"}},
      seam{std::regex(R"(\b(std::random_device|std::mt19937|std::rand|getrandom)\b)"),
           "a random number beside the seam base/random.hpp",
           {"src/base/random.hpp"}},
  };
  std::vector<finding> findings;
  for (const auto& source : sources) {
    for (const auto& seam : seams) {
      if (!contains(seam.allowed, source.path)) {
        find_matches(findings, source, seam.use, seam.what);
      }
    }
  }
  return findings;
}

std::vector<finding> check_sync_tags(const std::vector<source_file>& sources) {
  static const std::regex comment(R"((?:^|[^`])// sync: ([a-z0-9]+(-[a-z0-9]+)*(, [a-z0-9]+(-[a-z0-9]+)*)*))");
  std::map<std::string, std::vector<finding>> places;
  for (const auto& source : sources) {
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      std::smatch match;
      if (std::regex_search(source.lines[i], match, comment)) {
        const bool both_ends = source.lines[i].find("memory_order_acq_rel") != std::string::npos;
        for (const auto& tag : split(match[1].str(), ',')) {
          places[tag].insert(places[tag].end(), both_ends ? 2 : 1,
                             {source.path, i + 1, "`sync: " + tag + "` has no other end"});
        }
      }
    }
  }
  std::vector<finding> findings;
  for (const auto& [tag, found] : places) {
    if (found.size() == 1) {
      findings.push_back(found.front());
    }
  }
  return findings;
}

std::vector<finding> check_tags_present(const std::vector<source_file>& sources) {
  static const std::regex operation(R"(^(?!\s*using\b).*\bmemory_order_(acquire|release|acq_rel)\b)");
  constexpr std::size_t reach = 3;
  std::vector<finding> findings;
  for (const auto& source : sources) {
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const auto first = source.lines.begin() + static_cast<std::ptrdiff_t>(i - std::min(i, reach));
      const auto last =
          source.lines.begin() + static_cast<std::ptrdiff_t>(std::min(i + reach + 1, source.lines.size()));
      const bool tagged =
          std::any_of(first, last, [](const auto& line) { return line.find("// sync: ") != std::string::npos; });
      if (!tagged && std::regex_search(without_comment(source.lines[i]), operation)) {
        findings.push_back({source.path, i + 1, "acquires or releases without a `sync:` tag"});
      }
    }
  }
  return findings;
}

}  // namespace house
