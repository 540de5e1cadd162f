// A course with one solution, of two files, and no answer yet.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "course/answer.hpp"
#include "process/temporary_folder.hpp"
#include "text/text.hpp"

namespace small_course {

using tools::replaced;

inline const std::string stem = "01_name";

inline std::string numbered(int first, int last) {
    std::string text;
    for (int i = first; i <= last; ++i) text += "line " + std::to_string(i) + "\n";
    return text;
}

inline const std::string solution = "// The solution's opening.\n" + numbered(1, 30);

// An answer's shop.cpp, and the words that it opens with.
inline const std::string wrong = replaced(solution, "line 9\n", "line nine\n");
inline const std::string words =
    "// Rejected by: A test\n// Rejected by: Another\n// Overlooks: the one\n// and the other.\n\n";

class SmallCourse {
 public:
    SmallCourse() {
        write("solutions/01_name/shop.cpp", solution);
        write("solutions/01_name/pool.hpp", numbered(1, 40));
        std::filesystem::create_directories(root() / "tests/answers/01_name");
    }

    const std::filesystem::path& root() const { return folder_.path(); }
    std::filesystem::path answers() const { return root() / "tests/answers"; }

    void write(const std::string& file, const std::string& text) const {
        std::filesystem::create_directories((root() / file).parent_path());
        tools::write_file(root() / file, text);
    }
    // In tests/answers/01_name.
    void write_answer(const std::string& file, const std::string& text) const {
        write("tests/answers/01_name/" + file, text);
    }
    std::string read_answer(const std::string& file) const {
        return tools::read_file(answers() / stem / file);
    }
    tools::Answer answer(const std::string& name) const {
        return tools::answer_of(root(), stem, name);
    }
    tools::Overlay overlay(const std::string& name) const {
        return tools::overlay_of(answer(name), root() / "solutions" / stem);
    }

 private:
    tools::TemporaryFolder folder_;
};

inline std::map<std::string, std::string> files_below(const std::filesystem::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file())
            files[std::filesystem::relative(entry.path(), folder).string()] =
                tools::read_file(entry.path());
    }
    return files;
}

}  // namespace small_course
