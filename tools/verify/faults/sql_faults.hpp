// Small faults that can be put into SQL.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace verify {

struct SqlFault {
    std::size_t begin = 0;  // in the text
    std::size_t end = 0;
    std::string with;
};

// `text` is a literal of C++ with its quotes, or a part of one. What is not SQL has none: its
// keywords are known by their capitals.
std::vector<SqlFault> sql_faults_in(std::string_view text);

}  // namespace verify
