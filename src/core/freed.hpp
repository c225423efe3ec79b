#pragma once

namespace roost {

/// For a std::unique_ptr to what a C library has made: freed<cairo_destroy>.
template <auto Free>
struct freed
{
    void operator()(auto* made) const { Free(made); }
};

}  // namespace roost
