// The command line of every C++ program of bench/compare:
//   PROGRAM WORKLOAD [--procs P] [--size N] [--rounds R] [--time-ms T]     one line of JSON
//   PROGRAM --list                                                         the workloads
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "common/measure.hpp"

namespace compare {

struct workload {
  std::string_view name;
  std::int64_t size;  // unless the command line says otherwise
  figures (*run)(const request&);
};

inline int usage(const char* program) {
  std::fprintf(stderr, "usage: %s --list | WORKLOAD [--procs P] [--size N] [--rounds R] [--time-ms T]\n", program);
  return 2;
}

inline bool read_options(request& r, int argc, char** argv) {
  for (int i = 2; i < argc; i += 2) {
    if (i + 1 == argc) {
      return false;
    }
    const std::string_view option = argv[i];
    const long long value = std::atoll(argv[i + 1]);
    if (option == "--procs" && value > 0) {
      r.procs = static_cast<int>(value);
    } else if (option == "--size" && value >= 0) {
      r.size = value;
    } else if (option == "--rounds" && value > 0) {
      r.rounds = value;
    } else if (option == "--time-ms" && value > 0) {
      r.time_ns = static_cast<double>(value) * 1e6;
    } else {
      return false;
    }
  }
  return true;
}

inline void print(const char* runtime, const request& r, const figures& f) {
  std::printf("{\"runtime\": \"%s\", \"workload\": \"%s\", \"procs\": %d, \"size\": %lld, ", runtime,
              r.workload.c_str(), r.procs, static_cast<long long>(r.size));
  std::printf("\"ns_per_op\": %.3f, \"cpu_ns_per_op\": %.3f, ", f.ns_per_op, f.cpu_ns_per_op);
  for (const auto& figure : f.more) {
    std::printf("\"%s\": %.3f, ", figure.first.c_str(), figure.second);
  }
  std::printf("\"rss_kb\": %.0f}\n", status_kb("VmHWM:"));
}

// start(request, run) sets the runtime up with request.procs processors and calls run() in it.
template <std::size_t N, class Start>
int program(const char* runtime, const workload (&workloads)[N], int argc, char** argv, Start start) {
  if (argc < 2) {
    return usage(argv[0]);
  }
  if (std::strcmp(argv[1], "--list") == 0) {
    for (const workload& w : workloads) {
      std::printf("%.*s\n", static_cast<int>(w.name.size()), w.name.data());
    }
    return 0;
  }
  for (const workload& w : workloads) {
    if (w.name != argv[1]) {
      continue;
    }
    request r;
    r.workload = w.name;
    r.size = w.size;
    if (!read_options(r, argc, argv)) {
      return usage(argv[0]);
    }
    figures f;
    start(r, [&] { f = w.run(r); });
    print(runtime, r, f);
    return 0;
  }
  std::fprintf(stderr, "%s: no workload %s\n", argv[0], argv[1]);
  return 2;
}

}  // namespace compare
