// Applying a unified diff: all or nothing, and never a guess.
#include "text/patch.hpp"

#include <string>

#include "support/catch.hpp"
#include "text/diff.hpp"

namespace {

std::string patched(const std::string& diff, const std::string& text) {
    std::string result = text;
    for (const tools::FilePatch& file : tools::read_patch(diff).files)
        result = tools::applied(file, result);
    return result;
}

std::string why_not(const std::string& diff, const std::string& text) try {
    patched(diff, text);
    return "it fits";
} catch (const tools::PatchError& error) {
    return error.what();
}

const std::string nine = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
const std::string five_in_words =
    "--- a\n+++ a\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n";

}  // namespace

TEST_CASE("A diff makes of the one text the other, wherever they differ") {
    const std::string texts[] = {nine,
                                 "one\n2\n3\n4\n5\n6\n7\n8\n9\n",
                                 "1\n2\n3\n4\n5\n6\n7\n8\n9\nten\n",
                                 "3\n4\n5\n6\n7\n",
                                 "\n1\n\n\n2\n3\n- 4\n+ 5\n--- 6\n+++ 7\n@@ 8\n9\n",
                                 "nothing\nof\nthe kind\n"};
    for (const std::string& before : texts) {
        for (const std::string& after : texts) {
            const std::string diff = tools::unified_diff(before, after, "a", "a");
            INFO(diff);
            CHECK(patched(diff, before) == after);
        }
    }
}

TEST_CASE("What stands before the first file is the diff's opening") {
    const std::string diff = "Rejected by: A\n\n" + five_in_words;
    const tools::Patch patch = tools::read_patch(diff);
    CHECK(patch.opening == "Rejected by: A\n\n");
    REQUIRE(patch.files.size() == 1);
    CHECK(patch.files.front().after == "a");
    CHECK(patch.files.front().hunks.front().line == 5);
    CHECK(tools::read_patch("Does without: a\n").opening == "Does without: a\n");
}

TEST_CASE("An empty line of a diff may have lost its blank") {
    CHECK(patched("--- a\n+++ a\n@@ -1,3 +1,3 @@\n 1\n\n-3\n+three\n", "1\n\n3\n") ==
          "1\n\nthree\n");
}

TEST_CASE("A hunk may stand elsewhere, if there is one place only where it fits") {
    CHECK(patched(five_in_words, "0\n" + nine) == "0\n1\n2\n3\n4\nfive\n6\n7\n8\n9\n");
    CHECK(patched(five_in_words, "2\n3\n4\n5\n6\n7\n8\n") == "2\n3\n4\nfive\n6\n7\n8\n");
    CHECK(why_not(five_in_words, "0\n" + nine + nine).starts_with("hunk 1, line 3 of the diff"));
    // Where it says is the place, even if it fits elsewhere as well.
    CHECK(patched(five_in_words, nine + nine) == "1\n2\n3\n4\nfive\n6\n7\n8\n9\n" + nine);
}

TEST_CASE("A hunk that does not fit says what it expects and what is there") {
    CHECK(why_not(five_in_words, "1\n2\n3\nfour\n5\n6\n7\n8\n9\n") ==
          "hunk 1, line 3 of the diff:\n  expected in line 4: 4\n  found there:        four");
    CHECK(why_not(five_in_words, "1\n2\n") ==
          "hunk 1, line 3 of the diff:\n  expected in line 3: 3\n  found there:        (the end of "
          "the file)");
    CHECK(why_not("--- a\n+++ a\n@@ -0,0 +1 @@\n+1\n", nine) ==
          "hunk 1, line 3 of the diff: it does not say where it belongs");
}

TEST_CASE("A file that is all new may be there already") {
    const std::string whole = "--- /dev/null\n+++ a\n@@ -0,0 +1,2 @@\n+a\n+\n";
    CHECK(patched(whole, "") == "a\n\n");
    CHECK(patched(whole, nine) == "a\n\n");
    CHECK(why_not("--- /dev/null\n+++ a\n@@ -1 +1 @@\n-a\n+b\n", "") ==
          "line 3 of the diff: of a file that is written whole all lines are new");
}

TEST_CASE("Carriage returns and a last line without its end are refused") {
    CHECK(why_not("--- a\r\n+++ a\r\n", "") == "the diff has carriage returns");
    CHECK(why_not(five_in_words, "1\r\n2\r\n") == "it has carriage returns");
    CHECK(why_not(five_in_words, "1\n2") == "it does not end with a line end");
    CHECK(why_not(five_in_words.substr(0, five_in_words.size() - 1), nine) ==
          "the diff does not end with a line end");
    CHECK(why_not("--- a\n+++ a\n@@ -1,2 +1,2 @@\n 1\n-2\n\\ No newline at end of file\n+two\n",
                  nine) == "line 6 of the diff: a line of a hunk begins with a blank, - or +");
}

TEST_CASE("A diff that is cut off or counts wrong is refused") {
    CHECK(why_not("--- a\n+++ a\n", nine) == "line 2 of the diff: no hunk follows, @@ -…");
    CHECK(why_not("--- a\n+++ a\n@@ -1,2 +1,2 @@\n 1\n", nine) ==
          "line 4 of the diff: its last hunk is cut off");
    CHECK(why_not("--- a\n+++ a\n@@ -1 +1 @@\n-1\n+one\n+and\n", nine) ==
          "line 6 of the diff: more than its hunk's head has counted");
    CHECK(why_not("--- a\n+++ a\n@@ -1 +1,2 @@\n-1\n-2\n+one\n+and\n", nine) ==
          "line 3 of the diff: the hunk's head counts other lines than there are");
    CHECK(why_not("--- a\n+++ a\n@@ something @@\n", nine) ==
          "line 3 of the diff: no head of a hunk, @@ -12,7 +12,8 @@");
}
