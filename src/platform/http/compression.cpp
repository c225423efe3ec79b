#include "platform/http/compression.hpp"

#include <brotli/encode.h>
#include <zlib.h>

#include <algorithm>
#include <stdexcept>

#include "platform/http/weights.hpp"

namespace roost::http {
namespace {

// Levels where JSON costs about as much time as the network saves: measured, higher ones double the time for 3 %.
constexpr int gzip_level = 5;
constexpr int brotli_quality = 4;
constexpr int brotli_window = 18;

// One deflate state for each thread: making one costs more than compressing a page of results.
struct deflater
{
    z_stream stream{};
    deflater()
    {
        if (deflateInit2(&stream, gzip_level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::runtime_error{"deflateInit2 failed"};
    }
    deflater(const deflater&) = delete;
    ~deflater() { deflateEnd(&stream); }
};

std::string gzip(std::string_view bytes)
{
    thread_local deflater d;
    deflateReset(&d.stream);
    std::string out(deflateBound(&d.stream, bytes.size()), '\0');
    d.stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    d.stream.avail_in = static_cast<uInt>(bytes.size());
    d.stream.next_out = reinterpret_cast<Bytef*>(out.data());
    d.stream.avail_out = static_cast<uInt>(out.size());
    if (deflate(&d.stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error{"deflate failed"};
    out.resize(d.stream.total_out);
    return out;
}

std::string brotli(std::string_view bytes)
{
    std::string out(BrotliEncoderMaxCompressedSize(bytes.size()), '\0');
    std::size_t size = out.size();
    if (!BrotliEncoderCompress(brotli_quality, brotli_window, BROTLI_MODE_TEXT, bytes.size(),
                               reinterpret_cast<const std::uint8_t*>(bytes.data()), &size,
                               reinterpret_cast<std::uint8_t*>(out.data())))
        throw std::runtime_error{"BrotliEncoderCompress failed"};
    out.resize(size);
    return out;
}

void add_vary(response& answer)
{
    const auto vary = answer.find("Vary");
    answer.set("Vary", vary ? std::string{*vary} + ", Accept-Encoding" : "Accept-Encoding");
}

// The tag of the body in that coding; a weak one covers all of them.
std::string tag_of(std::string_view tag, coding c)
{
    if (c == coding::identity || tag.size() < 2 || !tag.starts_with('"')) return std::string{tag};
    return std::string{tag.substr(0, tag.size() - 1)} + '-' + std::string{name_of(c)} + '"';
}

}  // namespace

std::string_view name_of(coding c)
{
    switch (c)
    {
        case coding::identity: return "identity";
        case coding::gzip: return "gzip";
        case coding::br: return "br";
    }
    std::unreachable();
}

coding negotiate(std::string_view accept)
{
    int gzip_weight = -1, br_weight = -1, rest = 0, identity = 1;  // identity needs no mention to be acceptable
    for (const auto [name, weight] : weights_of(accept))
    {
        if (same_name(name, "gzip") || same_name(name, "x-gzip")) gzip_weight = weight;
        if (same_name(name, "br")) br_weight = weight;
        if (same_name(name, "identity")) identity = weight;
        if (name == "*") rest = weight;
    }
    if (gzip_weight < 0) gzip_weight = rest;
    if (br_weight < 0) br_weight = rest;
    if (br_weight > 0 && br_weight >= gzip_weight && br_weight >= identity) return coding::br;
    if (gzip_weight > 0 && gzip_weight >= identity) return coding::gzip;
    return coding::identity;
}

bool compressible(std::string_view type)
{
    type = type.substr(0, type.find(';'));  // a literal of ours
    return type.starts_with("text/") || type == "application/json" || type.ends_with("+json")
           || type == "application/javascript" || type == "application/xml" || type.ends_with("+xml");
}

std::string compress(coding c, std::string_view bytes)
{
    switch (c)
    {
        case coding::identity: return std::string{bytes};
        case coding::gzip: return gzip(bytes);
        case coding::br: return brotli(bytes);
    }
    std::unreachable();
}

void encode(response& answer, std::string_view accept_encoding, std::string_view conditions, std::size_t min_bytes)
{
    if (answer.status == 304)
    {
        if (const auto tag = answer.find("ETag"))
            if (auto sent = tag_of(*tag, negotiate(accept_encoding)); conditions.contains(sent))
                answer.set("ETag", sent);
        return add_vary(answer);
    }
    if (answer.bytes().size() < min_bytes || !compressible(answer.content_type) || answer.find("Content-Encoding"))
        return;
    add_vary(answer);
    const coding c = negotiate(accept_encoding);
    if (c == coding::identity) return;
    answer.body = compress(c, answer.bytes());
    answer.set("Content-Encoding", std::string{name_of(c)});
    if (const auto tag = answer.find("ETag")) answer.set("ETag", tag_of(*tag, c));
}

std::optional<std::string> without_codings(std::string_view tags)
{
    std::string plain{tags};
    for (const std::string_view suffix : {"-br\"", "-gzip\""})
        for (auto at = plain.find(suffix); at != plain.npos; at = plain.find(suffix, at))
            plain.erase(at, suffix.size() - 1);
    if (plain.size() == tags.size()) return std::nullopt;
    return plain;
}

}  // namespace roost::http
