#include "support/failing_join.hpp"

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>

#include "support/failpoints.hpp"

namespace {

enum class Plan { none, next_step, chosen, ended };
std::atomic<Plan> plan = Plan::none;
std::atomic<pthread_t> chosen;

}  // namespace

void support::have_a_join_fail() {
    static const FailpointVisitor visitor([](const std::string&) {
        Plan next = Plan::next_step;
        if (plan.compare_exchange_strong(next, Plan::chosen)) chosen = pthread_self();
    });
    plan = Plan::next_step;
}

#ifdef __linux__
extern "C" int pthread_join(pthread_t thread, void** result) {
    using Join = int (*)(pthread_t, void**);
    static const Join join = reinterpret_cast<Join>(dlsym(RTLD_NEXT, "pthread_join"));
    if (plan == Plan::ended && pthread_equal(thread, chosen) != 0) return 0;  // once more
    const int status = join(thread, result);
    if (plan != Plan::chosen || pthread_equal(thread, chosen) == 0) return status;
    plan = Plan::ended;
    std::fprintf(stderr, "%s\n", support::join_has_failed);
    return EDEADLK;
}
#endif
