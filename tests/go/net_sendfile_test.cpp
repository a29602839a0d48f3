// Parts of files are sent without a copy, after net/sendfile_test.go.
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "net_support.hpp"

namespace {

using namespace net_support;

// A file without a name.
class scratch_file {
 public:
  explicit scratch_file(std::string_view content) {
    std::string name = ::testing::TempDir() + "goro-net-XXXXXX";
    descriptor_ = ::mkstemp(name.data());
    ::unlink(name.c_str());
    EXPECT_EQ(::write(descriptor_, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  }
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;
  ~scratch_file() { ::close(descriptor_); }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

TEST(net_sendfile, TestSendfile) {
  in_goroutine([] {
    std::string content(3'000'000, '\0');
    for (std::size_t i = 0; i < content.size(); ++i) {
      content[i] = static_cast<char>(i * 31);
    }
    const scratch_file file(content);
    const pair p = connected_pair();
    goro::wait_group writer;
    writer.go([&] {
      EXPECT_EQ(p.a.send_file(file.descriptor(), 0, content.size()), content.size());
      EXPECT_EQ(p.a.send_file(file.descriptor(), 10, 20), 20U);  // TestSendfileSeeked, TestSendfileParts
      EXPECT_EQ(p.a.send_file(file.descriptor(), content.size() - 5, 1000), 5U);  // TestSendfileWithLimitLargerThanFile
      EXPECT_EQ(p.a.send_file(file.descriptor(), 0, 0), 0U);
      p.a.close_write();
    });
    EXPECT_TRUE(read_all(p.b) == content + content.substr(10, 20) + content.substr(content.size() - 5));
    writer.wait();
  });
}

TEST(net_sendfile, TestSendfileOnWriteTimeoutExceeded) {
  in_goroutine([] {
    const scratch_file file(std::string(10'000'000, 'x'));
    const pair p = connected_pair();
    p.a.set_write_deadline(soon(5ms));
    std::error_code error;
    EXPECT_LT(p.a.send_file(file.descriptor(), 0, 10'000'000, error), 10'000'000U);
    EXPECT_EQ(error, goro::errc::timeout);
  });
}

TEST(net_sendfile, ABrokenPipeIsAnErrorAndNoSignal) {
  in_goroutine([] {
    const scratch_file file(std::string(100, 'x'));
    const pair p = connected_pair();
    p.a.close_write();
    EXPECT_TRUE(error_of([&](std::error_code& e) { p.a.send_file(file.descriptor(), 0, 100, e); }) ==
                std::errc::broken_pipe);
  });
}

}  // namespace
