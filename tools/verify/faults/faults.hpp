// The faults that can be put into a lesson's solution, and those of them that an author has found
// to change nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "verify/faults/mutation.hpp"
#include "verify/subjects/subject.hpp"

namespace verify {

struct Fault {
    std::string file;  // of the solution's: pool.hpp
    Mutation change;
};

// In the files that the learner is to write: those of the solution that are not so in the lesson.
// In the order of the files' names and of their lines.
std::vector<Fault> faults_of(const Course& course, const tools::Lesson& lesson);

// Those of a line that `place` names as `in_words` does: pool.hpp:117. Folders before the file do
// not count. Throws std::runtime_error when it names none.
std::vector<Fault> faults_at(const std::vector<Fault>& faults, const std::string& place);

// The same in an order of chance, which is the same for the same seed everywhere.
std::vector<Fault> shuffled(std::vector<Fault> faults, std::uint32_t seed);

// As survivors are shown, and as the file of equivalents has them:
//   pool.hpp:117, in Pool::stats
//   - the line as it is
//   + the line with the fault
std::string in_words(const Fault& fault);

// One fault that changes nothing, with the reason.
struct Equivalent {
    std::string file;
    std::string in;
    std::string was;
    std::string becomes;
    std::string reason;

    bool is(const Fault& fault) const;
};

// tests/equivalent/NN_name.txt, if there is one: each as in_words() has it, the number of its line
// there or not, below it the reason; then an empty line. A line that begins with # is a comment.
std::vector<Equivalent> equivalents_of(const Course& course, const tools::Lesson& lesson);
// Throws std::runtime_error, which says what is missing in which line of `name`.
std::vector<Equivalent> read_equivalents(std::string_view text, const std::string& name);

}  // namespace verify
