// Taking a newer course with git, and keeping what the learner has edited.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tutor/context.hpp"

namespace tutor {

struct Update {
    bool is_newest = false;                // nothing was done
    std::string version;                   // that the course is at now, as git calls it
    std::vector<std::string> new_lessons;  // stems
    std::vector<std::pair<std::string, std::string>> renamed;  // stems, from and to
    std::vector<std::string> edited;  // files, kept as they are, that the newer course has changed
    std::filesystem::path copies;     // of the newer course's versions of those; may be empty
    // Stems of lessons with edits that may not compile any more: the newer course has changed files
    // of theirs, or headers that lessons include.
    std::vector<std::string> doubtful;
};

// A file that was edited stays as it is; what the newer course has in its place is put
// into .learn/kept for the learner to look at. Whenever this is ended, the next call goes on.
// Throws WrongUse, in a sentence, when it cannot; then all is as it was.
Update update_course(const Context& context);

}  // namespace tutor
