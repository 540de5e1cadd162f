#include "support/stillness.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

namespace support {
namespace {

constexpr const char* own_threads = "/proc/self/task";

// Of those listed in `threads`. None is told where there is no such folder.
std::optional<int> count_runnable(const std::string& threads) {
    int runnable = 0;
    std::error_code untold;
    for (const auto& thread : std::filesystem::directory_iterator(threads, untold)) {
        std::ifstream file(thread.path() / "stat");
        std::string stat;
        std::getline(file, stat);  // "number (name) state ..."
        const std::size_t name_end = stat.rfind(") ");
        if (name_end != std::string::npos && stat.at(name_end + 2) != 'S') ++runnable;
    }
    if (untold) return std::nullopt;
    return runnable;
}

}  // namespace

bool all_others_wait() {
    return count_runnable(own_threads).value_or(1) == 1;
}

bool all_threads_wait(pid_t process) {
    return count_runnable("/proc/" + std::to_string(process) + "/task").value_or(0) == 0;
}

int looks() {
    static const bool is_told = std::filesystem::exists(own_threads);
    return is_told ? 20 : 20'000;
}

}  // namespace support
