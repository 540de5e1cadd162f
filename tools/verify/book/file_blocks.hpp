// The blocks of a chapter that are made from files. All throw std::runtime_error, whose text says
// what the block asks for and cannot have.
#pragma once

#include <string>
#include <vector>

#include "text/markdown_blocks.hpp"
#include "verify/subjects/subject.hpp"

namespace verify {

// A table of the lesson's files: those to edit, at most three to read first, the others. What no
// earlier lesson's table had is marked as new.
std::vector<std::string> files_block(const Course& course, const tools::Lesson& lesson);

// Lines of a file, by words in the first and in the last of them;
// after a ^ the words begin the line.
std::vector<std::string> code_block(const Course& course, const tools::MarkdownBlock& block);

// From the lesson's files to the solution's.
std::vector<std::string> diff_block(const Course& course, const tools::Lesson& lesson);

}  // namespace verify
