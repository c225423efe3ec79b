#include "platform/mail/smtp.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <format>
#include <mutex>
#include <vector>

namespace roost::mail {
namespace {

constexpr std::size_t most_waiting = 256;

using handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

/// libcurl wants to be started once, before there are threads that use it.
void start_curl()
{
    static const auto started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK) throw std::runtime_error("libcurl cannot be used");
}

class list
{
    curl_slist* first_ = nullptr;

public:
    list() = default;
    list(const list&) = delete;
    ~list() { curl_slist_free_all(first_); }

    void add(const std::string& line)
    {
        auto* const longer = curl_slist_append(first_, line.c_str());
        if (!longer) throw std::bad_alloc{};
        first_ = longer;
    }
    curl_slist* get() const { return first_; }
    curl_slist* release() { return std::exchange(first_, nullptr); }
};

/// Lines of mails end in CRLF; the encoding would take a lone line feed for a character.
std::string with_line_ends(std::string_view text)
{
    std::string out;
    for (const char c : text)
    {
        if (c == '\n') out += '\r';
        out += c;
    }
    return out;
}

void add_text(curl_mime* to, std::string_view text, const char* type)
{
    const auto data = with_line_ends(text);
    auto* const part = curl_mime_addpart(to);
    curl_mime_data(part, data.data(), data.size());
    curl_mime_type(part, type);
    curl_mime_encoder(part, "quoted-printable");
}

/// The body: text and HTML as alternatives, and what is attached beside them. Owned by the caller.
curl_mime* body_of(CURL* c, const message& m)
{
    auto* const alternatives = curl_mime_init(c);
    add_text(alternatives, m.text, "text/plain; charset=utf-8");
    add_text(alternatives, m.html, "text/html; charset=utf-8");
    auto* const whole = curl_mime_init(c);
    auto* const part = curl_mime_addpart(whole);
    curl_mime_subparts(part, alternatives);
    list as_alternatives;
    as_alternatives.add("Content-Type: multipart/alternative");
    curl_mime_headers(part, as_alternatives.release(), 1);
    for (const auto& a : m.attachments)
    {
        auto* const attached = curl_mime_addpart(whole);
        curl_mime_data(attached, a.content.data(), a.content.size());
        curl_mime_type(attached, a.type.c_str());
        curl_mime_filename(attached, a.name.c_str());
        curl_mime_encoder(attached, "base64");
    }
    return whole;
}

/// Notes whether the latest command was about this mail: whom it is for, or what it says.
int note_command(CURL*, curl_infotype what, char* text, std::size_t size, void* about_mail)
{
    const std::string_view command{text, size};
    if (what == CURLINFO_HEADER_OUT)
        *static_cast<bool*>(about_mail) = command.starts_with("RCPT") || command.starts_with("DATA");
    return 0;
}

/// Only a 5yz to whom the mail is for or to what it says is final. To all before, and where it asks us to sign in or to
/// encrypt, it says that our settings are wrong, and those can be put right.
outcome judge(CURL* c, CURLcode code, bool about_mail, const char* words)
{
    if (code == CURLE_OK) return {verdict::accepted, {}};
    long reply = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &reply);
    const bool ours = reply == 530 || reply == 534 || reply == 535 || reply == 538;
    const auto what = about_mail && reply >= 500 && reply < 600 && !ours ? verdict::refused : verdict::failed;
    return {what, std::format("{} ({})", *words ? words : curl_easy_strerror(code), reply)};
}

}  // namespace

struct smtp::state
{
    settings how;
    std::mutex guard = {};
    std::vector<handle> idle = {};  // with their connections
    background threads;             // last: ended before the rest goes

    handle take()
    {
        const std::lock_guard lock{guard};
        if (idle.empty()) return {curl_easy_init(), curl_easy_cleanup};
        auto last = std::move(idle.back());
        idle.pop_back();
        return last;
    }

    void give_back(handle c)
    {
        const std::lock_guard lock{guard};
        idle.push_back(std::move(c));
    }

    outcome send(const message& m, const std::stop_token& stop)
    {
        auto c = take();
        if (!c) throw std::bad_alloc{};
        auto o = hand_over(c.get(), m, stop);
        give_back(std::move(c));
        return o;
    }

    outcome hand_over(CURL* c, const message& m, const std::stop_token& stop) const
    {
        if (!is_sendable(m.to.email)) return {verdict::refused, "the address cannot be written into a mail"};
        std::array<char, CURL_ERROR_SIZE> words{};
        bool about_mail = false;
        list headers, recipients;
        for (const auto& h : headers_of(m)) headers.add(h);
        recipients.add(std::format("<{}>", m.to.email));
        const std::unique_ptr<curl_mime, decltype(&curl_mime_free)> body{body_of(c, m), curl_mime_free};

        set_server(c);
        curl_easy_setopt(c, CURLOPT_ERRORBUFFER, words.data());
        curl_easy_setopt(c, CURLOPT_MAIL_FROM, std::format("<{}>", how.from).c_str());
        curl_easy_setopt(c, CURLOPT_MAIL_RCPT, recipients.get());
        curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers.get());
        curl_easy_setopt(c, CURLOPT_MIMEPOST, body.get());
        curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
        curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, note_command);
        curl_easy_setopt(c, CURLOPT_DEBUGDATA, &about_mail);
        curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(c, CURLOPT_XFERINFODATA, &stop);
        curl_easy_setopt(
            c, CURLOPT_XFERINFOFUNCTION,
            +[](const std::stop_token* s, curl_off_t, curl_off_t, curl_off_t, curl_off_t) -> int {
                return s->stop_requested();
            });
        const auto code = curl_easy_perform(c);
        auto o = judge(c, code, about_mail, words.data());
        curl_easy_reset(c);  // it outlives what it was told of; its connection stays
        return o;
    }

    void set_server(CURL* c) const
    {
        curl_easy_setopt(c, CURLOPT_URL, how.url.c_str());
        curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
        curl_easy_setopt(c, CURLOPT_USE_SSL, how.tls ? CURLUSESSL_ALL : CURLUSESSL_NONE);
        curl_easy_setopt(c, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
        if (!how.ca_file.empty()) curl_easy_setopt(c, CURLOPT_CAINFO, how.ca_file.c_str());
        if (!how.username.empty())
        {
            curl_easy_setopt(c, CURLOPT_USERNAME, how.username.c_str());
            curl_easy_setopt(c, CURLOPT_PASSWORD, how.password.c_str());
        }
        curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(c, CURLOPT_PROXY, "");  // not what the environment says for the web
        curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, static_cast<long>(std::min(how.timeout_seconds, 10)));
        curl_easy_setopt(c, CURLOPT_TIMEOUT, static_cast<long>(how.timeout_seconds));
        curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, 30L);
    }
};

smtp::smtp(const settings& how)
{
    const auto threads = how.url.empty() ? 0U : static_cast<unsigned>(how.connections);
    if (threads > 0) start_curl();
    state_.reset(new state{.how = how, .threads = {threads, threads > 0 ? most_waiting : 0}});
}

smtp::~smtp() = default;

task<outcome> smtp::send(message m)
{
    auto work = [st = state_.get(), m = std::move(m)](const std::stop_token& stop) { return st->send(m, stop); };
    auto sent = co_await state_->threads.run(std::move(work));
    if (!sent) co_return outcome{verdict::failed, "too many mails at once"};
    co_return std::move(*sent);
}

void smtp::detach(boost::asio::io_context& io) { state_->threads.detach(io); }

}  // namespace roost::mail
