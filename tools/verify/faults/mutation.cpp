#include "verify/faults/mutation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "text/text.hpp"
#include "verify/faults/cpp_statement.hpp"
#include "verify/faults/cpp_tokens.hpp"
#include "verify/faults/sql_faults.hpp"

namespace verify {
namespace {

using TokenKind = Token::Kind;

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> turned_signs = {{
    {"<", "<="},
    {"<=", "<"},
    {">", ">="},
    {">=", ">"},
    {"==", "!="},
    {"!=", "=="},
    {"&&", "||"},
    {"||", "&&"},
    {"+", "-"},
    {"-", "+"},
    {"+=", "-="},
    {"-=", "+="},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> turned_words = {{
    {"true", "false"},
    {"false", "true"},
    {"notify_all", "notify_one"},
    {"IMMEDIATE", "DEFERRED"},
    {"EXCLUSIVE", "DEFERRED"},
}};

template <std::size_t N>
std::optional<std::string_view> turned(
    const std::array<std::pair<std::string_view, std::string_view>, N>& pairs,
    std::string_view what) {
    for (const auto& [from, to] : pairs) {
        if (from == what) return to;
    }
    return std::nullopt;
}

// "a  b\n   c" as "a b c"; of many lines the first and the last.
std::string shortened(std::string_view text) {
    constexpr std::size_t most = 4;
    const std::vector<std::string_view> lines = tools::lines_of(text);
    if (lines.size() > most) {
        return fmt::format("{} ... {}", tools::trimmed(lines.front()),
                           tools::trimmed(lines.back()));
    }
    return tools::in_one_line(text);
}

class Finder {
 public:
    explicit Finder(std::string_view source) : source_(source), tokens_(tokens_of(source)) {}

    std::vector<Mutation> find() {
        frames_.push_back({});
        for (at_ = 0; at_ < tokens_.size(); ++at_) step();
        std::stable_sort(mutations_.begin(), mutations_.end(),
                         [](const Mutation& a, const Mutation& b) { return a.begin < b.begin; });
        number_those_that_look_alike();
        return std::move(mutations_);
    }

 private:
    // A bracket that is open, or the file.
    struct Frame {
        std::string_view bracket;
        bool has_statements =
            false;  // a body, as opposed to a class, a list, a pair of parentheses
        bool is_body_of_function = false;  // or of a lambda
        std::size_t start = 0;             // where the statement or declaration begins
        std::string name;                  // of the function or class
        std::string last_inside;           // the name of what was closed last in it
    };

    void step() {
        const Token& token = tokens_[at_];
        if (is_one_of(token, {"(", "[", "{"})) {
            open();
        } else if (is_one_of(token, {")", "]", "}"})) {
            close();
        } else if (token.is(";")) {
            if (frames_.back().has_statements) take_out_statement();
            if (frames_.back().bracket != "(") frames_.back().start = at_ + 1;
        } else if (token.is(":") && at_ > 0 &&
                   is_one_of(tokens_[at_ - 1], {"public", "private", "protected"})) {
            frames_.back().start = at_ + 1;
        } else if (token.kind == TokenKind::text) {
            for (const SqlFault& fault : sql_faults_in(token.text))
                add(token.begin + fault.begin, token.begin + fault.end, fault.with);
        } else if (token.kind == TokenKind::word) {
            if (const auto other = turned(turned_words, token.text))
                add(token.begin, token.end(), std::string(*other));
        } else if (token.kind == TokenKind::sign && stands_free(source_, token)) {
            if (const auto other = turned(turned_signs, token.text))
                add(token.begin, token.end(), std::string(*other));
        }
    }

    void open() {
        Frame frame;
        frame.bracket = tokens_[at_].text;
        frame.start = at_ + 1;
        frame.name = frames_.back().name;
        if (frame.bracket == "{") {
            frame.has_statements = opens_body();
            if (!frames_.back().has_statements && frames_.back().bracket != "(")
                frame.name = name_in_head(frame.has_statements);
            const bool of_control =
                frames_.back().has_statements && begins_like_control(frames_.back().start);
            frame.is_body_of_function = frame.has_statements && !of_control;
        } else if (frame.bracket == "(" && at_ > 0 &&
                   is_one_of(tokens_[at_ - 1], {"if", "while"})) {
            negate_condition();
        }
        frames_.push_back(std::move(frame));
    }

    void close() {
        const Frame closed = frames_.back();
        if (frames_.size() > 1) frames_.pop_back();
        Frame& around = frames_.back();
        around.last_inside = closed.name;
        if (closed.bracket != "{" || around.bracket == "(" || around.bracket == "[") return;
        // A lambda or a list in the middle of a statement does not end it, nor does a class.
        const bool of_namespace =
            is_one_of(tokens_[around.start], {"namespace", "inline", "extern"}) &&
            !closed.has_statements && closed.name == around.name;
        const bool ends_statement = around.has_statements ? begins_like_control(around.start)
                                                          : closed.has_statements || of_namespace;
        if (ends_statement) around.start = at_ + 1;
    }

    // A block of its own, or one of a control statement, begins there.
    bool begins_like_control(std::size_t start) const {
        return is_one_of(tokens_[start], {"if", "else", "for", "while", "do", "switch", "try",
                                          "catch", "case", "default", "{"});
    }

    // Of the brace at `at_`.
    bool opens_body() const {
        if (at_ == 0) return false;
        const std::size_t start = frames_.back().start;
        if (start == at_) return frames_.back().has_statements;
        const Token& before = tokens_[at_ - 1];
        // Of `if (x) y{…};` no body, but of `if (Type{}; x) {` one.
        if (is_one_of(before,
                      {")", "]", "else", "do", "try", "noexcept", "override", "final", "mutable"}))
            return !begins_like_class(start);
        if (begins_like_class(start)) return false;
        if (before.is("const")) return true;
        if (before.is("}") || before.is(":")) {
            return !frames_.back().has_statements ? before.is("}") : before.is(":");
        }
        // `-> Type {` behind a list of parameters.
        for (std::size_t i = at_; i > start; --i) {
            if (tokens_[i - 1].is("->") && i > 1)
                return is_one_of(tokens_[i - 2], {")", "mutable", "noexcept", "const"});
            const bool in_type = tokens_[i - 1].kind == TokenKind::word ||
                                 is_one_of(tokens_[i - 1], {"::", "<", ">", "&", "*", ",", ">>"});
            if (!in_type) return false;
        }
        return false;
    }

    bool begins_like_class(std::size_t start) const {
        while (start < at_ && tokens_[start].is("template"))
            start = behind_template(tokens_, start + 1);
        return is_one_of(tokens_[start], {"class", "struct", "union", "enum", "namespace"}) ||
               (tokens_[start].is("inline") && tokens_[start + 1].is("namespace"));
    }

    std::string name_in_head(bool of_function) const {
        const std::string& outer = frames_.back().name;
        const std::string name(of_function ? name_of_function() : name_of_class());
        if (name == "catch") return frames_.back().last_inside;  // of the function before it
        if (name.empty()) return outer;
        return outer.empty() ? name : outer + "::" + name;
    }

    std::string_view name_of_class() const {
        for (std::size_t i = frames_.back().start; i + 1 < at_; ++i) {
            if (tokens_[i].is("template")) i = behind_template(tokens_, i + 1);
            if (!is_one_of(tokens_[i], {"class", "struct", "union"})) continue;
            const bool has_attribute = tokens_[i + 1].is("[");
            return tokens_[has_attribute ? tokens_[i + 1].partner + 1 : i + 1].text;
        }
        return {};
    }

    std::string_view name_of_function() const {
        for (std::size_t i = frames_.back().start; i < at_; ++i) {
            if (tokens_[i].is("template")) i = behind_template(tokens_, i + 1);
            if (tokens_[i].is("operator")) {
                std::size_t last = i + 1;  // operator() has its parentheses before the others
                if (tokens_[last].is("(") || tokens_[last].is("[")) ++last;
                return source_.substr(tokens_[i].begin, tokens_[last].end() - tokens_[i].begin);
            }
            const bool named = tokens_[i + 1].is("(") && tokens_[i].kind == TokenKind::word &&
                               !is_one_of(tokens_[i], {"decltype", "requires", "noexcept"});
            if (!named) continue;
            const bool destroys = i > 0 && tokens_[i - 1].is("~");
            const std::size_t begin = tokens_[destroys ? i - 1 : i].begin;
            return source_.substr(begin, tokens_[i].end() - begin);
        }
        return {};
    }

    // Of the `if (` or `while (` whose parenthesis is at `at_`.
    void negate_condition() {
        const std::size_t last = tokens_[at_].partner;
        if (last <= at_ + 1) return;
        std::size_t first = at_ + 1;
        bool declares = false;
        int equalities = 0;
        int others = 0;
        for (std::size_t i = first; i < last; ++i) {
            if (is_one_of(tokens_[i], {"(", "[", "{"}) && tokens_[i].partner > i) {
                for (std::size_t inner = i; inner < tokens_[i].partner; ++inner)
                    if (is_one_of(tokens_[inner], {"==", "!=", "&&", "||"})) ++others;
                i = tokens_[i].partner;
                continue;
            }
            if (tokens_[i].is(";")) {
                first = i + 1;
                declares = false;
                equalities = others = 0;
            }
            if (tokens_[i].is("=")) declares = true;
            if (is_one_of(tokens_[i], {"==", "!="})) ++equalities;
            if (is_one_of(tokens_[i], {"&&", "||"})) ++others;
        }
        const bool is_constant = last == first + 1 && is_one_of(tokens_[first], {"true", "false"});
        const bool turned_anyway = is_constant || (equalities == 1 && others == 0);
        if (declares || turned_anyway || first == last) return;
        const std::size_t begin = tokens_[first].begin;
        const std::size_t end = tokens_[last - 1].end();
        const std::string condition(source_.substr(begin, end - begin));
        if (tokens_[first].is("!") && others == 0 && equalities == 0) {
            add(begin, end, condition.substr(1));
        } else {
            add(begin, end, "!(" + condition + ")");
        }
    }

    // The one that ends at `at_`.
    void take_out_statement() {
        std::size_t first = frames_.back().start;
        bool controlled = false;
        while (first < at_) {
            const std::size_t before = first;
            first = behind_control(first);
            if (first == before) break;
            controlled = true;
        }
        if (first >= at_) return;
        const bool ends_function = !controlled && at_ + 1 < tokens_.size() &&
                                   tokens_[at_ + 1].is("}") && frames_.back().is_body_of_function;
        if (is_better_left({source_, tokens_, first, at_}, ends_function)) return;
        // Lines stay where they are.
        const std::string_view text =
            source_.substr(tokens_[first].begin, tokens_[at_].end() - tokens_[first].begin);
        const auto lines = std::count(text.begin(), text.end(), '\n');
        add(tokens_[first].begin, tokens_[at_].end(),
            "{}" + std::string(static_cast<std::size_t>(lines), '\n'));
    }

    std::size_t behind_control(std::size_t i) const {
        if (is_one_of(tokens_[i], {"else", "do"})) return i + 1;
        if (is_one_of(tokens_[i], {"if", "for", "while", "switch"})) {
            const std::size_t open = tokens_[i + 1].is("constexpr") ? i + 2 : i + 1;
            return tokens_[open].is("(") ? tokens_[open].partner + 1 : i;
        }
        if (is_one_of(tokens_[i], {"case", "default"})) {
            while (i < at_ && !tokens_[i].is(":")) ++i;
            return i + 1;
        }
        return i;
    }

    void add(std::size_t begin, std::size_t end, std::string with) {
        Mutation mutation;
        mutation.begin = begin;
        mutation.end = end;
        mutation.line =
            1 + static_cast<int>(std::count(
                    source_.begin(), source_.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
        mutation.in = frames_.back().name;
        const std::size_t line_begin = source_.rfind('\n', begin) + 1;
        const std::size_t line_end = std::min(source_.find('\n', end), source_.size());
        const std::string before(source_.substr(line_begin, begin - line_begin));
        const std::string after(source_.substr(end, line_end - end));
        mutation.was = shortened(source_.substr(line_begin, line_end - line_begin));
        mutation.becomes = shortened(before + std::string(tools::trimmed(with)) + after);
        mutation.with = std::move(with);
        mutations_.push_back(std::move(mutation));
    }

    void number_those_that_look_alike() {
        std::map<std::tuple<std::string, std::string, std::string>, int> seen;
        for (Mutation& each : mutations_) {
            const int count = ++seen[{each.in, each.was, each.becomes}];
            if (count > 1) each.in += " (" + std::to_string(count) + ")";
        }
    }

    std::string_view source_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    std::vector<Frame> frames_;
    std::vector<Mutation> mutations_;
};

}  // namespace

std::vector<Mutation> mutations_of(std::string_view source) {
    return Finder(source).find();
}

}  // namespace verify
