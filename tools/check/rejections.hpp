// Which tests reject a wrong answer, as the answer says itself, and a tests file cut down to those:
// all that a wrong answer needs to be compiled against.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace check {

// The names in the `// Rejected by:` lines of an answer's files, in the order of the files' names.
std::vector<std::string> named_tests(const std::filesystem::path& answer);

// `source` without the TEST_CASEs that are not in `names`. The lines that stay keep their numbers,
// and `file` is where the compiler is told that they are from.
std::string cut_to(std::string_view source, const std::vector<std::string>& names,
                   const std::filesystem::path& file);

}  // namespace check
