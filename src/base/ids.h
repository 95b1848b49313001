// SPDX-License-Identifier: Apache-2.0
// Different things have different types: a shard id cannot be passed as a sequence.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace fors {

template <class Tag, class Rep = uint64_t>
struct Id {
    Rep value{};
    friend auto operator<=>(const Id&, const Id&) = default;
};

}  // namespace fors

template <class Tag, class Rep>
struct std::hash<fors::Id<Tag, Rep>> {
    size_t operator()(fors::Id<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.value); }
};
