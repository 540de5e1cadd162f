#include "verify/finding.hpp"

#include <fmt/format.h>

#include "text/text.hpp"

namespace verify {
namespace {

std::string field(std::string_view name, const std::string& value) {
    std::string text;
    std::string label = fmt::format("  {:<12}", fmt::format("{}:", name));
    for (const std::string_view line : tools::lines_of(value)) {
        text += fmt::format("{}{}\n", label, line);
        label.assign(label.size(), ' ');
    }
    return text;
}

}  // namespace

std::string render(const std::string& headline, const Findings& findings) {
    std::string text = headline + "\n";
    for (const Finding& finding : findings) {
        text += "\n" + field("where", finding.where) + field("expected", finding.expected) +
                field("found", finding.found) + field("what to do", finding.advice);
        if (finding.details.empty()) continue;
        text += "\n";
        for (const std::string_view line : tools::lines_of(finding.details)) {
            text += line.empty() ? "\n" : fmt::format("  | {}\n", line);
        }
    }
    return text;
}

}  // namespace verify
