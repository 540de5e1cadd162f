#include "course/test_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <pugixml.hpp>
#include <string_view>

#include "support/protocol.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;

namespace tools {
namespace {

// Catch2 writes 404 as "404 (0x194)", which says nothing more. By hand: this runs in several
// threads, and libstdc++'s regular expressions share a cache that ThreadSanitizer objects to.
std::string without_hexadecimals(std::string text) {
    constexpr std::string_view opening = " (0x";
    std::size_t at = 0;
    while ((at = text.find(opening, at)) != std::string::npos) {
        const std::size_t end = text.find_first_not_of("0123456789abcdef", at + opening.size());
        const bool doubled = at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9' &&
                             end != std::string::npos && end > at + opening.size() &&
                             text[end] == ')';
        if (doubled) {
            text.erase(at, end + 1 - at);
        } else {
            at += opening.size();
        }
    }
    return text;
}

// Paths in a report are as the compiler was given them; from the course's root they are shorter.
std::string from_root(const std::string& file) {
    const std::size_t at = file.rfind("/tests/");
    return at == std::string::npos ? file : file.substr(at + 1);
}

constexpr int most_lines_of_an_assertion = 12;

// An assertion that goes over several lines is at its first one for clang, and at its last for g++.
// Here it is at its first.
int first_line_of_assertion(const std::string& file, int line) {
    std::ifstream source(file);
    int begin = line;
    std::string text;
    for (int number = 1; number <= line && std::getline(source, text); ++number) {
        constexpr std::array macros = {"EXPECT(", "NEED(", "CHECK", "REQUIRE", "FAIL"};
        const std::string_view code = trimmed(text);
        const auto opens = [&](const char* macro) { return code.find(macro) != code.npos; };
        if (std::any_of(macros.begin(), macros.end(), opens)) begin = number;
    }
    // Further up is another one's end: this is a place where no assertion begins.
    return line - begin <= most_lines_of_an_assertion ? begin : line;
}

void fill_place(Failure& failure, const pugi::xml_node& node) {
    const std::string file = node.attribute("filename").as_string();
    failure.file = from_root(file);
    failure.line = first_line_of_assertion(file, node.attribute("line").as_int());
}

Failure read_expression(const pugi::xml_node& node) {
    Failure failure;
    fill_place(failure, node);
    const std::string macro = node.attribute("type").as_string();
    std::string original(trimmed(node.child_value("Original")));
    const std::string_view negated = "!(";
    if (macro.ends_with("_FALSE") && original.starts_with(negated)) {
        original = original.substr(negated.size(), original.size() - negated.size() - 1);
    }
    if (!macro.empty()) failure.expression = fmt::format("{}( {} )", macro, original);
    if (!node.child("Exception") && !node.child("FatalErrorCondition")) {
        failure.expansion =
            without_hexadecimals(std::string(trimmed(node.child_value("Expanded"))));
    }
    return failure;
}

// The children of a <TestCase> or a <Section>, in order:
// what an <Info> says belongs to the next failure.
void read_events(const pugi::xml_node& parent, TestReport& report) {
    std::vector<std::string> messages;
    const auto add = [&](Failure failure) {
        failure.messages.insert(failure.messages.begin(), messages.begin(), messages.end());
        messages.clear();
        report.failures.push_back(std::move(failure));
    };
    for (const pugi::xml_node& node : parent.children()) {
        const std::string_view name = node.name();
        if (name == "Info") {
            messages.emplace_back(trimmed(node.child_value()));
        } else if (name == "Expression") {
            Failure failure = read_expression(node);
            if (const auto exception = node.child("Exception")) {
                report.threw = true;
                failure.exception = trimmed(exception.child_value());
            }
            if (const auto fatal = node.child("FatalErrorCondition")) {
                report.crashed = true;
                failure.exception = trimmed(fatal.child_value());
            }
            add(std::move(failure));
        } else if (name == "Failure") {
            Failure failure;
            fill_place(failure, node);
            const std::string_view message = trimmed(node.child_value());
            if (!message.empty()) failure.messages.emplace_back(message);
            add(std::move(failure));
        } else if (name == "Exception" || name == "FatalErrorCondition") {
            (name == "Exception" ? report.threw : report.crashed) = true;
            Failure failure;
            fill_place(failure, node);
            failure.exception = trimmed(node.child_value());
            add(std::move(failure));
        } else if (name == "Section") {
            read_events(node, report);
        }
    }
}

}  // namespace

struct RunReport::Document {
    pugi::xml_document xml;
    bool complete = false;
};

RunReport::RunReport(const fs::path& file) : document_(std::make_unique<Document>()) {
    document_->complete = static_cast<bool>(document_->xml.load_file(file.c_str()));
}

RunReport::~RunReport() = default;

bool RunReport::is_complete() const {
    return document_->complete;
}

// Catch2 versions 2 and 3 name the elements around a <TestCase> differently, so it is searched for.
TestReport RunReport::of(const std::string& test) const {
    TestReport report;
    const pugi::xml_node found = document_->xml.find_node([&](const pugi::xml_node& node) {
        return std::string_view(node.name()) == "TestCase" &&
               test == node.attribute("name").as_string();
    });
    if (!found) return report;
    report.seen = true;
    report.succeeded = found.child("OverallResult").attribute("success").as_bool();
    for (const char* stream : {"StdOut", "StdErr"}) {
        const std::string_view text = trimmed(found.child("OverallResult").child_value(stream));
        if (!text.empty()) report.captured.append(printable(text)).append("\n");
    }
    read_events(found, report);
    return report;
}

std::string timeline_in(const std::string& output) {
    std::string timeline;
    bool inside = false;
    for (const std::string_view line : lines_of(output)) {
        if (!inside && line == protocol::timeline_begins) {
            inside = true;
            timeline.clear();
        } else if (inside && line == protocol::timeline_ends) {
            inside = false;
        } else if (inside) {
            timeline.append(line).append("\n");
        }
    }
    return timeline;
}

fs::path take_page_out_of(std::string& output) {
    constexpr std::string_view key = protocol::page;
    fs::path page;
    std::string rest;
    for (const std::string_view line : lines_of(output)) {
        if (line.starts_with(key)) {
            page = line.substr(key.size());
        } else {
            rest.append(line).append("\n");
        }
    }
    if (!page.empty()) output = rest;
    return page;
}

}  // namespace tools
