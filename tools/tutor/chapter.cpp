#include "tutor/chapter.hpp"

#include <algorithm>
#include <optional>

#include "text/text.hpp"
#include "tutor/screen.hpp"

namespace tutor {
namespace {

bool is_fence(std::string_view line) {
    const std::string_view text = tools::trimmed(line);
    return text.starts_with("```") || text.starts_with("~~~");
}

// Between <summary> and </summary>, and whatever follows on the same line is dropped.
std::optional<std::string> summary_in(std::string_view line) {
    const std::string_view open = "<summary>";
    const std::size_t begin = line.find(open);
    if (begin == std::string_view::npos) return std::nullopt;
    line.remove_prefix(begin + open.size());
    return std::string(tools::trimmed(line.substr(0, line.find("</summary>"))));
}

// Markdown that reads well on a terminal: fences gone, code indented, paragraphs wrapped.
class PlainText {
 public:
    void add(std::string_view line) {
        if (is_fence(line)) {
            flush();
            in_code_ = !in_code_;
        } else if (in_code_) {
            text_.append(line.empty() ? "" : "    ").append(line).append("\n");
        } else if (tools::trimmed(line).empty()) {
            flush();
            if (!text_.empty() && !text_.ends_with("\n\n")) text_ += "\n";
        } else {
            if (tools::trimmed(line).starts_with("- ")) flush();  // each item begins a line
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

    std::string text_;
    std::string paragraph_;
    bool in_code_ = false;
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

std::vector<Hint> hints_in(const std::vector<std::string_view>& lines) {
    std::vector<Hint> hints;
    std::optional<Hint> hint;
    PlainText text;
    bool in_section = false;
    bool in_code = false;
    for (const std::string_view line : lines) {
        if (is_fence(line)) in_code = !in_code;
        if (!in_code && line.starts_with("## ")) in_section = tools::trimmed(line) == "## Hints";
        if (!in_section) continue;
        if (!in_code && line.find("<details") != std::string_view::npos) {
            hint.emplace();
            text = PlainText();
        }
        if (!hint) continue;
        const bool is_comment = tools::trimmed(line).starts_with("<!--");
        if (is_comment && !in_code) continue;
        if (in_code || is_fence(line)) {
            text.add(line);
        } else if (const auto summary = summary_in(line)) {
            hint->summary = *summary;
        } else if (line.find("</details>") != std::string_view::npos) {
            hint->text = text.take();
            hints.push_back(std::move(*hint));
            hint.reset();
        } else if (line.find("<details") == std::string_view::npos) {
            text.add(line);
        }
    }
    return hints;
}

int line_of_why(const std::vector<std::string_view>& lines) {
    const auto heading = std::find_if(lines.begin(), lines.end(), [](std::string_view line) {
        return tools::trimmed(line) == "## Why";
    });
    return heading == lines.end() ? 1 : static_cast<int>(heading - lines.begin()) + 1;
}

}  // namespace

Chapter parse_chapter(std::string_view markdown) {
    const std::vector<std::string_view> lines = tools::lines_of(markdown);
    return {story_in(lines), hints_in(lines), line_of_why(lines)};
}

Chapter read_chapter(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) return {};
    return parse_chapter(tools::read_file(file));
}

}  // namespace tutor
