// How the ledger words what it writes down. For its own files.
#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace support {

inline std::string first_word(std::string_view sql) {
    std::string word;
    for (const char c : sql.substr(0, sql.find_first_of(" ;\t\n"))) {
        word += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return word;
}

// On one line, with single spaces and without what means nothing.
inline std::string flattened(std::string_view sql) {
    std::string flat;
    for (const char c : sql) {
        const bool space = c == ' ' || c == '\n' || c == '\t';
        if (!space) flat += c;
        if (space && !flat.empty() && flat.back() != ' ') flat += ' ';
    }
    while (!flat.empty() && (flat.back() == ' ' || flat.back() == ';')) flat.pop_back();
    // "BEGIN" and "BEGIN TRANSACTION" are one; which it is differs between versions of SQLiteCpp.
    constexpr std::string_view filler = " TRANSACTION";
    if (flat.ends_with(filler)) flat.resize(flat.size() - filler.size());
    return flat;
}

// A PRAGMA that only asks for a setting.
inline bool only_asks(std::string_view sql) {
    return first_word(sql) == "PRAGMA" && sql.find_first_of("=(") == std::string_view::npos;
}

inline std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

inline void append(std::string& remark, const std::string& further) {
    remark += (remark.empty() ? "" : "; ") + further;
}

inline void add_once(std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

}  // namespace support
