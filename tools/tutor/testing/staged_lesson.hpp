// The second lesson of the small course, in two stages.
#pragma once

#include <string>

#include "tutor/testing/mini_course.hpp"

// There until the next test has a small course. `course` must live longer.
class StagedLesson {
 public:
    explicit StagedLesson(const MiniCourse& course);
    StagedLesson(const StagedLesson&) = delete;
    StagedLesson& operator=(const StagedLesson&) = delete;
    ~StagedLesson();

    void write(const std::string& text) const;
    // Shows this item, whatever is asked for up to the second.
    std::string shop_with(const std::string& item) const;

 private:
    const MiniCourse& course_;
};
