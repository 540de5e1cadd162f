#include "verify/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace verify {

Progress::Progress(std::size_t all) : all_(all), on_terminal_(::isatty(STDOUT_FILENO) == 1) {}

void Progress::show(std::size_t done, const std::string& words) {
    if (on_terminal_) {
        constexpr std::size_t width = 30;
        const std::size_t filled = all_ == 0 ? width : width * std::min(done, all_) / all_;
        fmt::print("\r\033[K[{:#<{}}{:.<{}}] {}", "", filled, "", width - filled, words);
        std::fflush(stdout);
    } else if (done >= next_) {
        next_ = done + std::max<std::size_t>(5, all_ / 10);
        fmt::print("{}\n", words);
        std::fflush(stdout);
    }
}

void Progress::clear() const {
    if (on_terminal_) fmt::print("\r\033[K");
}

}  // namespace verify
