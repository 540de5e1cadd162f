#include "verify/book/timeline_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "text/text.hpp"
#include "text/wrap.hpp"
#include "text/xml.hpp"
#include "verify/book/timeline_rows.hpp"

namespace verify {
namespace {

// As in all pictures of the book: see book/pictures/README.md.
constexpr std::string_view style = R"(<style>
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;font-size:13px;fill:#1f2328}
.b{font-size:14px;font-weight:600}.c{text-anchor:middle}.e{text-anchor:end}
.m{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.page{fill:#fff;stroke:#d0d7de}
.box{fill:#f6f8fa}.box,.ln{stroke:#59636e;stroke-width:1.5}.ln{fill:none}.dash{stroke-dasharray:5 4}
.one,.two{stroke-width:1.5}.good,.bad{stroke-width:2}.bad{stroke-dasharray:6 3}
.one{fill:#ddf4ff;stroke:#0550ae}.two{fill:#fff1e5;stroke:#953800}
.good{fill:#dafbe1;stroke:#116329}.bad{fill:#ffebe9;stroke:#a40e26}
.ln.one,.ln.two,.ln.good,.ln.bad{fill:none}
.q{fill:#59636e}.f1{fill:#0550ae}.f2{fill:#953800}.fg{fill:#116329}.fb{fill:#a40e26}
@media screen and (prefers-color-scheme:dark){
text{fill:#e6edf3}.page{fill:#0d1117;stroke:#3d444d}
.box{fill:#212830}.box,.ln{stroke:#9da7b1}
.one{fill:#0c2d4d;stroke:#79c0ff}.two{fill:#3d2204;stroke:#ffa657}
.good{fill:#0b3a1a;stroke:#56d364}.bad{fill:#4a1015;stroke:#ff8e87}
.q{fill:#9da7b1}.f1{fill:#79c0ff}.f2{fill:#ffa657}.fg{fill:#56d364}.fb{fill:#ff8e87}
}
</style>
)";

constexpr int page_width = 720;
constexpr int margin = 16;
constexpr int thread_width = 76;
constexpr int narrow_thread_width = 48;  // their heads are in two tiers
constexpr std::size_t most_wide_threads = 3;
constexpr int connection_width = 30;
constexpr int least_connections_width = 84;  // for the word above them
constexpr int head_height = 64;
constexpr int tier_height = 36;
constexpr int row_height = 24;
constexpr int line_height = 17;
constexpr double character_width = 7.8;  // of the widest font

// A row and where it stands.
struct Row : TimelineRow {
    int y = 0;                         // of the middle of its first line
    std::vector<std::string> lines;    // its words
    std::vector<std::string> remarks;  // in lines
};

struct Lane {
    std::string thread;
    std::string customers;  // "alice, bob"
    int x = 0;
    int head = 28;  // where its name stands
};

class Drawing {
 public:
    Drawing(const tools::Timeline& timeline, std::string test)
        : timeline_(timeline), test_(std::move(test)) {
        for (TimelineRow& row : rows_of(timeline))
            rows_.emplace_back().events = std::move(row.events);
        place_lanes();
        place_rows();
    }

    Picture take() {
        const std::string words = description();
        std::string shapes;
        add_heads(shapes);
        add_connections(shapes);
        add_threads(shapes);
        for (const Row& row : rows_) add_row(shapes, row);
        add_end(shapes);
        return {fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" "
                            "width=\"{0}\" height=\"{1}\" role=\"img\" aria-labelledby=\"t d\">\n"
                            "<title id=\"t\">{2}</title>\n<desc id=\"d\">{3}</desc>\n{4}"
                            "<rect class=\"page\" x=\".5\" y=\".5\" width=\"{5}\" height=\"{6}\" "
                            "rx=\"6\"/>\n{7}</svg>\n",
                            page_width, height_, tools::xml_text(test_), tools::xml_text(words),
                            style, page_width - 1, height_ - 1, shapes),
                words};
    }

 private:
    void place_lanes() {
        for (const Row& row : rows_) {
            if (row.front().who.empty()) continue;
            const std::string customer = row.customer();
            auto lane = std::find_if(lanes_.begin(), lanes_.end(),
                                     [&](const Lane& each) { return each.thread == row.thread(); });
            if (lane == lanes_.end()) lane = lanes_.insert(lane, {row.thread(), ""});
            const bool is_new =
                !customer.empty() &&
                (", " + lane->customers + ",").find(", " + customer + ",") == std::string::npos;
            if (is_new) lane->customers += (lane->customers.empty() ? "" : ", ") + customer;
            if (row.connection() > 0) connections_[row.connection()] = 0;
        }
        const bool is_narrow = lanes_.size() > most_wide_threads;
        const int width_of_lane = is_narrow ? narrow_thread_width : thread_width;
        int x = margin + (is_narrow ? 12 : 0);
        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            lanes_[i].x = x + width_of_lane / 2;
            if (is_narrow && i % 2 == 1) lanes_[i].head += tier_height;
            x += width_of_lane;
        }
        if (is_narrow) x += 12;
        top_ = head_height + (is_narrow ? tier_height : 0);
        const int width = connection_width * static_cast<int>(connections_.size());
        const int room = connections_.empty() ? 0 : std::max(width, least_connections_width);
        connections_middle_ = x + room / 2;
        int each = x + (room - width) / 2 + connection_width / 2;
        for (auto& [number, at] : connections_) {
            at = each;
            each += connection_width;
        }
        text_x_ = x + room + 8;
    }

    void place_rows() {
        int y = top_;
        for (Row& row : rows_) {
            row.y = y + row_height / 2;
            const bool is_long = row.events.size() == 1 && is_statement(row.front());
            row.lines = is_long ? std::vector{fitted(row.words())} : in_lines(row.words());
            if (!row.front().remark.empty()) row.remarks = in_lines("◀ " + row.front().remark);
            const std::size_t more = row.lines.size() - 1 + row.remarks.size();
            y += row_height + line_height * static_cast<int>(more);
        }
        find_unanswered();
        end_ = y + row_height / 2;
        bottom_ = y + (unanswered_.empty() ? 0 : row_height);
        height_ = bottom_ + margin + (leaked().empty() ? 0 : row_height);
    }

    // Who asked something and was told nothing.
    void find_unanswered() {
        for (const Row& row : rows_) {
            const auto who = std::find(unanswered_.begin(), unanswered_.end(), row.front().who);
            if (is_request(row.front()) && who == unanswered_.end())
                unanswered_.push_back(row.front().who);
            if (is_reply(row.front()) && who != unanswered_.end()) unanswered_.erase(who);
        }
    }

    std::vector<std::string> in_lines(const std::string& text) const {
        tools::WrapOptions options;
        options.columns = columns_of_text();
        options.whole_words = true;
        // A line may end with a dot and not begin with one.
        return tools::wrap(tools::replaced(text, " · ", "\u00A0· "), options);
    }

    std::string fitted(const std::string& text) const {
        if (tools::columns_of(text) <= columns_of_text()) return text;
        return tools::cut(text, columns_of_text() - 1, true) + "…";
    }

    std::size_t columns_of_text() const {
        return static_cast<std::size_t>((page_width - margin - text_x_) / character_width);
    }

    std::vector<int> leaked() const {
        std::vector<int> numbers;
        for (const tools::TimelineConnection& connection : timeline_.connections) {
            const bool is_leaked = connection.summary.find("LEAKED") != std::string::npos;
            if (is_leaked && connections_.contains(connection.number))
                numbers.push_back(connection.number);
        }
        return numbers;
    }

    static void add_line(std::string& shapes, std::string_view kind, int x, int from, int to) {
        shapes += fmt::format("<path class=\"{}\" d=\"M{} {}V{}\"/>\n", kind, x, from, to);
    }
    static void add_bar(std::string& shapes, std::string_view kind, int x, int width, int from,
                        int to) {
        shapes += fmt::format(
            "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\"/>\n", kind,
            x - width / 2, from, width, to - from);
    }

    void add_heads(std::string& shapes) const {
        for (const Lane& lane : lanes_) {
            shapes +=
                fmt::format("<text class=\"b c\" x=\"{}\" y=\"{}\">{}</text>\n", lane.x, lane.head,
                            tools::xml_text(lane.customers.empty() ? lane.thread : lane.customers));
            if (!lane.customers.empty())
                shapes += fmt::format("<text class=\"c q\" x=\"{}\" y=\"{}\">{}</text>\n", lane.x,
                                      lane.head + 18, tools::xml_text(lane.thread));
        }
        if (connections_.empty()) return;
        shapes += fmt::format("<text class=\"b c f1\" x=\"{}\" y=\"28\">connection</text>\n",
                              connections_middle_);
        for (const auto& [number, x] : connections_)
            shapes += fmt::format("<text class=\"c f1\" x=\"{}\" y=\"46\">{}</text>\n", x, number);
    }

    // Open from a row to a row, and in a transaction from a row to a row.
    void add_connections(std::string& shapes) const {
        constexpr int half = row_height / 2 - 3;
        for (const auto& [number, x] : connections_) {
            int open = top_;
            int begun = -1;
            std::string lines;
            std::string bars;
            for (const Row& row : rows_) {
                if (row.connection() != number) continue;
                for (const tools::TimelineEvent& event : row.events) {
                    if (opens(event)) open = row.y;
                    if (begins_transaction(event)) begun = row.y - half;
                    if (ends_transaction(event) && begun >= 0) {
                        add_bar(bars, "one", x, 16, begun, row.y + half);
                        begun = -1;
                    }
                    if (closes(event)) {
                        add_line(lines, "ln one", x, open, row.y);
                        open = -1;
                    }
                }
            }
            if (open >= 0) add_line(lines, "ln one", x, open, bottom_);
            if (begun >= 0) add_bar(bars, "one", x, 16, begun, bottom_);
            shapes += lines + bars;
        }
    }

    // Busy from a request to its reply, dashed while others act, or the bank is thinking.
    void add_threads(std::string& shapes) const {
        constexpr int half = row_height / 2 - 3;
        for (const Lane& lane : lanes_) {
            add_line(shapes, "ln dash", lane.x, lane.head + 28, bottom_);
            int begun = -1;  // what goes on: from here
            int last = -1;   // the middle of the thread's last row
            bool interrupted = false;
            bool at_bank = false;
            for (const Row& row : rows_) {
                if (row.thread() != lane.thread) {
                    interrupted = true;
                    continue;
                }
                if (begun >= 0 && interrupted) {
                    add_bar(shapes, "two", lane.x, 14, begun, last + half);
                    add_bar(shapes, "box dash", lane.x, 10, last + half, row.y - half);
                    begun = row.y - half;
                }
                if (begun < 0 && at_bank) add_bar(shapes, "box dash", lane.x, 10, last, row.y);
                at_bank = is_at_bank(row.front());
                if (is_request(row.front()) && begun < 0) begun = row.y - half;
                if (is_reply(row.front()) && begun >= 0) {
                    add_bar(shapes, "two", lane.x, 14, begun, row.y + half);
                    begun = -1;
                }
                last = row.y;
                interrupted = false;
            }
            if (begun >= 0) {
                add_bar(shapes, "two", lane.x, 14, begun, last + half);
                if (bottom_ > last + half + 4)
                    add_bar(shapes, "box dash", lane.x, 10, last + half, bottom_);
            }
        }
    }

    void add_row(std::string& shapes, const Row& row) const {
        const auto lane = std::find_if(lanes_.begin(), lanes_.end(), [&](const Lane& each) {
            return each.thread == row.thread();
        });
        const bool is_bad = !row.front().remark.empty();
        if (lane != lanes_.end()) {
            shapes += fmt::format("<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"4\"/>\n",
                                  is_bad ? "fb" : "q", lane->x, row.y);
            if (row.connection() > 0) {
                const int x = connections_.at(row.connection());
                shapes += fmt::format(
                    "<path class=\"ln{0}\" d=\"M{1} {2}H{3}\"/>\n"
                    "<circle class=\"{4}\" cx=\"{3}\" cy=\"{2}\" r=\"4\"/>\n",
                    is_bad ? " bad" : "", lane->x, row.y, x, is_bad ? "fb" : "f1");
            }
        }
        const bool is_code = is_statement(row.front()) || row.events.size() > 1;
        int y = row.y + 4;
        const auto add = [&](std::string_view kind, const std::vector<std::string>& lines) {
            for (const std::string& line : lines) {
                const std::size_t indent = line.find_first_not_of(' ');
                shapes += fmt::format("<text{} x=\"{}\" y=\"{}\">{}</text>\n", kind,
                                      text_x_ + 8 * static_cast<int>(indent), y,
                                      tools::xml_text(line.substr(indent)));
                y += line_height;
            }
        };
        add(is_code ? " class=\"m\"" : "", row.lines);
        add(" class=\"fb\"", row.remarks);
    }

    void add_end(std::string& shapes) const {
        if (!unanswered_.empty())
            shapes += fmt::format(
                "<text class=\"q\" x=\"{}\" y=\"{}\">the end; dashed: no answer yet"
                "</text>\n",
                text_x_, end_ + 4);
        const std::vector<int> numbers = leaked();
        if (numbers.empty()) return;
        for (const int number : numbers)
            shapes += fmt::format("<text class=\"b c fb\" x=\"{}\" y=\"{}\">✗</text>\n",
                                  connections_.at(number), bottom_ + 16);
        shapes += fmt::format("<text class=\"b fb\" x=\"{}\" y=\"{}\">leaked: still open</text>\n",
                              text_x_, bottom_ + 16);
    }

    std::string description() const {
        std::string words;
        std::string before;
        for (const Row& row : rows_) {
            const std::string& who = row.front().who;
            if (!who.empty() && who != before) {
                words += fmt::format("{}{}: ", words.empty() ? "" : ". ", who);
            } else {
                words += words.empty() ? "" : "; ";
            }
            before = who;
            words += row.words();
            if (words.ends_with('.') && !words.ends_with("..")) words.pop_back();
            if (row.connection() > 0) words += fmt::format(" on connection {}", row.connection());
            if (!row.front().remark.empty()) words += fmt::format(" ({})", row.front().remark);
        }
        if (!unanswered_.empty())
            words += fmt::format(". No answer yet: {}", fmt::join(unanswered_, ", "));
        for (const int number : leaked())
            words += fmt::format(". Connection {} is leaked: it is still open", number);
        return words + ".";
    }

    const tools::Timeline& timeline_;
    const std::string test_;
    std::vector<Row> rows_;
    std::vector<Lane> lanes_;         // in order of appearance
    std::map<int, int> connections_;  // by number: x
    int connections_middle_ = 0;
    int text_x_ = 0;
    int top_ = 0;  // of the rows
    std::vector<std::string> unanswered_;
    int end_ = 0;  // the middle of the line that says so
    int bottom_ = 0;
    int height_ = 0;
};

}  // namespace

Picture draw_timeline(const tools::Timeline& timeline, const std::string& test) {
    return Drawing(timeline, test).take();
}

}  // namespace verify
