// What authors do with all answers at once (course/answer.hpp has their two forms), and what the
// build does with each.
#pragma once

#include <filesystem>
#include <string>

namespace answers {

// All throw std::runtime_error when a file cannot be read or written, or is none of an answer's.

// Writes the files in which the answer differs from the solution into `folder`; what is as it
// should be is not touched. Its other files are the caller's.
void lay(const std::filesystem::path& root, const std::string& stem, const std::string& answer,
         const std::filesystem::path& folder);

// Makes each answer a folder of whole files in `into`/NN_name; the answers themselves stay, unless
// `into` is tests/answers. Prints those that do not fit the solution, and goes on. The exit status.
int expand(const std::filesystem::path& root, const std::filesystem::path& into);

// Makes each folder in `from`/NN_name an answer again: a diff against the solution if that has
// fewer lines than the files, else the folder. Takes the place of the answer of that name. Prints
// those that cannot be taken, and goes on. The exit status.
int shrink(const std::filesystem::path& root, const std::filesystem::path& from);

// Brings the diffs up to date with the solutions. Those that do not fit any more are applied to the
// old ones, and what has changed in these since is merged in; `from` is a revision of git's, or a
// folder with what was in solutions/. Where both have changed the same lines the answer becomes a
// folder with conflict markers, to be resolved, and then shrunk. The exit status.
int rebase(const std::filesystem::path& root, const std::string& from);

}  // namespace answers
