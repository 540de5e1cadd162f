// What an answer may overlook, told by the answers in tests/answers that are known to be wrong.
#pragma once

#include <string>
#include <vector>

#include "desk.hpp"

namespace tutor {

struct WrongAnswer {
    std::string name;                      // wrong_catch_all
    std::vector<std::string> rejected_by;  // tests
    std::string overlooks;
    std::string code;  // all that its files say
};

// In the order of their names.
std::vector<WrongAnswer> wrong_answers(const std::filesystem::path& root,
                                       const tools::Lesson& lesson);

// How an answer fails, and what it is made of.
struct Failing {
    std::vector<std::string> red;  // tests
    std::string code;              // of the learner's files
    std::string starter;           // as they were handed out; empty: not known
    bool as_at_the_start = false;  // no test that was red at the start is green now
};

// The one that fails most like it and is written most like it; null when none fails like it. Where
// all is as red as it was at the start, an answer counts only if the learner's code is more like it
// than like the starter: a learner who has hardly begun overlooks nothing yet.
const WrongAnswer* most_like(const std::vector<WrongAnswer>& answers, const Failing& failing);

// "One answer that fails like this overlooks: …", of the tests that were red when the lesson was
// last tested; empty when there is nothing to say.
std::string what_is_overlooked(Desk& desk, const tools::Lesson& lesson);

}  // namespace tutor
