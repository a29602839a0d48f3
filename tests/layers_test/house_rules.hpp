// Rules about the source text that no compiler checks. Each rule returns its findings; an empty list is a pass.
//
// The rules read text line by line: no preprocessing, comments cut at `//`. That is enough for code in this project's
// format, and it keeps the rules short enough to trust.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace house {

struct source_file {
  std::string path;  // from the project's root: "src/sched/wait.cpp", "include/goro/mutex.hpp"
  std::vector<std::string> lines;
};
source_file make_source(std::string path, std::string_view text);

// Every source file below root/src and root/include, in order of path.
std::vector<source_file> read_sources(const std::filesystem::path& root);

struct finding {
  std::string path;
  std::size_t line;
  std::string what;
};
std::string to_string(const finding& f);

// The partial order of src/LAYERS.
//   chain:  group < group < …      group: name, name, …      `#` starts a comment
class layer_order {
 public:
  explicit layer_order(std::string_view text);

  bool knows(const std::string& layer) const { return below_.contains(layer); }
  bool may_include(const std::string& from, const std::string& to) const;
  // A layer that stands below itself, or nothing. Then the file gives no order at all.
  std::string layer_in_cycle() const;

 private:
  std::map<std::string, std::set<std::string>> below_;  // transitive, without the layer itself
};

// Private includes are written "layer/file.hpp" and go from a layer to itself or downwards; public headers include
// public ones only. A public header counts as the layer whose folder has a source of its name; with none (umbrella
// and detail headers) it counts as no layer.
std::vector<finding> check_includes(const layer_order& order, const std::vector<source_file>& sources);

// Headers and macros of an operating system or a processor stay in platform/ (and later in the backends of poll/).
std::vector<finding> check_platform_code(const std::vector<source_file>& sources);

// Atomics, the time and random numbers come from the seams in base/ (and include/goro/detail), so that a model
// can replace them.
std::vector<finding> check_seams(const std::vector<source_file>& sources);

// A tag `// sync: publish-task` names an edge between two places; one that stands in one place has lost its other end,
// unless that place is an operation that both acquires and releases (acq_rel): it may meet itself on another thread.
std::vector<finding> check_sync_tags(const std::vector<source_file>& sources);

// An operation that acquires or releases has a tag beside it: on its line or within three lines.
std::vector<finding> check_tags_present(const std::vector<source_file>& sources);

}  // namespace house
