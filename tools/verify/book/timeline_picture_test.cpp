// A timeline as it is printed, read and drawn.
#include "verify/book/timeline_picture.hpp"

#include <pugixml.hpp>
#include <string>

#include "support/catch.hpp"
#include "text/text.hpp"

namespace {

const std::string printed =
    "      ms  who               connection  what\n"
    "     0.1  test                  1       opened\n"
    "     1.4  alice (worker 1)              POST /orders\n"
    "     1.4  alice (worker 1)      1       BEGIN\n"
    "     1.7  alice (worker 1)      1       SELECT id FROM items WHERE id < 2\n"
    "     1.7  alice (worker 1)              bank: charge alice ... the bank is thinking\n"
    "    12.1  bob (worker 2)        1       INSERT INTO reviews  <- inside alice's transaction\n"
    "     ...  12 lines left out; LEAKLINGS_TIMELINE=full shows them\n"
    "   112.4  bob (worker 2)                is told 201\n"
    "  its connections are in another process\n"
    "  connection 1: opened by test; LEAKED: its request is over and it is still open\n";

std::string svg_of(const std::string& text) {
    return verify::draw_timeline(tools::read_timeline(text), "A & B").svg;
}

bool shows(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("A printed timeline is read without its times") {
    const tools::Timeline timeline = tools::read_timeline(printed);
    REQUIRE(timeline.events.size() == 8);
    CHECK(timeline.events[0].who == "test");
    CHECK(timeline.events[0].connection == 1);
    CHECK(timeline.events[1].who == "alice (worker 1)");
    CHECK(timeline.events[1].connection == 0);
    CHECK(timeline.events[1].what == "POST /orders");
    CHECK(timeline.events[5].what == "INSERT INTO reviews");
    CHECK(timeline.events[5].remark == "inside alice's transaction");
    CHECK(timeline.events[6].who.empty());
    REQUIRE(timeline.connections.size() == 1);
    CHECK(timeline.connections[0].number == 1);
    CHECK(tools::read_timeline("nothing\nof it\n").events.empty());
    CHECK(tools::read_timeline("").events.empty());
}

TEST_CASE(
    "A picture of a timeline is the same at each run, and other when something else happened") {
    CHECK(svg_of(printed) == svg_of(tools::replaced(printed, "112.4", "  9.9")));
    CHECK(svg_of(printed) != svg_of(tools::replaced(printed, "is told 201", "is told 404")));
}

TEST_CASE("A picture of a timeline is well-formed, and says in words what it shows") {
    pugi::xml_document xml;
    REQUIRE(xml.load_string(svg_of(printed).c_str()));
    CHECK(std::string(xml.child("svg").child_value("title")) == "A & B");
    const std::string words = xml.child("svg").child_value("desc");
    CHECK(words == verify::draw_timeline(tools::read_timeline(printed), "A & B").description);
    CHECK(shows(words, "alice (worker 1): POST /orders; BEGIN · SELECT on connection 1; bank: "));
    CHECK(shows(words, "bob (worker 2): INSERT INTO reviews on connection 1 (inside alice's"));
    CHECK(shows(words, "Connection 1 is leaked: it is still open."));
    CHECK(shows(svg_of(printed), "◀ inside alice's transaction"));
    CHECK(shows(svg_of(printed), "leaked: still open"));
}

TEST_CASE("In a picture a transaction is a bar as long as it lasts") {
    const auto bars = [](const std::string& text) {
        const std::string svg = svg_of(text);
        std::size_t count = 0;
        for (std::size_t at = 0; (at = svg.find("<rect class=\"one\"", at)) != svg.npos; ++at)
            ++count;
        return count;
    };
    CHECK(bars(printed) == 1);
    CHECK(bars(tools::replaced(printed, "BEGIN", "PRAGMA x")) == 0);
    CHECK(bars(printed + "   113.0  bob (worker 2)        1       COMMIT\n"
                         "   114.0  bob (worker 2)        1       BEGIN\n") == 2);
}
