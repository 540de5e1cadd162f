// A compiler that a test can stop: to save a file while it is compiled, and just as the compiler ends.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "process/temporary_folder.hpp"
#include "tutor/testing/mini_course.hpp"

constexpr auto gate_patience = std::chrono::minutes(3);

// Something comes to a place and waits there until it is let go on. It comes there once.
class StopPoint {
 public:
    explicit StopPoint(const std::filesystem::path& folder);
    StopPoint(const StopPoint&) = delete;
    StopPoint& operator=(const StopPoint&) = delete;
    ~StopPoint();

    // Until it has come; false when it does not.
    bool await() const;
    void let_go_on() const;
    // To be run by a shell there.
    std::string in_shell() const;

 private:
    std::filesystem::path folder_;
    int comes_;
    int go_;
};

// The compiler of the warm-up's file comes to the first gate before it reads it, and to the second
// when the object is made.
class GuardedCompiler {
 public:
    explicit GuardedCompiler(const MiniCourse& course);
    GuardedCompiler(const GuardedCompiler&) = delete;
    GuardedCompiler& operator=(const GuardedCompiler&) = delete;
    ~GuardedCompiler() { replace_rules(rules_before_); }

 private:
    void replace_rules(const std::string& text) const;

    tools::TemporaryFolder folder_;
    std::filesystem::path rules_;
    std::string rules_before_;

 public:
    StopPoint before{folder_.path() / "before"};
    StopPoint after{folder_.path() / "after"};
};
