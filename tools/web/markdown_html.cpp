#include "web/markdown_html.hpp"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <map>
#include <memory>

#include "http/html.hpp"
#include "text/markdown_inline.hpp"
#include "text/text.hpp"

namespace web {
namespace {

// Raw HTML is passed on, and is only what `sanitised` has made of it.
constexpr int cmark_options = CMARK_OPT_UNSAFE | CMARK_OPT_VALIDATE_UTF8;

struct FreeNode {
    void operator()(cmark_node* node) const { cmark_node_free(node); }
};
struct FreeText {
    void operator()(char* text) const { std::free(text); }
};
struct FreeParser {
    void operator()(cmark_parser* parser) const { cmark_parser_free(parser); }
};
struct FreeIterator {
    void operator()(cmark_iter* iterator) const { cmark_iter_free(iterator); }
};
using Document = std::unique_ptr<cmark_node, FreeNode>;

cmark_syntax_extension* tables() {
    static cmark_syntax_extension* const extension = [] {
        cmark_gfm_core_extensions_ensure_registered();
        return cmark_find_syntax_extension("table");
    }();
    return extension;
}

Document parsed(std::string_view markdown) {
    const std::unique_ptr<cmark_parser, FreeParser> parser(cmark_parser_new(cmark_options));
    if (tables() != nullptr) cmark_parser_attach_syntax_extension(parser.get(), tables());
    cmark_parser_feed(parser.get(), markdown.data(), markdown.size());
    return Document(cmark_parser_finish(parser.get()));
}

std::string text_or_nothing(const char* text) {
    return text == nullptr ? std::string() : std::string(text);
}

std::string rendered(cmark_node* node) {
    const std::unique_ptr<char, FreeText> html(cmark_render_html(node, cmark_options, nullptr));
    return text_or_nothing(html.get());
}

std::string words_in(cmark_node* node) {
    std::string words;
    const std::unique_ptr<cmark_iter, FreeIterator> iterator(cmark_iter_new(node));
    for (cmark_event_type event = cmark_iter_next(iterator.get()); event != CMARK_EVENT_DONE;
         event = cmark_iter_next(iterator.get())) {
        cmark_node* each = cmark_iter_get_node(iterator.get());
        const cmark_node_type type = cmark_node_get_type(each);
        if (event == CMARK_EVENT_EXIT) {
            const bool is_part = type == CMARK_NODE_PARAGRAPH || type == CMARK_NODE_ITEM ||
                                 std::string_view(cmark_node_get_type_string(each)) == "table_cell";
            if (is_part) words += ' ';
        } else if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE) {
            words += text_or_nothing(cmark_node_get_literal(each));
        } else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK) {
            words += ' ';
        }
    }
    return tools::in_one_line(words);
}

// Entities such as &lt; stay, for they are text already.
std::string text_of_raw(std::string_view text) {
    std::string html;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '&') {
            std::size_t end = i + 1;
            while (end < text.size() &&
                   (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '#')) {
                ++end;
            }
            if (end > i + 1 && end < text.size() && text[end] == ';') {
                html += '&';
                continue;
            }
        }
        html += http::html_text(text.substr(i, 1));
    }
    return html;
}

// Raw HTML, what of it is allowed. Tags that close nothing are dropped.
class Sanitiser {
 public:
    std::string sanitised(std::string_view raw) {
        constexpr std::array<std::string_view, 4> allowed = {"<details>", "</details>", "<summary>",
                                                             "</summary>"};
        std::string html;
        while (!raw.empty()) {
            if (raw.starts_with("<!--")) {
                const std::size_t end = raw.find("-->");
                raw.remove_prefix(end == std::string_view::npos ? raw.size() : end + 3);
                continue;
            }
            const auto* tag =
                std::find_if(allowed.begin(), allowed.end(),
                             [&](std::string_view each) { return raw.starts_with(each); });
            if (tag != allowed.end()) {
                if (counts(*tag)) html += *tag;
                raw.remove_prefix(tag->size());
                continue;
            }
            const std::size_t next = std::min(raw.find('<', 1), raw.size());
            html += text_of_raw(raw.substr(0, next));
            raw.remove_prefix(next);
        }
        return html;
    }

    std::string close_all() {
        std::string html;
        for (; summaries_ > 0; --summaries_) html += "</summary>";
        for (; details_ > 0; --details_) html += "</details>";
        return html;
    }

 private:
    bool counts(std::string_view tag) {
        int& open = tag.find("details") != std::string_view::npos ? details_ : summaries_;
        if (tag[1] != '/') {
            ++open;
            return true;
        }
        if (open == 0) return false;
        --open;
        return true;
    }

    int details_ = 0;
    int summaries_ = 0;
};

bool is_harmless(std::string_view address) {
    const std::size_t colon = address.find_first_of(":/?#");
    if (colon == std::string_view::npos || address[colon] != ':') return true;  // no scheme
    const std::string_view scheme = address.substr(0, colon);
    return scheme == "http" || scheme == "https" || scheme == "vscode";
}

