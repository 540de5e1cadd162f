#include "text/utf8.hpp"

namespace tools {

Utf8Character first_character_of(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (byte(0) < 0x80) return {1, byte(0)};
    const std::size_t length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
    if (byte(0) < 0xC2 || byte(0) > 0xF4 || length > text.size()) return {1, std::nullopt};
    char32_t point = byte(0) & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return {1, std::nullopt};
        point = (point << 6U) | (byte(i) & 0x3FU);
    }
    return {length, point};
}

}  // namespace tools
