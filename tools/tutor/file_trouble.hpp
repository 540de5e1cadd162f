// What is wrong with a lesson's files as files, apart from their code.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "course/course.hpp"

namespace tutor {

struct FileTrouble {
    std::string what;    // in a sentence
    std::string remedy;  // what to do about it, to be gone on with: "save it as UTF-8"
};

// The first thing that keeps a compiler from reading one of them: it is a link to nowhere, a
// folder, closed to us, or saved as something else than UTF-8.
std::optional<FileTrouble> find_file_trouble(const std::filesystem::path& root,
                                             const tools::Lesson& lesson);

}  // namespace tutor
