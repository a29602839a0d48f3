// The frames behind code addresses, each looked up once: goroutines by the thousand stand in the same few functions.
#pragma once

#include <array>
#include <cstdint>

#include "diag/scratch.hpp"
#include "diag/symbolize.hpp"

namespace goro::diag {

class symbol_cache {
 public:
  explicit symbol_cache(scratch& memory) noexcept : memory_(memory) {}

  // As symbolize(), with views that stay valid as long as the memory.
  void find(std::uintptr_t address, heap h, base::function_ref<void(const source_frame&)> each) noexcept {
    entry*& bucket = buckets_[(address * 0x9E3779B97F4A7C15ULL) >> (64 - bucket_bits)];
    for (const entry* e = bucket; e != nullptr; e = e->next) {
      if (e->address == address) {
        for (const node* n = e->frames; n != nullptr; n = n->next) {
          each(n->frame);
        }
        return;
      }
    }
    auto* added = memory_.make<entry>(address, nullptr, bucket);
    node** end = added != nullptr ? &added->frames : nullptr;
    symbolize(address, h, [&](const source_frame& frame) {
      if (end != nullptr) {
        if (auto* n = memory_.make<node>(frame, nullptr)) {
          n->frame.function = memory_.copy(frame.function);
          n->frame.file = memory_.copy(frame.file);
          *end = n;
          end = &n->next;
        }
      }
      each(frame);
    });
    if (added != nullptr) {
      bucket = added;
    }
  }

 private:
  struct node {
    source_frame frame;
    node* next;
  };
  struct entry {
    std::uintptr_t address;
    node* frames;
    entry* next;
  };
  static constexpr unsigned bucket_bits = 10;

  scratch& memory_;
  std::array<entry*, std::size_t{1} << bucket_bits> buckets_{};
};

}  // namespace goro::diag
