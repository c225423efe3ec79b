-- A map of 3 by 2 hundredths of a degree somewhere in the city, three nights, cheapest first.
dofile("tests/bench/load/report.lua")
function init(args) math.randomseed(7); today = tonumber(args[1]) end
function request()
  local west, south = -74.02 + math.random(0, 100) / 1000, 40.65 + math.random(0, 150) / 1000
  local from = today + math.random(20, 300) * 86400
  return wrk.format("GET", string.format(
    "/api/v1/properties/?bbox=%.3f,%.3f,%.3f,%.3f&check_in=%s&check_out=%s&guests=2&currency=USD&ordering=price&limit=20",
    west, south, west + 0.03, south + 0.02, os.date("!%Y-%m-%d", from), os.date("!%Y-%m-%d", from + 3 * 86400)))
end
