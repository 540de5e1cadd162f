#include "process/head_tail_buffer.hpp"

#include <algorithm>

namespace tools {

void HeadTailBuffer::add(std::string_view bytes) {
    const std::size_t for_head = std::min(bytes.size(), most_ - head_.size());
    head_.append(bytes.substr(0, for_head));
    tail_.append(bytes.substr(for_head));
    if (tail_.size() > 2 * most_) {
        const std::size_t too_many = tail_.size() - most_;
        tail_.erase(0, too_many);
        dropped_ += too_many;
    }
}

std::string HeadTailBuffer::text() const {
    const std::size_t too_many = tail_.size() > most_ ? tail_.size() - most_ : 0;
    const std::size_t dropped = dropped_ + too_many;
    if (dropped == 0) return head_ + tail_;
    return head_ + "\n... " + std::to_string(dropped) + " bytes left out ...\n" +
           tail_.substr(too_many);
}

}  // namespace tools
