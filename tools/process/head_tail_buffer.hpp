#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tools {

// The first and the last bytes of what a program prints:
// a flood loses its middle, and the text says so.
class HeadTailBuffer {
 public:
    // Keeps `most` bytes of each end.
    explicit HeadTailBuffer(std::size_t most) : most_(most) {}
    void add(std::string_view bytes);
    std::string text() const;
    // Bytes, also those that were dropped.
    std::size_t total() const { return head_.size() + tail_.size() + dropped_; }

 private:
    std::size_t most_;
    std::size_t dropped_ = 0;
    std::string head_;
    std::string tail_;
};

}  // namespace tools
