// Worker pool: a fixed number of goroutines share a queue of jobs, so that work is bounded however many jobs come.
#include <chrono>
#include <cstdio>
#include <deque>
#include <mutex>
#include <optional>

#include <goro/goro.hpp>

using namespace std::chrono_literals;

class job_queue {
 public:
  void push(int job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(job);
    changed_.notify_one();
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  // The next job; waits for one. Nothing once the queue is closed and empty.
  std::optional<int> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
    if (jobs_.empty()) {
      return std::nullopt;
    }
    const int job = jobs_.front();
    jobs_.pop_front();
    return job;
  }

 private:
  goro::mutex mutex_;  // guards what follows
  goro::condition_variable changed_;
  std::deque<int> jobs_;
  bool closed_ = false;
};

int main() {
  constexpr int workers = 10;
  constexpr int jobs = 30;
  std::puts("watch: ten workers do thirty jobs of 50 ms in 150 ms");
  const auto start = std::chrono::steady_clock::now();

  job_queue queue;
  goro::wait_group wg;
  for (int worker = 1; worker <= workers; ++worker) {
    wg.go([&queue, worker] {
      while (const std::optional<int> job = queue.pop()) {
        goro::sleep(50ms);
        std::printf("worker %d did job %d\n", worker, *job);
      }
    });
  }
  for (int job = 1; job <= jobs; ++job) {
    queue.push(job);
  }
  queue.close();
  wg.wait();

  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::printf("%d workers did %d jobs in %.0f ms\n", workers, jobs, took.count());
}
