#include "scheduler.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <pthread.h>
#include <ucontext.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <unordered_map>
#include <utility>

namespace checker {
namespace {

Run* the_run = nullptr;

// What the C++ runtime knows of the exceptions that a thread handles: for two contexts of one
// thread it has to be exchanged. Its size is fixed by the Itanium C++ ABI.
struct Exceptions {
    void* caught = nullptr;
    unsigned int uncaught = 0;
};

constexpr std::size_t stack_size = std::size_t{256} * 1024;

// Stacks are used again, by one run after the other.
std::vector<std::unique_ptr<std::byte[]>>& spare_stacks() {
    static std::vector<std::unique_ptr<std::byte[]>> stacks;
    return stacks;
}

std::unique_ptr<std::byte[]> take_stack() {
    auto& spare = spare_stacks();
    if (spare.empty()) return std::make_unique<std::byte[]>(stack_size);
    auto stack = std::move(spare.back());
    spare.pop_back();
    return stack;
}

}  // namespace

int Decisions::choose(int ways) {
    if (at_ == made_.size()) made_.push_back({0, ways});
    return made_.at(at_++).chosen;
}

bool Decisions::advance() {
    while (!made_.empty() && made_.back().chosen + 1 == made_.back().ways) made_.pop_back();
    if (made_.empty()) return false;
    ++made_.back().chosen;
    return true;
}

struct Run::Thread {
    std::string name;
    std::function<void()> body;
    std::unique_ptr<std::byte[]> stack;
    ucontext_t context{};
    Exceptions exceptions;
    bool is_over = false;
    void* wants = nullptr;               // a mutex
    void* sleeps_at = nullptr;           // a condition variable, until somebody notifies it
    std::optional<time_point> deadline;  // of that sleep
    bool is_late = false;                // it has come
};

Run::Run(Decisions& decisions, Limits limits)
    : decisions_(decisions),
      limits_(limits),
      outside_(std::make_unique<Thread>()),
      running_(outside_.get()) {
    outside_->name = "the checker";
    the_run = this;
    decisions_.begin();
}

Run::~Run() {
    the_run = nullptr;
    for (auto& thread : threads_) spare_stacks().push_back(std::move(thread->stack));
}

Run* Run::current() {
    return the_run;
}

const std::string& Run::name() const {
    return running_->name;
}

bool Run::is_waiting(const std::string& name) const {
    return std::ranges::any_of(threads_, [&](const auto& thread) {
        return thread->name == name && thread->sleeps_at != nullptr;
    });
}

void Run::add(std::string name, std::function<void()> body) {
    Thread& thread = *threads_.emplace_back(std::make_unique<Thread>());
    thread.name = std::move(name);
    thread.body = std::move(body);
    thread.stack = take_stack();
    getcontext(&thread.context);
    thread.context.uc_stack.ss_sp = thread.stack.get();
    thread.context.uc_stack.ss_size = stack_size;
    makecontext(&thread.context, enter, 0);
}

void Run::enter() {
    Run& run = *the_run;
    run.running_->body();
    run.write_down("goes home");
    run.running_->is_over = true;
    run.do_next();  // and never comes back
}

void Run::go() {
    do_next();
    if (!mistake_.empty()) throw Mistake(mistake_);
}

void Run::tell(const std::string& mistake) {
    mistake_ = mistake;
    switch_to(outside_.get());
    std::terminate();
}

void Run::write_down(std::string_view what) {
    if (limits_.tells) story_.push_back(running_->name + " " + std::string(what));
}

bool Run::can_go_on(const Thread& thread) const {
    if (thread.is_over || thread.sleeps_at != nullptr) return false;
    return thread.wants == nullptr || owners_.count(thread.wants) == 0;
}

void Run::switch_to(Thread* next) {
    Thread* const before = std::exchange(running_, next);
    if (before == next) return;
    auto* const globals = reinterpret_cast<Exceptions*>(abi::__cxa_get_globals());
    before->exceptions = *globals;
    *globals = next->exceptions;
    swapcontext(&before->context, &next->context);
}

void Run::do_next() {
    while (true) {
        std::vector<Thread*> next;   // who may go on
        std::vector<Thread*> awake;  // or for whom something happens first
        const bool goes_on = running_ != outside_.get() && can_go_on(*running_);
        if (goes_on) next.push_back(running_);
        const bool may_force = limits_.forced > 0;
        for (const auto& thread : threads_) {
            if (thread.get() == running_ || (goes_on && !may_force)) continue;
            if (can_go_on(*thread)) next.push_back(thread.get());
        }
        for (const auto& thread : threads_) {
            if (thread->sleeps_at == nullptr || !(may_force || next.empty())) continue;
            if (thread->deadline || (limits_.spurious && may_force)) awake.push_back(thread.get());
        }
        const int ways = static_cast<int>(next.size() + awake.size());
        if (ways == 0) {
            for (const auto& thread : threads_) {
                if (!thread->is_over && mistake_.empty()) {
                    mistake_ = thread->name + " waits for ever";
                }
            }
            switch_to(outside_.get());
            return;
        }
        const auto way = static_cast<std::size_t>(ways == 1 ? 0 : decisions_.choose(ways));
        if (way < next.size()) {
            if (goes_on && way > 0) --limits_.forced;
            switch_to(next[way]);
            return;
        }
        if (!next.empty()) --limits_.forced;
        Thread& thread = *awake[way - next.size()];
        thread.sleeps_at = nullptr;
        if (thread.deadline) {
            thread.is_late = true;
            now_ = std::max(now_, *thread.deadline);
            if (limits_.tells) story_.push_back("the time of " + thread.name + " is up");
        } else {
            if (limits_.tells) story_.push_back(thread.name + " wakes up for no reason");
        }
    }
}

void Run::pause(std::string_view what) {
    do_next();
    write_down(what);
}

bool Run::is_ours(void* object) const {
    if (running_ == outside_.get()) return false;
    static std::unordered_map<void*, bool> known;  // what is not in any file that was loaded
    const auto [place, is_new] = known.try_emplace(object, false);
    Dl_info file;
    if (is_new) place->second = dladdr(object, &file) == 0;
    return place->second;
}

void Run::lock(void* mutex) {
    if (!is_ours(mutex)) return;
    running_->wants = mutex;
    do_next();
    running_->wants = nullptr;
    owners_[mutex] = running_;
    write_down("locks");
}

bool Run::try_lock(void* mutex) {
    if (!is_ours(mutex)) return true;
    pause("tries to lock");
    return owners_.try_emplace(mutex, running_).second;
}

void Run::unlock(void* mutex) {
    owners_.erase(mutex);
}

bool Run::wait(void* condition, void* mutex, std::optional<time_point> deadline) {
    Thread& self = *running_;
    write_down("sleeps");
    unlock(mutex);
    self.sleeps_at = condition;
    self.deadline = deadline;
    self.is_late = false;
    self.wants = mutex;
    do_next();
    self.wants = nullptr;
    owners_[mutex] = &self;
    write_down(self.is_late ? "wakes up late" : "wakes up");
    return !self.is_late;
}

void Run::notify(void* condition, bool all) {
    if (!is_ours(condition)) return;
    pause(all ? "notifies all" : "notifies one");
    std::vector<Thread*> asleep;
    for (const auto& thread : threads_) {
        if (thread->sleeps_at == condition) asleep.push_back(thread.get());
    }
    if (!all && asleep.size() > 1) {
        const int one = decisions_.choose(static_cast<int>(asleep.size()));
        asleep = {asleep[static_cast<std::size_t>(one)]};
    }
    for (Thread* thread : asleep) thread->sleeps_at = nullptr;
}

std::cv_status Run::wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                               time_point deadline) const {
    // A thread without time does not sleep, and a wait of next to no time is none.
    if (deadline <= now_) return std::cv_status::timeout;
    const bool is_limited = deadline < now_ + std::chrono::hours(24);
    const bool is_in_time =
        const_cast<Run*>(this)->wait(changed.native_handle(), lock.mutex()->native_handle(),
                                     is_limited ? std::optional(deadline) : std::nullopt);
    return is_in_time ? std::cv_status::no_timeout : std::cv_status::timeout;
}

}  // namespace checker

// In place of the C library's own. What is not the pool's needs no lock: there is one thread.
extern "C" {
int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
    if (checker::Run* run = checker::Run::current()) run->lock(mutex);
    return 0;
}
int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
    checker::Run* const run = checker::Run::current();
    return run == nullptr || run->try_lock(mutex) ? 0 : EBUSY;
}
int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
    if (checker::Run* run = checker::Run::current()) run->unlock(mutex);
    return 0;
}
int pthread_cond_signal(pthread_cond_t* condition) noexcept {
    if (checker::Run* run = checker::Run::current()) run->notify(condition, false);
    return 0;
}
int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
    if (checker::Run* run = checker::Run::current()) run->notify(condition, true);
    return 0;
}
int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
    if (checker::Run* run = checker::Run::current()) run->wait(condition, mutex, std::nullopt);
    return 0;
}
}
