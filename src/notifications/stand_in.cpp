// /verify-email and /reset-password, where mails lead, for those who have no site of their own yet.
#include <format>

#include "notifications/rest.hpp"

namespace roost::notifications {
namespace {

constexpr std::string_view form = R"(<!doctype html>
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
<form data-step="/api/v1/auth/{1}/" data-done="{2}">{3}<button>{0}</button></form>
<p role="status"></p>
<small>For development: where mails are kept, this page stands in for the site's.</small>
</main>
<script src="/dev/stand-in.js"></script>
</body>
</html>
)";

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

void serve(http::api& a, std::string path, std::string_view type, std::string text)
{
    a.raw(std::move(path), [type, text = std::move(text)](const http::request&) -> task<http::response> {
        http::response r;
        r.content_type = type;
        r.body = text;
        r.set("Cache-Control", "no-store");
        r.set("Content-Security-Policy",
              "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; "
              "form-action 'none'; base-uri 'none'; frame-ancestors 'none'");
        r.set("Referrer-Policy", "no-referrer");
        co_return r;
    });
}

}  // namespace

void install_stand_in(http::api& a)
{
    constexpr std::string_view html = "text/html; charset=utf-8";
    serve(a, "/verify-email", html,
          std::format(form, "Confirm the address", "verify-email", "Done: the address is confirmed.", ""));
    serve(a, "/reset-password", html,
          std::format(form, "Set the password", "password/reset/confirm",
                      "Done: sign in with the new password. All earlier sessions are ended.", password));
    serve(a, "/dev/stand-in.js", "text/javascript", std::string{script});
}

}  // namespace roost::notifications
