#include "verify/subjects/verdicts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>

#include "course/answer.hpp"
#include "course/test_runner.hpp"
#include "text/text.hpp"
#include "verify/book/book_page.hpp"
#include "verify/interruptions.hpp"

namespace fs = std::filesystem;

namespace verify {
namespace {

using tools::TestResult;
using tools::Verdict;

std::string quoted(const std::string& text) {
    return "\"" + text + "\"";
}

std::string run_of(int run, int times) {
    return times == 1 ? "" : fmt::format(" (run {} of {})", run, times);
}

const std::string& first_message(const TestResult& result) {
    static const std::string none;
    if (result.failures.empty() || result.failures.front().messages.empty()) return none;
    return result.failures.front().messages.front();
}

bool has_message(const TestResult& result) {
    return std::any_of(result.failures.begin(), result.failures.end(),
                       [](const tools::Failure& failure) { return !failure.messages.empty(); });
}

// One test of the starter. `shown` is what the chapter says that it says.
std::optional<Finding> judge_pitfall(const TestResult& result, const std::string& chapter,
                                     const std::optional<std::string>& shown) {
    Finding finding;
    finding.where = quoted(result.test.name);
    finding.details = tools::describe(result);
    if (result.verdict == Verdict::passed) {
        finding.expected = "red on the starter: the test is tagged [pitfall]";
        finding.found = in_words(result.verdict);
        finding.advice =
            "give the starter the disease that the test shows, or take the tag from the test: "
            "it is a guard then";
        return finding;
    }
    if (result.verdict != Verdict::failed) {
        finding.expected = "red by an assertion, which says in the shop's words what went wrong";
        finding.found = in_words(result.verdict);
        finding.advice =
            "let the test assert what can be seen of the disease before it comes to that";
        return finding;
    }
    const std::string& message = first_message(result);
    if (message.empty()) {
        finding.expected = "a message with the first assertion that fails";
        finding.found = "an assertion without one";
        finding.advice = "write it with EXPECT or NEED, see tests/support/catch.hpp";
        return finding;
    }
    if (!shown) {
        finding.expected = fmt::format(
            "the test and its message in {}, between <!-- tests --> and <!-- end -->", chapter);
        finding.found = "no such test there";
        finding.advice = "refresh the chapter: " + refresh_command;
        finding.details.clear();
        return finding;
    }
    if (*shown != one_line_of_markdown(message)) {
        finding.expected = fmt::format("the reason that {} gives:\n{}", chapter, *shown);
        finding.found = fmt::format("another reason:\n{}", one_line_of_markdown(message));
        finding.advice =
            "if the starter should fail like this, refresh the chapter: " + refresh_command +
            "; if not, the starter or the test is wrong";
        return finding;
    }
    return std::nullopt;
}

// Which tests reject an answer, for those who have to correct its line.
std::string who_rejects(const Course& course, const tools::Lesson& lesson,
                        const std::string& answer) {
    std::string names;
    for (const TestResult& result :
         run_tests(tests_program(course, answer + "." + lesson.stem), tests_of(course, lesson))) {
        if (result.verdict == Verdict::passed) continue;
        names += fmt::format("\n{}: {}", quoted(result.test.name), in_words(result.verdict));
    }
    return names.empty()
               ? "it passed, and the answer passes every other test too: nothing rejects it"
               : "it passed; these tests do not:" + names;
}

// Judges a subject's tests that many times: first each in a process of its own, as a learner runs
// them, and from then on all in one, in another order each time, which takes a third of the
// processor's time. What is found there is looked at again one by one, for that says more.
Findings judge_repeatedly(const fs::path& program, const std::vector<tools::Test>& tests, int times,
                          const std::function<std::optional<Finding>(const TestResult&)>& judge) {
    const auto findings_in = [&](const std::vector<TestResult>& results, int run) {
        Findings findings;
        for (const TestResult& result : results) {
            std::optional<Finding> finding = judge(result);
            if (!finding) continue;
            finding->where += run_of(run, times);
            findings.push_back(std::move(*finding));
        }
        return findings;
    };
    for (int run = 1; run <= times; ++run) {
        Findings together;
        if (run > 1) {
            const std::vector<TestResult> results =
                tools::run_in_one_process(program, tests, static_cast<unsigned>(run));
            together = findings_in(results, run);
            if (!results.empty() && together.empty()) continue;
        }
        Findings findings = findings_in(run_tests(program, tests, interrupted), run);
        if (!findings.empty()) return findings;
        if (run == 1) continue;
        together.insert(
            together.begin(),
            {"all tests" + run_of(run, times),
             "the same in one process as one by one",
             together.empty() ? "in one process they do not come to their end"
                              : "in one process it was not so, this time:",
             fmt::format("see it with {} --order rand --rng-seed {}", program.string(), run),
             {}});
        return together;
    }
    return {};
}

}  // namespace

Findings judge_right(const Course& course, const tools::Lesson& lesson, const std::string& subject,
                     int times) {
    const fs::path program = tests_program(course, subject);
    be_patient();
    return judge_repeatedly(
        program, tests_of(course, lesson), times,
        [&](const TestResult& result) -> std::optional<Finding> {
            if (result.verdict == Verdict::passed) return std::nullopt;
            return Finding{quoted(result.test.name), "it passes", in_words(result.verdict),
                           fmt::format("correct the answer or the test; run it alone with {} {}",
                                       program.string(), quoted(result.test.name)),
                           tools::describe(result)};
        });
}

Findings judge_starter(const Course& course, const tools::Lesson& lesson, int times) {
    const std::string chapter = fs::path("book") / (lesson.stem + ".md");
    if (!fs::exists(lesson.chapter)) {
        return {
            {chapter, "a chapter, which gives the reasons", "no such file", "write the chapter"}};
    }
    const ShownTests shown(tools::read_file(lesson.chapter));
    be_patient();
    return judge_repeatedly(
        tests_program(course, lesson.stem), tests_of(course, lesson), times,
        [&](const TestResult& result) -> std::optional<Finding> {
            if (result.test.pitfall) {
                return judge_pitfall(result, chapter, shown.message_of(result.test.name));
            }
            if (result.verdict == Verdict::passed) return std::nullopt;
            return Finding{
                quoted(result.test.name), "green on the starter: it has no tag [pitfall]",
                in_words(result.verdict),
                "tag the test [pitfall] if it shows the lesson's disease; if it does not, the "
                "starter has another one",
                tools::describe(result)};
        });
}

Findings judge_wrong(const Course& course, const tools::Lesson& lesson, const std::string& answer) {
    const tools::Answer said = tools::answer_of(course.root, lesson.stem, answer);
    const std::string shown = fs::relative(said.path, course.root).string();
    if (said.rejected_by.empty()) {
        return {{shown, "a first line \"Rejected by: \" with the name of a test", "it has none",
                 "name the test that rejects this answer; several are named on a line each"}};
    }
    const std::vector<tools::Test> tests = tests_of(course, lesson);
    const fs::path program = tests_program(course, answer + "." + lesson.stem);
    Findings findings;
    std::vector<tools::Test> named;
    for (const std::string& name : said.rejected_by) {
        const auto test = std::find_if(tests.begin(), tests.end(),
                                       [&](const auto& each) { return each.name == name; });
        if (test != tests.end()) {
            named.push_back(*test);
            continue;
        }
        findings.push_back({shown, fmt::format("a test {}, which rejects it", quoted(name)),
                            fmt::format("tests/{}.cpp has no test of that name", lesson.stem),
                            "correct the answer's line \"Rejected by: \""});
    }
    for (const TestResult& result : run_tests(program, named)) {
        const bool rejected = result.verdict == Verdict::failed && has_message(result);
        if (rejected) continue;
        Finding finding{fmt::format("{}, {}", shown, quoted(result.test.name)),
                        "rejected by this test, by an assertion with a message",
                        in_words(result.verdict), "let the test assert what the answer gets wrong",
                        tools::describe(result)};
        if (result.verdict == Verdict::passed) {
            finding.found = who_rejects(course, lesson, answer);
            finding.advice = "sharpen the test, or correct the answer's line \"Rejected by: \"";
        }
        if (result.verdict == Verdict::failed) {
            finding.found += " without a message";
            finding.advice = "write the assertion with EXPECT or NEED, see tests/support/catch.hpp";
        }
        findings.push_back(std::move(finding));
    }
    return findings;
}

Findings judge_answers(const Course& course, const tools::Lesson& lesson) {
    constexpr int least_wrong = 4;
    const std::string shown_folder = "tests/answers/" + lesson.stem;
    Findings findings;
    int right = 0;
    int wrong = 0;
    for (const tools::Answer& answer : tools::answers_of(course.root, lesson.stem)) {
        if (answer.is_right()) {
            ++right;
        } else if (answer.is_wrong()) {
            ++wrong;
        } else {
            findings.push_back({shown_folder + "/" + answer.path.filename().string(),
                                "a name that begins with right_ or wrong_",
                                "another, so nothing builds or judges it", "rename it"});
        }
    }
    if (wrong < least_wrong) {
        findings.push_back(
            {shown_folder,
             fmt::format("at least {} answers that look right and are wrong", least_wrong),
             fmt::format("{} of them", wrong),
             "add wrong_….diff, which opens with \"Rejected by: \": tests/README.md says how"});
    }
    if (right == 0) {
        findings.push_back({shown_folder,
                            "another right answer than the solution, of another design", "none",
                            "add right_….diff, or a folder right_…"});
    }
    return findings;
}

}  // namespace verify
