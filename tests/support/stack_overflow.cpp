#include "support/stack_overflow.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

#if defined(__linux__) && !defined(SANITIZED)

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

#include "support/protocol.hpp"

namespace support {
namespace {

// The lowest address of this thread's stack; below it is the page that must not be touched.
thread_local std::uintptr_t end_of_stack = 0;

struct sigaction catch2s {};  // what Catch2 does about a crash

void crashed(int signal, siginfo_t* info, void* /*context*/) {
    constexpr std::uintptr_t near = 1 << 16;  // a frame may be larger than the page below the stack
    const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
    if (end_of_stack != 0 && at + near > end_of_stack && at < end_of_stack + near) {
        for (const std::string_view words :
             {"\n", protocol::stack_overflow,
              "the stack is used up. A function calls itself without an end.\n"}) {
            [[maybe_unused]] const auto written = write(STDOUT_FILENO, words.data(), words.size());
        }
    }
    catch2s.sa_handler(signal);
}

// Needs no lock of anybody's, and room for a timeline to be written.
class SecondStack {
 public:
    SecondStack() : memory_(new char[size]) {}  // only what is used of it becomes real
    SecondStack(const SecondStack&) = delete;
    SecondStack& operator=(const SecondStack&) = delete;
    ~SecondStack() {
        stack_t none{};
        none.ss_flags = SS_DISABLE;
        sigaltstack(&none, nullptr);
    }
    void use() {
        stack_t stack{};
        stack.ss_sp = memory_.get();
        stack.ss_size = size;
        sigaltstack(&stack, nullptr);
    }

 private:
    static constexpr std::size_t size = 1 << 18;
    std::unique_ptr<char[]> memory_;
};

std::uintptr_t find_end_of_stack() {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
    void* lowest = nullptr;
    std::size_t size = 0;
    pthread_attr_getstack(&attributes, &lowest, &size);
    pthread_attr_destroy(&attributes);
    return reinterpret_cast<std::uintptr_t>(lowest);
}

}  // namespace

void tell_of_stack_overflow() {
    thread_local SecondStack second;
    second.use();
    if (end_of_stack == 0) end_of_stack = find_end_of_stack();

    // Catch2 installs its own for each test, so ours is laid over it in each.
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    struct sigaction now {};
    sigaction(SIGSEGV, nullptr, &now);
    const bool is_catch2s =
        (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN;
    if (!is_catch2s) return;
    catch2s = now;
    struct sigaction ours {};
    ours.sa_sigaction = crashed;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGSEGV, &ours, nullptr);
}

}  // namespace support

#else

void support::tell_of_stack_overflow() {}

#endif
