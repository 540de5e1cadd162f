#include "folder.hpp"

#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include "text.hpp"

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "tutor-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error(name + " cannot be made");
    path_ = fs::canonical(name);
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

void put(const fs::path& file, std::string_view text) {
    if (fs::exists(file) && tools::read_file(file) == text) return;
    fs::create_directories(file.parent_path());
    tools::write_file(file, text);
}

void put_program(const fs::path& file, std::string_view text) {
    put(file, text);
    fs::permissions(file, fs::perms::owner_all | fs::perms::group_read | fs::perms::others_read);
}
