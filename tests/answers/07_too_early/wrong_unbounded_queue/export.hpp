// Rejected by: When a customer stops reading, so does the export
// Overlooks: A thread that reads ahead is stopped by nothing but the end of the table: a queue
// without a bound is the table in memory, a little later.

// GET /items.ndjson: all the shop's items, a line each, streamed while they are read.
#pragma once

#include <httplib.h>

#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "item_list.hpp"

namespace shop {

using App = Injector<Session, ItemList>;

// The pages that a thread has read and nobody has sent yet.
class Feed {
 public:
    void put(std::string page) {
        const std::lock_guard lock(mutex_);
        pages_.push_back(std::move(page));
        changed_.notify_all();
    }
    void end(bool failed) {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        failed_ = failed;
        changed_.notify_all();
    }
    // Waits for the next; at the end it is empty. False when the reading failed.
    bool take(std::string& page) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return ended_ || !pages_.empty(); });
        page.clear();
        if (!pages_.empty()) {
            page = std::move(pages_.front());
            pages_.pop_front();
            changed_.notify_all();
            return true;
        }
        return !failed_;
    }
    void stop() {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        changed_.notify_all();
    }
    bool stopped() {
        const std::lock_guard lock(mutex_);
        return stopped_;
    }

 private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> pages_;
    bool ended_ = false;
    bool failed_ = false;
    bool stopped_ = false;
};

// A thread that reads ahead.
struct Reader {
    Reader(const App& app, const httplib::Request& request)
        : thread([this, app, &request] {
              bool failed = false;
              try {
                  app.call(request, [&](ItemList& items) {
                      std::string page = items.next_page();
                      while (!page.empty() && !feed.stopped()) {
                          feed.put(std::move(page));
                          page = items.next_page();
                      }
                      return 0;
                  });
              } catch (const std::exception& error) {
                  std::fprintf(stderr, "GET /items.ndjson breaks off: %s\n", error.what());
                  failed = true;
              }
              feed.end(failed);
          }) {}
    ~Reader() {
        feed.stop();
        thread.join();
    }
    Feed feed;
    std::thread thread;
};

inline void add_export(httplib::Server& server, const App& app) {
    using httplib::Request;
    using httplib::Response;

    server.Get("/items.ndjson", [app](const Request& request, Response& response) {
        response.set_chunked_content_provider("application/x-ndjson",
                                              [reader = std::make_shared<Reader>(app, request)](
                                                  std::size_t, httplib::DataSink& sink) {
                                                  std::string page;
                                                  if (!reader->feed.take(page)) return false;
                                                  if (page.empty()) {
                                                      sink.done();
                                                      return true;
                                                  }
                                                  return sink.write(page.data(), page.size());
                                              });
    });
}

}  // namespace shop
