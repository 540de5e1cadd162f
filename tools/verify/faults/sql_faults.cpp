#include "verify/faults/sql_faults.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "text/text.hpp"
#include "verify/faults/cpp_tokens.hpp"

namespace verify {
namespace {

bool stands_at(std::string_view text, std::size_t at, std::string_view keyword) {
    if (text.substr(at, keyword.size()) != keyword) return false;
    const std::size_t end = at + keyword.size();
    return (at == 0 || !is_in_word(text[at - 1])) && (end == text.size() || !is_in_word(text[end]));
}

bool one_stands_at(std::string_view text, std::size_t at,
                   std::initializer_list<std::string_view> keywords) {
    return std::any_of(keywords.begin(), keywords.end(),
                       [&](std::string_view each) { return stands_at(text, at, each); });
}

bool has_one_of(std::string_view text, std::initializer_list<std::string_view> keywords) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (one_stands_at(text, at, keywords)) return true;
    }
    return false;
}

// Where the clause that begins at `begin` ends:
// at the next clause, at the parenthesis around it, at the end.
std::size_t end_of_clause(std::string_view text, std::size_t begin, bool of_and) {
    int depth = 0;
    for (std::size_t at = begin + 1; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '(') ++depth;
        if (c == ')' && --depth < 0) return at;
        if (c == ';' || c == '"') return at;
        if (depth > 0) continue;
        if (one_stands_at(text, at,
                          {"ORDER BY", "LIMIT", "RETURNING", "GROUP BY", "FOR UPDATE",
                           "ON CONFLICT", "DO", "UNION", "SET", "FROM"}))
            return at;
        if (of_and && one_stands_at(text, at, {"AND", "OR"})) return at;
    }
    return text.size();
}

}  // namespace

std::vector<SqlFault> sql_faults_in(std::string_view text) {
    const bool has_sql =
        has_one_of(text, {"SELECT", "INSERT", "UPDATE", "DELETE", "WHERE", "AND", "ORDER BY",
                          "LIMIT", "BEGIN", "PRAGMA", "CREATE", "COMMIT", "SET"});
    if (!has_sql) return {};
    // Between the quotes, raw or not.
    const std::size_t first_quote = text.find('"');
    std::size_t first = first_quote == std::string_view::npos ? 0 : first_quote + 1;
    std::size_t last = text.size();
    if (first_quote != std::string_view::npos) {
        const bool raw = first_quote > 0 && text[first_quote - 1] == 'R';
        if (raw) first = text.find('(', first_quote) + 1;
        last = raw ? text.rfind(')') : text.rfind('"');
    }
    const std::string_view sql = text.substr(first, last - first);

    std::vector<SqlFault> faults;
    const auto replace = [&](std::size_t begin, std::size_t end, std::string with) {
        faults.push_back({first + begin, first + end, std::move(with)});
    };
    // Lines stay, and the words around it stay apart.
    const auto drop = [&](std::size_t begin, std::size_t end) {
        const std::string_view dropped = sql.substr(begin, end - begin);
        const auto lines = std::count(dropped.begin(), dropped.end(), '\n');
        const bool apart = begin > 0 && end < sql.size() && sql[begin - 1] != ' ' &&
                           (is_in_word(sql[end]) || sql[end] == '(');
        replace(begin, end,
                std::string(static_cast<std::size_t>(lines), '\n') + (apart ? " " : ""));
    };
    const auto with_blank_before = [&](std::size_t at) {
        return at > 0 && sql[at - 1] == ' ' ? at - 1 : at;
    };

    std::size_t statement = 0;
    const bool several = tools::trimmed(sql).find(';') < tools::trimmed(sql).size() - 1;
    for (std::size_t at = 0; at < sql.size(); ++at) {
        if (stands_at(sql, at, "WHERE")) drop(with_blank_before(at), end_of_clause(sql, at, false));
        if (one_stands_at(sql, at, {"AND", "ORDER BY", "LIMIT"}))
            drop(with_blank_before(at), end_of_clause(sql, at, true));
        for (const std::string_view word : {"DESC", "IMMEDIATE", "EXCLUSIVE", "DISTINCT", "UNIQUE",
                                            "FOR UPDATE", "OR IGNORE", "OR REPLACE", "NOT NULL"}) {
            if (stands_at(sql, at, word)) drop(with_blank_before(at), at + word.size());
        }
        constexpr std::array<std::pair<std::string_view, std::string_view>, 6> turned = {{
            {" < ", " <= "},
            {" <= ", " < "},
            {" > ", " >= "},
            {" >= ", " > "},
            {" + ", " - "},
            {" - ", " + "},
        }};
        for (const auto& [from, to] : turned) {
            if (sql.substr(at, from.size()) == from) replace(at, at + from.size(), std::string(to));
        }
        const bool ends_statement = sql[at] == ';' || at + 1 == sql.size();
        if (several && ends_statement) {
            if (!tools::trimmed(sql.substr(statement, at - statement)).empty())
                drop(statement, at + 1);
            statement = at + 1;
        }
    }
    return faults;
}

}  // namespace verify
