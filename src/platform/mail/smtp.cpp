#include "platform/mail/smtp.hpp"

#include <curl/curl.h>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <format>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace asio = boost::asio;

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

/// A reply of 5yz to the mail itself is final; to signing in or to STARTTLS it says that our settings are wrong, and
/// those can be put right.
outcome judge(CURL* c, CURLcode code, const char* words)
{
    if (code == CURLE_OK) return {verdict::accepted, {}};
    long reply = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &reply);
    const bool ours = code == CURLE_LOGIN_DENIED || code == CURLE_USE_SSL_FAILED || code == CURLE_REMOTE_ACCESS_DENIED;
    const auto what = reply >= 500 && reply < 600 && !ours ? verdict::refused : verdict::failed;
    return {what, std::format("{} ({})", *words ? words : curl_easy_strerror(code), reply)};
}

struct letter
{
    message mail;
    asio::any_completion_handler<void(outcome)> done;
    asio::executor_work_guard<asio::any_io_executor> origin;

    void finish(outcome o)
    {
        auto to = origin.get_executor();
        asio::post(to, [done = std::move(done), o = std::move(o)]() mutable { std::move(done)(std::move(o)); });
    }
};

}  // namespace

struct smtp::state
{
    settings how;
    std::mutex guard = {};
    std::condition_variable_any news = {};
    std::deque<letter> queue = {};
    std::vector<std::jthread> threads = {};  // last: joined before the rest goes

    outcome hand_over(CURL* c, const message& m, const std::stop_token& stop) const
    {
        if (!is_sendable(m.to.email)) return {verdict::refused, "the address cannot be written into a mail"};
        curl_easy_reset(c);  // keeps the connection
        std::array<char, CURL_ERROR_SIZE> words{};
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
        curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(c, CURLOPT_XFERINFODATA, &stop);
        curl_easy_setopt(
            c, CURLOPT_XFERINFOFUNCTION,
            +[](const std::stop_token* s, curl_off_t, curl_off_t, curl_off_t, curl_off_t) -> int {
                return s->stop_requested();
            });
        const auto code = curl_easy_perform(c);
        auto o = judge(c, code, words.data());
        curl_easy_setopt(c, CURLOPT_ERRORBUFFER, nullptr);
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

    void serve(std::stop_token stop)
    {
        const handle c{curl_easy_init(), curl_easy_cleanup};
        for (;;)
        {
            std::unique_lock lock{guard};
            if (!news.wait(lock, stop, [this] { return !queue.empty(); }) || stop.stop_requested()) return;
            auto next = std::move(queue.front());
            queue.pop_front();
            lock.unlock();
            try
            {
                next.finish(hand_over(c.get(), next.mail, stop));
            }
            catch (const std::exception& e)  // no memory
            {
                next.finish({verdict::failed, e.what()});
            }
        }
    }
};

smtp::smtp(const settings& how) : state_{std::make_unique<state>(how)}
{
    if (how.url.empty()) return;
    start_curl();
    for (int i = 0; i < how.connections; ++i)
        state_->threads.emplace_back([st = state_.get()](std::stop_token stop) { st->serve(stop); });
}

smtp::~smtp()
{
    for (auto& t : state_->threads) t.request_stop();
    state_->threads.clear();
    for (auto& l : state_->queue) l.finish({verdict::failed, "the process is ending"});
}

task<outcome> smtp::send(message m)
{
    auto executor = co_await asio::this_coro::executor;
    auto start = [this, &m, &executor](auto done) {
        letter l{std::move(m), std::move(done), asio::make_work_guard(executor)};
        std::unique_lock lock{state_->guard};
        if (state_->threads.empty() || state_->queue.size() >= most_waiting)
        {
            lock.unlock();
            return l.finish({verdict::failed, "too many mails at once"});
        }
        state_->queue.push_back(std::move(l));
        lock.unlock();
        state_->news.notify_one();
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(outcome)>(std::move(start),
                                                                                          asio::use_awaitable);
}

}  // namespace roost::mail
