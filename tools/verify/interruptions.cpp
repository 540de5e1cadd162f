#include "verify/interruptions.hpp"

#include <atomic>
#include <csignal>

namespace verify {
namespace {

std::atomic<bool> one_has_come = false;
constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};

extern "C" void note_interruption(int /*signal*/) {
    one_has_come = true;
}

}  // namespace

bool interrupted() {
    return one_has_come;
}

Interruptions::Interruptions() {
    for (const int signal : signals) std::signal(signal, note_interruption);
}

Interruptions::~Interruptions() {
    for (const int signal : signals) std::signal(signal, SIG_DFL);
}

}  // namespace verify
