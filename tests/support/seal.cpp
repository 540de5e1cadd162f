#include "support/seal.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "support/ledger.hpp"
#include "support/timeline.hpp"

namespace support {
namespace {

constexpr const char* variable = "LEAKLINGS_SEAL";  // the file, a bar, the word

std::atomic<bool> ends_badly = false;

void look_at_exit() {
    if (!ends_badly.load()) return;
    const Timeline story = Ledger::instance().story();
    std::printf("timeline\n%send of timeline\n", render_timeline(story).c_str());
    std::fflush(stdout);
    std::_Exit(exit_status_of_an_exit);
}

}  // namespace

void Seal::take() {
    char* value = std::getenv(variable);
    if (value == nullptr) return;
    const std::string text = value;
    const std::size_t bar = text.rfind('|');
    if (bar == std::string::npos) return;
    file_ = text.substr(0, bar);
    word_ = text.substr(bar + 1);
    std::memset(value, ' ', text.size());  // also in /proc/self/environ
    ::unsetenv(variable);
}

void Seal::set() const {
    if (!file_.empty()) std::ofstream(file_) << word_;
}

void end_badly_at_exit(bool badly) {
    static const int registered = std::atexit(look_at_exit);
    static_cast<void>(registered);
    ends_badly.store(badly);
}

}  // namespace support
