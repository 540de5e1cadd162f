// What can be said of one statement of C++ by its tokens.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "verify/faults/cpp_tokens.hpp"

namespace verify {

struct CppStatement {
    std::string_view source;
    const std::vector<Token>& tokens;  // of the source
    std::size_t first = 0;             // the index of its first token
    std::size_t end = 0;               // and of its semicolon
};

// Without it the rest would not compile, or nothing could be different.
bool is_better_left(const CppStatement& statement, bool ends_function);

}  // namespace verify
