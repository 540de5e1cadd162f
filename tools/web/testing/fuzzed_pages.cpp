#include "web/testing/fuzzed_pages.hpp"

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "process/temporary_folder.hpp"
#include "text/text.hpp"
#include "tutor/context.hpp"
#include "web/routes.hpp"

namespace fs = std::filesystem;

namespace {

const std::string key(43, 'k');
const std::string secret = "Secret-7731";

void write(const fs::path& file, std::string_view text) {
    fs::create_directories(file.parent_path());
    tools::write_file(file, text);
}

// Outside of what is served there is a secret.
fs::path make_course(const fs::path& folder) {
    const fs::path root = folder / "course";
    write(folder / "secret.md", secret);
    write(root / "secret.md", secret);
    write(root / "tests/00_first.cpp", "// The shop is right. " + secret + "\n");
    write(root / "lessons/00_first/shop.cpp", "int items() { return 1; }\n");
    write(root / "solutions/00_first/shop.cpp", "int items() { return 2; }\n");
    write(root / "book/README.md", "# The book\n");
    write(root / "book/00_first.md",
          "# 00 · First\n\n*It is wrong.*\n\n<!-- server -->\n```console\n$ ./learn run 00\n```\n"
          "<!-- end -->\n\n<!-- shell -->\n```console\n$ true\n```\n<!-- end -->\n");
    write(root / "page/main.js", "// A page.\n");
    return root;
}

std::string filled_in(std::string_view bytes, int port) {
    return tools::replaced(tools::replaced(bytes, "{KEY}", key), "{PORT}", std::to_string(port));
}

}  // namespace

struct FuzzedPages::Parts {
    tools::TemporaryFolder folder;
    fs::path root = make_course(folder.path());
    tutor::Context context = tutor::open_context(root, tutor::Screen::plain());
    web::Book book{root, context.lessons, web::Place::here};
    web::Assets assets{root / "page", {}};
    web::Streams streams{0};  // a stream has no end that we could wait for
    web::Desk desk{context, streams};
    std::mutex at_the_desk;  // where there is no loop: the caller does it
    httplib::Server server;
    std::optional<web::Gate> gate;
    std::optional<web::Doorkeeper> doorkeeper;
    int port = 0;
    std::thread listening;
};

FuzzedPages::FuzzedPages() : parts_(std::make_unique<Parts>()) {
    Parts& parts = *parts_;
    parts.desk.watch(parts.context.lessons.front());
    parts.server.set_keep_alive_max_count(1);
    parts.server.set_read_timeout(1, 0);
    parts.server.set_tcp_nodelay(true);
    parts.server.set_payload_max_length(16UL * 1024);
    parts.server.new_task_queue = [] { return new httplib::ThreadPool(2); };
    parts.port = parts.server.bind_to_any_port("127.0.0.1");
    if (parts.port <= 0) throw std::runtime_error("no port is free");
    constexpr double plenty = 1e9;
    parts.gate.emplace(key, parts.port, web::Rate(plenty, plenty), web::Rate(plenty, plenty));
    parts.doorkeeper.emplace(parts.port);
    web::add_routes(parts.server, *parts.gate,
                    {parts.book, parts.assets, parts.streams, *parts.doorkeeper,
                     [&parts](const std::function<web::Json(web::Desk&)>& what) {
                         const std::lock_guard lock(parts.at_the_desk);
                         return what(parts.desk);
                     }});
    parts.listening = std::thread([&parts] { parts.server.listen_after_bind(); });
    while (!parts.server.is_running()) std::this_thread::yield();
}

FuzzedPages::~FuzzedPages() {
    parts_->server.stop();
    parts_->listening.join();
}

std::string FuzzedPages::ask(std::string_view bytes) {
    const std::string request = filled_in(bytes, parts_->port);
    const int line = ::socket(AF_INET, SOCK_STREAM, 0);
    const timeval wait{20, 0};
    ::setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(parts_->port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(line, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        ::close(line);
        return "nobody is let in any more";
    }
    ::send(line, request.data(), request.size(), MSG_NOSIGNAL);
    ::shutdown(line, SHUT_WR);
    std::string answer;
    std::array<char, 4096> part{};
    ssize_t count = 0;
    while ((count = ::recv(line, part.data(), part.size(), 0)) > 0)
        answer.append(part.data(), static_cast<std::size_t>(count));
    const bool silent = count < 0 && errno == EAGAIN;
    ::close(line);

    const auto says = [&](std::string_view text) { return answer.find(text) != answer.npos; };
    if (silent) return "it neither answers nor hangs up";
    if (!answer.empty() && !answer.starts_with("HTTP/1.1 ")) return "it answers no HTTP";
    if (says("HTTP/1.1 500")) return "it says 500";
    if (says(secret)) return "it tells what is none of the book";
    if (request.find(key) == request.npos && says("HTTP/1.1 2")) return "it lets a stranger in";
    if (answer.starts_with("HTTP/1.1 2") && !says("Content-Security-Policy"))
        return "it says nothing of what a browser must not do";
    return {};
}
