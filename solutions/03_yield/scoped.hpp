// Scoped<T>: a set-up, one co_yield and a teardown, written as one function.
//
//     Scoped<Session> get_session(Engine engine) {
//         Session session = engine.connect();   // set-up
//         try {
//             co_yield session;                 // lent to the body
//             session.commit();                 // the way out when the body returned
//         } catch (...) {
//             session.rollback();               // the way out when the body threw
//             throw;
//         }
//     }
//
//     const Order order =
//         use(get_session(engine), [&](Session& session) { return place(session); });
//
// Nothing runs before `enter`. A Scoped that goes without having been left is torn down by the
// destructors of the coroutine's locals alone. Move-only; used by one thread at a time.
//
// The idea is Python's contextlib.contextmanager, and FastAPI's dependencies with yield.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace shop {

template <typename T>
class [[nodiscard]] Scoped {
 public:
    struct promise_type;

    Scoped(Scoped&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
    Scoped& operator=(Scoped&&) = delete;
    ~Scoped() {
        if (coroutine_) coroutine_.destroy();
    }

    // Runs the set-up, up to the co_yield, and returns what was yielded. Throws what the set-up
    // throws, and std::logic_error when there is no co_yield on its way. Once.
    T& enter() {
        coroutine_.resume();
        promise_type& promise = coroutine_.promise();
        if (promise.thrown_out) std::rethrow_exception(promise.thrown_out);
        if (coroutine_.done())
            throw std::logic_error("a scoped coroutine ended without a co_yield");
        return *promise.value;
    }

    // Runs the teardown. `thrown` is what the body threw, if it did: it is thrown in at the
    // co_yield, and out of here even if the coroutine catches it; nothing that fails on the way
    // out hides it. When the body returned, throws what the teardown throws. std::logic_error when
    // the coroutine yields again. Once, after `enter`; std::logic_error when it has ended already.
    void leave(const std::exception_ptr& thrown) {
        if (coroutine_.done())
            throw std::logic_error("a scoped coroutine was left that has ended already");
        promise_type& promise = coroutine_.promise();
        promise.thrown_in = thrown;
        coroutine_.resume();
        if (thrown) std::rethrow_exception(thrown);
        if (!coroutine_.done()) throw std::logic_error("a scoped coroutine yielded a second time");
        if (promise.thrown_out) std::rethrow_exception(promise.thrown_out);
    }

 private:
    using Handle = std::coroutine_handle<promise_type>;
    explicit Scoped(Handle coroutine) : coroutine_(coroutine) {}
    Handle coroutine_;
};

// What the compiler asks about a coroutine that returns a Scoped<T>.
template <typename T>
struct Scoped<T>::promise_type {
    T* value = nullptr;             // what was yielded: a local of the coroutine
    std::exception_ptr thrown_in;   // what the co_yield is to throw when it is resumed
    std::exception_ptr thrown_out;  // what the coroutine ended with

    // What `co_yield` waits for. Resumed, it returns into the coroutine by `await_resume`: the one
    // place from which an exception can be thrown there.
    struct Yield {
        promise_type& promise;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> /*coroutine*/) const noexcept {}
        void await_resume() const {
            if (promise.thrown_in) std::rethrow_exception(promise.thrown_in);
        }
    };

    Scoped get_return_object() { return Scoped(Handle::from_promise(*this)); }
    // Suspends at the beginning, so that nothing runs before `enter`, and at the end, so that the
    // promise can still be read.
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    Yield yield_value(T& yielded) noexcept {
        value = &yielded;
        return Yield{*this};
    }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { thrown_out = std::current_exception(); }
};

// Enters `scope`, calls `body` with what it yields, leaves it, and returns what `body` returned.
// Throws what `body` throws, after the teardown; else what set-up or teardown throw.
template <typename T, typename Body>
std::invoke_result_t<Body&, T&> use(Scoped<T> scope, Body body) {
    T& value = scope.enter();
    const auto run = [&]() -> std::invoke_result_t<Body&, T&> {
        try {
            return std::invoke(body, value);
        } catch (...) {
            scope.leave(std::current_exception());
            throw;
        }
    };
    if constexpr (std::is_void_v<std::invoke_result_t<Body&, T&>>) {
        run();
        scope.leave(nullptr);
    } else {
        std::invoke_result_t<Body&, T&> result = run();
        scope.leave(nullptr);
        return result;
    }
}

}  // namespace shop
