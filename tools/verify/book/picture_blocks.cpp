#include "verify/book/picture_blocks.hpp"

#include <fmt/format.h>

#include <cctype>
#include <filesystem>
#include <stdexcept>

#include "course/timeline.hpp"
#include "text/markdown_inline.hpp"
#include "text/text.hpp"
#include "text/wrap.hpp"
#include "verify/book/timeline_picture.hpp"

namespace fs = std::filesystem;

namespace verify {
namespace {

constexpr std::size_t longest_name = 60;
constexpr std::size_t columns_of_the_book = 140;

std::string beginning_of(const tools::Lesson& lesson) {
    return fmt::format("timeline_{}_", lesson.number);
}

fs::path folder_of_pictures(const Course& course) {
    return course.root / "book" / "pictures";
}

}  // namespace

std::string picture_of(const tools::Lesson& lesson, const std::string& test) {
    std::string name = beginning_of(lesson);
    for (const char c : test) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
            name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        } else if (c == ' ' && !name.ends_with('_')) {
            if (name.size() >= longest_name) break;
            name += '_';
        }
    }
    return name + ".svg";
}

std::vector<std::string> picture_block(const Course& course, const tools::Lesson& lesson,
                                       const std::string& test, const std::string& timeline,
                                       bool refresh) {
    const tools::Timeline read = tools::read_timeline(timeline);
    if (read.events.empty())
        throw std::runtime_error(fmt::format("\"{}\" leaves no timeline on the starter", test));
    const Picture picture = draw_timeline(read, test);
    const std::string name = picture_of(lesson, test);
    const fs::path file = folder_of_pictures(course) / name;
    const bool is_same = fs::exists(file) && tools::read_file(file) == picture.svg;
    if (!is_same && !refresh) {
        throw std::runtime_error(fmt::format(
            "book/pictures/{} is not what the test does now; refresh it and look at it: {}", name,
            refresh_command));
    }
    if (!is_same) {
        fs::create_directories(file.parent_path());
        tools::write_file(file, picture.svg);
    }
    const std::string markdown =
        fmt::format("![The timeline of \"{}\". {}](pictures/{})", tools::escaped(test),
                    tools::escaped(picture.description), name);
    tools::WrapOptions options;
    options.columns = columns_of_the_book;
    options.whole_words = true;
    options.hanging = 0;
    return tools::wrap(markdown, options);
}

Findings pictures_besides(const Course& course, const tools::Lesson& lesson,
                          const std::set<std::string>& used) {
    Findings findings;
    if (!fs::exists(folder_of_pictures(course))) return findings;
    for (const auto& entry : fs::directory_iterator(folder_of_pictures(course))) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(beginning_of(lesson)) || used.contains(name)) continue;
        findings.push_back({"book/pictures/" + name, "a <!-- picture … --> block that draws it",
                            "none", "remove the file"});
    }
    return findings;
}

}  // namespace verify
