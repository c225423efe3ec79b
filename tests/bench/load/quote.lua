-- What three nights cost, of one property after the other, at random.
dofile("tests/bench/load/report.lua")
function init(args)
  math.randomseed(7)
  local from = tonumber(args[1]) + 45 * 86400
  first, last = os.date("!%Y-%m-%d", from), os.date("!%Y-%m-%d", from + 3 * 86400)
  wrk.headers["Authorization"] = "Bearer " .. args[2]
  wrk.headers["Content-Type"] = "application/json"
end
function request()
  return wrk.format("POST", string.format("/api/v1/properties/01%06d-0000-7000-8000-000000000001/quote/", math.random(48000)), nil,
    string.format('{"check_in":"%s","check_out":"%s","guests":1}', first, last))
end
