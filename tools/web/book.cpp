#include "web/book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "text/text.hpp"
#include "web/chapter_html.hpp"

namespace fs = std::filesystem;

namespace web {
namespace {

constexpr std::string_view first_page = "index";  // which README.md becomes; SUMMARY.md is in each

std::vector<std::string> names_in(const fs::path& folder, std::string_view extension) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator each(folder, error); !error && each != fs::directory_iterator();
         each.increment(error)) {
        if (each->path().extension() == extension && each->is_regular_file())
            names.push_back(each->path().stem().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string page_of_file(std::string_view stem) {
    return std::string(stem == "README" || stem == "SUMMARY" ? first_page : stem);
}

}  // namespace

Book::Book(fs::path root, std::vector<tools::Lesson> lessons, Place place)
    : root_(fs::absolute(root).lexically_normal()), lessons_(std::move(lessons)), place_(place) {}

std::vector<std::string> Book::page_names() const {
    std::vector<std::string> names;
    for (const std::string& stem : names_in(root_ / "book", ".md")) {
        if (stem != "SUMMARY") names.push_back(page_of_file(stem));
    }
    return names;
}

std::vector<std::string> Book::picture_names() const {
    return names_in(root_ / "book" / "pictures", ".svg");
}

std::optional<std::string> Book::picture(std::string_view name) const {
    if (!contains(picture_names(), name)) return std::nullopt;
    return tools::read_file(root_ / "book" / "pictures" / fmt::format("{}.svg", name));
}

// "# Part one" or "- [01 · The leak](01_leak.md)".
std::vector<ContentsLine> Book::contents() const {
    std::vector<ContentsLine> lines;
    const std::vector<std::string> pages = page_names();
    std::vector<std::string> named = {std::string(first_page)};
    const fs::path file_of_contents = root_ / "book" / "SUMMARY.md";
    if (fs::exists(file_of_contents)) {
        const std::string summary = tools::read_file(file_of_contents);
        for (const std::string_view line : tools::lines_of(summary)) {
            const std::size_t middle = line.find("](");
            if (line.starts_with("# ") && line != "# Summary") {
                lines.push_back({std::string(line.substr(2)), ""});
            } else if (line.starts_with("- [") && middle != std::string_view::npos) {
                const std::string_view file = line.substr(middle + 2);
                const std::string page(file.substr(0, file.find(".md)")));
                if (!contains(pages, page)) continue;
                lines.push_back({std::string(line.substr(3, middle - 3)), page});
                named.push_back(page);
            }
        }
    }
    for (const std::string& page : pages) {
        if (!contains(named, page)) lines.push_back({page, page});
    }
    return lines;
}

std::optional<BookPage> Book::page(std::string_view name) const {
    if (!contains(page_names(), name)) return std::nullopt;
    const std::string stem = name == first_page ? "README" : std::string(name);
    const std::string markdown = tools::read_file(root_ / "book" / (stem + ".md"));
    const bool is_lesson =
        std::any_of(lessons_.begin(), lessons_.end(),
                    [&](const tools::Lesson& lesson) { return lesson.stem == name; });
    BookPage page = page_from(markdown, [this](std::string_view address) { return link(address); });
    page.name = name;
    if (is_lesson) page.lesson = name;
    if (page.title.empty()) page.title = name;
    return page;
}

std::optional<std::string> Book::link(std::string_view address) const {
    if (address.starts_with("http://") || address.starts_with("https://") ||
        address.starts_with("#")) {
        return std::string(address);
    }
    if (address.find(':') != std::string_view::npos) return std::nullopt;
    const std::size_t hash = std::min(address.find('#'), address.size());
    const std::string anchor(address.substr(hash));
    const fs::path target =
        (root_ / "book" / fs::path(std::string(address.substr(0, hash)))).lexically_normal();
    const fs::path inside = target.lexically_relative(root_);
    if (inside.empty() || *inside.begin() == "..") return std::nullopt;
    if (inside.parent_path() == "book" && inside.extension() == ".md")
        return page_of_file(inside.stem().string()) + ".html" + anchor;
    if (inside.parent_path() == "book/pictures" && inside.extension() == ".svg")
        return "pictures/" + inside.filename().string();
    if (place_ == Place::elsewhere || !fs::exists(target)) return std::nullopt;
    return "vscode://file" + target.string();
}

std::string Book::search_index() const {
    nlohmann::ordered_json index = nlohmann::ordered_json::array();
    for (const std::string& name : page_names()) {
        const std::optional<BookPage> each = page(name);
        if (!each) continue;
        for (const BookPage::Part& part : each->parts) {
            index.push_back({{"page", each->name + ".html"},
                             {"title", each->title},
                             {"heading", part.heading},
                             {"id", part.id},
                             {"text", part.text}});
        }
    }
    return index.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace web
