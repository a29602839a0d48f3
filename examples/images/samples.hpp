// A folder of pictures for those who have none at hand.
#pragma once

#include <filesystem>

namespace tour {

inline constexpr int sample_count = 24;

// Fills `folder` with 24 PNG and JPEG files of different sizes, one of which is cut off in the middle.
void make_samples(const std::filesystem::path& folder);

}  // namespace tour
