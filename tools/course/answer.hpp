// The answers in tests/answers/NN_name, right ones and wrong ones. An answer is what it differs by
// from the solution, in one of two forms:
//
//   wrong_x.diff   a unified diff against solutions/NN_name, which opens with what is said of it:
//                      Rejected by: the name of a test, in as many lines as there are tests
//                      Overlooks: what is wrong with it, in one line or several
//                      Does without: a file of the solution's that it has not
//                  A file whose old side is /dev/null is there in full.
//   wrong_x/       the files that differ, in full. An empty one says that it does without the
//                  solution's. One of them opens with the same words, in comments: "// Rejected by:
//                  …". They end with an empty line.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tools {

struct Answer {
    std::string name;            // wrong_x
    std::filesystem::path path;  // its folder or its .diff
    std::vector<std::string> rejected_by;
    std::string overlooks;

    bool is_right() const { return name.starts_with("right_"); }
    bool is_wrong() const { return name.starts_with("wrong_"); }
    bool is_diff() const { return path.extension() == ".diff"; }
    // Its .diff, or what is in its folder.
    std::vector<std::filesystem::path> files() const;
};

// Where the lesson's answers are, readable or not, in the order of their names; also what has a
// name that is none of an answer's.
std::vector<std::filesystem::path> answer_paths_of(const std::filesystem::path& root,
                                                   const std::string& stem);
// All of them. Throws std::runtime_error when one cannot be read.
std::vector<Answer> answers_of(const std::filesystem::path& root, const std::string& stem);
// Throw std::runtime_error, also when there is none.
Answer read_answer(const std::filesystem::path& path);
Answer answer_of(const std::filesystem::path& root, const std::string& stem,
                 const std::string& name);

// What is to be laid over the solution's files, by their names; without a text: the answer does
// without the file.
using Overlay = std::map<std::string, std::optional<std::string>>;

// `solution` is a folder. Throws std::runtime_error, which says what does not fit.
Overlay overlay_of(const Answer& answer, const std::filesystem::path& solution);

// The words that a file of an answer opens with, and the rest of it. Each line of the words is as
// in a .diff, without "// "; the empty line below is in neither.
struct Opening {
    std::string words;
    std::string_view rest;
};
Opening opening_of(std::string_view text);

}  // namespace tools
