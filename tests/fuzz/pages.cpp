// Fuzzed: all that comes over a connection to ./learn web, with the key or without: its gate, its
// addresses, its verbs and what they are asked with. It answers, or hangs up; it never says 500, lets
// in nobody without the key, and tells nothing that is not the book's.
#include <pthread.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "web/testing/fuzzed_pages.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static auto* const pages = [] {
        sigset_t alarm;  // libFuzzer's own, which would interrupt our calls
        sigemptyset(&alarm);
        sigaddset(&alarm, SIGALRM);
        pthread_sigmask(SIG_BLOCK, &alarm, nullptr);
        return new FuzzedPages;
    }();
    const std::string wrong = pages->ask({reinterpret_cast<const char*>(data), size});
    if (wrong.empty()) return 0;
    std::fprintf(stderr, "%s\n", wrong.c_str());
    std::abort();
}
