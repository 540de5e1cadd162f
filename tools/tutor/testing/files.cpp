#include "tutor/testing/files.hpp"

#include "text/text.hpp"

namespace fs = std::filesystem;

void put(const fs::path& file, std::string_view text) {
    if (fs::exists(file) && tools::read_file(file) == text) return;
    fs::create_directories(file.parent_path());
    tools::write_file(file, text);
}

void put_program(const fs::path& file, std::string_view text) {
    put(file, text);
    fs::permissions(file, fs::perms::owner_all | fs::perms::group_read | fs::perms::others_read);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}