void apply(const LinkRule& rule, cmark_node* node) {
    const std::string address = text_or_nothing(cmark_node_get_url(node));
    const std::optional<std::string> target = rule(address);
    if (target && is_harmless(*target)) {
        cmark_node_set_url(node, target->c_str());
        return;
    }
    while (cmark_node* child = cmark_node_first_child(node)) {
        cmark_node_unlink(child);
        cmark_node_insert_before(node, child);
    }
    cmark_node_unlink(node);
    cmark_node_free(node);
}

std::string without_comments(std::string_view raw) {
    std::string text;
    while (!raw.empty()) {
        const std::size_t begin = std::min(raw.find("<!--"), raw.size());
        text += raw.substr(0, begin);
        raw.remove_prefix(begin);
        const std::size_t end = raw.find("-->");
        raw.remove_prefix(end == std::string_view::npos ? raw.size() : end + 3);
    }
    return text;
}

// Links as they are to be followed. What is raw HTML inside of something else is no tag.
void clean(cmark_node* document, const LinkRule& rule) {
    std::vector<cmark_node*> links;
    const std::unique_ptr<cmark_iter, FreeIterator> iterator(cmark_iter_new(document));
    for (cmark_event_type event = cmark_iter_next(iterator.get()); event != CMARK_EVENT_DONE;
         event = cmark_iter_next(iterator.get())) {
        if (event != CMARK_EVENT_ENTER) continue;
        cmark_node* node = cmark_iter_get_node(iterator.get());
        const cmark_node_type type = cmark_node_get_type(node);
        if (type == CMARK_NODE_LINK || type == CMARK_NODE_IMAGE) links.push_back(node);
        if (type == CMARK_NODE_HTML_INLINE || type == CMARK_NODE_HTML_BLOCK) {
            const std::string raw = text_or_nothing(cmark_node_get_literal(node));
            // A block of its own is looked at by piece_of().
            if (cmark_node_parent(node) != document)
                cmark_node_set_literal(node, text_of_raw(without_comments(raw)).c_str());
        }
    }
    for (cmark_node* link : links) apply(rule, link);
}

// " the comment " of a block that is nothing else.
std::optional<std::string> comment_in(std::string_view raw) {
    const std::string_view text = tools::trimmed(raw);
    if (!text.starts_with("<!--") || !text.ends_with("-->") || text.size() < 7) return std::nullopt;
    return std::string(tools::trimmed(text.substr(4, text.size() - 7)));
}

std::string unique(std::string id, std::map<std::string, int>& seen) {
    const int before = seen[id]++;
    return before == 0 ? id : fmt::format("{}-{}", id, before);
}

Piece piece_of(cmark_node* node, Sanitiser& sanitiser, std::map<std::string, int>& ids) {
    Piece piece;
    const cmark_node_type type = cmark_node_get_type(node);
    if (type == CMARK_NODE_HTML_BLOCK) {
        const std::string raw = text_or_nothing(cmark_node_get_literal(node));
        if (const auto comment = comment_in(raw)) {
            piece.kind = Piece::Kind::comment;
            piece.text = *comment;
        } else {
            piece.html = sanitiser.sanitised(raw);
        }
        return piece;
    }
    piece.html = rendered(node);
    if (type == CMARK_NODE_HEADING) {
        piece.kind = Piece::Kind::heading;
        piece.level = cmark_node_get_heading_level(node);
        piece.text = words_in(node);
        piece.id = unique(tools::anchor_of(piece.text), ids);
        piece.html.replace(0, 3,
                           fmt::format("<h{} id=\"{}\"", piece.level, http::html_text(piece.id)));
    } else if (type == CMARK_NODE_CODE_BLOCK) {
        piece.kind = Piece::Kind::code;
        piece.text = text_or_nothing(cmark_node_get_literal(node));
        piece.language = text_or_nothing(cmark_node_get_fence_info(node));
    } else {
        piece.text = words_in(node);
    }
    return piece;
}

}  // namespace

std::vector<Piece> pieces_of(std::string_view markdown, const LinkRule& link) {
    const Document document = parsed(markdown);
    Sanitiser sanitiser;
    clean(document.get(), link);
    std::vector<Piece> pieces;
    std::map<std::string, int> ids;
    for (cmark_node* node = cmark_node_first_child(document.get()); node != nullptr;
         node = cmark_node_next(node)) {
        pieces.push_back(piece_of(node, sanitiser, ids));
    }
    const std::string end = sanitiser.close_all();
    if (!end.empty()) {
        pieces.emplace_back();
        pieces.back().html = end;
    }
    return pieces;
}

std::string inline_html(std::string_view markdown, const LinkRule& link) {
    std::string html;
    for (const Piece& piece : pieces_of(markdown, link)) html += piece.html;
    constexpr std::string_view open = "<p>";
    constexpr std::string_view close = "</p>\n";
    const bool is_paragraph =
        html.starts_with(open) && html.ends_with(close) && html.find(open, 1) == std::string::npos;
    return is_paragraph ? html.substr(open.size(), html.size() - open.size() - close.size()) : html;
}

}  // namespace web
