// What a run of a tests' executable says: Catch2's report in XML, and what was printed.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "course/test_result.hpp"

namespace tools {

// What the report says of one test.
struct TestReport {
    bool seen = false;  // the test began
    bool succeeded = false;
    bool threw = false;
    bool crashed = false;
    std::string captured;  // by Catch2: what went through std::cout, then std::cerr
    std::vector<Failure> failures;
};

class RunReport {
 public:
    // Reads it. One that is cut off, or not there, has what came before that.
    explicit RunReport(const std::filesystem::path& file);
    ~RunReport();
    RunReport(const RunReport&) = delete;
    RunReport& operator=(const RunReport&) = delete;

    bool is_complete() const;
    TestReport of(const std::string& test) const;

 private:
    struct Document;
    std::unique_ptr<Document> document_;
};

// The timeline in what a test printed, without its first and last line;
// the last one, if there are several.
std::string timeline_in(const std::string& output);

// Takes the line that says where the page is out of the output.
std::filesystem::path take_page_out_of(std::string& output);

}  // namespace tools
