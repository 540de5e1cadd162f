#include "web/routes.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <chrono>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "text/text.hpp"
#include "tutor/exit_status.hpp"
#include "web/layout.hpp"
#include "web/state_json.hpp"

namespace fs = std::filesystem;

namespace web {
namespace {

using httplib::Request;
using httplib::Response;
using std::chrono::milliseconds;

constexpr auto looks_whether_page_is_there = milliseconds(1000);
constexpr int looks_between_signs_of_life = 10;

constexpr const char* html_type = "text/html; charset=utf-8";
constexpr const char* json_type = "application/json; charset=utf-8";

// Nothing from elsewhere, nothing inline, and no other page around ours.
constexpr const char* policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
// A picture that is opened by itself has its style in itself, and runs nothing.
constexpr const char* policy_of_pictures =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

void set_once(Response& response, const char* name, const char* value) {
    if (!response.has_header(name)) response.set_header(name, value);
}

void reply_words(Response& response, int status, std::string_view title, std::string_view words) {
    response.status = status;
    response.set_content(html_of_words(title, words), html_type);
}

void reply_not_found(Response& response) {
    reply_words(response, 404, "There is no such page", "The contents have what there is.");
}

void reply(Response& response, const Json& answer) {
    response.set_content(written(answer), json_type);
}

std::optional<std::string> header(const Request& request, const char* name) {
    const auto count = request.get_header_value_count(name);
    if (count == 0) return std::nullopt;
    return count == 1 ? request.get_header_value(name) : std::string();
}

std::string type_of(const fs::path& file) {
    const fs::path extension = file.extension();
    if (extension == ".js") return "text/javascript; charset=utf-8";
    if (extension == ".css") return "text/css; charset=utf-8";
    if (extension == ".svg") return "image/svg+xml";
    return "application/octet-stream";
}

bool is_asset(const fs::path& file) {
    const fs::path extension = file.extension();
    return extension == ".js" || extension == ".css" || extension == ".svg";
}

// What a page has sent, an object. Throws tutor::WrongUse.
Json body_of(const Request& request) {
    Json body = Json::parse(request.body, nullptr, false);
    if (!body.is_object())
        throw tutor::WrongUse("A request must have an object of JSON as its body.");
    return body;
}

int number_in(const Json& body, const char* name) {
    const auto found = body.find(name);
    if (found == body.end() || !found->is_number_integer())
        throw tutor::WrongUse(fmt::format("The request lacks the number \"{}\".", name));
    return found->get<int>();
}

bool is_set(const Json& body, const char* name) {
    const auto found = body.find(name);
    return found != body.end() && found->is_boolean() && found->get<bool>();
}

std::string text_in(const Json& body, const char* name) {
    const auto found = body.find(name);
    if (found == body.end() || !found->is_string())
        throw tutor::WrongUse(fmt::format("The request lacks the text \"{}\".", name));
    return found->get<std::string>();
}

void let_in(httplib::Server& server, Gate& gate, Doorkeeper& doorkeeper) {
    using Handled = httplib::Server::HandlerResponse;
    server.set_pre_routing_handler([&gate, &doorkeeper](const Request& request,
                                                        Response& response) {
        doorkeeper.let_stay(request.remote_port);
        // Nothing is sent in parts: a request for thousands of them made a long reply of each short one.
        const_cast<Request&>(request).ranges.clear();
        const std::string key = request.has_param("key") ? request.get_param_value("key") : "";
        const Visitor visitor = {request.method,
                                 request.path,
                                 key,
                                 header(request, "Host"),
                                 header(request, "Origin"),
                                 header(request, "Cookie"),
                                 header(request, "Sec-Fetch-Site")};
        switch (gate.ask(visitor, Rate::Clock::now())) {
            case Admission::welcome:
                return Handled::Unhandled;
            case Admission::with_key:
                // No redirect: a browser that comes from another program would leave a strict
                // cookie behind on it.
                response.set_header("Set-Cookie", gate.cookie());
                response.set_content(html_that_leads_to("/"), html_type);
                return Handled::Handled;
            case Admission::too_many:
                reply_words(response, 429, "Too many requests", "Wait a moment.");
                return Handled::Handled;
            case Admission::no_key:
                reply_words(response, 403, "Not without the key",
                            "Open the address that ./learn web has printed, with its key.");
                return Handled::Handled;
            case Admission::another_host:
            case Admission::another_origin:
                break;
        }
        reply_words(response, 403, "Not from here", "This is meant for pages of this course only.");
        return Handled::Handled;
    });
    server.set_post_routing_handler([](const Request&, Response& response) {
        set_once(response, "Content-Security-Policy", policy);
        set_once(response, "X-Content-Type-Options", "nosniff");
        set_once(response, "Referrer-Policy", "no-referrer");
        set_once(response, "Cross-Origin-Resource-Policy", "same-origin");
        set_once(response, "Cross-Origin-Opener-Policy", "same-origin");
        set_once(response, "Cache-Control", "no-store");
    });
    server.set_exception_handler([](const Request&, Response& response, std::exception_ptr thrown) {
        try {
            std::rethrow_exception(thrown);
        } catch (const tutor::WrongUse& error) {
            response.status = 422;
            reply(response, {{"error", error.what()}});
        } catch (const std::exception& error) {
            response.status = 500;
            reply(response, {{"error", error.what()}});
        }
    });
    server.set_error_handler([](const Request&, Response& response) {
        if (!response.body.empty()) return;
        if (response.status == 404) return reply_not_found(response);
        reply_words(response, response.status, "This cannot be answered",
                    "The request is not one of ours.");
    });
}

// A name in an address is looked up among those that there are; no path is made of it.
void serve_files(httplib::Server& server, const Site& site) {
    const auto serve_page = [site](const std::string& name, Response& response) {
        const std::optional<BookPage> page = site.book.page(name);
        if (!page) return reply_not_found(response);
        response.set_content(html_of_page(site.book, *page), html_type);
    };
    server.Get("/",
               [serve_page](const Request&, Response& response) { serve_page("index", response); });
    server.Get(R"(/([A-Za-z0-9_]+)\.html)",
               [serve_page](const Request& request, Response& response) {
                   serve_page(request.matches[1], response);
               });
    server.Get(
        R"(/pictures/([A-Za-z0-9_]+)\.svg)", [site](const Request& request, Response& response) {
            const std::optional<std::string> picture = site.book.picture(request.matches[1].str());
            if (!picture) return reply_not_found(response);
            response.set_header("Content-Security-Policy", policy_of_pictures);
            response.set_content(*picture, "image/svg+xml");
        });
    server.Get("/search.json", [site](const Request&, Response& response) {
        response.set_content(site.book.search_index(), json_type);
    });
    server.Get("/assets/highlight.js", [site](const Request&, Response& response) {
        if (!fs::is_regular_file(site.assets.highlighter)) return reply_not_found(response);
        response.set_header("Cache-Control", "private, max-age=86400");
        response.set_content(tools::read_file(site.assets.highlighter),
                             type_of(site.assets.highlighter));
    });
    for (const auto& entry : fs::directory_iterator(site.assets.folder)) {
        const fs::path& file = entry.path();
        if (!is_asset(file)) continue;
        server.Get("/assets/" + tools::replaced(file.filename().string(), ".", "\\."),
                   [file](const Request&, Response& response) {
                       response.set_content(tools::read_file(file), type_of(file));
                   });
    }
}

void serve_events(httplib::Server& server, const Site& site) {
    server.Get("/events", [site](const Request& request, Response& response) {
        const std::shared_ptr<Streams::Seat> seat = site.streams.take_seat();
        if (!seat) {
            return reply_words(response, 503, "Too many pages are open",
                               "Close some; this one is not told what is new.");
        }
        response.set_header("X-Accel-Buffering", "no");
        response.set_chunked_content_provider(
            "text/event-stream", [seat, &doorkeeper = site.doorkeeper, client = request.remote_port,
                                  quiet = 0](std::size_t, httplib::DataSink& sink) mutable {
                doorkeeper.let_stay(client);
                std::string state;
                std::string event;
                switch (seat->wait(looks_whether_page_is_there, state)) {
                    case Streams::Seat::News::end:
                        sink.done();
                        return true;
                    case Streams::Seat::News::state:
                        event = "data: " + state + "\n\n";
                        break;
                    case Streams::Seat::News::none:
                        // A page that is gone is noticed by what is written to it at the latest.
                        if (++quiet % looks_between_signs_of_life != 0)
                            return !sink.is_writable || sink.is_writable();
                        event = ": here\n\n";
                        break;
                }
                return sink.write(event.data(), event.size());
            });
    });
}

void serve_verbs(httplib::Server& server, const Site& site) {
    const auto verb = [&server, site](const char* path,
                                      std::function<Json(Desk&, const Json&)> what) {
        server.Post(path,
                    [site, what = std::move(what)](const Request& request, Response& response) {
                        const Json body = body_of(request);
                        reply(response, site.ask([&](Desk& desk) { return what(desk, body); }));
                    });
    };
    const auto lesson_in = [](const Desk& desk, const Json& body) -> const tools::Lesson& {
        return desk.lesson_called(text_in(body, "lesson"));
    };
    verb("/verb/watch", [lesson_in](Desk& desk, const Json& body) {
        desk.watch(lesson_in(desk, body));
        return Json::object();
    });
    verb("/verb/test", [](Desk& desk, const Json&) {
        desk.test_again();
        return Json::object();
    });
    verb("/verb/hint", [lesson_in](Desk& desk, const Json& body) {
        const int number = number_in(body, "number");
        if (number < 1 || number > 20) throw tutor::WrongUse("There is no such hint.");
        return desk.count_hint(lesson_in(desk, body), number);
    });
    verb("/verb/reset",
         [lesson_in](Desk& desk, const Json& body) { return desk.reset(lesson_in(desk, body)); });
    verb("/verb/skip", [lesson_in](Desk& desk, const Json& body) {
        desk.skip(lesson_in(desk, body), is_set(body, "back"));
        return Json::object();
    });
    verb("/verb/difference", [lesson_in](Desk& desk, const Json& body) {
        return Json{{"text", desk.difference(lesson_in(desk, body))}};
    });
    const auto place_in = [](const Json& body, const char* name) {
        const int place = number_in(body, name);
        if (place < 0) throw tutor::WrongUse("The chapter has no such place.");
        return static_cast<std::size_t>(place);
    };
    verb("/verb/quiz",
         [lesson_in](Desk& desk, const Json& body) { return desk.quiz(lesson_in(desk, body)); });
    verb("/verb/answer", [lesson_in, place_in](Desk& desk, const Json& body) {
        return desk.answer(lesson_in(desk, body), place_in(body, "question"),
                           text_in(body, "answer"));
    });
    verb("/verb/open", [lesson_in, place_in](Desk& desk, const Json& body) {
        desk.stage().open(lesson_in(desk, body), place_in(body, "block"),
                          whose_called(text_in(body, "whose")));
        return Json::object();
    });
    verb("/verb/run", [place_in](Desk& desk, const Json& body) {
        desk.stage().run(place_in(body, "block"), place_in(body, "command"));
        return Json::object();
    });
    verb("/verb/close", [](Desk& desk, const Json&) {
        desk.stage().close();
        return Json::object();
    });
    verb("/verb/kill", [](Desk& desk, const Json&) {
        desk.stage().kill();
        return Json::object();
    });
    verb("/verb/again", [](Desk& desk, const Json&) {
        desk.stage().open_again();
        return Json::object();
    });
    verb("/verb/bank", [](Desk& desk, const Json& body) {
        const std::optional<Mood> mood = mood_called(text_in(body, "mood"));
        if (!mood) throw tutor::WrongUse("The bank has no such mood.");
        desk.stage().be(*mood);
        return Json::object();
    });
    verb("/verb/send", [](Desk& desk, const Json& body) {
        desk.stage().send(own_request_from(body));
        return Json::object();
    });
    verb("/verb/load", [lesson_in](Desk& desk, const Json& body) {
        desk.stage().load(lesson_in(desk, body), load_from(body),
                          whose_called(text_in(body, "whose")));
        return Json::object();
    });
    verb("/verb/timeline", [](Desk& desk, const Json& body) {
        return is_set(body, "solution") ? desk.timeline_of_solution()
                                        : desk.timeline_of(text_in(body, "test"));
    });
    verb("/verb/compare", [](Desk& desk, const Json& body) {
        desk.compare(text_in(body, "test"));
        return Json::object();
    });
}

}  // namespace

void add_routes(httplib::Server& server, Gate& gate, const Site& site) {
    let_in(server, gate, site.doorkeeper);
    serve_files(server, site);
    serve_events(server, site);
    serve_verbs(server, site);
}

}  // namespace web
