#include "tutor/file_trouble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "text/text.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

bool is_code(const fs::path& file) {
    const std::string name = file.filename().string();
    return !name.starts_with('.') && (file.extension() == ".cpp" || file.extension() == ".hpp");
}

std::string_view encoding_of(std::string_view text) {
    using namespace std::string_view_literals;
    if (text.starts_with("\xFF\xFE"sv) || text.starts_with("\xFE\xFF"sv)) return "UTF-16";
    return text.find('\0') == std::string_view::npos ? std::string_view() : "UTF-16, or no text";
}

std::optional<FileTrouble> trouble_with(const fs::path& root, const fs::path& path,
                                        const std::string& number) {
    const fs::path file = root / path;
    const std::string name = path.generic_string();
    const std::string remedy =
        fmt::format("remove it, or get the starter back with ./learn reset {}", number);
    if (!fs::exists(file)) {
        return FileTrouble{fmt::format("{} is a link to {}, which is not there.", name,
                                       fs::read_symlink(file).string()),
                           remedy};
    }
    if (fs::is_directory(file)) {
        return FileTrouble{fmt::format("{} is a folder where a file should be.", name), remedy};
    }
    try {
        const std::string_view encoding = encoding_of(tools::read_file(file));
        if (encoding.empty()) return std::nullopt;
        return FileTrouble{
            fmt::format("{} is saved as {}, and the compiler reads UTF-8.", name, encoding),
            "have your editor save it as UTF-8"};
    } catch (const std::runtime_error& error) {
        return FileTrouble{fmt::format("{}.", error.what()),
                           fmt::format("chmod u+rw {}, or ./learn reset {}", name, number)};
    }
}

}  // namespace

std::optional<FileTrouble> find_file_trouble(const fs::path& root, const tools::Lesson& lesson) {
    const fs::path folder = fs::path("lessons") / lesson.stem;
    if (!fs::is_directory(root / folder)) return std::nullopt;
    std::vector<fs::path> files;
    std::error_code closed;
    for (const auto& entry : fs::directory_iterator(root / folder, closed)) {
        if (is_code(entry.path())) files.push_back(folder / entry.path().filename());
    }
    if (closed) {
        return FileTrouble{
            fmt::format("{} cannot be looked into ({}).", folder.string(), closed.message()),
            fmt::format("chmod u+rwx {}", folder.string())};
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
        if (auto trouble = trouble_with(root, file, lesson.number)) return trouble;
    }
    return std::nullopt;
}

}  // namespace tutor
