-- Each thread is one client with one connection: it books, begins a payment, says yes on the sandbox's page; then the next quote.
dofile("tests/bench/load/report.lua")
local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("own", threads)
end
function init(args)
  quote, stride, token = own, tonumber(args[1]), args[2]
  step = "book"
end
local function post(path, body, key)
  return wrk.format("POST", path, {
    ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json", ["Idempotency-Key"] = key}, body)
end
function request()
  if step == "book" then
    return post("/api/v1/bookings/", string.format('{"quote_id":"01%06d-0000-7000-9000-000000000001"}', quote), "booking-" .. quote)
  elseif step == "begin" then
    return post("/api/v1/payments/", string.format('{"booking_id":"%s","provider":"sandbox","method":"card"}', booking), "payment-" .. quote)
  end
  return wrk.format("POST", page, {["Content-Type"] = "application/x-www-form-urlencoded"}, "choice=approve")
end
function response(status, headers, body)
  if step == "book" and status == 201 then
    booking, step = body:match('"id":"([^"]+)"'), "begin"
  elseif step == "begin" and status == 201 then
    page, step = body:match('"redirect_url":"([^"]+)"'):gsub("^https?://[^/]+", ""), "approve"
  else
    quote, step = quote + stride, "book"
  end
end
