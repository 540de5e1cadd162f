#include "verify/faults/mutate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/protocol.hpp"
#include "verify/faults/faults.hpp"
#include "verify/interruptions.hpp"
#include "verify/progress.hpp"
#include "verify/subjects/variant_builder.hpp"

namespace verify {
namespace {

struct Tally {
    std::size_t noticed = 0;
    std::size_t did_not_compile = 0;
    std::vector<Fault> survivors;

    std::size_t tried() const { return noticed + survivors.size(); }
};

// Works through the faults in their order until `wanted` of them have compiled and been tried.
class Trial {
 public:
    Trial(VariantBuilder& builder, const std::vector<Fault>& faults, std::size_t wanted)
        : builder_(builder), faults_(faults), wanted_(wanted), progress_(wanted) {}

    Tally run(int at_once) {
        std::vector<std::thread> others;
        for (int i = 1; i < at_once; ++i) others.emplace_back([this] { work(); });
        work();
        for (std::thread& other : others) other.join();
        if (error_) std::rethrow_exception(error_);
        std::sort(tally_.survivors.begin(), tally_.survivors.end(),
                  [](const Fault& a, const Fault& b) {
                      return std::pair(a.file, a.change.begin) < std::pair(b.file, b.change.begin);
                  });
        return tally_;
    }

 private:
    void work() try {
        while (const Fault* fault = next()) take(*fault, builder_.fate_of(*fault));
    } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::current_exception();
    }

    // Null when it is over. One that may still turn out not to compile is waited for, so that the
    // same are tried however many are tried at once.
    const Fault* next() {
        while (true) {
            {
                const std::lock_guard lock(mutex_);
                if (interrupted() || error_ || next_ == faults_.size() || tally_.tried() >= wanted_)
                    return nullptr;
                if (tally_.tried() + under_way_ < wanted_) {
                    ++under_way_;
                    return &faults_[next_++];
                }
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }

    void take(const Fault& fault, Fate fate) {
        const std::lock_guard lock(mutex_);
        --under_way_;
        if (fate == Fate::called_off) return;
        if (fate == Fate::noticed) ++tally_.noticed;
        if (fate == Fate::did_not_compile) ++tally_.did_not_compile;
        if (fate == Fate::unnoticed) {
            tally_.survivors.push_back(fault);
            progress_.clear();
            fmt::print("{}\n", in_words(fault));
        }
        const std::size_t done = wanted_ < faults_.size() ? tally_.tried() : next_ - under_way_;
        progress_.show(done, fmt::format("{} of {} tried: {} noticed, {} not; {} did not compile",
                                         done, wanted_, tally_.noticed, tally_.survivors.size(),
                                         tally_.did_not_compile));
    }

    VariantBuilder& builder_;
    const std::vector<Fault>& faults_;
    std::size_t wanted_;
    std::mutex mutex_;  // for what is below
    std::size_t next_ = 0;
    std::size_t under_way_ = 0;
    Tally tally_;
    Progress progress_;
    std::exception_ptr error_;
};

int processors() {
    return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 16U));
}

Tally try_faults(const Course& course, const tools::Lesson& lesson,
                 const std::vector<Fault>& faults, std::size_t wanted, int at_once) {
    VariantBuilder builder(course, lesson, interrupted);
    if (const auto complaint = builder.complaint_about_solution()) {
        throw std::runtime_error(
            *complaint +
            ", so its tests tell nothing about faults. On a busy machine more patience "
            "may help: LEAKLINGS_PATIENCE=15");
    }
    return Trial(builder, faults, wanted).run(at_once);
}

}  // namespace

int mutate(const Course& course, const tools::Lesson& lesson, const MutateOptions& options) {
    std::vector<Equivalent> equivalents = equivalents_of(course, lesson);
    std::vector<Fault> faults = faults_of(course, lesson);
    if (!options.at.empty()) {
        faults = faults_at(faults, options.at);
        equivalents.clear();  // what is asked about by its line is tried in any case
    }
    const auto stale = std::count_if(equivalents.begin(), equivalents.end(), [&](const auto& each) {
        const bool none = std::none_of(faults.begin(), faults.end(),
                                       [&](const Fault& fault) { return each.is(fault); });
        if (none) {
            fmt::print(
                "tests/equivalent/{}.txt names a fault that cannot be made any more:\n"
                "{}, in {}\n- {}\n+ {}\n\n",
                lesson.stem, each.file, each.in, each.was, each.becomes);
        }
        return none;
    });
    const std::size_t all = faults.size();
    std::erase_if(faults, [&](const Fault& fault) {
        return std::any_of(equivalents.begin(), equivalents.end(),
                           [&](const auto& each) { return each.is(fault); });
    });
    const std::size_t excused = all - faults.size();
    if (options.list) {
        for (const Fault& fault : faults) fmt::print("{}\n", in_words(fault));
        fmt::print("{}: {} faults can be put in, {} more are known to change nothing.\n",
                   lesson.stem, faults.size(), excused);
        return stale == 0 ? 0 : 1;
    }

    std::size_t wanted = faults.size();
    if (options.faults) {
        wanted = std::min(wanted, static_cast<std::size_t>(*options.faults));
        faults = shuffled(std::move(faults), options.seed);
    }
    const Interruptions interruptions;
    const int at_once = options.at_once > 0 ? options.at_once : processors();
    ::setenv(protocol::patience_variable, "3", 0);  // a fault that hangs should not hang for long
    Tally tally = try_faults(course, lesson, faults, wanted, at_once);
    const std::size_t tried = tally.tried();

    if (!options.tsan.empty() && !tally.survivors.empty() && !interrupted()) {
        fmt::print("ThreadSanitizer is asked about those that nobody noticed ...\n");
        ::setenv(protocol::patience_variable, "15", 1);
        ::setenv("TSAN_OPTIONS", "halt_on_error=1:second_deadlock_stack=1", 0);
        Course sanitized = course;
        sanitized.build = options.tsan;
        const std::vector<Fault> unnoticed = std::move(tally.survivors);
        const Tally seen = try_faults(sanitized, lesson, unnoticed, unnoticed.size(), at_once);
        tally.survivors = seen.survivors;
        tally.noticed += seen.noticed;
    }
    if (interrupted()) {
        fmt::print("Called off: {} of {} faults were tried.\n", tried, wanted);
        return 130;
    }
    fmt::print(
        "{}: {} of {} faults noticed; {} did not compile, {} are known to change nothing "
        "(seed {}).\n",
        lesson.stem, tally.noticed, tried, tally.did_not_compile, excused, options.seed);
    if (!tally.survivors.empty()) {
        fmt::print(
            "Not noticed, so a test is missing; or the fault changes nothing, and stands with "
            "its reason in tests/equivalent/{}.txt:\n\n",
            lesson.stem);
        for (const Fault& fault : tally.survivors) fmt::print("{}\n", in_words(fault));
    }
    return tally.survivors.empty() && stale == 0 ? 0 : 1;
}

}  // namespace verify
