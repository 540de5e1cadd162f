// The pages of the book: which there are, and each as HTML.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "course/course.hpp"

namespace web {

// Where the pages are read.
enum class Place {
    here,       // beside the learner's files: links to files open the editor
    elsewhere,  // exported: such links are their words
};

struct BookPage {
    std::string name;  // 01_global_session: its address is that with .html; README is index
    std::string title;
    std::string html;    // its text; escaped or made by markdown_html
    std::string lesson;  // its stem, or nothing
    // For the search: its text by headings, without what would give an answer away.
    struct Part {
        std::string heading;
        std::string id;
        std::string text;
    };
    std::vector<Part> parts;
};

// A line of the contents: a part of the book, or a page.
struct ContentsLine {
    std::string title;
    std::string page;  // nothing for a part
};

class Book {
 public:
    // `root` is the course's folder; its files are read whenever a page is asked for. Thread safe.
    Book(std::filesystem::path root, std::vector<tools::Lesson> lessons, Place place);

    Place place() const { return place_; }
    const std::filesystem::path& root() const { return root_; }
    const std::vector<tools::Lesson>& lessons() const { return lessons_; }
    // As SUMMARY.md has them, the parts that it names among them.
    std::vector<ContentsLine> contents() const;
    // Nothing when there is no such page. A name is only looked up, never made into a path.
    std::optional<BookPage> page(std::string_view name) const;
    std::vector<std::string> page_names() const;
    // One of book/pictures/*.svg.
    std::optional<std::string> picture(std::string_view name) const;
    std::vector<std::string> picture_names() const;
    // All parts of all pages, as JSON.
    std::string search_index() const;

 private:
    std::optional<std::string> link(std::string_view address) const;

    std::filesystem::path root_;
    std::vector<tools::Lesson> lessons_;
    Place place_;
};

}  // namespace web
