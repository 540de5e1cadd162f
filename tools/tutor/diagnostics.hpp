// What a compiler or a linker complained about, found in the output of a build. gcc and clang; GNU
// ld, gold, mold, lld and Apple's linker.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tutor {

struct Diagnostic {
    enum class Kind { error, warning };
    Kind kind = Kind::error;
    std::filesystem::path file;  // from the course's root when it is in there
    int line = 0;
    int column = 0;
    std::string message;
    std::vector<std::string> source;  // the line of code and its marks, as the compiler shows them

    // When it is not in the learner's files but comes of them, such as a template that one of their
    // lines uses: that line.
    struct Cause {
        std::filesystem::path file;
        int line = 0;
        int column = 0;
    };
    std::optional<Cause> cause;
};

// Where the paths in an output are seen from.
struct Places {
    std::filesystem::path root;     // the course
    std::filesystem::path build;    // the folder that compilers run in
    std::filesystem::path learner;  // the learner's files, from the root: lessons/NN_name
};

// In the order of the output; each once, though several files may have included it.
std::vector<Diagnostic> find_diagnostics(std::string_view output, const Places& places);

bool is_learners(const Diagnostic& diagnostic, const Places& places);

// The error to show first: the first in the learner's files, else the first that comes of them,
// else the first. Null when there is none.
const Diagnostic* first_error(const std::vector<Diagnostic>& all, const Places& places);

struct LinkError {
    enum class Kind { undefined, defined_twice };
    Kind kind = Kind::undefined;
    std::string symbol;              // shop::add_routes(…)
    std::vector<std::string> files;  // where it is defined twice, by name: shop.cpp, other.cpp
};

std::optional<LinkError> find_link_error(std::string_view output);

// Of a header that an #include asked for and that is not there, its name: scoped.hpp.
std::optional<std::string> missing_include(const Diagnostic& diagnostic);

}  // namespace tutor
