#pragma once
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "platform/graphql/ast.hpp"

namespace roost::graphql {

/// Valid documents by their text, and by the SHA-256 of it for clients that send only that. At most so many bytes:
/// those untouched for longest leave first. For all threads.
class document_cache
{
    struct entry
    {
        document_ptr document;
        std::string hash;  // empty unless it was asked to be found by it
    };
    using entries = std::list<entry>;

    const std::size_t most_;
    std::mutex lock_;
    std::size_t bytes_ = 0;
    entries order_;  // most recently used first
    std::unordered_map<std::string_view, entries::iterator> by_text_, by_hash_;

    document_ptr use(entries::iterator it);
    void drop_last();

public:
    explicit document_cache(std::size_t most_bytes) : most_{most_bytes} {}

    /// nullptr when it is not there.
    document_ptr find(std::string_view text);
    document_ptr find_hash(std::string_view sha256_hex);
    /// `hash` may be empty.
    void put(document_ptr d, std::string hash);

    std::size_t bytes();
};

/// Lower-case hex.
std::string sha256_hex(std::string_view text);

}  // namespace roost::graphql
