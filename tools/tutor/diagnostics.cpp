#include "tutor/diagnostics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

#include "text/text.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

struct Location {
    std::string file;
    int line = 0;
    int column = 0;
};

// Takes ":<number>" off the end of `text`.
std::optional<int> take_number(std::string_view& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view digits = text.substr(colon + 1);
    int number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    text = text.substr(0, colon);
    return number;
}

// "file:line:column", or "file:line".
std::optional<Location> read_location(std::string_view text) {
    const std::optional<int> last = take_number(text);
    if (!last) return std::nullopt;
    const std::optional<int> before = take_number(text);
    if (text.empty()) return std::nullopt;
    if (!before) return Location{std::string(text), *last, 1};
    return Location{std::string(text), *before, *last};
}

struct Head {
    enum class Kind { error, warning, note };
    Kind kind;
    Location location;
    std::string message;
};

// "file:line:column: error: message"
std::optional<Head> read_head(std::string_view line) {
    using Kind = Head::Kind;
    constexpr std::array<std::pair<std::string_view, Kind>, 4> words = {{
        {": fatal error: ", Kind::error},
        {": error: ", Kind::error},
        {": warning: ", Kind::warning},
        {": note: ", Kind::note},
    }};
    for (const auto& [word, kind] : words) {
        const std::size_t at = line.find(word);
        if (at == std::string_view::npos) continue;
        if (auto location = read_location(line.substr(0, at))) {
            return Head{kind, *std::move(location), std::string(line.substr(at + word.size()))};
        }
    }
    return std::nullopt;
}

// gold writes its complaints as a compiler does.
bool is_of_linker(std::string_view message) {
    return message.starts_with("undefined reference to ") ||
           message.starts_with("multiple definition of ");
}

// gcc's "file:line:column:   required from here", before the error.
std::optional<Location> read_required_from(std::string_view line) {
    const std::size_t at = line.find(": ");
    if (at == std::string_view::npos) return std::nullopt;
    if (!tools::trimmed(line.substr(at + 1)).starts_with("required ")) return std::nullopt;
    return read_location(line.substr(0, at));
}

// The line of code and its marks: "   22 | code" and "      | ^~~", or clang's without the bar.
bool is_source(std::string_view line) {
    return line.starts_with(' ') || line.starts_with('\t');
}

// What is included as "earlier/…" the compiler has found by way of a link.
fs::path from_root(const std::string& file, const Places& places) {
    std::error_code ignored;
    const fs::path path = fs::weakly_canonical(places.build / file, ignored);
    const fs::path relative = path.lexically_relative(fs::weakly_canonical(places.root, ignored));
    const bool inside = !relative.empty() && *relative.begin() != "..";
    return inside ? relative : path;
}

bool is_inside(const fs::path& file, const fs::path& folder) {
    const auto [rest, ignored] =
        std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
    return rest == folder.end();
}

class Reader {
 public:
    explicit Reader(const Places& places) : places_(places) {}

    void read(std::string_view line) {
        const auto head = read_head(line);
        if (head && !is_of_linker(head->message)) {
            begin(*head);
        } else if (const auto from = read_required_from(line)) {
            in_source_ = false;
            const fs::path file = from_root(from->file, places_);
            if (is_inside(file, places_.learner)) coming_ = {file, from->line, from->column};
        } else if (in_source_ && is_source(line) && found_.back().source.size() < 2) {
            found_.back().source.emplace_back(line);
        } else {
            in_source_ = false;
            if (line.starts_with("FAILED: ") || line.starts_with('[')) coming_.reset();
        }
    }

    std::vector<Diagnostic> take() { return std::move(found_); }

 private:
    void begin(const Head& head) {
        const fs::path file = from_root(head.location.file, places_);
        if (head.kind == Head::Kind::note) {
            in_source_ = false;
            // clang says after the error where a template was used.
            const bool of_learner = is_inside(file, places_.learner);
            if (!found_.empty() && of_learner && !found_.back().cause &&
                head.message.find("requested here") != std::string::npos) {
                found_.back().cause = {file, head.location.line, head.location.column};
            }
            return;
        }
        Diagnostic diagnostic;
        diagnostic.kind =
            head.kind == Head::Kind::error ? Diagnostic::Kind::error : Diagnostic::Kind::warning;
        diagnostic.file = file;
        diagnostic.line = head.location.line;
        diagnostic.column = head.location.column;
        diagnostic.message = head.message;
        diagnostic.cause = std::exchange(coming_, std::nullopt);
        found_.push_back(std::move(diagnostic));
        in_source_ = true;
    }

    const Places& places_;
    std::vector<Diagnostic> found_;
    std::optional<Diagnostic::Cause> coming_;
    bool in_source_ = false;
};

bool same(const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.kind, a.file, a.line, a.column, a.message) ==
           std::tie(b.kind, b.file, b.line, b.column, b.message);
}

// GNU ld goes on with "; a.o: first defined here"; mold says "a.o: b.o: " before.
std::string_view only_the_symbol(std::string_view text) {
    const std::string_view object = ".o: ";
    text = text.substr(0, text.find("; "));
    const std::size_t at = text.rfind(object);
    return at == std::string_view::npos ? text : text.substr(at + object.size());
}

