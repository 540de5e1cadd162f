#include "support/stillness.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace support {
namespace {
constexpr const char* threads = "/proc/self/task";
}

bool all_others_wait() {
    int runnable = 0;
    std::error_code untold;
    for (const auto& thread : std::filesystem::directory_iterator(threads, untold)) {
        std::ifstream file(thread.path() / "stat");
        std::string stat;
        std::getline(file, stat);  // "number (name) state ..."
        const std::size_t name_end = stat.rfind(") ");
        if (name_end != std::string::npos && stat.at(name_end + 2) != 'S') ++runnable;
    }
    return untold || runnable == 1;
}

int looks() {
    static const bool is_told = std::filesystem::exists(threads);
    return is_told ? 20 : 20'000;
}

}  // namespace support
