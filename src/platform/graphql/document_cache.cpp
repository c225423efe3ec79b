#include "platform/graphql/document_cache.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace roost::graphql {

document_ptr document_cache::use(entries::iterator it)
{
    order_.splice(order_.begin(), order_, it);
    return it->document;
}

document_ptr document_cache::find(std::string_view text)
{
    const std::lock_guard held{lock_};
    const auto it = by_text_.find(text);
    return it == by_text_.end() ? nullptr : use(it->second);
}

document_ptr document_cache::find_hash(std::string_view sha256_hex)
{
    const std::lock_guard held{lock_};
    const auto it = by_hash_.find(sha256_hex);
    return it == by_hash_.end() ? nullptr : use(it->second);
}

void document_cache::drop_last()
{
    const auto& last = order_.back();
    bytes_ -= last.document->bytes();
    by_text_.erase(last.document->source());
    if (!last.hash.empty()) by_hash_.erase(last.hash);
    order_.pop_back();
}

void document_cache::put(document_ptr d, std::string hash)
{
    const std::lock_guard held{lock_};
    const auto size = d->bytes();
    if (size > most_) return;
    if (const auto known = by_text_.find(d->source()); known != by_text_.end())
    {
        use(known->second);
        auto& e = order_.front();
        if (e.hash.empty() && !hash.empty())
        {
            e.hash = std::move(hash);
            by_hash_.emplace(e.hash, order_.begin());
        }
        return;
    }
    while (bytes_ + size > most_) drop_last();
    bytes_ += size;
    auto& e = order_.emplace_front(entry{std::move(d), std::move(hash)});
    by_text_.emplace(e.document->source(), order_.begin());
    if (!e.hash.empty()) by_hash_.emplace(e.hash, order_.begin());
}

std::size_t document_cache::bytes()
{
    const std::lock_guard held{lock_};
    return bytes_;
}

std::string sha256_hex(std::string_view text)
{
    std::array<unsigned char, 32> digest;
    if (!EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(), digest.data(), nullptr))
        throw std::runtime_error("SHA-256 is not available");
    std::string hex;
    for (const auto b : digest) hex.append({"0123456789abcdef"[b >> 4], "0123456789abcdef"[b & 15]});
    return hex;
}

}  // namespace roost::graphql
