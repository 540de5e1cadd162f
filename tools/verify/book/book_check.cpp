#include "verify/book/book_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <stdexcept>
#include <utility>

#include "text/text.hpp"
#include "verify/book/answer_blocks.hpp"
#include "verify/book/book_page.hpp"
#include "verify/book/file_blocks.hpp"
#include "verify/book/form.hpp"
#include "verify/book/picture_blocks.hpp"
#include "verify/book/shop_by_hand.hpp"
#include "verify/book/stages_check.hpp"
#include "verify/book/starter_runs.hpp"

namespace fs = std::filesystem;

namespace verify {
namespace {

constexpr const char* correct_it = "correct the block or what it shows";

// Makes the blocks of one chapter, in their order: a shell block depends on those before it.
class Maker {
 public:
    Maker(const Course& course, const tools::Lesson& lesson, bool refresh)
        : course_(course), lesson_(lesson), refresh_(refresh), runs_(course, lesson) {}

    // What should stand in the block. Throws std::runtime_error, whose text says why nothing can.
    std::vector<std::string> make(const tools::MarkdownBlock& block) {
        if (block.kind == "files") return files_block(course_, lesson_);
        if (block.kind == "code") return code_block(course_, block);
        if (block.kind == "diff") return diff_block(course_, lesson_);
        if (block.kind == "answer") return answer_block(course_, lesson_, block.arguments.at(0));
        if (block.kind == "tests") return runs_.tests_block();
        if (block.kind == "failure") return runs_.failure_block(block.arguments.at(0));
        if (block.kind == "picture") return picture(block.arguments.at(0));
        if (block.kind == "server") return server(block);
        if (block.kind == "shell") return shell(block);
        throw std::runtime_error("nothing makes such a block");
    }

    // Pictures of this lesson that no block has drawn.
    Findings unused_pictures() const { return pictures_besides(course_, lesson_, pictures_); }

    // After the last block.
    void finish() const {
        if (shop_) shop_->expect_nothing_in_background();
    }

 private:
    std::vector<std::string> server(const tools::MarkdownBlock& block) {
        const std::unique_ptr<ShopByHand> before = std::move(shop_);
        shop_ = std::make_unique<ShopByHand>(server_program(course_, lesson_.stem),
                                             read_server_command(block.lines, lesson_.number));
        if (before) before->expect_nothing_in_background();
        return block.lines;
    }

    std::vector<std::string> shell(const tools::MarkdownBlock& block) {
        if (!shop_)
            throw std::runtime_error("no <!-- server --> block stands before this <!-- shell -->");
        return shop_->run(block.lines);
    }

    std::vector<std::string> picture(const std::string& test) {
        pictures_.insert(picture_of(lesson_, test));
        return picture_block(course_, lesson_, test, runs_.timeline_of(test), refresh_);
    }

    const Course& course_;
    const tools::Lesson& lesson_;
    bool refresh_;
    std::set<std::string> pictures_;
    StarterRuns runs_;
    std::unique_ptr<ShopByHand> shop_;
};

using Position = std::vector<std::string>::const_iterator;

// Where a block begins to differ from what it should be; its two ends when it does not.
std::pair<Position, Position> first_difference(const tools::MarkdownBlock& block,
                                               const std::vector<std::string>& right) {
    const auto& is = block.lines;
    if (block.kind == "failure") {
        return std::mismatch(is.begin(), is.end(), right.begin(), right.end(), same_in_failures);
    }
    return std::mismatch(is.begin(), is.end(), right.begin(), right.end());
}

bool is_right(const tools::MarkdownBlock& block, const std::vector<std::string>& right) {
    return first_difference(block, right) == std::pair(block.lines.end(), right.end());
}

Finding staleness(const BookPage& chapter, const tools::MarkdownBlock& block,
                  const std::vector<std::string>& right) {
    const auto [is, should] = first_difference(block, right);
    const auto line = block.begin + 1 + static_cast<std::size_t>(is - block.lines.begin());
    return {fmt::format("{}, in the {} block", chapter.place(line), block.kind),
            should == right.end() ? "the end of the block" : *should,
            is == block.lines.end() ? "the end of the block" : *is,
            "the block is stale; refresh it and look at what has changed: " + refresh_command};
}

// Compares each block with what `make` makes of it, or refreshes it.
template <typename Make>
void judge_blocks(BookPage& chapter, const Make& make, bool refresh, Findings& findings) {
    for (std::size_t i = 0; i < chapter.blocks.size(); ++i) {
        const tools::MarkdownBlock& block = chapter.blocks[i];
        try {
            const std::vector<std::string> right = make(block);
            if (is_right(block, right)) continue;
            if (refresh) {
                chapter.replace(i, right);
            } else {
                findings.push_back(staleness(chapter, block, right));
            }
        } catch (const std::runtime_error& error) {
            findings.push_back({chapter.place(block.begin),
                                fmt::format("a {} block that can be made", block.kind),
                                error.what(), correct_it});
        }
    }
}

bool is_chapter(const fs::path& page, const std::vector<tools::Lesson>& lessons) {
    return std::any_of(lessons.begin(), lessons.end(), [&](const tools::Lesson& lesson) {
        return lesson.chapter.filename() == page.filename();
    });
}

}  // namespace

Findings judge_chapter(const Course& course, const tools::Lesson& lesson, bool refresh) {
    const std::string name = (fs::path("book") / (lesson.stem + ".md")).generic_string();
    if (!fs::exists(lesson.chapter)) {
        return {{name, "the lesson's chapter", "no such file", "write it"}};
    }
    const std::string text = tools::read_file(lesson.chapter);
    Findings findings;
    BookPage chapter(name, text, findings);
    Maker maker(course, lesson, refresh);
    judge_blocks(
        chapter, [&](const tools::MarkdownBlock& block) { return maker.make(block); }, refresh,
        findings);
    try {
        maker.finish();
    } catch (const std::runtime_error& error) {
        findings.push_back({chapter.place(chapter.lines.size()), "shell blocks that come to an end",
                            error.what(), correct_it});
    }
    const Findings unused = maker.unused_pictures();
    findings.insert(findings.end(), unused.begin(), unused.end());
    const Findings form = judge_form(chapter, lesson);
    findings.insert(findings.end(), form.begin(), form.end());
    const std::vector<tools::Test> tests = tests_of(course, lesson);
    for (const Findings& more : {judge_stages(chapter, lesson, tests),
                                 judge_promises(chapter, tests), judge_tests_named(chapter, tests)})
        findings.insert(findings.end(), more.begin(), more.end());
    if (refresh && chapter.text() != text) tools::write_file(lesson.chapter, chapter.text());
    return findings;
}

Findings judge_pages(const Course& course, bool refresh) {
    const std::vector<tools::Lesson> lessons = tools::find_lessons(course.root);
    std::set<fs::path> pages;
    for (const auto& entry : fs::directory_iterator(course.root / "book")) {
        if (entry.path().extension() == ".md" && !is_chapter(entry.path(), lessons))
            pages.insert(entry.path());
    }
    Findings findings;
    for (const fs::path& file : pages) {
        const std::string text = tools::read_file(file);
        BookPage page((fs::path("book") / file.filename()).generic_string(), text, findings);
        judge_blocks(
            page,
            [&](const tools::MarkdownBlock& block) {
                if (block.kind == "code") return code_block(course, block);
                throw std::runtime_error("only a lesson's chapter can have it");
            },
            refresh, findings);
        if (refresh && page.text() != text) tools::write_file(file, page.text());
    }
    return findings;
}

}  // namespace verify