std::string unquoted(std::string_view text) {
    text = tools::trimmed(text);
    for (const std::string_view quote : {"`", "'", "\"", "‘"}) {
        if (text.starts_with(quote)) {
            text.remove_prefix(quote.size());
            break;
        }
    }
    for (const std::string_view quote : {"'", "\"", "’"}) {
        const std::size_t end = text.rfind(quote);
        if (end != std::string_view::npos) {
            text = text.substr(0, end);
            break;
        }
    }
    return std::string(text);
}

// As people write it.
std::string readable(std::string symbol) {
    for (const std::string_view spelled_out :
         {"std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >",
          "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char>>",
          "std::__1::basic_string<char, std::__1::char_traits<char>, std::__1::allocator<char> >",
          "std::__1::basic_string<char, std::__1::char_traits<char>, std::__1::allocator<char>>"}) {
        symbol = tools::replaced(symbol, spelled_out, "std::string");
    }
    return symbol;
}

// The names of the .cpp files that a linker's words speak of, also as objects: shop.cpp.o.
void add_files_in(std::string_view line, std::vector<std::string>& files) {
    const std::string_view ending = ".cpp";
    for (std::size_t at = line.find(ending); at != std::string_view::npos;
         at = line.find(ending, at + 1)) {
        const std::size_t before = line.find_last_of("/: (`'\"", at);
        const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
        std::string name(line.substr(begin, at + ending.size() - begin));
        if (std::find(files.begin(), files.end(), name) == files.end())
            files.push_back(std::move(name));
    }
}

// A linker names both in a line, or on the next ones, up to what it complains of next.
std::vector<std::string> files_of(const std::vector<std::string_view>& lines, std::size_t at) {
    constexpr std::size_t most_lines = 8;
    std::vector<std::string> files;
    for (std::size_t i = at; i < std::min(lines.size(), at + most_lines); ++i) {
        const bool is_next = lines[i].find("error: ") != std::string_view::npos ||
                             lines[i].find("multiple definition of") != std::string_view::npos;
        if (files.size() >= 2 || (i > at && is_next)) break;
        add_files_in(lines[i], files);
    }
    if (files.size() > 2) files.resize(2);
    return files;
}

}  // namespace

std::vector<Diagnostic> find_diagnostics(std::string_view output, const Places& places) {
    Reader reader(places);
    const std::string plain = tools::printable(output);
    for (const std::string_view line : tools::lines_of(plain)) reader.read(line);
    std::vector<Diagnostic> each_once;
    for (Diagnostic& diagnostic : reader.take()) {
        const bool seen =
            std::any_of(each_once.begin(), each_once.end(),
                        [&](const Diagnostic& other) { return same(diagnostic, other); });
        if (!seen) each_once.push_back(std::move(diagnostic));
    }
    return each_once;
}

bool is_learners(const Diagnostic& diagnostic, const Places& places) {
    return is_inside(diagnostic.file, places.learner);
}

const Diagnostic* first_error(const std::vector<Diagnostic>& all, const Places& places) {
    const Diagnostic* of_cause = nullptr;
    const Diagnostic* any = nullptr;
    for (const Diagnostic& diagnostic : all) {
        if (diagnostic.kind != Diagnostic::Kind::error) continue;
        if (is_learners(diagnostic, places)) return &diagnostic;
        if (of_cause == nullptr && diagnostic.cause) of_cause = &diagnostic;
        if (any == nullptr) any = &diagnostic;
    }
    return of_cause != nullptr ? of_cause : any;
}

std::optional<LinkError> find_link_error(std::string_view output) {
    using Kind = LinkError::Kind;
    constexpr std::array<std::pair<std::string_view, Kind>, 5> phrases = {{
        {"undefined reference to ", Kind::undefined},
        {"undefined symbol: ", Kind::undefined},
        {"multiple definition of ", Kind::defined_twice},
        {"duplicate symbol: ", Kind::defined_twice},
        {"duplicate symbol '", Kind::defined_twice},
    }};
    const std::string plain = tools::printable(output);
    const std::vector<std::string_view> lines = tools::lines_of(plain);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string_view line = lines[i];
        for (const auto& [phrase, kind] : phrases) {
            const std::size_t at = line.find(phrase);
            if (at == std::string_view::npos) continue;
            std::string_view symbol = line.substr(at + phrase.size());
            if (kind == Kind::undefined) return LinkError{kind, readable(unquoted(symbol)), {}};
            return LinkError{kind, readable(unquoted(only_the_symbol(symbol))), files_of(lines, i)};
        }
        const std::size_t apples = line.find("\", referenced from:");
        if (apples != std::string_view::npos) {
            return LinkError{Kind::undefined, readable(unquoted(line.substr(0, apples + 1))), {}};
        }
    }
    return std::nullopt;
}

std::optional<std::string> missing_include(const Diagnostic& diagnostic) {
    for (const std::string_view ending : {": No such file or directory", " file not found"}) {
        std::string_view name = diagnostic.message;
        if (!name.ends_with(ending)) continue;
        name.remove_suffix(ending.size());
        return unquoted(name);
    }
    return std::nullopt;
}

}  // namespace tutor
