// Depends: a handler says by its parameters what it needs, and gets it.
//
//     Scoped<Session> get_session();
//     Scoped<Customer> current_customer(const httplib::Request& request, Session& session);
//
//     const Injector app(get_session, current_customer);
//
//     const Order order = app.call(request, [&](Session& session, Customer& customer) {
//         return place(session, customer);
//     });
//
// A provider is a function, or a lambda, that returns a Scoped<T>. Its parameters are what it needs
// itself: a T& of a provider that stands before it, or the request. So there are no circles, and
// what nobody provides does not compile. Within a Scope everything is set up at most once, when it
// is first asked for, and torn down in reverse.
//
// The idea is FastAPI's Depends; the way out is that of Python's contextlib.ExitStack.
#pragma once

#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include "earlier/03_yield/scoped.hpp"
#include "provider.hpp"

namespace shop {

template <typename... Ts>
class Scope;

// While it lives, another provider stands in for one of an Injector's. Replacements may end in any
// order: the latest of those that live is in force.
class [[nodiscard]] Replacement {
 public:
    // `end` takes the other provider out again.
    explicit Replacement(std::function<void()> end) : end_(std::move(end)) {}
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;
    ~Replacement() { end_(); }

 private:
    std::function<void()> end_;
};

// The providers of the types `Ts`, in that order. A value: copies have the providers in common,
// also those that are replaced later. Thread safe; so have to be the providers, which several
// requests call at once.
template <typename... Ts>
class Injector {
    static_assert((is_once_among<Ts, Ts...> && ...), "two providers provide the same type");

 public:
    template <typename... Providers>
    explicit Injector(Providers... providers) {
        (slots<ProvidedBy<Providers>>().push_back(as_slot(std::move(providers))), ...);
    }

    // Calls `body` in a Scope of its own with what its parameters ask for, and returns what it
    // returned when everything is torn down. Throws what `body` throws, else what a set-up or a
    // teardown throws.
    template <typename Body>
    auto call(const httplib::Request& request, Body body) const {
        return use(open(*this, request), [&](Scope<Ts...>& scope) { return scope.call(body); });
    }

    // For everything that is set up from now on, in any scope and on any thread, until the
    // Replacement goes.
    template <typename Provider>
    Replacement replace(Provider provider) const {
        using T = ProvidedBy<Provider>;
        Slot<T> other = as_slot(std::move(provider));
        const std::lock_guard lock(state_->mutex);
        const auto place = slots<T>().insert(slots<T>().end(), std::move(other));
        return Replacement([state = state_, place] {
            std::list<Slot<T>> gone;  // ends without the lock: a provider's end may need it
            const std::lock_guard again(state->mutex);
            gone.splice(gone.begin(), std::get<std::list<Slot<T>>>(state->slots), place);
        });
    }

 private:
    friend class Scope<Ts...>;
    // How to make a T in a scope. Shared with the scopes in which it was made.
    template <typename T>
    using Slot = std::shared_ptr<const std::function<Scoped<T>(Scope<Ts...>&)>>;
    struct State {
        std::mutex mutex;
        std::tuple<std::list<Slot<Ts>>...> slots;  // the last of each is in force
    };

    template <typename Provider>
    static auto as_slot(Provider provider) {
        using T = ProvidedBy<Provider>;
        static_assert(is_once_among<T, Ts...>,
                      "there is no provider of this type that could be replaced");
        static_assert(needs_only_earlier<Provider, Ts...>,
                      "this provider needs something that no provider before it provides");
        using Make = std::function<Scoped<T>(Scope<Ts...>&)>;
        return std::make_shared<const Make>(
            [provider = std::move(provider)](Scope<Ts...>& scope) { return scope.call(provider); });
    }

    template <typename T>
    std::list<Slot<T>>& slots() const {
        return std::get<std::list<Slot<T>>>(state_->slots);
    }

    template <typename T>
    Slot<T> provider_of() const {
        const std::lock_guard lock(state_->mutex);
        if (slots<T>().empty())
            throw std::logic_error("a provider was taken out, and none put in its place");
        return slots<T>().back();
    }

    // By value: a coroutine's frame keeps references as references.
    static Scoped<Scope<Ts...>> open(Injector injector, const httplib::Request& request) {
        Scope<Ts...> scope(std::move(injector), request);
        std::exception_ptr thrown;
        try {
            co_yield scope;
        } catch (...) {
            thrown = std::current_exception();
        }
        scope.leave(thrown);
    }

    std::shared_ptr<State> state_ = std::make_shared<State>();
};

template <typename... Providers>
Injector(Providers...) -> Injector<ProvidedBy<Providers>...>;

// What one request has set up so far. Used by one thread at a time, not always the same; the
// request outlives it. One that goes without having been left has its coroutines destroyed, the
// last first.
template <typename... Ts>
class Scope {
 public:
    Scope(Injector<Ts...> injector, const httplib::Request& request)
        : injector_(std::move(injector)), request_(request) {
        teardowns_.reserve(sizeof...(Ts));
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() {
        while (!teardowns_.empty()) teardowns_.pop_back();
    }

    // The scope's T, which is set up if it is not there yet. Throws what the set-up throws, and
    // std::logic_error after `leave`.
    template <typename T>
    T& get() {
        static_assert(is_once_among<T, Ts...>,
                      "nobody provides this type: give the Injector a function that returns a "
                      "Scoped<T>");
        if (has_ended_) throw std::logic_error("this scope has ended");
        if constexpr (is_once_among<T, Ts...>) {  // else one error is enough
            T*& value = std::get<T*>(values_);
            if (value == nullptr) value = &set_up<T>();
            return *value;
        }
    }

    // Calls `function` with what its parameters ask for, set up from left to right.
    template <typename Function>
    auto call(Function&& function) {
        return call(function, SignatureOf<Function>{});
    }

    // Tears everything down, the last first. Once. `thrown`, if something was, is thrown in at each
    // co_yield, and out of here in the end. What a teardown throws is thrown in at those that are
    // left, and out of here, unless something had been thrown before.
    void leave(std::exception_ptr thrown) {
        has_ended_ = true;
        while (!teardowns_.empty()) {
            const Teardown teardown = std::move(teardowns_.back());
            teardowns_.pop_back();
            try {
                teardown(thrown);
            } catch (...) {
                if (!thrown) thrown = std::current_exception();
            }
        }
        if (thrown) std::rethrow_exception(thrown);
    }

 private:
    using Teardown = std::function<void(const std::exception_ptr&)>;

    template <typename T>
    T& set_up() {
        // The provider stays as long as what it made: a lambda that is a coroutine keeps its
        // captures in itself, not in the coroutine's frame.
        auto provider = injector_.template provider_of<T>();
        const auto scoped = std::make_shared<Scoped<T>>((*provider)(*this));
        Teardown teardown = [provider, scoped](const std::exception_ptr& thrown) {
            scoped->leave(thrown);
        };
        T& value = scoped->enter();
        teardowns_.push_back(std::move(teardown));
        return value;
    }

    template <typename Function, typename Result, typename... Parameters>
    Result call(Function& function, Signature<Result, Parameters...> /*of*/) {
        return std::apply(function, std::tuple<Parameters...>{argument<Parameters>()...});
    }

    template <typename Parameter>
    auto& argument() {
        if constexpr (is_request<Parameter>) {
            return request_;
        } else {
            return get<std::remove_cvref_t<Parameter>>();
        }
    }

    Injector<Ts...> injector_;
    const httplib::Request& request_;
    std::tuple<Ts*...> values_{};
    std::vector<Teardown> teardowns_;
    bool has_ended_ = false;
};

}  // namespace shop
