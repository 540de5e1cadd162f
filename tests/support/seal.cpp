#include "support/seal.hpp"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "support/ledger.hpp"
#include "support/protocol.hpp"
#include "support/timeline.hpp"

namespace support {
namespace {

std::atomic<bool> ends_badly = false;

void look_at_exit() {
    if (!ends_badly.load()) return;
    print_timeline(Ledger::instance().story());
    std::_Exit(protocol::exit_status_of_an_exit);
}

}  // namespace

void Seal::take() {
    char* value = std::getenv(protocol::seal_variable);
    if (value == nullptr) return;
    const std::string text = value;
    const std::size_t bar = text.rfind(protocol::seal_separator);
    if (bar == std::string::npos) return;
    file_ = text.substr(0, bar);
    word_ = text.substr(bar + 1);
    std::memset(value, ' ', text.size());  // also in /proc/self/environ
    ::unsetenv(protocol::seal_variable);
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
