#include "web/layout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "http/html.hpp"
#include "tutor/chapter.hpp"
#include "web/markdown_html.hpp"

namespace web {
namespace {

constexpr std::string_view head = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<title>{title}</title>
<link rel="icon" href="assets/icon.svg" type="image/svg+xml"/>
<link rel="stylesheet" href="assets/style.css"/>
{more}</head>
)html";

constexpr std::string_view frame =
    R"html(<body data-place="{place}" data-page="{page}" data-lesson="{lesson}">
<a class="skip" href="#main">To the text</a>
<header class="bar">
<button type="button" id="contents-button" aria-expanded="false" aria-controls="contents">Contents</button>
<a class="brand" href="index.html">leaklings</a>
<form id="search" role="search" action="index.html"><label for="words" class="hidden">Search the book</label>
<input id="words" type="search" placeholder="Search the book" autocomplete="off" spellcheck="false"/></form>
<button type="button" id="keys-button" aria-haspopup="dialog">Keys</button>
</header>
<div id="connection" role="status" hidden></div>
<div class="columns{wide}">
<nav id="contents" aria-label="Contents">
{contents}</nav>
<main id="main" tabindex="-1">
<section id="found" aria-label="Found" hidden></section>
<article id="text">
{text}</article>
</main>
{verdict}</div>
</body>
</html>
)html";

constexpr std::string_view verdict = "<aside id=\"verdict\" aria-label=\"Your lesson\"></aside>\n";

std::string contents_of(const Book& book, std::string_view here) {
    std::string html;
    bool open = false;
    for (const ContentsLine& line : book.contents()) {
        if (line.page.empty()) {
            html +=
                fmt::format("{}<h2>{}</h2>\n", open ? "</ul>\n" : "", http::html_text(line.title));
            open = false;
            continue;
        }
        if (!open) html += "<ul>\n";
        open = true;
        html += fmt::format("<li data-lesson=\"{0}\"><a href=\"{0}.html\"{1}>{2}</a></li>\n",
                            http::html_text(line.page),
                            line.page == here ? " aria-current=\"page\"" : "",
                            http::html_text(line.title));
    }
    return html + (open ? "</ul>\n" : "");
}

// The lessons with their diseases, for the first page.
std::string lessons_of(const Book& book) {
    std::string html = "<section class=\"lessons\" aria-label=\"The lessons\">\n<ol>\n";
    for (const tools::Lesson& lesson : book.lessons()) {
        const std::string story = tutor::read_chapter(lesson.chapter).story;
        html += fmt::format(
            "<li data-lesson=\"{0}\"><a href=\"{0}.html\"><span class=\"number\">{1}</span> "
            "<span class=\"name\">{2}</span></a><span class=\"disease\">{3}</span>"
            "<span class=\"time\">{4}</span></li>\n",
            http::html_text(lesson.stem), http::html_text(lesson.number),
            http::html_text(lesson.title),
            inline_html(story, [](std::string_view) { return std::nullopt; }),
            http::html_text(lesson.time));
    }
    return html + "</ol>\n</section>\n";
}

std::string text_of(const Book& book, const BookPage& page) {
    if (page.name != "index") return page.html;
    constexpr std::string_view end = "</p>\n";
    const std::size_t first = page.html.find(end);
    if (first == std::string::npos) return page.html + lessons_of(book);
    std::string html = page.html;
    html.insert(first + end.size(), lessons_of(book));
    return html;
}

}  // namespace

std::string html_of_page(const Book& book, const BookPage& page) {
    const bool here = book.place() == Place::here;
    const bool with_verdict = here && !page.lesson.empty();
    const std::string title =
        page.name == "index" ? page.title : fmt::format("{} · leaklings", page.title);
    return fmt::format(
               fmt::runtime(head), fmt::arg("title", http::html_text(title)),
               fmt::arg("more", "<script type=\"module\" src=\"assets/main.js\"></script>\n")) +
           fmt::format(fmt::runtime(frame), fmt::arg("place", here ? "here" : "elsewhere"),
                       fmt::arg("page", http::html_text(page.name)),
                       fmt::arg("lesson", http::html_text(page.lesson)),
                       fmt::arg("contents", contents_of(book, page.name)),
                       fmt::arg("text", text_of(book, page)),
                       fmt::arg("wide", with_verdict ? " with-verdict" : ""),
                       fmt::arg("verdict", with_verdict ? verdict : ""));
}

std::string html_of_words(std::string_view title, std::string_view words) {
    return fmt::format(fmt::runtime(head), fmt::arg("title", http::html_text(title)),
                       fmt::arg("more", "")) +
           fmt::format(
               "<body class=\"words\">\n<main>\n<h1>{}</h1>\n<p>{}</p>\n</main>\n</body>\n</html>\n",
               http::html_text(title), http::html_text(words));
}

std::string html_that_leads_to(std::string_view address) {
    return fmt::format(
               fmt::runtime(head), fmt::arg("title", "leaklings"),
               fmt::arg("more",
                        fmt::format("<meta http-equiv=\"refresh\" content=\"0; url={}\"/>\n",
                                    http::html_text(address)))) +
           fmt::format(
               "<body class=\"words\"><main><p><a href=\"{}\">The course</a></p></main></body></html>\n",
               http::html_text(address));
}

}  // namespace web
