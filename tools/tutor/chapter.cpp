#include "tutor/chapter.hpp"

#include <utility>

#include "course/stages.hpp"
#include "text/markdown.hpp"
#include "text/text.hpp"
#include "tutor/screen.hpp"

namespace tutor {
namespace {

// Markdown that reads well on a terminal: fences gone, code indented, paragraphs wrapped.
class PlainText {
 public:
    void add(std::string_view line) {
        const tools::Fences::Part part = fences_.part_of(line);
        const std::string_view text = tools::trimmed(line);
        if (part == tools::Fences::Part::edge) {
            flush();
        } else if (part == tools::Fences::Part::inside) {
            text_.append(line.empty() ? "" : "    ").append(line).append("\n");
        } else if (text.empty()) {
            flush();
            if (!text_.empty() && !text_.ends_with("\n\n")) text_ += "\n";
        } else if (!text.starts_with("<!--")) {
            if (text.starts_with("- ")) flush();  // each item begins a line
            paragraph_.append(line).append(" ");
        }
    }

    std::string take() {
        flush();
        while (text_.ends_with("\n\n")) text_.pop_back();
        return std::move(text_);
    }

 private:
    void flush() {
        text_ += wrapped(paragraph_);
        paragraph_.clear();
    }

    tools::Fences fences_;
    std::string text_;
    std::string paragraph_;
};

std::string story_in(const std::vector<std::string_view>& lines) {
    std::string story;
    for (const std::string_view line : lines) {
        if (line.starts_with("## ")) break;
        if (story.empty() && (!line.starts_with("*") || line.starts_with("**"))) continue;
        if (!story.empty()) story += ' ';
        story += tools::trimmed(line);
        if (story.size() > 1 && story.ends_with("*")) return story.substr(1, story.size() - 2);
    }
    return {};
}

std::vector<Hint> hints_in(std::string_view markdown) {
    const tools::LineSpan section = tools::section_of(markdown, "Hints");
    std::vector<Hint> hints;
    for (tools::Details& details : tools::details_of(markdown)) {
        if (!section.contains(details.line)) continue;
        PlainText text;
        for (const std::string& line : details.lines) text.add(line);
        const int stage = tools::stage_of_summary(details.summary);
        hints.push_back({stage, std::move(details.summary), text.take()});
    }
    return hints;
}

int line_of_why(std::string_view markdown) {
    const tools::LineSpan why = tools::section_of(markdown, "Why");
    return why.is_empty() ? 1 : static_cast<int>(why.begin);
}

}  // namespace

Chapter parse_chapter(std::string_view markdown) {
    return {story_in(tools::lines_of(markdown)), hints_in(markdown), line_of_why(markdown)};
}

Chapter read_chapter(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) return {};
    return parse_chapter(tools::read_file(file));
}

}  // namespace tutor
