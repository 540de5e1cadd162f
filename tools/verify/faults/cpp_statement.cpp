#include "verify/faults/cpp_statement.hpp"

#include <optional>

namespace verify {
namespace {

// The name that the statement declares; empty when it declares several.
std::optional<std::string_view> declared_in(const CppStatement& statement) {
    const auto& [source, tokens, first, end] = statement;
    std::size_t i = first;
    if (tokens[i].is("const")) ++i;
    if (tokens[i].is("auto")) {
        ++i;
        while (is_one_of(tokens[i], {"&", "*", "&&", "const"})) ++i;
        return tokens[i].kind == Token::Kind::word ? tokens[i].text : std::string_view{};
    }
    if (tokens[i].is("::")) ++i;
    while (i < end && tokens[i].kind == Token::Kind::word) {
        ++i;
        if (tokens[i].is("<") && !stands_free(source, tokens[i])) i = behind_template(tokens, i);
        if (!tokens[i].is("::")) break;
        ++i;
    }
    while (i < end && is_one_of(tokens[i], {"&", "*", "&&", "const"})) {
        if (stands_free(source, tokens[i])) return std::nullopt;
        ++i;
    }
    if (i >= end || i == 0 || tokens[i].kind != Token::Kind::word) return std::nullopt;
    const Token& before = tokens[i - 1];
    const bool behind_type =
        before.kind == Token::Kind::word || is_one_of(before, {">", ">>", "&", "*", "&&"});
    return behind_type ? std::optional(tokens[i].text) : std::nullopt;
}

// Behind it, in its block.
bool is_used_behind(const CppStatement& statement, std::string_view name) {
    const std::vector<Token>& tokens = statement.tokens;
    int depth = 0;
    for (std::size_t i = statement.end + 1; i < tokens.size() && depth >= 0; ++i) {
        if (tokens[i].is("{")) ++depth;
        if (tokens[i].is("}")) --depth;
        if (tokens[i].is(name)) return true;
    }
    return false;
}

}  // namespace

bool is_better_left(const CppStatement& statement, bool ends_function) {
    const auto& [source, tokens, first, end] = statement;
    const Token& word = tokens[first];
    if (is_one_of(word, {"using", "static_assert", "typedef", "struct", "class", "enum",
                         "constexpr", "static", "thread_local", "extern"}))
        return true;
    // It would not compile.
    if (is_one_of(word, {"return", "co_return"})) return ends_function && end > first + 1;
    if (is_one_of(word, {"throw", "delete", "co_yield", "break", "continue", "goto"})) return false;
    for (std::size_t i = first; i + 1 < end; ++i) {
        const bool called = tokens[i + 1].is("(");
        if (called && tokens[i].is("reserve") && tokens[i + 1].partner + 1 == end) return true;
    }
    if (word.is("static_cast") && tokens[first + 2].is("void")) return true;
    const auto name = declared_in(statement);
    return name && (name->empty() || is_used_behind(statement, *name));
}

}  // namespace verify
