-- A month of one property's calendar after the other, at random.
dofile("tests/bench/load/report.lua")
function init(args) math.randomseed(7); today = tonumber(args[1]) end
function request()
  local from = today + math.random(20, 300) * 86400
  return wrk.format("GET", string.format("/api/v1/properties/01%06d-0000-7000-8000-000000000001/calendar/?from=%s&to=%s",
    math.random(48000), os.date("!%Y-%m-%d", from), os.date("!%Y-%m-%d", from + 31 * 86400)))
end
