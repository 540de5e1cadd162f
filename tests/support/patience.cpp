#include "support/patience.hpp"

#include <cstdlib>

namespace support {

std::chrono::seconds patience() {
    static const std::chrono::seconds value = [] {
        const char* text = std::getenv("LEAKLINGS_PATIENCE");
        const int seconds = text == nullptr ? 0 : std::atoi(text);
        return std::chrono::seconds(seconds > 0 ? seconds : 5);
    }();
    return value;
}

}  // namespace support
