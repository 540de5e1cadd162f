#include "text/diff.hpp"

#include <string>

#include "support/catch.hpp"

TEST_CASE("A difference is the one that diff -u shows") {
    CHECK(tools::unified_diff("a\n", "a\n", "x", "y").empty());
    CHECK(tools::unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "x",
                              "y") ==
          "--- x\n+++ y\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
    CHECK(tools::unified_diff("", "a\nb\n", "/dev/null", "y") ==
          "--- /dev/null\n+++ y\n@@ -0,0 +1,2 @@\n+a\n+b\n");
    const std::string far = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    CHECK(
        tools::unified_diff("a\n" + far + "b\n", "A\n" + far + "B\n", "x", "y") ==
        "--- x\n+++ y\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -8,4 +8,4 @@\n 7\n 8\n 9\n-b\n+B\n");
    const std::string near = "1\n2\n3\n4\n5\n6\n";
    CHECK(tools::unified_diff("a\n" + near + "b\n", "A\n" + near + "B\n", "x", "y") ==
          "--- x\n+++ y\n@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
}
