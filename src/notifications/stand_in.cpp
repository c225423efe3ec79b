// Where mails lead, for those who have no site of their own yet.
#include <format>

#include "notifications/rest.hpp"

namespace roost::notifications {
namespace {

constexpr std::string_view html = "text/html; charset=utf-8";

constexpr std::string_view page = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{0}</title>
<style>
body{{margin:0;background:#f4f4f2;color:#222;font:16px/1.5 system-ui,sans-serif}}
main{{max-width:36rem;margin:0 auto;padding:1.5rem;background:#fff}}h1{{font-size:1.25rem}}small{{color:#666}}
input,button{{font:inherit;padding:.5rem;margin-block:.5rem}}button{{border:0;border-radius:.4rem;background:#0b5d4b;color:#fff}}
</style>
</head>
<body>
<main>
<h1>{0}</h1>
{1}
<small>For development: where mails are kept, this page stands in for the site's.</small>
</main>
</body>
</html>
)";

constexpr std::string_view form = R"(<form data-step="/api/v1/auth/{1}/" data-done="{2}">{3}<button>{0}</button></form>
<p role="status"></p>
<script src="/dev/stand-in.js"></script>)";

constexpr std::string_view password =
    R"(<label>New password <input type="password" name="new_password" autocomplete="new-password" required></label> )";

// The token is in the fragment, which no server is sent; what it does is done by the API, at a press of the button.
constexpr std::string_view script = R"("use strict";
const form = document.querySelector("form"), say = document.querySelector("[role=status]");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
  const reply = await fetch(form.dataset.step, {
    method: "POST", credentials: "omit", headers: {"Content-Type": "application/json"},
    body: JSON.stringify({token, ...Object.fromEntries(new FormData(form))}),
  }).catch(() => null);
  form.hidden = reply?.ok ?? false;
  if (!reply) say.textContent = "The server does not answer.";
  else if (reply.ok) say.textContent = form.dataset.done;
  else {
    const problem = await reply.json();
    const errors = (problem.errors ?? []).map((e) => `${e.pointer.slice(1)} ${e.detail}`);
    say.textContent = errors.length ? errors.join("; ") : problem.detail;
  }
});
)";

auto answering(std::string_view type, std::string text)
{
    return [type, text = std::move(text)](const http::request&) -> task<http::response> {
        http::response r;
        r.content_type = type;
        r.body = text;
        r.set("Cache-Control", "no-store");
        r.set("Content-Security-Policy",
              "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; "
              "form-action 'none'; base-uri 'none'; frame-ancestors 'none'");
        r.set("Referrer-Policy", "no-referrer");
        co_return r;
    };
}

void install_form(http::api& a, std::string path, std::string_view title, std::string_view step, std::string_view done,
                  std::string_view fields)
{
    a.raw(std::move(path), answering(html, std::format(page, title, std::format(form, title, step, done, fields))));
}

/// For what only a site can show: what that is, and where the API has it.
void install_signpost(http::api& a, std::string below, std::string_view shown, std::string_view operations)
{
    const auto text = std::format("<p>The site shows {} here. In the API: {}.</p>", shown, operations);
    auto route = below + "…";
    a.raw_below(std::move(below), std::move(route), answering(html, std::format(page, "A page of the site", text)));
}

}  // namespace

void install_stand_in(http::api& a)
{
    install_form(a, "/verify-email", "Confirm the address", "verify-email", "Done: the address is confirmed.", "");
    install_form(a, "/reset-password", "Set the password", "password/reset/confirm",
                 "Done: sign in with the new password. All earlier sessions are ended.", password);
    a.raw("/dev/stand-in.js", answering("text/javascript", std::string{script}));
    install_signpost(a, "/bookings/", "a booking and its receipt",
                     "<code>GET /api/v1/bookings/{booking_id}/</code> and "
                     "<code>GET /api/v1/bookings/{booking_id}/receipt/</code>");
    install_signpost(a, "/reviews/", "a review, or a form for one",
                     "<code>GET /api/v1/reviews/{review_id}/</code> and <code>POST /api/v1/reviews/</code>");
    install_signpost(a, "/properties/", "the calendar of a property",
                     "<code>GET /api/v1/properties/{property_id}/calendar/</code>");
    install_signpost(a, "/account/", "your sessions, a form for a forgotten password, or what a host is owed and paid",
                     "<code>GET /api/v1/auth/sessions/</code>, <code>POST /api/v1/auth/password/reset/</code> and "
                     "<code>GET /api/v1/users/me/balance/</code>");
}

}  // namespace roost::notifications
