#include "web/comparison.hpp"

#include <exception>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "course/test_runner.hpp"
#include "support/protocol.hpp"
#include "text/text.hpp"
#include "tutor/build.hpp"
#include "tutor/exit_status.hpp"

namespace fs = std::filesystem;

namespace web {
namespace {

constexpr auto its_tests = tutor::Part::solutions_tests;

}  // namespace

Json timeline_in_page(const fs::path& page) {
    const std::string text = fs::exists(page) ? tools::read_file(page) : std::string();
    const std::string_view begins = protocol::data_begins;
    const std::size_t begin = text.find(begins);
    const std::size_t end = text.find(protocol::data_ends, begin);
    if (end == std::string::npos) throw tutor::WrongUse("This test has left no timeline.");
    const std::size_t from = begin + begins.size();
    return Json::parse(text.substr(from, end - from));
}

void Comparison::begin(const tools::Lesson& lesson, const tools::Test& test) {
    end();
    test_ = test.name;
    note_ = "The solution is being built ...";
    job_.emplace(wakeup_, [this, of = &lesson, test](tutor::Job& job) {
        const tutor::BuildHooks hooks = {[](std::string_view) {},
                                         [&job] { return job.cancelled(); }};
        std::string note = "The solution left no timeline.";
        fs::path page;
        try {
            const tutor::Build build = tutor::run_build(context_, *of, its_tests, hooks);
            if (build.cancelled()) return;
            if (build.ok()) {
                tools::RunOptions options;
                options.cancelled = hooks.cancelled;
                options.pages = context_.build() / "timelines" / ("solution." + of->stem);
                options.green_pages = true;
                const auto results = tools::run_tests(
                    tutor::executable_of(context_, *of, its_tests), {test}, options);
                if (!results.empty()) page = results.front().page;
            } else {
                note = "The solution could not be built.";
            }
        } catch (const std::exception& error) {
            note = error.what();
        }
        job.post([this, page, note] {
            page_ = page;
            note_ = page.empty() ? note : "";
        });
    });
}

void Comparison::end() {
    job_.reset();
    test_.clear();
    note_.clear();
    page_.clear();
}

bool Comparison::look() {
    if (!job_) return false;
    if (!job_->deliver()) job_.reset();
    return true;
}

Json Comparison::to_json() const {
    const char* state = test_.empty() ? "" : job_ ? "running" : page_.empty() ? "failed" : "there";
    return {{"test", test_}, {"state", state}, {"note", note_}};
}

Json Comparison::timeline() const {
    if (job_ || page_.empty()) throw tutor::WrongUse("The solution has left no timeline yet.");
    return timeline_in_page(page_);
}

}  // namespace web
