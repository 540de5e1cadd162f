#include "web/chapter_html.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "course/questions.hpp"
#include "course/stages.hpp"
#include "http/html.hpp"
#include "text/text.hpp"

namespace web {
namespace {

using Kind = Piece::Kind;

// A heading of the second level, and what stands below it; the first has no heading.
struct Section {
    std::string title;
    std::string id;
    std::vector<Piece> pieces;  // the heading too
};

std::vector<Section> sections_of(std::vector<Piece> pieces) {
    std::vector<Section> sections(1);
    for (Piece& piece : pieces) {
        if (piece.kind == Kind::heading && piece.level == 2)
            sections.push_back({piece.text, piece.id, {}});
        sections.back().pieces.push_back(std::move(piece));
    }
    return sections;
}

// Wide tables scroll by themselves, also by keys.
std::string with_frames(const Piece& piece) {
    if (piece.html.starts_with("<table>")) {
        return "<div class=\"table\" role=\"region\" aria-label=\"Table\" tabindex=\"0\">" +
               piece.html + "</div>\n";
    }
    if (piece.kind == Kind::code)
        return tools::replaced(piece.html, "<pre>", "<pre tabindex=\"0\">");
    return piece.html;
}

// `kind` is the comment that stood before: <!-- shell -->.
std::string code_of_block(const Piece& piece, std::string_view kind) {
    return fmt::format("<div class=\"block\" data-kind=\"{}\">{}</div>\n", http::html_text(kind),
                       with_frames(piece));
}

std::string html_of(const std::vector<Piece>& pieces) {
    std::string html;
    std::string comment;
    for (const Piece& piece : pieces) {
        if (piece.kind == Kind::comment) {
            comment = piece.text;
            continue;
        }
        const bool is_block =
            piece.kind == Kind::code && (comment == "shell" || comment == "server");
        html += is_block ? code_of_block(piece, comment) : with_frames(piece);
        comment.clear();
    }
    return html;
}

// The stage that the hint belongs to which begins there; 0 when it belongs to none.
int stage_of_hint(std::string_view html) {
    constexpr std::string_view summary = "<summary>";
    const std::size_t at = html.find(summary);
    return at == std::string_view::npos ? 0
                                        : tools::stage_of_summary(html.substr(at + summary.size()));
}

std::string numbered_hints(std::string html) {
    constexpr std::string_view tag = "<details>";
    int number = 0;
    for (std::size_t at = 0; (at = html.find(tag, at)) != std::string::npos;) {
        const std::string numbered =
            fmt::format("<details class=\"hint\" data-hint=\"{}\" data-stage=\"{}\">", ++number,
                        stage_of_hint(std::string_view(html).substr(at)));
        html.replace(at, tag.size(), numbered);
        at += numbered.size();
    }
    return html;
}

std::string html_of_question(const tools::Question& question, std::size_t number,
                             const LinkRule& link) {
    std::string html = fmt::format(
        "<fieldset class=\"question\" data-right=\"{0}\">\n<legend><span class=\"number\">{1}.</span> "
        "{2}</legend>\n",
        question.right, number, inline_html(question.text, link));
    std::string answers = fmt::format("<p data-for=\"{0}\"><strong>{0}.</strong> {1}</p>\n",
                                      question.right, inline_html(question.explanation, link));
    for (const tools::Choice& choice : question.choices) {
        html += fmt::format(
            "<label><input type=\"radio\" name=\"question-{0}\" value=\"{1}\"/> "
            "<span><b>{1})</b> {2}</span></label>\n",
            number, choice.letter, inline_html(choice.text, link));
        if (choice.letter != question.right) {
            answers += fmt::format("<p data-for=\"{0}\"><strong>{0}.</strong> {1}</p>\n",
                                   choice.letter, inline_html(choice.refutation, link));
        }
    }
    return html + "<details class=\"answer\"><summary>Answer</summary>\n" + answers +
           "</details>\n</fieldset>\n";
}

// The questions; instead of them the text as it is, when it is not written in their form.
std::string html_of_quiz(const Section& section, std::string_view markdown, const LinkRule& link) {
    const tools::ChapterQuestions all = tools::questions_in(markdown);
    if (all.questions.empty() || !all.faults.empty()) return html_of(section.pieces);
    std::string html = section.pieces.front().html + "<form class=\"quiz\">\n";
    for (std::size_t i = 0; i < all.questions.size(); ++i)
        html += html_of_question(all.questions[i], i + 1, link);
    html += "</form>\n";
    // What stands behind the last answer: where to go on.
    std::size_t behind = section.pieces.size();
    while (behind > 0 && section.pieces[behind - 1].html.find("</details>") == std::string::npos)
        --behind;
    const auto first = section.pieces.begin() + static_cast<std::ptrdiff_t>(behind);
    return html + html_of({first, section.pieces.end()});
}

std::string html_of_why(const Section& section) {
    const std::vector<Piece> rest(section.pieces.begin() + 1, section.pieces.end());
    return fmt::format(
        "<details class=\"why\">\n<summary>{}<span class=\"note\">opens when the lesson is green, or when you "
        "ask</span></summary>\n{}</details>\n",
        section.pieces.front().html, html_of(rest));
}

bool is_chapter(const std::vector<Section>& sections) {
    bool task = false;
    bool why = false;
    for (const Section& section : sections) {
        task = task || section.title == "Your task";
        why = why || section.title == "Why";
    }
    return task && why;
}

std::string html_of_section(const Section& section, bool chapter, std::string_view markdown,
                            const LinkRule& link) {
    if (!chapter) return html_of(section.pieces);
    if (section.title == "Hints") return numbered_hints(html_of(section.pieces));
    if (section.title == "Why") return html_of_why(section);
    if (section.title == "Check yourself") return html_of_quiz(section, markdown, link);
    return html_of(section.pieces);
}

void add_parts(const Section& section, std::vector<BookPage::Part>& parts) {
    for (const Piece& piece : section.pieces) {
        if (piece.kind == Kind::heading || parts.empty())
            parts.push_back({piece.kind == Kind::heading ? piece.text : "", piece.id, ""});
        if (piece.kind == Kind::other && !piece.text.empty()) {
            std::string& text = parts.back().text;
            text += (text.empty() ? "" : " ") + piece.text;
        }
    }
}

}  // namespace

BookPage page_from(std::string_view markdown, const LinkRule& link) {
    const std::vector<Section> sections = sections_of(pieces_of(markdown, link));
    const bool chapter = is_chapter(sections);
    BookPage page;
    for (const Section& section : sections) {
        const std::string html = html_of_section(section, chapter, markdown, link);
        page.html += section.id.empty()
                         ? html
                         : fmt::format("<section aria-labelledby=\"{}\">\n{}</section>\n",
                                       http::html_text(section.id), html);
        const bool answers = section.title == "Hints" || section.title == "Check yourself";
        if (!answers) add_parts(section, page.parts);
        for (const Piece& piece : section.pieces) {
            if (page.title.empty() && piece.kind == Kind::heading && piece.level == 1)
                page.title = piece.text;
        }
    }
    return page;
}

}  // namespace web
