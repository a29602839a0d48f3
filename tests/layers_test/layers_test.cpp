// The rules of the house, applied to this source tree; and, first, proof that each rule notices a breach.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "house_rules.hpp"

namespace house {
namespace {

const layer_order small_order("# a comment\nbase < platform < stack, timer < sched < sync\nsched < diag\n");

std::vector<std::string> includes_found(std::string path, std::string_view text) {
  std::vector<std::string> found;
  const std::vector<source_file> sources = {make_source("src/sync/mutex.cpp", ""), make_source(std::move(path), text)};
  for (const auto& f : check_includes(small_order, sources)) {
    found.push_back(to_string(f));
  }
  return found;
}

using strings = std::vector<std::string>;

TEST(LayerOrder, IsTransitiveAlongChains) {
  EXPECT_TRUE(small_order.may_include("sync", "base"));
  EXPECT_TRUE(small_order.may_include("diag", "stack"));
  EXPECT_TRUE(small_order.may_include("stack", "stack"));
}

TEST(LayerOrder, KeepsAlternativesApart) {
  EXPECT_FALSE(small_order.may_include("stack", "timer"));
  EXPECT_FALSE(small_order.may_include("sync", "diag"));
  EXPECT_FALSE(small_order.may_include("base", "sync"));
}

TEST(LayerOrder, NamesALayerInACycle) {
  EXPECT_EQ(small_order.layer_in_cycle(), "");
  EXPECT_NE(layer_order("base < sched\nsched < base").layer_in_cycle(), "");
}

TEST(Includes, DownwardsAndSidewaysInOneLayerAreFine) {
  EXPECT_EQ(includes_found("src/sched/a.cpp", "#include \"sched/b.hpp\"\n#include \"base/c.hpp\"\n#include <x>\n"),
            strings{});
}

TEST(Includes, UpwardsIsFoundWithItsLine) {
  EXPECT_EQ(includes_found("src/base/a.cpp", "\n#include \"sched/b.hpp\"\n"),
            strings{"src/base/a.cpp:2: base must not include sched (\"sched/b.hpp\")"});
}

TEST(Includes, APublicHeaderCountsAsItsLayer) {
  EXPECT_EQ(includes_found("src/sched/a.cpp", "#include \"goro/mutex.hpp\"\n"),
            strings{"src/sched/a.cpp:1: sched must not include sync (\"goro/mutex.hpp\")"});
  EXPECT_EQ(includes_found("src/sync/a.cpp", "#include \"goro/mutex.hpp\"\n"), strings{});
}

TEST(Includes, APublicHeaderMayNotIncludeAPrivateOne) {
  EXPECT_EQ(includes_found("include/goro/a.hpp", "#include \"base/b.hpp\"\n"),
            strings{"include/goro/a.hpp:1: a public header includes the private \"base/b.hpp\""});
}

TEST(Includes, UnknownLayersAreFound) {
  EXPECT_EQ(includes_found("src/base/a.cpp", "#include \"util/b.hpp\"\n"),
            strings{"src/base/a.cpp:1: \"util/b.hpp\" is of a layer that src/LAYERS does not know"});
  EXPECT_EQ(includes_found("src/util/a.cpp", ""),
            strings{"src/util/a.cpp:1: folder src/util is no layer of src/LAYERS"});
  EXPECT_EQ(includes_found("src/base/a.cpp", "#include \"b.hpp\"\n"),
            strings{"src/base/a.cpp:1: include \"b.hpp\" is not written from src/ or include/"});
}

TEST(PlatformCode, IsFoundOutsidePlatform) {
  const auto header = "#include <vector>\n#include <sys/mman.h>\n";
  const auto macro = "#if defined(__x86_64__)\n#endif  // __x86_64__\n";
  EXPECT_EQ(check_platform_code({make_source("src/platform/linux/a.cpp", header)}).size(), 0u);
  EXPECT_EQ(check_platform_code({make_source("src/stack/a.cpp", header)}).size(), 1u);
  EXPECT_EQ(check_platform_code({make_source("src/stack/a.cpp", macro)}).size(), 1u);
  EXPECT_EQ(check_platform_code({make_source("src/diag/a.cpp", "#include <cxxabi.h>\n")}).size(), 0u);
}

TEST(Seams, AreTheOnlyWay) {
  EXPECT_EQ(check_seams({make_source("src/base/atomic.hpp", "std::atomic<int> a;\n")}).size(), 0u);
  EXPECT_EQ(check_seams({make_source("src/sched/a.cpp", "std::atomic<int> a;  // why\n")}).size(), 1u);
  EXPECT_EQ(check_seams({make_source("src/sched/a.cpp", "// no std::atomic here\n")}).size(), 0u);
  EXPECT_EQ(check_seams({make_source("src/sched/a.cpp", "auto t = steady_clock::now();\n")}).size(), 1u);
}

TEST(SyncTags, NeedTwoEnds) {
  EXPECT_EQ(check_sync_tags({make_source("src/a/a.cpp", "x.store(1);  // sync: publish-task\n"),
                             make_source("src/b/b.cpp", "x.load();  // sync: publish-task, other\n")})
                .size(),
            1u);  // `other`
}

TEST(SyncTags, AnOperationThatAcquiresAndReleasesMayMeetItself) {
  EXPECT_EQ(check_sync_tags({make_source("src/a/a.cpp", "x.exchange(1, memory_order_acq_rel);  // sync: a\n")}).size(),
            0u);
}

TEST(SyncTags, StandBesideEachAcquireAndRelease) {
  EXPECT_EQ(check_tags_present({make_source("src/a/a.cpp", "x.store(1, memory_order_release);\n")}).size(), 1u);
  EXPECT_EQ(check_tags_present({make_source("src/a/a.cpp", "x.store(1, memory_order_relaxed);\n")}).size(), 0u);
  EXPECT_EQ(
      check_tags_present({make_source("src/a/a.cpp", "// sync: a\n\nx.store(1, memory_order_release);\n")}).size(), 0u);
}

class this_tree : public ::testing::Test {
 protected:
  static void expect_none(const std::vector<finding>& findings) {
    for (const auto& f : findings) {
      ADD_FAILURE() << to_string(f);
    }
  }

  static layer_order read_order() {
    std::ifstream in(GORO_SOURCE_DIR "/src/LAYERS");
    EXPECT_TRUE(in) << "src/LAYERS cannot be read";
    return layer_order(std::string{std::istreambuf_iterator<char>(in), {}});
  }

  const std::vector<source_file> sources = read_sources(GORO_SOURCE_DIR);
};

TEST_F(this_tree, HasSourcesAndAnOrderWithoutCycles) {
  EXPECT_GT(sources.size(), 10u);
  EXPECT_EQ(read_order().layer_in_cycle(), "");
}

TEST_F(this_tree, IncludesOnlyDownwards) { expect_none(check_includes(read_order(), sources)); }
TEST_F(this_tree, KeepsPlatformCodeInPlatform) { expect_none(check_platform_code(sources)); }
TEST_F(this_tree, UsesTheSeams) { expect_none(check_seams(sources)); }
TEST_F(this_tree, TagsBothEndsOfEachEdge) { expect_none(check_sync_tags(sources)); }
TEST_F(this_tree, TagsEachAcquireAndRelease) { expect_none(check_tags_present(sources)); }

}  // namespace
}  // namespace house
