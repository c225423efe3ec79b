-- One property after the other, at random.
dofile("tests/bench/load/report.lua")
local count = 48000
function init(args) math.randomseed(7) end
function request()
  return wrk.format("GET", string.format("/api/v1/properties/01%06d-0000-7000-8000-000000000001/", math.random(count)))
end
