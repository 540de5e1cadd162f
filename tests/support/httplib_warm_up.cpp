#include "support/httplib_warm_up.hpp"

#if defined(__SANITIZE_THREAD__)
#define LEAKLINGS_UNDER_TSAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LEAKLINGS_UNDER_TSAN
#endif
#endif

#ifdef LEAKLINGS_UNDER_TSAN
#include <httplib.h>

#include "support/listening.hpp"
#endif

namespace support {

void warm_up_httplib() {
#ifdef LEAKLINGS_UNDER_TSAN
    httplib::Server server;
    server.Get("/stream", [](const httplib::Request&, httplib::Response& response) {
        response.set_chunked_content_provider("text/plain",
                                              [](std::size_t, httplib::DataSink& sink) {
                                                  sink.write("x", 1);
                                                  sink.done();
                                                  return true;
                                              });
    });
    server.Post("/echo", [](const httplib::Request& request, httplib::Response& response) {
        response.set_content(request.body, "text/plain");
    });
    const Listening listening(server);
    httplib::Client client("127.0.0.1", listening.port());
    client.Get("/stream");
    client.Post("/echo", "x", "text/plain");
    client.Get("/nowhere");
#endif
}

}  // namespace support
