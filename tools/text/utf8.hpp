#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tools {

struct Utf8Character {
    std::size_t bytes = 1;
    std::optional<char32_t> point;  // none: these bytes are not UTF-8
};

// The character that `text` begins with; `text` is not empty.
Utf8Character first_character_of(std::string_view text);

}  // namespace tools
