// What a provider is, read off its type: what it provides and what it needs.
#pragma once

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

#include "earlier/03_yield/scoped.hpp"

namespace httplib {
struct Request;
}

namespace shop {

template <typename Result, typename... Parameters>
struct Signature {};

template <typename... Ts>
struct Types {};

// The place of T among `Ts`; their number when it is none of them.
template <typename T, typename... Ts>
constexpr std::size_t place_of(Types<Ts...> /*among*/) {
    std::size_t place = 0;
    static_cast<void>(((std::is_same_v<T, Ts> || (++place, false)) || ...));
    return place;
}

template <typename T, typename... Ts>
inline constexpr bool is_once_among = (std::size_t{std::is_same_v<T, Ts>} + ... + 0) == 1;

// The parameter through which a function gets the request itself.
template <typename Parameter>
inline constexpr bool is_request = std::is_same_v<Parameter, const httplib::Request&>;

namespace detail {

// std::function knows how to read a signature off a function or a lambda.
template <typename Function>
struct SignatureOf;
template <typename Result, typename... Parameters>
struct SignatureOf<std::function<Result(Parameters...)>> {
    static_assert((std::is_lvalue_reference_v<Parameters> && ...),
                  "what a function depends on is lent to it: take it as a T&");
    using type = Signature<Result, Parameters...>;
};

template <typename Signature>
struct Provided {
    static_assert(std::is_void_v<Signature>, "a provider returns a Scoped<T>");
};
template <typename T, typename... Parameters>
struct Provided<Signature<Scoped<T>, Parameters...>> {
    using type = T;
};

template <typename T, typename... Ts, typename... Parameters>
constexpr bool needs_only_earlier(Types<Ts...> /*among*/,
                                  Signature<Scoped<T>, Parameters...> /*of*/) {
    return ((is_request<Parameters> || place_of<std::remove_cvref_t<Parameters>>(Types<Ts...>{}) <
                                           place_of<T>(Types<Ts...>{})) &&
            ...);
}

}  // namespace detail

// Signature<Result, Parameters...> of a function, or of a lambda that is not generic.
template <typename Function>
using SignatureOf =
    typename detail::SignatureOf<decltype(std::function(std::declval<Function>()))>::type;

// The T of a provider that returns a Scoped<T>.
template <typename Provider>
using ProvidedBy = typename detail::Provided<SignatureOf<Provider>>::type;

// Whether a provider needs nothing but the request and what stands before it among `Ts`.
template <typename Provider, typename... Ts>
inline constexpr bool needs_only_earlier = detail::needs_only_earlier(Types<Ts...>{},
                                                                      SignatureOf<Provider>{});

}  // namespace shop
