#include "support/patience.hpp"

#include <cstdlib>

#include "support/protocol.hpp"

namespace support {

std::chrono::seconds patience() {
    static const std::chrono::seconds value = [] {
        const char* text = std::getenv(protocol::patience_variable);
        const int seconds = text == nullptr ? 0 : std::atoi(text);
        return std::chrono::seconds(seconds > 0 ? seconds : protocol::usual_patience);
    }();
    return value;
}

}  // namespace support
