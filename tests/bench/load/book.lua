-- Quote after quote, each with a key of its own.
dofile("tests/bench/load/report.lua")
function init(args)
  next_quote = 0
  wrk.headers["Authorization"] = "Bearer " .. args[1]
  wrk.headers["Content-Type"] = "application/json"
end
function request()
  next_quote = next_quote + 1
  wrk.headers["Idempotency-Key"] = "bench-" .. next_quote
  return wrk.format("POST", "/api/v1/bookings/", nil,
    string.format('{"quote_id":"01%06d-0000-7000-9000-000000000001"}', next_quote))
end
