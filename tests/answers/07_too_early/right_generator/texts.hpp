// A coroutine that yields one piece of text after the other.
#pragma once

#include <coroutine>
#include <exception>
#include <string>
#include <utility>

namespace shop {

// Destroyed before its end it destroys its locals. Move-only; used by one thread at a time.
class Texts {
 public:
    struct promise_type {
        std::string text;
        std::exception_ptr thrown;

        Texts get_return_object() { return Texts(Handle::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        std::suspend_always yield_value(std::string yielded) {
            text = std::move(yielded);
            return {};
        }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { thrown = std::current_exception(); }
    };

    Texts(Texts&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
    Texts& operator=(Texts&&) = delete;
    ~Texts() {
        if (coroutine_) coroutine_.destroy();
    }

    // The next text; null after the last. Throws what the coroutine throws.
    const std::string* next() {
        if (!coroutine_.done()) coroutine_.resume();
        if (auto thrown = std::exchange(coroutine_.promise().thrown, nullptr)) {
            std::rethrow_exception(thrown);
        }
        return coroutine_.done() ? nullptr : &coroutine_.promise().text;
    }

 private:
    using Handle = std::coroutine_handle<promise_type>;
    explicit Texts(Handle coroutine) : coroutine_(coroutine) {}
    Handle coroutine_;
};

}  // namespace shop
